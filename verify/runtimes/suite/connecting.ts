import { Codec, StockDataStream } from "@tickerplant/client";
import { behaviour, type Case, isWebSocket, unlessWebSocket } from "./case.ts";
import { expect, expectEqual, expectRejection, expectThrow, pass } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

const KEYS = [{ key: "key", secret: "secret" }];

/** Connecting, and rejected connections. */
export const connecting: readonly Case[] = [
  behaviour("a stream connects, authenticates and subscribes, and reports each step", async (setup) => {
    const gateway = await setup.gateway({ keys: KEYS });
    const { stream, statuses } = setup.subject(gateway);
    const subscription = stream.subscribeTrades(() => {}, "AAPL", "MSFT");
    await stream.connect();
    await subscription.ready;
    expectEqual(
      statuses.items.map(({ state }) => state),
      ["connecting", "open", "authenticated"],
    );
    expectEqual(
      subscription.states.map(({ symbol, state }) => [symbol, state]),
      [
        ["AAPL", "active"],
        ["MSFT", "active"],
      ],
    );
    const { events } = await gateway.report();
    expectEqual(events[0]?.codec, isWebSocket ? "json" : "msgpack", "the codec");
  }),

  behaviour("a wrong secret ends the stream with 402, and is not retried", async (setup) => {
    const gateway = await setup.gateway({ keys: KEYS });
    const { stream } = setup.subject(gateway, { secretKey: "wrong" });
    await expectRejection(stream.run(), { name: "StreamError", code: "auth_failed", serverCode: 402, terminal: true });
    const { events } = await gateway.report();
    expectEqual(events.filter(({ type }) => type === "connected").length, 1, "connections");
  }),

  behaviour("a missing key and an invalid option throw at once", async () => {
    expectThrow(() => new StockDataStream({ secretKey: "s" }), "apiKey is missing");
    expectThrow(() => new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride: "nonsense" }), "urlOverride");
  }),

  behaviour(
    "keys are read from the environment",
    async (setup) => {
      const { process } = globalThis;
      process.env.APCA_API_KEY_ID = "key";
      process.env.APCA_API_SECRET_KEY = "secret";
      try {
        const gateway = await setup.gateway({ keys: KEYS });
        const stream = new StockDataStream({ urlOverride: gateway.url });
        await stream.connect();
        await stream.stop();
      } finally {
        delete process.env.APCA_API_KEY_ID;
        delete process.env.APCA_API_SECRET_KEY;
      }
    },
    "process" in globalThis ? undefined : "a page has no environment",
  ),

  behaviour("the upgrade's headers, the frames' kinds and the close are those of the protocol", async (setup) => {
    const recorder = await setup.gateway({ kind: "recorder" });
    for (const codec of isWebSocket ? [Codec.JSON] : Object.values(Codec)) {
      const websocketParams = isWebSocket ? {} : { headers: { "X-Own": "mine", "Content-Type": "text/plain" } };
      const { stream } = setup.subject(recorder, { codec, websocketParams });
      const before = (await recorder.report()).events.length;
      await stream.connect();
      await stream.stop();
      let events = (await recorder.report()).events.slice(before);
      while (events.length < 3) events = (await recorder.report()).events.slice(before);
      const [upgrade, frame, closed] = events;
      const headers = upgrade?.headers as Record<string, string>; // the recorder reports them
      if (!isWebSocket) {
        expectEqual([headers["content-type"], headers["x-own"]], [`application/${codec}`, "mine"], "headers");
        expect(headers["user-agent"]?.startsWith("tickerplant-client/") ?? false, "our User-Agent");
      }
      expectEqual([frame?.isBinary, closed?.code], [codec === Codec.MSGPACK, 1000], "kind of the frame, close code");
    }
  }),

  behaviour("a path without a feed is rejected", async (setup) => {
    const gateway = await setup.gateway();
    const urlOverride = gateway.url.replace("/v2/iex", "/v2/nothing");
    const { stream } = setup.subject(gateway, { urlOverride, reconnect: false });
    // The platform's own WebSocket does not report the HTTP status.
    const refusal = isWebSocket ? { code: "connection_lost" } : { code: "http_rejected", status: 404, terminal: true };
    await expectRejection(stream.run(), refusal);
  }),

  behaviour(
    "HTTP 429 is retried after the time of Retry-After",
    async (setup) => {
      const gateway = await setup.gateway({ faults: { httpStatus: 429, retryAfterS: 1 } });
      const { stream, statuses } = setup.subject(gateway);
      const connected = stream.connect();
      const lost = await statuses.find(({ state }) => state === "reconnecting", "a rejection");
      if (lost.state !== "reconnecting") throw new Error("no rejection");
      expectEqual([lost.cause.status, lost.cause.retryAfterMs, lost.delayMs], [429, 1000, 1000]);
      await gateway.setFaults({});
      await connected;
    },
    unlessWebSocket("does not report the HTTP status"),
  ),

  behaviour("a port without a listener is a lost connection, and is retried", async (setup) => {
    const gateway = await setup.gateway();
    await gateway.close();
    const { stream, statuses } = setup.subject(gateway, { reconnect: { initialDelayMs: 1, maxAttempts: 2 } });
    await expectRejection(stream.run(), { code: "reconnect_limit" });
    expectEqual(statuses.items.filter(({ state }) => state === "connecting").length, 3, "attempts");
  }),

  behaviour("a port that sends nothing fails after the handshake timeout", async (setup) => {
    const gateway = await setup.gateway({ kind: "silent" });
    const { stream } = setup.subject(gateway, { handshakeTimeoutMs: 200, reconnect: false });
    await expectRejection(stream.run(), { code: "handshake_timeout" });
  }),

  behaviour("a TLS connection works the same", async (setup) => {
    const gateway = await setup.gateway({ tls: true });
    expect(gateway.url.startsWith("wss://"), "a URL with TLS");
    const { stream } = setup.subject(gateway, { reconnect: false });
    const trades = new Inbox<{ id: unknown }>();
    stream.subscribeTrades(trades.push, "AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 3));
    expectEqual(
      (await trades.first(3)).map(({ id }) => id),
      [1, 2, 3],
    );
  }),

  behaviour("a compressed connection carries the same records", async (setup) => {
    const gateway = await setup.gateway({ compress: true });
    const { stream } = setup.subject(gateway, { reconnect: false });
    const trades = new Inbox<{ id: unknown }>();
    stream.subscribeTrades(trades.push, "AAPL");
    await stream.connect();
    for (let firstId = 0; firstId < 3000; firstId += 1000) await gateway.publish(tradeFrame("AAPL", 1000, firstId));
    expectEqual(
      (await trades.first(3000)).map(({ id }) => id),
      Array.from({ length: 3000 }, (_, id) => id),
    );
  }),

  behaviour(
    "a ping detects a dead connection, and the stream reconnects",
    async (setup) => {
      const gateway = await setup.gateway();
      const { stream, statuses } = setup.subject(gateway, { pingIntervalMs: 200, pongTimeoutMs: 100 });
      await stream.connect();
      await gateway.setFaults({ isHalfOpen: true });
      const lost = await statuses.find(({ state }) => state === "reconnecting", "a lost connection");
      if (lost.state !== "reconnecting") throw new Error("no lost connection");
      expectEqual(lost.cause.code, "ping_timeout");
      await gateway.setFaults({});
      await statuses.find((status) => status.state === "connecting" && status.attempt > 0, "another attempt");
    },
    unlessWebSocket("cannot ping"),
  ),

  behaviour(
    "a quiet connection that answers pings stays open",
    async (setup) => {
      const gateway = await setup.gateway();
      const { stream, statuses } = setup.subject(gateway, { pingIntervalMs: 100, pongTimeoutMs: 50 });
      await stream.connect();
      await pass(600);
      expectEqual(statuses.items.at(-1)?.state, "authenticated");
    },
    unlessWebSocket("cannot ping"),
  ),
];
