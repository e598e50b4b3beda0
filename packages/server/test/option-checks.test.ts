import { describe, expect, onTestFinished, test } from "vitest";
import { quote, trade } from "../../../verify/shared/records.ts";
import {
  BarBuilder,
  createGateway,
  type Feed,
  type GatewayOptions,
  hashSecret,
  type ListenOptions,
  listen,
  type ReplayOptions,
  replay,
  type SimulatorOptions,
  simulator,
  type TestFeedOptions,
  testFeed,
} from "../src/index.ts";
import { ManualFeed } from "./gateway/support/manual-feed.ts";

// Each test casts its arguments, because a program without types may pass anything.
const feeds = { iex: new ManualFeed() };
const key = { key: "K", secret: "very-secret" };

describe("options of createGateway", () => {
  test.each([
    [undefined, "createGateway needs options, such as { feeds: { iex: simulator() } }, got undefined"],
    [{}, "feeds must be an object, such as { iex: simulator() }, got undefined"],
    [{ feeds: {} }, "a gateway needs at least one feed"],
    [{ feeds, faults: Promise.resolve() }, "createGateway: faults must be an object, got Promise"],
    [{ feeds: { iex: undefined } }, "a gateway needs at least one feed"],
    [{ feeds: { ...feeds, SIP: new ManualFeed() } }, 'there is no feed "SIP"; the feeds are iex, sip'],
    [{ feeds: simulator() }, "there is no feed"],
    [{ feeds: { iex: simulator } }, "feeds.iex must be a feed, such as simulator(), got function"],
    [{ feeds: { iex: null } }, "feeds.iex must be a feed, such as simulator(), got null"],
    [
      { feeds, max_symbols: 30 },
      'createGateway: there is no option "max_symbols"; the options are feeds, channels, history, plan, keys, maxSymbols',
    ],
    [{ feeds, key: [key] }, 'there is no option "key"'],
    [{ feeds, maxSymbols: "30" }, "maxSymbols must be a number above 0, got string"],
    [{ feeds, maxBufferedBytes: null }, "maxBufferedBytes must be a number above 0, got null"],
    [{ feeds, once: "false" }, "createGateway: once must be true or false, got string"],
    [{ feeds, channels: "trades" }, "channels must be an array, got string"],
    [{ feeds, channels: ["trade"] }, "channels must be an array of some of trades, quotes, bars"],
    [{ feeds, channels: [undefined] }, "got undefined"],
    [{ feeds, allowedOrigins: "https://example.com" }, "createGateway: allowedOrigins must be an array, got string"],
    [{ feeds, symbolCount: "symbol" }, 'symbolCount must be one of symbols, subscriptions, got "symbol"'],
    [{ feeds, unknownChannels: "refuse" }, 'unknownChannels must be one of ignore, reject, got "refuse"'],
    [{ feeds, closeCodes: { auth: 4000 } }, 'closeCodes: there is no option "auth"'],
    [{ feeds, closeCodes: { slowClient: "4000" } }, "closeCodes: slowClient must be a number, got string"],
    [{ feeds, faults: { authErorr: 406 } }, 'faults: there is no option "authErorr"'],
    [{ feeds, faults: { authError: "406" } }, "faults: authError must be a number, got string"],
    [{ feeds, onEvent: true }, "createGateway: onEvent must be a function, got boolean"],
    [{ feeds, keys: key }, "keys must be an array, got object"],
    [{ feeds, keys: [{ ...key, key: 5 }] }, "keys[0]: key must be a string, got number"],
    [{ feeds, keys: [{ secret: "very-secret" }] }, "keys[0] needs a key, got undefined"],
    [{ feeds, keys: [key, { ...key, max_symbols: 5 }] }, 'keys[1]: there is no option "max_symbols"'],
    [{ feeds, keys: [{ ...key, secret: 5 }] }, "keys[0]: secret must be a string, got number"],
    [{ feeds, keys: [{ ...key, feeds: "delayed_sip" }] }, "keys[0]: feeds must be an array, got string"],
    [{ feeds, keys: [{ ...key, feeds: ["SIP"] }] }, "keys[0].feeds must be an array of some of iex, sip"],
    [{ feeds, keys: [{ ...key, maxSymbols: "30" }] }, "keys[0].maxSymbols must be a number above 0, got string"],
    [{ feeds, keys: [{ ...key, maxConnections: 0 }] }, "keys[0].maxConnections must be a number above 0, got 0"],
    [{ feeds, keys: ["K"] }, "keys[0]: the options must be an object, got string"],
  ])("createGateway rejects the options %j", (options, message) => {
    const make = (): unknown => createGateway(options as unknown as GatewayOptions);
    expect(make).toThrow(message);
    expect(make).not.toThrow("very-secret");
  });
});

test.each([undefined, "", 5, null])("hashSecret rejects %j", (secret) => {
  expect(() => hashSecret(secret as string)).toThrow(TypeError);
});

describe("arguments of listen", () => {
  test.each([
    [{ port: "8765" }, "port must be a whole number from 0 to 65535, got string"],
    [{ port: "gateway.sock" }, "port must be a whole number from 0 to 65535, got string"],
    [{ port: 70_000 }, "got 70000"],
    [{ port: Number.NaN }, "got NaN"],
    [{ prot: 8765 }, 'listen: there is no option "prot"; the options are host, port'],
    [{ host: 5 }, "listen: host must be a string, got number"],
    [{ start: "no" }, "listen: start must be true or false, got string"],
    [{ compress: "no" }, "listen: compress must be true or false, got string"],
    [{ tls: { cert: "x" } }, "tls needs a cert and a key, in PEM"],
    [{ tls: true }, "listen: tls must be an object, got boolean"],
    [{ maxTotalConnections: "5" }, "maxTotalConnections must be a number above 0, got string"],
    [8765, "listen: the options must be an object, got number"],
    [Promise.resolve({ port: 8765 }), "listen: the options must be an object, got Promise"],
    [new Map([["port", 8765]]), "listen: the options must be an object, got Map"],
  ])("listen rejects the options %j", async (options, message) => {
    await expect(listen(createGateway({ feeds }), options as ListenOptions)).rejects.toThrow(message);
  });

  test.each([[undefined], [{ port: 8765 }], [{ feeds }]])(
    "listen rejects %j in place of a gateway",
    async (gateway) => {
      await expect(listen(gateway as never)).rejects.toThrow("listen needs a gateway: write listen(createGateway(…)");
    },
  );
});

describe("arguments of replay", () => {
  test.each([
    ["day.jsonl", 'replay takes an array of files, such as ["day.jsonl.gz"], got "day.jsonl"'],
    [undefined, "got undefined"],
    [new Set(["day.jsonl"]), "got Set"],
    [[], "replay needs at least one file"],
    [["day.jsonl", ""], "entry 2 is empty"],
    [["day.jsonl", undefined], "entry 2 is undefined"],
    [[["day.jsonl"]], "entry 1 is array"],
  ])("replay rejects the files %j", (files, message) => {
    expect(() => replay(files as string[])).toThrow(TypeError);
    expect(() => replay(files as string[])).toThrow(message);
  });

  test.each([
    [{ sped: 10 }, 'replay: there is no option "sped"'],
    [{ timestamps: "shift" }, 'replay: timestamps must be one of original, shifted, got "shift"'],
    [{ loop: "no" }, "replay: loop must be true or false, got string"],
    [{ onBadLine: console }, "replay: onBadLine must be a function, got console"],
    ["max", "replay: the options must be an object, got string"],
  ])("replay rejects the options %j", (options, message) => {
    expect(() => replay(["day.jsonl"], options as ReplayOptions)).toThrow(message);
  });
});

test.each([
  [{ symbol: ["AAPL"] }, 'simulator: there is no option "symbol"; the options are symbols, seed'],
  [{ durationMs: 5 }, 'simulator: there is no option "durationMs"'],
  [{ symbols: "AAPL" }, 'simulator: symbols must be a number or an array of tickers, got "AAPL"'],
  [{ clock: 5 }, "simulator: clock must be an object, got number"],
  [null, "simulator: the options must be an object, got null"],
  [["AAPL"], "simulator: the options must be an object, got array"],
  [Promise.resolve({ seed: 1 }), "simulator: the options must be an object, got Promise"],
])("simulator rejects %j", (options, message) => {
  expect(() => simulator(options as SimulatorOptions)).toThrow(message);
});

test("testFeed rejects unknown options", () => {
  expect(() => testFeed({ symbols: ["AAPL"] } as TestFeedOptions)).toThrow('testFeed: there is no option "symbols"');
});

test.each([Number.NaN, -1, "5", null])("close rejects the time-out %j and closes nothing", async (timeoutMs) => {
  const gateway = createGateway({ feeds });
  const listener = await listen(gateway);
  onTestFinished(() => listener.close());
  for (const closing of [listener, gateway])
    await expect(closing.close(timeoutMs as number)).rejects.toThrow("close takes a number of milliseconds from 0");
  const answer = await fetch(`${listener.url.replace("ws:", "http:")}/v2/iex`);
  expect(answer.status).toBe(426);
});

test("listen rejects an empty host, which would be every network", async () => {
  await expect(listen(createGateway({ feeds }), { host: "" })).rejects.toThrow(
    'host must be an address, got "": 0.0.0.0 is every network',
  );
});

test("options that are undefined count as not given", () => {
  const options = { feeds, keys: undefined, maxSymbols: undefined, faults: undefined, onEvent: undefined };
  expect(createGateway(options as unknown as GatewayOptions).paths).toEqual(["/v2/iex"]);
});

describe("arguments of BarBuilder", () => {
  test.each([
    ["a quote", quote("AAPL", 1)],
    ["a raw record", { T: "t", S: "AAPL", p: 1, s: 1, c: [] }],
    ["nothing", {}],
    ["null", null],
    ["undefined", undefined],
  ])("BarBuilder.add rejects %s", (_, record) => {
    expect(() => new BarBuilder().add(record as never)).toThrow("BarBuilder.add takes trades");
  });

  test.each([new Date(), Date.now(), Number.NaN, Number.NEGATIVE_INFINITY, "5", undefined])(
    "BarBuilder.advanceTo rejects the time %j",
    (time) => {
      expect(() => new BarBuilder().advanceTo(time as number)).toThrow(
        "BarBuilder.advanceTo takes seconds since the epoch",
      );
    },
  );
});

test.each([
  ["a raw record", { T: "t", S: "AAPL", p: 1, s: 1, t: "2025-01-02T15:00:00Z" }],
  ["a record without a symbol", { channel: "trades", price: 1 }],
  ["a record of an unknown channel", { channel: "trade", symbol: "AAPL" }],
  ["an array of records", [trade("AAPL", 1)]],
  ["the JSON of a record", JSON.parse(JSON.stringify(trade("AAPL", 1)))],
  ["a record whose time is NaN", Object.assign(trade("AAPL", 1), { seconds: Number.NaN })],
])("a feed that publishes %s fails, also without a subscription", async (_, record) => {
  const feed: Feed = {
    paced: true,
    run: async (sink) => sink.publish(record as never),
  };
  const gateway = createGateway({ feeds: { iex: feed } });
  await expect(gateway.start()).rejects.toThrow("publish takes records with a channel, a symbol, and a time");
});
