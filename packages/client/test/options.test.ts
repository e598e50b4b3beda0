import { afterEach, describe, expect, test, vi } from "vitest";
import { StockDataStream } from "../src/index.ts";
import { ScriptedGateway, VirtualRuntime } from "../src/testing/index.ts";
import { trade } from "./support/records.ts";
import { open, states } from "./support/stream.ts";

afterEach(() => vi.unstubAllEnvs());

test("[G56] without options it asks the free feed, in msgpack, with the environment's keys, for nothing, and comes back", async () => {
  vi.stubEnv("APCA_API_KEY_ID", "from-env");
  vi.stubEnv("APCA_API_SECRET_KEY", "also-from-env");
  const gateway = new ScriptedGateway();
  const runtime = new VirtualRuntime();
  const stream = new StockDataStream({ connector: gateway.connector, runtime });
  const run = stream.run();
  const session = await gateway.accept();
  expect(session.socket.request).toMatchObject({
    url: "wss://stream.data.alpaca.markets/v2/iex",
    headers: { "Content-Type": "application/msgpack" },
  });
  session.welcome();
  expect(await session.expectAuth()).toEqual({ key: "from-env", secret: "also-from-env" });
  session.authenticated();
  await runtime.settle();
  expect(session.unread).toBe(0);
  session.cut();
  await runtime.advance(1000);
  await gateway.accept();
  await stream.close();
  await run;
});

describe("[G57] an option arrives where it works:", () => {
  test("the feed, the codec and the parameters in the upgrade, the keys in the credentials", async () => {
    const { gateway, run } = open({
      apiKey: "my-key",
      secretKey: "my-secret",
      feed: "delayed_sip",
      codec: "json",
      websocketParams: { perMessageDeflate: false },
    });
    void run();
    const session = await gateway.accept();
    expect(session.socket.request).toMatchObject({
      url: "wss://stream.data.alpaca.markets/v2/delayed_sip",
      headers: { "Content-Type": "application/json" },
      websocketParams: { perMessageDeflate: false },
    });
    session.welcome();
    expect(await session.expectAuth()).toEqual({ key: "my-key", secret: "my-secret" });
  });

  test("handshakeTimeoutMs at the handshake, and the delays of reconnect behind it", async () => {
    const opened = open({ handshakeTimeoutMs: 70, reconnect: { initialDelayMs: 10, maxDelayMs: 15, maxAttempts: 2 } });
    const run = opened.run();
    const delays: number[] = [];
    for (let attempt = 0; attempt <= 2; attempt++) {
      const session = await opened.gateway.accept();
      await opened.runtime.advance(69);
      expect(session.closed).toBeUndefined();
      await opened.runtime.advance(1);
      expect(session.closed?.reason).toBe("handshake_timeout");
      const status = opened.statuses.at(-1);
      if (status?.state !== "reconnecting") break;
      delays.push(status.delayMs);
      await opened.runtime.advance(status.delayMs);
    }
    await run;
    expect(delays).toHaveLength(2);
    expect(delays[0]).toBeLessThanOrEqual(10);
    expect(delays[1]).toBeLessThanOrEqual(15);
    expect(opened.outcome?.error).toMatchObject({ code: "reconnect_limit" });
  });

  test("ackTimeoutMs at a request", async () => {
    const opened = open({ ackTimeoutMs: 250 });
    const session = await opened.authenticated();
    const { ready } = opened.stream.subscribeTrades(() => {}, "AAPL");
    const failed = expect(ready).rejects.toMatchObject({ code: "ack_timeout" });
    await session.expectSubscribe();
    await opened.runtime.advance(250);
    await failed;
  });

  test("pingIntervalMs and pongTimeoutMs at the pings", async () => {
    const opened = open({ pingIntervalMs: 3000, pongTimeoutMs: 500 });
    const session = await opened.serving();
    await opened.runtime.advance(9000);
    expect(session.socket.pings).toBe(3);
    session.socket.mute();
    await opened.runtime.advance(3000);
    expect(states(opened).at(-1)).toBe("reconnecting");
  });

  test("rawData at the records, and a subscription's own at its handler", async () => {
    const { stream, serving, runtime } = open({ rawData: true });
    const got: unknown[] = [];
    stream.subscribeTrades(
      async (record) => {
        got.push(record.S);
        await new Promise(() => {});
      },
      "*",
      { overflow: "dropOldest", maxQueued: 1, concurrency: 2 },
    );
    const session = await serving();
    session.records(...["A", "B", "C", "D"].map((symbol) => trade(symbol)));
    await runtime.settle();
    expect(got).toEqual(["A", "B"]);
    expect(stream.metrics).toMatchObject({ queued: 1, dropped: 1 });
  });
});
