import { decode, ExtensionCodec } from "@msgpack/msgpack";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec, isServerErrorNumber, SERVER_ERROR_TEXTS, SERVER_ERRORS } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { oneOfEach, quote, SECONDS, trade } from "../../../../verify/shared/records.ts";
import { createGateway, type GatewayOptions } from "../../src/create-gateway.ts";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { error, MemoryPeer, type PeerOptions, type WireMessage } from "./support/memory-peer.ts";

const CONNECTED = { T: "success", msg: "connected" };
const AUTHENTICATED = { T: "success", msg: "authenticated" };
const KEYS = [
  { key: "K", secret: "S" },
  { key: "BASIC", secret: "S", feeds: ["iex" as const], maxSymbols: 2, maxConnections: 1 },
];

interface Setup {
  readonly gateway: Gateway;
  readonly feed: ManualFeed;
  readonly clock: VirtualClock;
}

function setUp(options: Partial<GatewayOptions> = {}): Setup {
  const feed = new ManualFeed();
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { iex: feed, sip: feed }, clock, ...options });
  void gateway.start();
  return { gateway, feed, clock };
}

describe.each([Codec.MSGPACK, Codec.JSON])("a gateway in %s", (codec) => {
  const connect = (gateway: Gateway, options: PeerOptions = {}): MemoryPeer =>
    new MemoryPeer(gateway, { codec, ...options });

  test(`a gateway in ${codec} sends connected, authenticated and the acknowledgement, each alone in its frame`, () => {
    const { gateway } = setUp({ keys: KEYS });
    const peer = connect(gateway);
    expect(peer.frames).toEqual([[CONNECTED]]);
    peer.say({ action: "auth", key: "K", secret: "S" });
    peer.say({ action: "subscribe", trades: ["AAPL"], quotes: ["AAPL", "MSFT"] });
    expect(peer.frames.map((frame) => frame.map(({ T }) => T))).toEqual([["success"], ["success"], ["subscription"]]);
    expect(peer.frames[1]).toEqual([AUTHENTICATED]);
    const listed = {
      trades: ["AAPL"],
      quotes: ["AAPL", "MSFT"],
      corrections: ["AAPL"],
      cancelErrors: ["AAPL"],
    };
    const empty = { bars: [], updatedBars: [], dailyBars: [], statuses: [], lulds: [], imbalances: [] };
    expect(peer.frames[2]).toEqual([{ T: "subscription", ...listed, ...(codec === Codec.JSON ? empty : {}) }]);
  });

  test.each([
    ["Alpaca's pair of headers", { "apca-api-key-id": "K", "apca-api-secret-key": "S" }],
    ["Basic", { authorization: `Basic ${Buffer.from("K:S").toString("base64")}` }],
    ["basic in lower case", { authorization: `basic ${Buffer.from("K:S").toString("base64")}` }],
  ])(`a gateway in ${codec} authenticates by %s without a message`, (_name, headers) => {
    const { gateway } = setUp({ keys: KEYS });
    expect(connect(gateway, { headers }).frames).toEqual([[CONNECTED], [AUTHENTICATED]]);
  });

  test(`a gateway in ${codec} authenticates an OAuth token by Bearer and by message, under either of its names`, () => {
    const { gateway } = setUp({ keys: [{ key: "oauth", secret: "TOKEN" }] });
    expect(connect(gateway, { headers: { authorization: "Bearer TOKEN" } }).take()).toEqual([CONNECTED, AUTHENTICATED]);
    for (const key of ["oauth", "access_token"]) {
      const peer = connect(gateway);
      peer.say({ action: "auth", key, secret: "TOKEN" });
      expect(peer.take()).toEqual([CONNECTED, AUTHENTICATED]);
    }
    expect(connect(gateway, { headers: { authorization: "Bearer WRONG" } }).take()).toEqual([
      CONNECTED,
      error(402, "auth failed"),
    ]);
  });

  test.each([
    ["half of Alpaca's pair", { "apca-api-key-id": "K" }],
    ["an unknown scheme", { authorization: "Digest K:S" }],
    ["Basic without a colon", { authorization: `Basic ${Buffer.from("KS").toString("base64")}` }],
    ["a scheme and nothing behind it", { authorization: "Bearer" }],
  ])(`a gateway in ${codec} waits for the message if the headers have %s`, (_name, headers) => {
    const { gateway } = setUp({ keys: KEYS });
    const peer = connect(gateway, { headers });
    expect(peer.take()).toEqual([CONNECTED]);
    peer.authenticate("K", "S");
  });

  test(`a gateway in ${codec} answers a wrong key or secret with 402, and accepts the right one on the same socket`, () => {
    const { gateway } = setUp({ keys: KEYS });
    const peer = connect(gateway, { headers: { "apca-api-key-id": "K", "apca-api-secret-key": "wrong" } });
    peer.say({ action: "auth", key: "wrong", secret: "S" });
    expect(peer.take()).toEqual([CONNECTED, error(402, "auth failed"), error(402, "auth failed")]);
    expect(peer.closed).toBeUndefined();
    peer.authenticate("K", "S");
  });

  test(`a gateway in ${codec} answers messages in the wrong state with 401 and 403`, () => {
    const { gateway } = setUp();
    const peer = connect(gateway);
    peer.say({ action: "subscribe", trades: ["A"] });
    peer.say({ action: "auth", key: "K", secret: "S" });
    peer.say({ action: "auth", key: "K", secret: "S" });
    expect(peer.take()).toEqual([
      CONNECTED,
      error(401, "not authenticated"),
      AUTHENTICATED,
      error(403, "already authenticated"),
    ]);
  });

  test(`a gateway in ${codec} answers 404 after ten seconds without credentials, then closes`, async () => {
    const { gateway, clock } = setUp({ closeCodes: { authTimeout: 4404 } });
    const peer = connect(gateway);
    await clock.advance(9_999);
    expect(peer.take()).toEqual([CONNECTED]);
    await clock.advance(1);
    expect(peer.take()).toEqual([error(404, "auth timeout")]);
    expect(peer.closed).toMatchObject({ code: 4404, reason: "auth timeout" });
    expect(clock.pendingTimers).toBe(0);
    expect(gateway.stats.clients).toBe(0);
  });

  test(`a gateway in ${codec} answers a key that is not entitled to the feed with 409`, () => {
    const { gateway } = setUp({ keys: KEYS });
    const peer = connect(gateway, { url: "/v2/sip" });
    peer.say({ action: "auth", key: "BASIC", secret: "S" });
    expect(peer.take()).toEqual([CONNECTED, error(409, "insufficient subscription")]);
    connect(gateway).authenticate("BASIC", "S");
  });

  test(`a gateway in ${codec} answers a key's second connection with 406, and accepts it on the same socket after the first has ended`, async () => {
    const { gateway, clock } = setUp({ keys: KEYS });
    const first = connect(gateway).authenticate("BASIC", "S");
    const second = connect(gateway);
    const auth = { action: "auth", key: "BASIC", secret: "S" };
    for (let attempt = 1; attempt <= 15; attempt++) {
      second.say(auth);
      await clock.advance(5_000);
    }
    const refusals = Array.from({ length: 15 }, () => error(406, "connection limit exceeded"));
    expect(second.take()).toEqual([CONNECTED, ...refusals]);
    expect(second.closed).toBeUndefined();
    connect(gateway).authenticate("K", "S"); // another key
    first.leave();
    second.say(auth);
    expect(second.take()).toEqual([AUTHENTICATED]);
  });

  test(`a gateway in ${codec} counts connections by endpoint`, () => {
    const { gateway } = setUp({ maxConnections: 1 });
    connect(gateway).authenticate();
    connect(gateway, { url: "/v2/sip" }).authenticate();
    const third = connect(gateway, { url: "/v2/sip/?slow=conflate" });
    third.say({ action: "auth", key: "key", secret: "secret" });
    expect(third.take()).toEqual([CONNECTED, error(406, "connection limit exceeded")]);
  });

  test(`a gateway in ${codec} rejects a request for a 31st symbol with 405, and keeps the thirty`, () => {
    const { gateway, feed } = setUp({ maxSymbols: 30 });
    const thirty = Array.from({ length: 30 }, (_, index) => `S${index}`);
    const peer = connect(gateway).subscribe({ trades: thirty });
    peer.say({ action: "subscribe", quotes: ["S1", "S30"] });
    peer.say({ action: "subscribe", trades: ["*"] });
    expect(peer.take()).toEqual([error(405, "symbol limit exceeded"), error(405, "symbol limit exceeded")]);
    peer.say({ action: "subscribe", quotes: ["S1"] });
    expect(peer.take()).toMatchObject([{ T: "subscription", trades: thirty, quotes: ["S1"] }]);
    expect(gateway.stats.published).toBe(0);
    feed.publish(trade("S30", 1), trade("S29", 1));
    expect(gateway.stats.delivered).toBe(1);
  });

  test(`a gateway in ${codec} applies a key's own symbol limit before the gateway's`, () => {
    const { gateway } = setUp({ keys: KEYS, maxSymbols: 30 });
    const peer = connect(gateway).authenticate("BASIC", "S");
    peer.say({ action: "subscribe", trades: ["A", "B", "C"] });
    expect(peer.take()).toEqual([error(405, "symbol limit exceeded")]);
  });

  test(`a gateway in ${codec} answers a channel that is not offered, and corrections requested by name, with 410`, () => {
    const { gateway } = setUp({ channels: ["trades", "quotes", "bars"] });
    const peer = connect(gateway).authenticate();
    for (const channel of ["lulds", "corrections", "cancelErrors"]) peer.say({ action: "subscribe", [channel]: ["A"] });
    const refusal = error(410, "invalid subscribe action for this feed");
    expect(peer.take()).toEqual([refusal, refusal, refusal]);
  });

  test(`a gateway in ${codec} answers an unreadable message or a malformed symbol with 400`, () => {
    const { gateway } = setUp();
    const peer = connect(gateway).authenticate();
    peer.sayBytes(Uint8Array.of(0xc1, 0xff, 0x00));
    peer.say({ action: "dance" });
    peer.say({ action: "subscribe", trades: ["BAD SYMBOL"] });
    const refusal = error(400, "invalid syntax");
    expect(peer.take()).toEqual([refusal, refusal, refusal]);
  });

  test(`a gateway in ${codec} accepts a symbol that does not exist, and sends no records of it`, async () => {
    const { gateway, feed, clock } = setUp();
    const peer = connect(gateway).authenticate();
    peer.say({ action: "subscribe", trades: ["NOSUCH"] });
    expect(peer.take()).toMatchObject([{ T: "subscription", trades: ["NOSUCH"] }]);
    feed.publish(...oneOfEach("A"));
    await clock.settle();
    expect(peer.take()).toEqual([]);
  });

  test(`a gateway in ${codec} sends every channel to its subscribers, corrections and cancels with trades`, async () => {
    const { gateway, feed, clock } = setUp();
    const all = connect(gateway).subscribe({
      trades: ["A"],
      quotes: ["A"],
      bars: ["A"],
      updatedBars: ["A"],
      dailyBars: ["A"],
      statuses: ["*"],
      lulds: ["A"],
      imbalances: ["A"],
    });
    const barsAlone = connect(gateway).subscribe({ bars: ["*"] });
    feed.publish(...oneOfEach("A"));
    await clock.settle();
    expect(all.take().map(({ T }) => T)).toEqual(["t", "q", "b", "u", "d", "s", "l", "i", "c", "x"]);
    expect(barsAlone.take().map(({ T }) => T)).toEqual(["b"]);
  });

  test(`a gateway in ${codec} serves * beside named symbols: each record once, and each ends separately`, async () => {
    const { gateway, feed, clock } = setUp();
    const peer = connect(gateway).subscribe({ quotes: ["A", "*"] });
    const received = async (): Promise<unknown[]> => {
      feed.publish(quote("A", 1), quote("B", 1));
      await clock.settle();
      return peer.take().map(({ S }) => S);
    };
    expect(await received()).toEqual(["A", "B"]);
    peer.say({ action: "unsubscribe", quotes: ["*"] });
    expect(peer.take()).toMatchObject([{ T: "subscription", quotes: ["A"] }]);
    expect(await received()).toEqual(["A"]);
    peer.say({ action: "subscribe", quotes: ["*"] });
    peer.say({ action: "unsubscribe", quotes: ["A"] });
    peer.take();
    expect(await received()).toEqual(["A", "B"]);
  });

  test(`a gateway in ${codec} sends the records of one turn in one frame, and the answer to a request between two`, async () => {
    const { gateway, feed, clock } = setUp();
    const peer = connect(gateway).subscribe({ trades: ["*"] });
    const records = Array.from({ length: 300 }, (_, id) => trade("A", id));
    feed.publish(...records);
    expect(peer.frames).toEqual([]);
    await clock.settle();
    expect(peer.frames.map((frame) => frame.length)).toEqual([300]);
    expect(peer.take().map(({ i }) => i)).toEqual(records.map(({ id }) => id));
    feed.publish(trade("A", 1));
    peer.say({ action: "subscribe", quotes: ["A"] });
    feed.publish(trade("A", 2));
    await clock.settle();
    expect(peer.frames.map((frame) => frame.map(({ T }) => T))).toEqual([["t"], ["subscription"], ["t"]]);
  });

  test(`[R28] a gateway in ${codec} serves a client unchanged while another connects and leaves`, async () => {
    const { gateway, feed, clock } = setUp();
    const stayer = connect(gateway).subscribe({ trades: ["A"] });
    const leaver = connect(gateway).subscribe({ trades: ["A", "B"] });
    expect(stayer.take()).toEqual([]);
    for (let id = 0; id < 10; id++) {
      if (id === 3) leaver.say({ action: "unsubscribe", trades: ["A"] });
      if (id === 6) leaver.leave();
      feed.publish(trade("A", id));
      await clock.settle();
    }
    expect(stayer.take().map(({ i }) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(leaver.take().filter(({ T }) => T === "t")).toHaveLength(3);
    expect(gateway.stats.clients).toBe(1);
  });
});

describe("the bytes of a gateway", () => {
  test("msgpack messages of a gateway begin with T, and have times of the width of Alpaca's encoder", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway).subscribe({
      trades: ["A"],
      quotes: ["A"],
      bars: ["A"],
      updatedBars: ["A"],
      dailyBars: ["A"],
      statuses: ["A"],
      lulds: ["A"],
      imbalances: ["A"],
    });
    peer.bytes.length = 0;
    feed.publish(...oneOfEach("A"));
    await clock.settle();
    const widths: number[] = [];
    const extensionCodec = new ExtensionCodec();
    extensionCodec.register({ type: -1, encode: () => null, decode: (data) => widths.push(data.length) });
    // An array of maps, as the test with the independent decoder has found.
    const messages = decode(peer.bytes[0] ?? [], { extensionCodec }) as WireMessage[];
    for (const message of messages) expect(Object.keys(message).slice(0, 2)).toEqual(["T", "S"]);
    expect(widths).toEqual([8, 8, 4, 4, 4, 8, 8, 8, 8, 8]);
    const [first] = messages;
    expect(first).toMatchObject({ T: "t", S: "A", i: 1, x: "V", p: 101.25, s: 100, c: ["@"], z: "C" });
    for (const control of peer.bytes.slice(1)) expect(control[0]).toBe(0x91);
  });

  test("JSON times of a gateway are RFC 3339 without trailing zeros", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway, { codec: Codec.JSON }).subscribe({ trades: ["A"], bars: ["A"] });
    feed.publish(...oneOfEach("A"));
    await clock.settle();
    const second = new Date(SECONDS * 1000).toISOString().slice(0, 19);
    expect(
      peer
        .take()
        .slice(0, 2)
        .map(({ t }) => t),
    ).toEqual([`${second}.123456789Z`, `${second}Z`]);
  });

  test("a gateway sends JSON by default, and msgpack if the client requests it", () => {
    const { gateway } = setUp();
    const plain = new MemoryPeer(gateway, { codec: Codec.JSON, headers: { "content-type": "" } });
    expect(plain.take()).toEqual([CONNECTED]);
    const msgpack = new MemoryPeer(gateway, { headers: { "content-type": "application/msgpack; charset=binary" } });
    expect(msgpack.take()).toEqual([CONNECTED]);
  });
});

describe("faults on demand", () => {
  test.each(Object.keys(SERVER_ERRORS).map(Number))(
    "the fault authError rejects authentication with %i and its message",
    (number) => {
      const { gateway } = setUp({ faults: { authError: number } });
      const peer = new MemoryPeer(gateway);
      peer.say({ action: "auth", key: "K", secret: "S" });
      const text = isServerErrorNumber(number) ? SERVER_ERROR_TEXTS[number] : "";
      expect(peer.take()).toEqual([CONNECTED, error(number, text)]);
    },
  );

  test("the fault subscribeError rejects requests to subscribe, and none to unsubscribe", () => {
    const { gateway } = setUp({ faults: { subscribeError: 405 } });
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say({ action: "subscribe", trades: ["A"] });
    peer.say({ action: "unsubscribe", trades: ["A"] });
    expect(peer.take()).toMatchObject([error(405, "symbol limit exceeded"), { T: "subscription" }]);
  });

  test("the fault httpStatus rejects the upgrade with its status and Retry-After", () => {
    const { gateway } = setUp({ faults: { httpStatus: 429, retryAfterS: 7 } });
    expect(gateway.rejection({ url: "/v2/iex", headers: {} })).toEqual({ status: 429, retryAfterS: 7 });
    delete gateway.faults.retryAfterS;
    expect(gateway.rejection({ url: "/v2/iex", headers: {} })).toEqual({ status: 429 });
    delete gateway.faults.httpStatus;
    expect(gateway.rejection({ url: "/v2/iex", headers: {} })).toBeUndefined();
  });

  test("the fault ackDelayMs delays answers, in order, and no records", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway).authenticate();
    gateway.faults.ackDelayMs = 500;
    peer.say({ action: "subscribe", trades: ["A"] });
    peer.say({ action: "subscribe", trades: ["NO GOOD"] });
    feed.publish(trade("A", 1));
    await clock.advance(499);
    expect(peer.take().map(({ T }) => T)).toEqual(["t"]);
    await clock.advance(1);
    expect(peer.take().map(({ T }) => T)).toEqual(["subscription", "error"]);
  });

  test("the fault ackDelayMs drops delayed answers when the client leaves or is closed", async () => {
    const { gateway, clock } = setUp({ faults: { ackDelayMs: 500 } });
    const [leaver, stayer] = [new MemoryPeer(gateway).authenticate(), new MemoryPeer(gateway).authenticate()];
    for (const peer of [leaver, stayer]) peer.say({ action: "subscribe", trades: ["A"] });
    leaver.leave();
    gateway.close();
    await clock.settle();
    expect(clock.pendingTimers).toBe(0);
    expect([...leaver.take(), ...stayer.take()]).toEqual([]);
  });

  test("the fault isMute drops records, and sends answers", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
    gateway.faults.isMute = true;
    feed.publish(trade("A", 1));
    peer.say({ action: "subscribe", quotes: ["A"] });
    await clock.settle();
    expect(peer.take().map(({ T }) => T)).toEqual(["subscription"]);
    gateway.faults.isMute = false;
    feed.publish(trade("A", 2));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "t", i: 2 }]);
  });

  test("the fault isHalfOpen sends nothing, reads nothing and buffers nothing", async () => {
    const { gateway, feed, clock } = setUp({ maxBufferedBytes: 1000 });
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
    gateway.faults.isHalfOpen = true;
    for (let id = 0; id < 100; id++) {
      feed.publish(trade("A", id));
      await clock.settle();
    }
    peer.say({ action: "subscribe", trades: ["B"] });
    expect(peer.take()).toEqual([]);
    expect(peer.closed).toBeUndefined();
    gateway.faults.isHalfOpen = false;
    feed.publish(trade("A", 100), trade("B", 100));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "t", S: "A", i: 100 }]);
  });

  test("the fault maxRecordsPerFrame splits frames", async () => {
    const { gateway, feed, clock } = setUp({ faults: { maxRecordsPerFrame: 3 } });
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
    feed.publish(...Array.from({ length: 8 }, (_, id) => trade("A", id)));
    await clock.settle();
    expect(peer.frames.map((frame) => frame.map(({ i }) => i))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  test("the fault cutAfterRecords cuts the connection in the middle of a frame", async () => {
    const { gateway, feed, clock } = setUp({ faults: { cutAfterRecords: 4 } });
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
    feed.publish(...Array.from({ length: 8 }, (_, id) => trade("A", id)));
    await clock.settle();
    expect(peer.take()).toHaveLength(4);
    expect(peer.cut?.length).toBeGreaterThan(0);
    expect(gateway.stats).toMatchObject({ clients: 0, delivered: 4 });
  });
});
