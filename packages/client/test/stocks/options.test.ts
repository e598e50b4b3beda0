import { afterEach, describe, expect, test, vi } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { StockDataStream } from "../../src/index.ts";
import { ScriptedGateway, VirtualClock } from "../../src/testing/index.ts";
import { open, states } from "../support/stream.ts";

afterEach(() => vi.unstubAllEnvs());

test("[G56] a stream without options connects to IEX in msgpack with the environment's keys, subscribes to nothing, and reconnects", async () => {
  vi.stubEnv("APCA_API_KEY_ID", "from-env");
  vi.stubEnv("APCA_API_SECRET_KEY", "also-from-env");
  const gateway = new ScriptedGateway();
  const clock = new VirtualClock();
  const stream = new StockDataStream({ connector: gateway.connector, clock });
  const run = stream.run();
  const session = await gateway.accept();
  expect(session.socket.request).toMatchObject({
    url: "wss://stream.data.alpaca.markets/v2/iex",
    headers: { "Content-Type": "application/msgpack" },
  });
  session.welcome();
  expect(await session.expectAuth()).toEqual({ key: "from-env", secret: "also-from-env" });
  session.authenticated();
  await clock.settle();
  expect(session.unread).toBe(0);
  session.cut();
  await clock.advance(1000);
  await gateway.accept();
  await stream.close();
  await run;
});

describe("[G57] options of StockDataStream", () => {
  test("the upgrade has the feed, codec and websocketParams of the options, and the credentials have their keys", async () => {
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

  test("handshakeTimeoutMs limits the handshake, and the options of reconnect the delays and attempts after it", async () => {
    const opened = open({ handshakeTimeoutMs: 70, reconnect: { initialDelayMs: 10, maxDelayMs: 15, maxAttempts: 2 } });
    const run = opened.run();
    const delays: number[] = [];
    for (let attempt = 0; attempt <= 2; attempt++) {
      const session = await opened.gateway.accept();
      await opened.clock.advance(69);
      expect(session.closed).toBeUndefined();
      await opened.clock.advance(1);
      expect(session.closed?.reason).toBe("handshake_timeout");
      const status = opened.statuses.at(-1);
      if (status?.state !== "reconnecting") break;
      delays.push(status.delayMs);
      await opened.clock.advance(status.delayMs);
    }
    await run;
    expect(delays).toHaveLength(2);
    expect(delays[0]).toBeLessThanOrEqual(10);
    expect(delays[1]).toBeLessThanOrEqual(15);
    expect(opened.outcome?.error).toMatchObject({ code: "reconnect_limit" });
  });

  test("ackTimeoutMs limits the wait for the answer to a request", async () => {
    const opened = open({ ackTimeoutMs: 250 });
    const session = await opened.authenticated();
    const { ready } = opened.stream.subscribeTrades(() => {}, "AAPL");
    const failed = expect(ready).rejects.toMatchObject({ code: "ack_timeout" });
    await session.expectSubscribe();
    await opened.clock.advance(250);
    await failed;
  });

  test("pingIntervalMs is the time between pings, and pongTimeoutMs limits the wait for a pong", async () => {
    const opened = open({ pingIntervalMs: 3000, pongTimeoutMs: 500 });
    const session = await opened.serving();
    await opened.clock.advance(9000);
    expect(session.socket.pings).toBe(3);
    session.socket.mute();
    await opened.clock.advance(3000);
    expect(states(opened).at(-1)).toBe("reconnecting");
  });

  test("rawData applies to records, and the options of a subscription to its handler", async () => {
    const { stream, serving, clock } = open({ rawData: true });
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
    await clock.settle();
    expect(got).toEqual(["A", "B"]);
    expect(stream.metrics).toMatchObject({ queued: 1, dropped: 1 });
  });
});

describe("durations of options", () => {
  const DAY_MS = 86_400_000;

  test.each([30 * DAY_MS, Number.POSITIVE_INFINITY])(
    "handshakeTimeoutMs of %d ms ends no handshake early",
    async (handshakeTimeoutMs) => {
      const { run, gateway, clock } = open({ handshakeTimeoutMs, pingIntervalMs: 0 });
      void run();
      const session = await gateway.accept();
      await clock.advance(29 * DAY_MS);
      expect(session.closed).toBeUndefined();
    },
  );

  test("an infinite ackTimeoutMs waits for the answer without a limit", async () => {
    const never = Number.POSITIVE_INFINITY;
    const opened = open({ ackTimeoutMs: never, pingIntervalMs: 0, stalledAfterMs: never });
    const session = await opened.authenticated();
    const { ready } = opened.stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    await opened.clock.advance(29 * DAY_MS);
    session.acknowledge({ trades: ["AAPL"] });
    await ready;
  });

  test("an infinite pingIntervalMs sends no pings, and an infinite staleAfterMs never treats silence as stale", async () => {
    const opened = open({ pingIntervalMs: Number.POSITIVE_INFINITY, staleAfterMs: Number.POSITIVE_INFINITY });
    const session = await opened.serving();
    opened.stream.subscribeTrades(() => {}, "*");
    await opened.clock.advance(DAY_MS);
    expect(session.socket.pings).toBe(0);
    expect(states(opened)).toEqual(["connecting", "open", "authenticated"]);
  });

  test("a reconnect waits for its whole delay of 60 days", async () => {
    const initialDelayMs = 60 * DAY_MS; // more than one timer of the platform holds
    const opened = open({ reconnect: { initialDelayMs, maxDelayMs: Number.POSITIVE_INFINITY } });
    opened.clock.random = () => 1;
    const session = await opened.serving();
    session.cut();
    await opened.clock.settle();
    expect(opened.statuses.at(-1)).toMatchObject({ state: "reconnecting", delayMs: initialDelayMs });
    await opened.clock.advance(initialDelayMs - 1);
    expect(states(opened).at(-1)).toBe("reconnecting");
    await opened.clock.advance(1);
    expect(states(opened).at(-1)).toBe("open");
  });

  test.each([
    [
      { pongTimeoutMs: Number.POSITIVE_INFINITY },
      "pongTimeoutMs must be a number of milliseconds from 1, got Infinity",
    ],
    [
      { reconnect: { initialDelayMs: Number.POSITIVE_INFINITY } },
      "reconnect.initialDelayMs must be a number of milliseconds from 0, got Infinity",
    ],
    [
      { reconnect: { maxDelayMs: Number.NaN } },
      "reconnect.maxDelayMs must be a number of milliseconds from 0, or Infinity, got NaN",
    ],
    [{ reconnect: { maxAttempts: Number.NaN } }, "reconnect.maxAttempts must be 0 or more, got NaN"],
    [
      { staleAfterMs: Number.NaN },
      "staleAfterMs must be a number of milliseconds from 1, or Infinity, or false, got NaN",
    ],
    [
      { handshakeTimeoutMs: Number.NEGATIVE_INFINITY },
      "handshakeTimeoutMs must be a number of milliseconds from 1, or Infinity",
    ],
  ])("the constructor rejects the durations and counts %j", (options, message) => {
    expect(() => new StockDataStream({ apiKey: "k", secretKey: "s", ...options })).toThrow(message);
  });
});
