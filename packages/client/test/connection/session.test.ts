import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { DataFeed, Trade, VERSION } from "../../src/index.ts";
import { codecs, open, states } from "../support/stream.ts";

describe.each(codecs)("in %s", (codec) => {
  test("[K1] the credentials are sent after the welcome, exactly and once", async () => {
    const { gateway, run, clock } = open({ codec });
    void run();
    const session = await gateway.accept();
    await clock.settle();
    expect(session.unread).toBe(0);
    session.welcome();
    expect(await session.expectAuth()).toEqual({ key: "test-key", secret: "test-secret" });
    await clock.settle();
    expect(session.unread).toBe(0);
  });

  test("[PU1] the upgrade names the codec and the client", async () => {
    const { gateway, run } = open({ codec });
    void run();
    const { socket } = await gateway.accept();
    expect(socket.request.headers).toEqual({
      "Content-Type": `application/${codec}`,
      "User-Agent": `tickerplant-client/${VERSION}`,
    });
  });

  test("[G11] [V3] [V6] symbols requested before the run are subscribed once authenticated", async () => {
    const { stream, authenticated } = open({ codec });
    const subscription = stream.subscribeTrades(() => {}, "AAPL", "MSFT");
    expect(subscription.states[0]).toMatchObject({ symbol: "AAPL", channel: "trades", state: "wanted" });
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL", "MSFT"] });
    expect(subscription.states[0]?.state).toBe("requested");
    session.acknowledge();
    await subscription.ready;
    expect(subscription.states.map(({ state }) => state)).toEqual(["active", "active"]);
  });

  test("[G42] [R19] welcome, answer to the credentials and records may come in one frame", async () => {
    const { stream, gateway, run, clock } = open({ codec });
    const got: Trade[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    void run();
    const session = await gateway.accept();
    session.send(
      { T: "success", msg: "connected" },
      { T: "success", msg: "authenticated" },
      { T: "t", S: "AAPL", t: "2025-01-02T15:00:00Z", i: 7, x: "V", p: 1, s: 1, c: [], z: "C" },
    );
    await clock.settle();
    expect(got).toHaveLength(1);
    await session.expectAuth();
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
  });

  test("[R19] records that come before the acknowledgement are delivered", async () => {
    const { stream, authenticated, clock } = open({ codec });
    const got: Trade[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    session.records(trade("AAPL"));
    await clock.settle();
    expect(got).toEqual([trade("AAPL")]);
    expect(got[0]).toBeInstanceOf(Trade);
  });

  test("[G5] [G7] [G29] without symbols it connects without a request", async () => {
    const opened = open({ codec });
    const connected = opened.stream.connect();
    const session = await opened.gateway.handshake();
    await connected;
    expect(session.unread).toBe(0);
    expect(states(opened)).toEqual(["connecting", "open", "authenticated"]);
  });

  test("[V27] connect resolves when every subscription is settled", async () => {
    const { stream, gateway, clock } = open({ codec });
    stream.subscribeTrades(() => {}, "AAPL");
    let isConnected = false;
    const connected = stream.connect().then(() => {
      isConnected = true;
    });
    const session = await gateway.handshake();
    await session.expectSubscribe();
    await clock.settle();
    expect(isConnected).toBe(false);
    session.acknowledge();
    await connected;
    await stream.connect(); // connected already
    expect(gateway.sessions).toHaveLength(1);
  });
});

test.each([
  ["an error message without the welcome", { T: "subscription", trades: [] }],
  ["another message", { T: "success", msg: "hello" }],
])("[G36] [G42] a first message that is %s closes the socket and is retried", async (_, message) => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  session.send(message);
  await opened.clock.settle();
  expect(session.closed).toEqual({ code: 1000, reason: "unexpected_welcome" });
  expect(opened.statuses.at(-1)).toMatchObject({ state: "reconnecting", cause: { code: "unexpected_welcome" } });
});

test("[G1] with one attempt allowed a wrong welcome ends the run", async () => {
  const opened = open({ reconnect: { maxAttempts: 0 } });
  const run = opened.run();
  (await opened.gateway.accept()).send({ T: "success", msg: "hello" });
  await run;
  expect(opened.outcome?.error).toMatchObject({
    code: "reconnect_limit",
    terminal: true,
    cause: { code: "unexpected_welcome" },
  });
});

test("[V22] an unreadable first frame is reported, and the welcome still awaited", async () => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  session.frame(new Uint8Array([0xc1]));
  session.welcome();
  await session.expectAuth();
  expect(opened.errors).toMatchObject([{ code: "bad_frame" }]);
});

test("a socket that does not open in time is abandoned and retried", async () => {
  const opened = open({ handshakeTimeoutMs: 5000 });
  opened.gateway.network.isUnreachable = true;
  void opened.run();
  await opened.clock.advance(4999);
  expect(states(opened)).toEqual(["connecting"]);
  await opened.clock.advance(1);
  expect(opened.statuses.at(-1)).toMatchObject({ state: "reconnecting", cause: { code: "handshake_timeout" } });
  opened.gateway.network.isUnreachable = false;
  await opened.clock.advance(1000);
  expect(states(opened).at(-1)).toBe("open");
});

test("[R8] a server that sends nothing after opening is abandoned and retried", async () => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  await opened.clock.advance(9999);
  expect(session.closed).toBeUndefined();
  await opened.clock.advance(1);
  expect(session.closed?.reason).toBe("handshake_timeout");
  const status = opened.statuses.at(-1);
  expect(status?.state === "reconnecting" && status.cause.message).toContain("sent no welcome");
});

test("[R8] [PU14] a server that does not answer the credentials is abandoned and retried", async () => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  await session.expectAuth();
  await opened.clock.advance(10_000);
  expect(session.closed?.reason).toBe("handshake_timeout");
  const status = opened.statuses.at(-1);
  expect(status?.state === "reconnecting" && status.cause.message).toContain("did not answer the credentials");
});

test("records do not extend the handshake's deadline", async () => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  for (let second = 0; second < 10; second++) {
    session.records(trade("AAPL"));
    await opened.clock.advance(1000);
  }
  expect(session.closed?.reason).toBe("handshake_timeout");
});

test("credentials in the user's own headers need no answer to the message", async () => {
  const { stream, gateway, clock, run, errors } = open();
  stream.subscribeBars(() => {}, "*");
  void run();
  const session = await gateway.accept();
  session.welcome();
  session.authenticated(); // by the headers
  await session.expectAuth();
  session.error(403);
  expect(await session.expectSubscribe()).toEqual({ bars: ["*"] });
  session.acknowledge();
  await clock.settle();
  expect(errors).toEqual([]);
});

test("'already authenticated' in answer to the credentials counts as success", async () => {
  const opened = open();
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  await session.expectAuth();
  session.error(403);
  await opened.clock.settle();
  expect(states(opened).at(-1)).toBe("authenticated");
});

test("'already authenticated' before the welcome answers nothing: nothing is sent", async () => {
  const opened = open();
  opened.stream.subscribeBars(() => {}, "*");
  void opened.run();
  const session = await opened.gateway.accept();
  session.error(403);
  await opened.clock.settle();
  expect(states(opened)).not.toContain("authenticated");
  expect(states(opened).at(-1)).toBe("reconnecting");
});

test.each([
  [DataFeed.IEX, "wss://stream.data.alpaca.markets/v2/iex"],
  [DataFeed.SIP, "wss://stream.data.alpaca.markets/v2/sip"],
  [DataFeed.DELAYED_SIP, "wss://stream.data.alpaca.markets/v2/delayed_sip"],
  [DataFeed.BOATS, "wss://stream.data.alpaca.markets/v1beta1/boats"],
  [DataFeed.OVERNIGHT, "wss://stream.data.alpaca.markets/v1beta1/overnight"],
  [DataFeed.OTC, "wss://stream.data.alpaca.markets/v2/otc"],
  [DataFeed.TEST, "wss://stream.data.alpaca.markets/v2/test"],
])("[G10] [V2] the feed %s is at %s", async (feed, url) => {
  const { gateway, run } = open({ feed });
  void run();
  expect((await gateway.accept()).socket.request.url).toBe(url);
});

test.each([
  ["ws://localhost:8765/v2/iex", "ws://localhost:8765/v2/iex"],
  ["wss://example.org/v2/sip", "wss://example.org/v2/sip"],
  ["http://localhost:8765/v2/iex", "ws://localhost:8765/v2/iex"],
  ["https://example.org/stream", "wss://example.org/stream"],
])("[G10] [V2] the address %s is used as %s, whatever the feed", async (urlOverride, url) => {
  const { gateway, run } = open({ urlOverride, feed: DataFeed.DELAYED_SIP });
  void run();
  expect((await gateway.accept()).socket.request.url).toBe(url);
});

test("a connection that the platform cannot make ends the run with the reason", async () => {
  const opened = open({
    connector: {
      setsHeaders: true,
      pings: true,
      pauses: true,
      connect: () => {
        throw new SyntaxError("An invalid or duplicated subprotocol was specified");
      },
    },
  });
  await opened.run();
  expect(opened.outcome?.error).toMatchObject({ code: "connection_lost", terminal: true });
  expect(String(opened.outcome?.error)).toContain("subprotocol");
  expect(opened.clock.pendingTimers).toBe(0);
});
