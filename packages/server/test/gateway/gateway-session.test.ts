import { encode } from "@msgpack/msgpack";
import { STOCK_SCHEMA, SUBSCRIBABLE_CHANNELS } from "@tickerplant/client";
import { Codec, FrameDecoder } from "@tickerplant/client/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GatewayAction, GatewaySession, type GatewaySessionOptions } from "../../src/gateway/gateway-session.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";

function session(options: Partial<GatewaySessionOptions> = {}): GatewaySession {
  return new GatewaySession(
    {
      codec: Codec.JSON,
      schema: STOCK_SCHEMA,
      decoder: new FrameDecoder(STOCK_SCHEMA),
      channels: SUBSCRIBABLE_CHANNELS,
      admit: (_key, secret) => (secret === "right" ? { maxSymbols: 3 } : { error: 402 }),
      symbolCount: "symbols",
      asksFeed: false,
      subscribeError: () => undefined,
      unknownChannels: "ignore",
      closeCodes: { authTimeout: 4404, slowClient: 4407 },
      ...options,
    },
    0,
  );
}

/** What a session answers, in short: numbers of errors, texts of success, "ack", "changed", close codes. */
function inShort(actions: readonly GatewayAction[]): unknown[] {
  return actions.map((action) => {
    if (action.type === "changed" || action.type === "ask") return action.type;
    if (action.type === "close") return `close ${action.code}`;
    const { message } = action;
    if (message.type === "error") return message.number;
    return message.type === "success" ? message.message : "ack";
  });
}

const asJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const asMsgpack = (value: unknown): Uint8Array => encode(value);

const AUTH = asJson({ action: "auth", key: "key", secret: "right" });

function authenticated(options: Partial<GatewaySessionOptions> = {}): GatewaySession {
  const authenticated = session(options);
  authenticated.open(undefined, 0);
  authenticated.receive(AUTH, 1);
  return authenticated;
}

describe("GatewaySession", () => {
  test("a gateway session sends connected, and answers a valid key with authenticated", () => {
    const subject = session();
    expect(inShort(subject.open(undefined, 0))).toEqual(["connected"]);
    expect(inShort(subject.receive(AUTH, 5))).toEqual(["authenticated"]);
    expect(subject.wakeAtMs).toBeUndefined();
  });

  test("a gateway session answers credentials in the headers of the upgrade without a message", () => {
    expect(inShort(session().open({ key: "key", secret: "right" }, 0))).toEqual(["connected", "authenticated"]);
    expect(inShort(session().open({ key: "key", secret: "wrong" }, 0))).toEqual(["connected", 402]);
  });

  test.each([
    ["an empty frame", ""],
    ["white space", " \n\t"],
    ["null", "null"],
    ["a number", "5"],
    ["a string", '"subscribe"'],
    ["true", "true"],
    ["an empty array", "[]"],
    ["an empty array with blanks", " [ ] "],
    ["an array of nothing", "[[]]"],
    ["an array of null", "[null]"],
    ["an empty object", "{}"],
    ["an array that ends with a comma", '[{"action":"subscribe","trades":["A"]},]'],
    ["two messages without an array", '{"action":"subscribe"}{"action":"subscribe"}'],
    ["a message in an array in an array", '[[{"action":"subscribe","trades":["A"]}]]'],
    ["half a message", '{"action":'],
    ["a byte order mark", "\ufeff[]"],
    ["an empty array of msgpack", Buffer.from([0x90])],
    ["nil of msgpack", Buffer.from([0xc0])],
    ["an empty map of msgpack", Buffer.from([0x80])],
    ["an empty string of msgpack", Buffer.from([0xa0])],
    ["an array of msgpack that claims more", Buffer.from([0x91])],
  ])("a gateway session answers %s with 400 alone, before and after authentication", (_what, frame) => {
    const bytes = typeof frame === "string" ? Buffer.from(frame) : frame;
    expect(inShort(authenticated().receive(bytes, 2))).toEqual([400]);
    const fresh = session();
    fresh.open(undefined, 0);
    expect(inShort(fresh.receive(bytes, 2))).toEqual([400]);
  });

  test("a gateway session answers 401 to a request before authentication, and 403 to credentials after it", () => {
    const subject = session();
    expect(inShort(subject.receive(asJson({ action: "subscribe", trades: ["A"] }), 0))).toEqual([401]);
    subject.receive(AUTH, 1);
    expect(inShort(subject.receive(AUTH, 2))).toEqual([403]);
    expect(subject.isAuthenticated).toBe(true);
  });

  test("a gateway session without credentials answers 404 and closes after ten seconds, not a millisecond earlier", () => {
    const subject = session();
    expect(subject.wakeAtMs).toBe(10_000);
    expect(subject.tick(9_999)).toEqual([]);
    expect(inShort(subject.tick(10_000))).toEqual([404, "close 4404"]);
    expect(subject.wakeAtMs).toBeUndefined();
    expect(subject.tick(20_000)).toEqual([]);
  });

  test("an authenticated gateway session has no timeout", () => {
    expect(authenticated().tick(1e9)).toEqual([]);
  });

  test("a gateway session gives a client with a wrong secret another ten seconds, and twenty attempts in total", () => {
    const subject = session();
    const wrong = asJson({ action: "auth", key: "key", secret: "wrong" });
    for (let attempt = 1; attempt < GATEWAY_LIMITS.maxAuthAttempts; attempt++) {
      expect(inShort(subject.receive(wrong, attempt * 1000))).toEqual([402]);
      expect(subject.wakeAtMs).toBe(attempt * 1000 + 10_000);
    }
    expect(inShort(subject.receive(wrong, 99_000))).toEqual([402, "close 1008"]);
  });

  test("a closed gateway session ignores further messages, even those of the same frame", () => {
    const subject = session();
    const attempts = Array.from({ length: 30 }, () => ({ action: "auth", key: "key", secret: "wrong" }));
    const right = { action: "auth", key: "key", secret: "right" };
    const answers = inShort(subject.receive(asJson([...attempts, right]), 0));
    expect(answers).toHaveLength(GATEWAY_LIMITS.maxAuthAttempts + 1);
    expect(answers.at(-1)).toBe("close 1008");
    expect(subject.isAuthenticated).toBe(false);
    expect(subject.receive(AUTH, 1)).toEqual([]);
  });

  test.each([
    ["bytes that are not JSON", Buffer.from("hello")],
    ["half a message", Buffer.from('{"action":"auth","key":')],
    ["nothing", new Uint8Array(0)],
    ["a number", Buffer.from("42")],
    ["an unknown action", asJson({ action: "listen" })],
    ["no action", asJson({ key: "key" })],
    ["auth without a secret", asJson({ action: "auth", key: "key" })],
    ["auth with a number as its key", asJson({ action: "auth", key: 1, secret: "right" })],
    ["a symbol instead of an array", asJson({ action: "subscribe", trades: "AAPL" })],
    ["a number among the symbols", asJson({ action: "subscribe", trades: ["AAPL", 1] })],
    ["four thousand open brackets", Buffer.alloc(4000, "[")],
    ["msgpack that promises more than it has", Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["msgpack's one byte without a meaning", Uint8Array.of(0xc1)],
    ["invalid UTF-8", Buffer.concat([Buffer.from('{"action":"'), Uint8Array.of(0xff, 0xfe), Buffer.from('"}')])],
  ])("a gateway session answers 400 to %s, and stays open", (_what, bytes) => {
    const subject = session();
    expect(inShort(subject.receive(bytes, 0))).toEqual([400]);
    expect(inShort(subject.receive(AUTH, 1))).toEqual(["authenticated"]);
  });

  test("a gateway session closes after a hundred unreadable messages", () => {
    const subject = session();
    for (let count = 1; count < GATEWAY_LIMITS.maxBadMessages; count++) {
      expect(inShort(subject.receive(Uint8Array.of(0xc1), 0))).toEqual([400]);
    }
    expect(inShort(subject.receive(Uint8Array.of(0xc1), 0))).toEqual([400, "close 1008"]);
  });

  test("a gateway session accepts msgpack and JSON, one message and an array of them", () => {
    const subject = session();
    expect(inShort(subject.receive(asMsgpack({ action: "auth", key: "key", secret: "right" }), 0))).toEqual([
      "authenticated",
    ]);
    const both = [
      { action: "subscribe", trades: ["A"] },
      { action: "unsubscribe", trades: ["A"] },
    ];
    expect(inShort(subject.receive(asJson(both), 0))).toEqual(["ack", "changed", "ack", "changed"]);
  });

  test.each(["AAPL ", "", "A PL", "ÄPFL", "A\nB", "X".repeat(33)])(
    "a gateway session answers 400 to the symbol %j",
    (symbol) => {
      const subject = authenticated();
      expect(inShort(subject.receive(asJson({ action: "subscribe", trades: ["MSFT", symbol] }), 0))).toEqual([400]);
      expect(subject.subscriptions.isEmpty).toBe(true);
    },
  );

  test("a gateway session answers 405 to one symbol too many, rejects the whole request and keeps the earlier symbols", () => {
    const subject = authenticated();
    subject.receive(asJson({ action: "subscribe", trades: ["A", "B"], quotes: ["A"] }), 0);
    expect(inShort(subject.receive(asJson({ action: "subscribe", bars: ["C", "D"] }), 0))).toEqual([405]);
    expect([...subject.subscriptions.symbols("trades")]).toEqual(["A", "B"]);
    expect(subject.subscriptions.symbols("bars").size).toBe(0);
    expect(inShort(subject.receive(asJson({ action: "subscribe", bars: ["C"] }), 0))).toEqual(["ack", "changed"]);
    expect(inShort(subject.receive(asJson({ action: "subscribe", bars: ["C", "A"] }), 0))).toEqual(["ack", "changed"]);
  });

  test("a gateway session rejects a frame with too many messages as a whole: each answer would list all earlier symbols", () => {
    const subject = authenticated();
    const requests = (count: number) =>
      asJson(Array.from({ length: count }, () => ({ action: "subscribe", bars: ["A"] })));
    expect(inShort(subject.receive(requests(GATEWAY_LIMITS.maxMessagesPerFrame + 1), 0))).toEqual([400]);
    expect(subject.subscriptions.isEmpty).toBe(true);
    expect(subject.receive(requests(GATEWAY_LIMITS.maxMessagesPerFrame), 0)).toHaveLength(
      2 * GATEWAY_LIMITS.maxMessagesPerFrame,
    );
  });

  test("a gateway session accepts every request to unsubscribe, at any symbol limit", () => {
    const subject = authenticated();
    subject.receive(asJson({ action: "subscribe", trades: ["A", "B", "C"] }), 0);
    const many = Array.from({ length: 50 }, (_, index) => `S${index}`);
    expect(inShort(subject.receive(asJson({ action: "unsubscribe", trades: ["A", ...many] }), 0))).toEqual([
      "ack",
      "changed",
    ]);
    expect([...subject.subscriptions.symbols("trades")]).toEqual(["B", "C"]);
  });

  test("a gateway session answers 410 to a channel that the feed does not offer, and to corrections and cancels by name", () => {
    const subject = authenticated({ channels: ["trades", "quotes"] });
    for (const channel of ["bars", "corrections", "cancelErrors"]) {
      expect(inShort(subject.receive(asJson({ action: "subscribe", trades: ["A"], [channel]: ["A"] }), 0))).toEqual([
        410,
      ]);
    }
    expect(subject.subscriptions.isEmpty).toBe(true);
  });

  test("a gateway session ignores unknown channels or answers 400, by the option unknownChannels", () => {
    const request = asJson({ action: "subscribe", trades: ["A"], orderbooks: ["A"] });
    expect(inShort(authenticated().receive(request, 0))).toEqual(["ack", "changed"]);
    expect(inShort(authenticated({ unknownChannels: "reject" }).receive(request, 0))).toEqual([400]);
  });

  test("a gateway session acknowledges with the whole subscription: every channel in JSON, those with symbols in msgpack", () => {
    const request = asJson({ action: "subscribe", trades: ["A"], bars: ["*"] });
    expect(authenticated().receive(request, 0)[0]).toEqual({
      type: "send",
      message: {
        type: "subscription",
        symbols: {
          trades: ["A"],
          quotes: [],
          bars: ["*"],
          updatedBars: [],
          dailyBars: [],
          statuses: [],
          lulds: [],
          imbalances: [],
          corrections: ["A"],
          cancelErrors: ["A"],
        },
      },
    });
    expect(authenticated({ codec: Codec.MSGPACK }).receive(request, 0)[0]).toEqual({
      type: "send",
      message: {
        type: "subscription",
        symbols: { trades: ["A"], bars: ["*"], corrections: ["A"], cancelErrors: ["A"] },
      },
    });
  });

  test("a gateway session acknowledges a request without symbols, and one that changes nothing", () => {
    const subject = authenticated();
    expect(inShort(subject.receive(asJson({ action: "subscribe" }), 0))).toEqual(["ack", "changed"]);
    expect(inShort(subject.receive(asJson({ action: "unsubscribe", quotes: ["NONE"] }), 0))).toEqual([
      "ack",
      "changed",
    ]);
  });

  test("a gateway session answers any bytes and any message, and never throws", () => {
    const scalar = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null));
    const symbols = fc.oneof(scalar, fc.array(fc.oneof(fc.string(), scalar, fc.constant("*"))));
    const channel = fc.constantFrom("trades", "quotes", "corrections", "__proto__", "constructor", "orderbooks");
    const message = fc
      .tuple(
        fc.constantFrom("auth", "subscribe", "unsubscribe", "toString"),
        fc.dictionary(fc.oneof(channel, fc.constantFrom("key", "secret"), fc.string()), symbols),
      )
      .map(([action, rest]) => ({ action, ...rest }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.oneof(message, fc.array(message), fc.anything({ withNullPrototype: false })).map((value) => {
        const text = JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? String(item) : item));
        return Buffer.from(text ?? "");
      }),
      message.map(asMsgpack),
    );
    const isOne = (action: GatewayAction): boolean => ["send", "changed", "close"].includes(action.type);
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 20 }), fc.boolean(), (frames, isAuthenticated) => {
        const subject = isAuthenticated ? authenticated() : session();
        for (const frame of frames) expect(subject.receive(frame, 0).every(isOne)).toBe(true);
        expect(subject.subscriptions.wouldExceed(3, {}, "symbols")).toBe(false);
      }),
    );
  });

  test("a gateway session throws its own errors, and answers only bad input with 400", () => {
    const subject = session({
      admit: () => {
        throw new RangeError("a bug");
      },
    });
    expect(() => subject.receive(AUTH, 0)).toThrow("a bug");
  });
});

describe("GatewaySession of a feed with demand", () => {
  const subscribe = (...trades: string[]) => asJson({ action: "subscribe", trades });
  const asking = () => authenticated({ asksFeed: true });

  test("a session of a feed with demand acknowledges a subscribe after the feed's confirmation, and an unsubscribe at once", () => {
    const subject = asking();
    expect(inShort(subject.receive(subscribe("A"), 0))).toEqual(["ask"]);
    expect(subject.subscriptions.isEmpty).toBe(true);
    expect(inShort(subject.answer(undefined, 1))).toEqual(["ack", "changed"]);
    expect(inShort(subject.receive(asJson({ action: "unsubscribe", trades: ["A"] }), 2))).toEqual(["ack", "changed"]);
  });

  test("a session of a feed with demand rejects with the feed's code and message, and keeps the earlier subscriptions", () => {
    const subject = asking();
    subject.receive(subscribe("A"), 0);
    subject.answer(undefined, 0);
    subject.receive(subscribe("B"), 0);
    const message = { type: "error", number: 405, message: "upstream's symbol limit" };
    expect(subject.answer({ number: 405, message: "upstream's symbol limit" }, 0)).toEqual([{ type: "send", message }]);
    expect([...subject.subscriptions.symbols("trades")]).toEqual(["A"]);
  });

  test("a session of a feed with demand answers in the order of the messages, and holds those after one that waits, unreadable ones too", () => {
    const subject = asking();
    const frame = [
      { action: "subscribe", trades: ["A"] },
      { action: "unsubscribe", trades: ["A"] },
    ];
    expect(inShort(subject.receive(asJson(frame), 0))).toEqual(["ask"]);
    for (const later of [Buffer.from("?"), AUTH, subscribe("B"), subscribe("C")])
      expect(subject.receive(later, 0)).toEqual([]);
    expect(inShort(subject.answer(undefined, 0))).toEqual(["ack", "changed", "ack", "changed", 400, 403, "ask"]);
    expect(inShort(subject.answer({ number: 400, message: "" }, 0))).toEqual([400, "ask"]);
    expect(inShort(subject.answer(undefined, 0))).toEqual(["ack", "changed"]);
    expect([...subject.subscriptions.symbols("trades")]).toEqual(["C"]);
  });

  test("a session of a feed with demand checks the symbol limit against confirmed symbols, not against rejected ones", () => {
    const subject = asking();
    subject.receive(subscribe("A", "B", "C"), 0);
    subject.receive(subscribe("D", "E", "F"), 0);
    expect(inShort(subject.answer({ number: 400, message: "" }, 0))).toEqual([400, "ask"]);
    expect(inShort(subject.answer(undefined, 0))).toEqual(["ack", "changed"]);
    expect(inShort(subject.receive(subscribe("A"), 0))).toEqual([405]);
  });

  test("a session of a feed with demand limits the count and the bytes of messages that wait for one request, and closes above it", () => {
    const byCount = asking();
    byCount.receive(subscribe("A"), 0);
    for (let count = 0; count < GATEWAY_LIMITS.maxHeldMessages; count++)
      expect(byCount.receive(subscribe("B"), 0)).toEqual([]);
    expect(inShort(byCount.receive(subscribe("B"), 0))).toEqual(["close 1008"]);
    expect(byCount.answer(undefined, 0)).toEqual([]);

    const byBytes = asking();
    byBytes.receive(subscribe("A"), 0);
    const long = Buffer.from(
      JSON.stringify({ action: "subscribe", trades: ["B"] }).padEnd(GATEWAY_LIMITS.maxHeldBytes / 2),
    );
    for (const answer of [[], [], ["close 1008"]]) expect(inShort(byBytes.receive(long, 0))).toEqual(answer);
  });
});
