import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { type Cli, run, start } from "../support/cli.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";

/** Starts an ingest of a simulated market with a port for metrics; resolves with the address of that. */
async function ingestWithMetrics(servers: string, name: string): Promise<{ ingest: Cli; url: string }> {
  const source = ["--simulate", "--symbols", "A", "--feed", "sip"];
  const ingest = start(["ingest", ...source, "--cluster", servers, "--name", name, "--metrics-port", "0"]);
  const [, url = ""] = await ingest.says(/metrics are at (http:\/\/127\.0\.0\.1:\d+)\/metrics/);
  return { ingest, url };
}

async function readiness(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: await response.json() };
}

test("ingest --metrics-port answers before NATS does, with 503 and the reason, and Ctrl-C ends it with 0", async () => {
  const { ingest, url } = await ingestWithMetrics("nats://127.0.0.1:1", "london");
  await ingest.says(/could not connect to NATS/);
  expect(await readiness(url)).toEqual({
    status: 503,
    body: { status: "not ready", feed: "sip", role: "stopped", epoch: 0, problem: "NATS is not connected yet" },
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('tickerplant_ingest_leader{feed="sip"} 0\n');
  const { port } = new URL(url);
  const second = await run(["ingest", "--simulate", "--cluster", "nats://127.0.0.1:1", "--metrics-port", port]);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`) });
  ingest.child.kill("SIGINT");
  expect(await ingest.ended).toMatchObject({ code: 0 });
});

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is nothing to lead.
describe.skipIf(NATS_SERVER === undefined)("ingest --metrics-port", { timeout: 60_000 }, () => {
  test("is ready at a leader and at its follower, which leads when the leader ends", async () => {
    const nats = await startNats();
    const a = await ingestWithMetrics(nats.url, "london");
    await a.ingest.says(/this ingest leads, epoch 1/);
    const b = await ingestWithMetrics(nats.url, "frankfurt");
    await b.ingest.says(/ready to take over/);
    const ready = { status: "ready", feed: "sip", leader: "london", epoch: 1 };
    expect(await readiness(a.url)).toEqual({ status: 200, body: { ...ready, role: "leader" } });
    expect((await readiness(b.url)).body).toMatchObject({ role: "follower", leader: "london", epoch: 1 });
    a.ingest.child.kill("SIGTERM");
    await once(a.ingest.child, "close");
    await b.ingest.says(/this ingest leads, epoch 2/);
    expect(await readiness(b.url)).toEqual({
      status: 200,
      body: { ...ready, role: "leader", leader: "frankfurt", epoch: 2 },
    });
    expect(await (await fetch(`${b.url}/metrics`)).text()).toContain(
      'tickerplant_ingest_takeovers_total{feed="sip"} 1\n',
    );
  });
});
