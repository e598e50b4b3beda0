import { afterEach, describe, expect, test, vi } from "vitest";
import { nearMiss } from "../../src/checks/near-miss.ts";
import {
  feedPath,
  feedUrl,
  type RunOptions,
  StockDataStream,
  type StockDataStreamOptions,
  type SubscriptionOptions,
} from "../../src/index.ts";
import { ScriptedGateway, VirtualClock } from "../../src/testing/index.ts";
import { open } from "../support/stream.ts";

afterEach(() => vi.restoreAllMocks());

/** Returns the messages passed to `console.warn`. */
function warnings(): string[] {
  const texts: string[] = [];
  vi.spyOn(console, "warn").mockImplementation((text) => void texts.push(text));
  return texts;
}

const keys = { apiKey: "k", secretKey: "s" };

describe("unknown options", () => {
  test.each([
    [{ api_key: "other" }, 'StockDataStream ignores the unknown option "api_key": did you mean "apiKey"?'],
    [{ secret_key: "other" }, '"secret_key": did you mean "secretKey"?'],
    [{ raw_data: true }, '"raw_data": did you mean "rawData"?'],
    [{ url_override: "ws://localhost" }, '"url_override": did you mean "urlOverride"?'],
    [{ websocket_params: {} }, '"websocket_params": did you mean "websocketParams"?'],
    [{ rawdata: true }, '"rawdata": did you mean "rawData"?'],
    [{ feeed: "sip" }, '"feeed": did you mean "feed"?'],
    [{ pingInterval: 5 }, '"pingInterval": did you mean "pingIntervalMs"?'],
    [{ data_timeout: 5 }, '"data_timeout": the options are apiKey, secretKey, rawData'],
    [{ url: "ws://localhost" }, '"url": did you mean "urlOverride"?'],
    [{ secret: "other" }, '"secret": did you mean "secretKey"?'],
    [{ reconnect: { max_delay_ms: 5 } }, '"reconnect.max_delay_ms": did you mean "maxDelayMs"?'],
    [{ reconnect: { retries: 5 } }, '"reconnect.retries": the options are initialDelayMs, maxDelayMs, maxAttempts'],
  ])("the constructor reports the unknown option in %j", (options, message) => {
    const texts = warnings();
    new StockDataStream({ ...keys, ...(options as StockDataStreamOptions) }); // the cast passes what only a program without types can pass
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain(message);
  });

  test("a subscription and an iterator report unknown options", () => {
    const texts = warnings();
    const { stream } = open();
    const options = { max_queued: 5, signal: new AbortController().signal } as SubscriptionOptions;
    stream.subscribeTrades(() => {}, "AAPL", options);
    stream.trades(["AAPL"], { overFlows: "dropOldest" } as SubscriptionOptions);
    stream.subscribe({ trades: ["AAPL"] }, () => {}, { concurency: 5 } as SubscriptionOptions);
    expect(texts).toEqual([
      'a subscription ignores the unknown option "max_queued": did you mean "maxQueued"?',
      'a subscription ignores the unknown option "overFlows": did you mean "overflow"?',
      'a subscription ignores the unknown option "concurency": did you mean "concurrency"?',
    ]);
  });

  test("run and connect report unknown options", async () => {
    const texts = warnings();
    const { stream } = open();
    void stream.connect({ sginal: undefined } as RunOptions).catch(() => {});
    void stream.run({ timeoutMs: 5 } as RunOptions);
    expect(texts).toEqual([
      'connect ignores the unknown option "sginal": did you mean "signal"?',
      'run ignores the unknown option "timeoutMs": the options are signal',
    ]);
  });

  test("an unknown option is reported once per process, and before a missing key", () => {
    const texts = warnings();
    vi.stubEnv("APCA_API_KEY_ID", "");
    for (let count = 0; count < 3; count++)
      expect(() => new StockDataStream({ apikey: "k" } as StockDataStreamOptions)).toThrow(/apiKey is missing/);
    vi.unstubAllEnvs();
    expect(texts).toEqual(['StockDataStream ignores the unknown option "apikey": did you mean "apiKey"?']);
  });

  test("an unknown option that is inherited, and a known one that is undefined, are not reported", () => {
    const texts = warnings();
    const options = Object.assign(Object.create({ inherited: 1 }), keys, { feed: undefined, reconnect: undefined });
    new StockDataStream(options);
    expect(texts).toEqual([]);
  });
});

describe("options of the wrong type", () => {
  test.each([
    [{ apiKey: 12345 }, "apiKey must be a string, got number"],
    [{ secretKey: { value: "secret" } }, "secretKey must be a string, got object"],
    [{ apiKey: null }, "apiKey must be a string, got null: leave it out for the default"],
    [{ rawData: "yes" }, 'rawData must be true or false, got "yes"'],
    [{ rawData: 1 }, "rawData must be true or false, got 1"],
    [{ feed: "SIP" }, 'got "SIP": did you mean "sip"?'],
    [{ feed: "delayed-sip" }, 'did you mean "delayed_sip"?'],
    [{ feed: ["sip"] }, "got array"],
    [{ feed: null }, "got null: leave it out for the default"],
    [{ codec: "MsgPack" }, 'codec must be one of msgpack, json, got "MsgPack": did you mean "msgpack"?'],
    [{ websocketParams: "x" }, 'websocketParams must be an object, got "x"'],
    [{ websocketParams: new Map() }, "websocketParams must be an object, got Map"],
    [{ websocketParams: { headers: new Headers() } }, "websocketParams.headers must be an object, got Headers"],
    [{ websocketParams: { headers: [["a", "b"]] } }, "websocketParams.headers must be an object, got array"],
    [{ websocketParams: { headers: "a: b" } }, 'websocketParams.headers must be an object, got "a: b"'],
    [{ reconnect: new Map() }, "reconnect must be an object, or false, got Map"],
    [{ urlOverride: new URL("ws://user:secret@localhost") }, "urlOverride must be a string, got URL"],
    [{ reconnect: true }, "reconnect must be an object, or false, got true"],
    [{ reconnect: null }, "got null: leave it out for the default"],
    [{ reconnect: 5 }, "reconnect must be an object, or false, got 5"],
    [{ reconnect: [] }, "reconnect must be an object, or false, got array"],
    [{ reconnect: { maxAttempts: "5" } }, 'reconnect.maxAttempts must be 0 or more, got "5"'],
    [
      { reconnect: { initialDelayMs: "5" } },
      'reconnect.initialDelayMs must be a number of milliseconds from 0, got "5"',
    ],
    [
      { staleAfterMs: "5000" },
      'staleAfterMs must be a number of milliseconds from 1, or Infinity, or false, got "5000"',
    ],
    [{ staleAfterMs: true }, "got true"],
    [{ staleAfterMs: 0 }, "got 0"],
    [{ ackTimeoutMs: "5000" }, 'ackTimeoutMs must be a number of milliseconds from 1, or Infinity, got "5000"'],
    [{ pingIntervalMs: null }, "got null: leave it out for the default"],
    [{ clock: {} }, "clock must be a Clock, with now, monotonic, random, setTimer, clearTimer, got object"],
    [{ connector: new ScriptedGateway() }, "connector must be a Connector, with connect, got ScriptedGateway"],
  ])("the constructor rejects %j with a TypeError", (options, message) => {
    const make = (): unknown => new StockDataStream({ ...keys, ...(options as unknown as StockDataStreamOptions) }); // as above
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/12345|secret[^K]/);
  });

  test.each([
    ["my-key", "got string"],
    [null, "got null"],
    [[], "got array"],
    [Promise.resolve(keys), "got Promise: await it"],
    [new Map(Object.entries(keys)), "got Map"],
  ])("the constructor rejects %j in place of its options", (options, message) => {
    const make = (): unknown => new StockDataStream(options as unknown as StockDataStreamOptions); // as above
    expect(make).toThrow(`the options of StockDataStream must be an object, ${message}`);
  });

  test.each([
    [{ maxQueued: "5" }, 'maxQueued must be a whole number above 0, got "5"'],
    [{ maxQueued: null }, "got null: leave it out for the default"],
    [{ concurrency: Number.NaN }, "concurrency must be a whole number above 0, got NaN"],
    [{ overflow: "drop_oldest" }, 'got "drop_oldest": did you mean "dropOldest"?'],
    [{ overflow: "DropOldest" }, 'did you mean "dropOldest"?'],
    [{ signal: new AbortController() }, "signal must be an AbortSignal, got AbortController: pass its signal"],
    [{ signal: true }, "signal must be an AbortSignal, got true"],
    [new AbortController().signal, "a subscription takes options, got an AbortSignal: write { signal }"],
  ])("a subscription and an iterator reject the options %j", (options, message) => {
    const { stream } = open();
    const untyped = options as unknown as SubscriptionOptions; // as above
    expect(() => stream.subscribeTrades(() => {}, "AAPL", untyped)).toThrow(message);
    expect(() => stream.trades(["AAPL"], untyped)).toThrow(message);
    expect(() => stream.subscribe({ trades: ["AAPL"] }, () => {}, untyped)).toThrow(message);
    expect(() => stream.records({ trades: ["AAPL"] }, untyped)).toThrow(message);
    expect(() => stream.registerTradeCancels(() => {}, untyped)).toThrow(message);
  });

  test.each([
    [new AbortController().signal, "takes options, got an AbortSignal: write { signal }"],
    [{ signal: new AbortController() }, "got AbortController: pass its signal"],
    [{ signal: 5000 }, "signal must be an AbortSignal, got 5000"],
    [5000, "must be an object, got number"],
    [null, "must be an object, got null"],
    [Promise.resolve({}), "must be an object, got Promise: await it"],
  ])("run and connect reject the options %j", async (options, message) => {
    const { stream, gateway } = open();
    const untyped = options as unknown as RunOptions; // as above
    await expect(stream.run(untyped)).rejects.toThrow(message);
    await expect(stream.connect(untyped)).rejects.toThrow(message);
    expect(gateway.network.attempts).toBe(0);
  });

  test.each([
    [
      "statuses",
      () => {},
      'one of status, gap, gapFilled, gapOpen, slow, error, warning, got "statuses": did you mean "status"?',
    ],
    ["message", () => {}, 'got "message"'],
    ["trade", () => {}, 'got "trade"'],
    [undefined, () => {}, "got undefined"],
    ["error", undefined, 'the listener of "error" must be a function, got undefined'],
    ["gap", {}, 'the listener of "gap" must be a function, got object'],
  ])("on(%j) with a wrong name or listener is a TypeError", (name, listener, message) => {
    const { stream } = open();
    expect(() => stream.on(name as "error", listener as () => void)).toThrow(TypeError);
    expect(() => stream.on(name as "error", listener as () => void)).toThrow(message);
  });

  test.each(["SIP", "", undefined, "v2/sip"])("feedUrl and feedPath reject the unknown feed %j", (feed) => {
    expect(() => feedUrl(feed as "sip")).toThrow(TypeError);
    expect(() => feedPath(feed as "sip")).toThrow("feed must be one of iex, sip");
  });
});

test("options may be an instance of a class, a module or an object without a prototype", () => {
  class Config {
    readonly apiKey = "k";
    readonly secretKey = "s";
  }
  const bare = Object.assign(Object.create(null), keys);
  const module = Object.defineProperty({ ...keys }, Symbol.toStringTag, { value: "Module" });
  for (const options of [new Config(), bare, module])
    expect(() => new StockDataStream(options as StockDataStreamOptions)).not.toThrow();
});

test("a signal of another realm is accepted for its methods", async () => {
  const { stream } = open();
  const { signal } = new AbortController();
  const foreign = Object.assign(new EventTarget(), { aborted: false, throwIfAborted: () => {} }) as AbortSignal;
  expect(stream.subscribeTrades(() => {}, "AAPL", { signal }).symbols).toEqual(["AAPL"]);
  expect(stream.subscribeTrades(() => {}, "AAPL", { signal: foreign }).symbols).toEqual(["AAPL"]);
});

test.each([
  ["trade", "trades"],
  ["TRADES", "trades"],
  ["daily_bars", "dailyBars"],
  ["updatedbar", "updatedBars"],
  ["tradeCorrections", "corrections"],
  ["luld", "lulds"],
  ["updated", "updatedBars"],
  ["ed", undefined],
  ["x", undefined],
  ["", undefined],
  ["_", undefined],
  ["orderbooks", undefined],
  ["trades".repeat(1000), undefined],
])("nearMiss finds the name that %j resembles, if any", (name, expected) => {
  const names = ["trades", "quotes", "bars", "updatedBars", "dailyBars", "lulds", "corrections"];
  expect(nearMiss(name, names)).toBe(expected);
});

test("unsubscribe() rejects symbols, because it would end the whole subscription", async () => {
  const { stream, serving } = open();
  const subscription = stream.subscribeTrades(() => {}, "AAPL", "MSFT");
  await serving();
  const unsubscribe = subscription.unsubscribe.bind(subscription) as (symbols: unknown) => Promise<void>; // without types
  expect(() => unsubscribe("AAPL")).toThrow("ends the whole subscription");
  expect(() => unsubscribe(["AAPL"])).toThrow(TypeError);
  expect(subscription.symbols).toEqual(["AAPL", "MSFT"]);
  await unsubscribe({ type: "click" }); // a listener of an event is called with the event
  expect(subscription.symbols).toEqual([]);
});

describe("arguments of the testing kit", () => {
  test.each([
    [{ startMs: new Date() }, "startMs must be a finite number, got Date"],
    [{ startMs: "0" }, 'startMs must be a finite number, got "0"'],
    [{ random: 0.5 }, "random must be a function, got 0.5"],
  ])("a VirtualClock rejects the options %j", (options, message) => {
    expect(() => new VirtualClock(options as object)).toThrow(message);
  });

  test.each(["5", Number.NaN, -1, undefined, Number.POSITIVE_INFINITY])(
    "VirtualClock.advance(%j) is a TypeError",
    async (ms) => {
      await expect(new VirtualClock().advance(ms as number)).rejects.toThrow(TypeError);
    },
  );

  test("a scripted session rejects an array of records in place of records, and a string in place of an array of symbols", async () => {
    const { stream, authenticated } = open();
    stream.subscribeTrades(() => {}, "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    expect(() => session.records([] as never)).toThrow("records come one by one, got array");
    expect(() => session.acknowledge({ trades: "AAPL" } as never)).toThrow("trades takes an array of symbols");
    session.acknowledge();
  });
});
