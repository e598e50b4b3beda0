import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import { listen } from "../../src/http/listen.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";

const KEYS = [{ key: "desk", secret: "secret-of-desk" }];

function gatewayWithKeys() {
  return createGateway({ feeds: { iex: new ManualFeed() }, keys: KEYS });
}

test("a port for metrics shows them without a key, and the first port does not have them then", async () => {
  await using listener = await listen(gatewayWithKeys(), { metricsPort: 0 });
  const { port, metricsPort } = listener;
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toContain('tickerplant_sessions{feed="iex"} 0\n');
  expect((await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).status).toBe(200);
  for (const path of ["/status.json", "/v2/iex", "/v2/stocks/trades"])
    expect((await fetch(`http://127.0.0.1:${metricsPort}${path}`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
});

test("without a port for metrics the first port shows them, to a key by HTTP Basic as well", async () => {
  await using listener = await listen(gatewayWithKeys());
  expect(listener.metricsPort).toBeUndefined();
  const address = `http://127.0.0.1:${listener.port}/metrics`;
  expect((await fetch(address)).status).toBe(401);
  const Authorization = `Basic ${Buffer.from("desk:secret-of-desk").toString("base64")}`;
  const answer = await fetch(address, { headers: { Authorization } });
  expect(await answer.text()).toContain('tickerplant_sessions{feed="iex"} 0\n');
});

test("a port for metrics that is in use opens no port at all, and both are closed together", async () => {
  const first = await listen(gatewayWithKeys(), { metricsPort: 0 });
  const { port, metricsPort = 0 } = first;
  await expect(listen(gatewayWithKeys(), { metricsPort })).rejects.toThrow(/EADDRINUSE/);
  await expect(listen(gatewayWithKeys(), { port, metricsPort: 0 })).rejects.toThrow(/EADDRINUSE/);
  await first.close();
  const second = await listen(gatewayWithKeys(), { port, metricsPort });
  await second.close();
});
