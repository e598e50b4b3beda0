import { describe, expect, test } from "vitest";
import { bar, quote, trade } from "../../../../verify/shared/records.ts";
import type { RecordIterator, StockDataStream, Subscription } from "../../src/index.ts";
import { open } from "../support/stream.ts";

/** A stream's methods as a caller without types has them: any argument at any place. */
type Untyped<Result> = { readonly [name: string]: (...args: unknown[]) => Result };

function untyped<Result>(stream: StockDataStream): Untyped<Result> {
  const methods = {};
  const described = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(stream));
  for (const [name, { value: method }] of Object.entries(described))
    if (typeof method === "function" && name !== "constructor") Object.assign(methods, { [name]: method.bind(stream) });
  return methods;
}

const METHODS = [
  ["trades", "subscribeTrades", "unsubscribeTrades", "trades"],
  ["quotes", "subscribeQuotes", "unsubscribeQuotes", "quotes"],
  ["bars", "subscribeBars", "unsubscribeBars", "bars"],
  ["updatedBars", "subscribeUpdatedBars", "unsubscribeUpdatedBars", "updatedBars"],
  ["dailyBars", "subscribeDailyBars", "unsubscribeDailyBars", "dailyBars"],
  ["statuses", "subscribeTradingStatuses", "unsubscribeTradingStatuses", "tradingStatuses"],
  ["lulds", "subscribeLulds", "unsubscribeLulds", "lulds"],
  ["imbalances", "subscribeImbalances", "unsubscribeImbalances", "imbalances"],
] as const;

/** Ways to write the symbols AAPL and MSFT. */
const SHAPES: readonly (readonly [name: string, symbols: () => unknown[]])[] = [
  ["one by one", () => ["AAPL", "MSFT"]],
  ["an array", () => [["AAPL", "MSFT"]]],
  ["a frozen array", () => [Object.freeze(["AAPL", "MSFT"])]],
  ["an array of JSON", () => [JSON.parse('["AAPL","MSFT"]')]],
  ["a Set", () => [new Set(["AAPL", "MSFT"])]],
  ["the keys of a Map", () => [new Map([["AAPL", 1], ["MSFT", 2]]).keys()]], // biome-ignore format: short
  ["an array with repetitions", () => [["AAPL", "MSFT", "AAPL"]]],
];

describe.each(SHAPES)("symbols as %s", (_, symbols) => {
  test.each(METHODS)(
    "symbols are subscribed, pulled and unsubscribed in %s",
    async (channel, subscribe, unsubscribe, pull) => {
      const { stream, authenticated } = open();
      const wanted = { [channel]: ["AAPL", "MSFT"] };
      const session = await authenticated();
      const subscription = untyped<Subscription>(stream)[subscribe]?.(() => {}, ...symbols());
      expect(await session.expectSubscribe()).toEqual(wanted);
      session.acknowledge();
      const iterator = untyped<RecordIterator<unknown>>(stream)[pull]?.(...symbols());
      expect(subscription?.symbols).toEqual(["AAPL", "MSFT"]);
      expect(iterator?.subscription.symbols).toEqual(["AAPL", "MSFT"]);
      const gone = untyped<Promise<void>>(stream)[unsubscribe]?.(...symbols());
      expect(await session.expectUnsubscribe()).toEqual(wanted);
      session.acknowledge();
      await gone;
      expect(iterator?.subscription.symbols).toEqual([]);
    },
  );

  test("symbols come before options", () => {
    const { stream } = open();
    const options = { overflow: "conflate" };
    const conflated = "conflate would lose trades";
    untyped(stream).subscribeQuotes?.(() => {}, ...symbols(), options);
    untyped(stream).quotes?.(...symbols(), options);
    expect(() => untyped(stream).subscribeTrades?.(() => {}, ...symbols(), options)).toThrow(conflated);
    expect(() => untyped(stream).trades?.(...symbols(), options)).toThrow(conflated);
  });

  test("symbols come before a signal alone", async () => {
    const { stream, clock } = open();
    const abort = new AbortController();
    const subscription = untyped<Subscription>(stream).subscribeTrades?.(() => {}, ...symbols(), abort);
    const other = untyped<Subscription>(stream).subscribeTrades?.(() => {}, ...symbols(), { signal: abort.signal });
    abort.abort();
    await clock.settle();
    expect(subscription?.symbols).toEqual([]);
    expect(other?.symbols).toEqual([]);
  });
});

test("symbols by channel may be sets, and a channel that is undefined is skipped", async () => {
  const { stream, authenticated, clock } = open();
  const session = await authenticated();
  const got: string[] = [];
  const symbols = { trades: new Set(["AAPL"]), quotes: undefined, bars: ["MSFT"] };
  stream.subscribe(symbols, (record) => void got.push(record.symbol));
  expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"], bars: ["MSFT"] });
  session.acknowledge();
  session.records(trade("AAPL"), quote("AAPL"), bar("MSFT"));
  await clock.settle();
  expect(got).toEqual(["AAPL", "MSFT"]);
});

test("a policy is judged by the channels that are named", () => {
  const { stream } = open();
  stream.subscribe({ quotes: ["AAPL"], trades: undefined }, () => {}, { overflow: "conflate" });
});

test("an array may be followed by undefined, as a wrapper passes on options that it was not given", () => {
  const { stream } = open();
  expect(stream.subscribeTrades(() => {}, ["AAPL"], undefined).symbols).toEqual(["AAPL"]);
});

/** Arguments that are not symbols, and the error's message. */
const WRONG: readonly (readonly [args: unknown[], message: string | RegExp])[] = [
  [[], 'no symbols of trades: name some, such as "AAPL", or "*" for all'],
  [[[]], "no symbols of trades"],
  [[new Set()], "no symbols of trades"],
  [[""], 'got ""'],
  [["AAPL,MSFT"], 'got "AAPL,MSFT": write "AAPL", "MSFT"'],
  [["AAPL, MSFT"], 'write "AAPL", "MSFT"'],
  [["AAPL MSFT"], 'write "AAPL", "MSFT"'],
  [["AAPL;MSFT|IBM"], 'write "AAPL", "MSFT", "IBM"'],
  [["A,B,C,D,E"], 'write "A", "B", "C", …'],
  [[" AAPL"], 'got " AAPL": write "AAPL"'],
  [["AAPL\n"], 'got "AAPL\\n": write "AAPL"'],
  [["\ufeffAAPL"], 'got "\\ufeffAAPL": write "AAPL"'],
  [["AAPL\u00a0"], 'got "AAPL\\u00a0": write "AAPL"'],
  [['"AAPL"'], 'write "AAPL"'],
  [['["AAPL","MSFT"]'], 'write "AAPL", "MSFT"'],
  [["NASDAQ:AAPL"], 'got "NASDAQ:AAPL"'],
  [["A*"], 'got "A*": patterns are not supported'],
  [["AAP?"], "patterns are not supported"],
  [["undefined"], 'got "undefined"'],
  [["null"], 'got "null"'],
  [["NaN"], 'got "NaN"'],
  [["[object Object]"], /got "\[object Object\]"$/],
  [[["AAPL", "MSFT,IBM"]], 'got "MSFT,IBM"'],
  [["AAPL", undefined], "got undefined"],
  [[undefined], "got undefined"],
  [[["AAPL", undefined]], "got undefined"],
  [[new Array(1)], "got undefined"],
  [[null], "got null"],
  [["AAPL", null], "got null"],
  [["AAPL", 7], "got 7"],
  [[7], "got 7"],
  [[new String("AAPL")], "the options of a subscription must be an object, got String"],
  [[Buffer.from("AAPL")], "got 65"],
  [[Promise.resolve(["AAPL"])], "the options of a subscription must be an object, got Promise: await it"],
  [["AAPL", Promise.resolve({ maxQueued: 5 })], "got Promise: await it"],
  [["AAPL", new AbortController().signal], "write { signal }"],
  [["AAPL", new Date()], "got Date"],
  [["AAPL", /x/], "got RegExp"],
  [[[["AAPL"]]], "got array: write the symbols one by one or as one array"],
  [["AAPL", ["MSFT"]], "got array: write the symbols one by one or as one array"],
  [[["AAPL"], "MSFT"], "got array"],
  [[["AAPL"], ["MSFT"]], "got array"],
  [[["AAPL"], { maxQueued: 5 }, "MSFT"], "got array"],
  [[{ maxQueued: 5 }, "AAPL"], "got object: options are the last argument of a subscribe method"],
  [[{ maxQueued: 5 }], "no symbols of trades"],
  [[["AAPL"], null], "the options of a subscription must be an object, got null"],
  [[["AAPL"], 5], "the options of a subscription must be an object, got number"],
  [["AAPL", { symbol: "MSFT" }], 'neither a symbol nor options: it has "symbol"'],
  [[["AAPL"], { timeout: 5 }], 'neither a symbol nor options: it has "timeout"'],
  [["AAPL", () => {}], "got function: a handler is the first argument of a subscribe method"],
  [[new Map([["AAPL", 1]])], "got array"],
];

describe("the messages of TypeErrors", () => {
  test.each(WRONG)("a TypeError suggests what to write: subscribeTrades(handler, ...%j)", (args, message) => {
    const { stream } = open();
    expect(() => untyped(stream).subscribeTrades?.(() => {}, ...args)).toThrow(TypeError);
    expect(() => untyped(stream).subscribeTrades?.(() => {}, ...args)).toThrow(message);
  });

  test.each(WRONG)("a TypeError suggests what to write: trades(...%j)", (args, message) => {
    const { stream } = open();
    expect(() => untyped(stream).trades?.(...args)).toThrow(TypeError);
    expect(() => untyped(stream).trades?.(...args)).toThrow(message);
  });

  test.each(WRONG)("unsubscribeTrades(...%j) is a TypeError", (args) => {
    const { stream } = open();
    expect(() => untyped(stream).unsubscribeTrades?.(...args)).toThrow(TypeError);
  });

  test.each(METHODS)("an empty array in %s is a TypeError", (channel, subscribe, unsubscribe, pull) => {
    const { stream } = open();
    const message = `no symbols of ${channel}: name some, such as "AAPL", or "*" for all`;
    expect(() => untyped(stream)[subscribe]?.(() => {}, [])).toThrow(new TypeError(message));
    expect(() => untyped(stream)[unsubscribe]?.([])).toThrow(new TypeError(message));
    expect(() => untyped(stream)[pull]?.([])).toThrow(new TypeError(message));
  });

  test.each([
    [{}, "no channel was named: write the symbols by channel"],
    [{ trades: undefined, quotes: undefined }, "no channel was named"],
    [new Map([["trades", ["AAPL"]]]), "symbols come by channel"],
    [{ trades: [] }, "no symbols of trades"],
    [{ trades: ["AAPL"], quotes: [] }, "no symbols of quotes"],
    [{ trades: "AAPL" }, 'trades takes an array of symbols, such as ["AAPL"], got "AAPL": write ["AAPL"]'],
    [{ trades: "AAPL,MSFT" }, 'write ["AAPL", "MSFT"]'],
    [{ trades: "*" }, 'write ["*"]'],
    [{ trades: "" }, 'got ""'],
    [{ trades: null }, "got null: leave the channel out"],
    [{ trades: true }, "got true"],
    [{ trades: { 0: "AAPL" } }, "got object"],
    [{ trades: new String("AAPL") }, "got String"],
    [{ trades: ["AAPL", ["MSFT"]] }, "got array"],
    [{ trades: ["AAPL,MSFT"] }, 'write "AAPL", "MSFT"'],
    [{ trade: ["AAPL"] }, 'got "trade": did you mean "trades"?'],
    [{ updated_bars: ["AAPL"] }, 'did you mean "updatedBars"?'],
    [{ dailybars: ["AAPL"] }, 'did you mean "dailyBars"?'],
    [{ tradingStatuses: ["AAPL"] }, 'did you mean "statuses"?'],
    [{ qoutes: ["AAPL"] }, 'did you mean "quotes"?'],
    [{ orderbooks: ["AAPL"] }, 'got "orderbooks"'],
    [{ AAPL: ["trades"] }, "a channel must be one of trades, quotes, bars"],
    [["AAPL"], 'symbols come by channel, such as { trades: ["AAPL"] }, got array'],
    ["AAPL", 'got "AAPL"'],
    [undefined, "got undefined"],
    [null, "got null"],
  ])("a TypeError suggests what to write: subscribe(%j, handler), records(%j)", (symbols, message) => {
    const { stream } = open();
    expect(() => untyped(stream).subscribe?.(symbols, () => {})).toThrow(TypeError);
    expect(() => untyped(stream).subscribe?.(symbols, () => {})).toThrow(message);
    expect(() => untyped(stream).records?.(symbols)).toThrow(TypeError);
    expect(() => untyped(stream).records?.(symbols)).toThrow(message);
  });

  test.each([
    ["subscribeTrades", ["AAPL", () => {}], "got string; it is the first argument, before the symbols"],
    ["subscribeTrades", [["AAPL"], () => {}], "got array; it is the first argument, before the symbols"],
    ["subscribeTrades", [undefined, "AAPL"], "got undefined"],
    ["subscribeTrades", [], "got undefined"],
    ["subscribeTrades", [function* () {}, "AAPL"], "got GeneratorFunction"],
    ["subscribe", [{ trades: ["AAPL"] }, async function* () {}], "got AsyncGeneratorFunction"],
    ["subscribe", [{ trades: ["AAPL"] }], "got undefined; it is the second argument, behind the symbols"],
    ["subscribe", [() => {}, { trades: ["AAPL"] }], "got object; it is the second argument, behind the symbols"],
    ["registerTradeCorrections", [], "got undefined"],
    ["registerTradeCancels", ["AAPL", () => {}], "got string"],
  ])("a handler that is missing or misplaced: %s(...%j)", (method, args, message) => {
    const { stream } = open();
    expect(() => untyped(stream)[method]?.(...args)).toThrow(TypeError);
    expect(() => untyped(stream)[method]?.(...args)).toThrow(`handler must be a function, ${message}`);
  });

  test.each(["registerTradeCorrections", "registerTradeCancels"])(
    "a TypeError suggests what to write: %s takes no symbols",
    (method) => {
      const { stream } = open();
      expect(() => untyped(stream)[method]?.(() => {}, "AAPL")).toThrow(TypeError);
      expect(() => untyped(stream)[method]?.(() => {}, ["AAPL"])).toThrow(TypeError);
    },
  );

  test("nothing is subscribed after a TypeError", async () => {
    const { stream, authenticated, clock } = open();
    for (const [args] of WRONG) {
      expect(() => untyped(stream).subscribeTrades?.(() => {}, ...args)).toThrow();
      expect(() => untyped(stream).trades?.(...args)).toThrow();
    }
    const session = await authenticated();
    await clock.settle();
    expect(session.unread).toBe(0);
  });
});

test("[G13] [G29] a call without symbols throws while an answer is awaited, and sends nothing", async () => {
  const { stream, authenticated, clock } = open();
  const session = await authenticated();
  stream.subscribeTrades(() => {}, "AAPL");
  await session.expectSubscribe();
  expect(() => stream.subscribeTrades(() => {})).toThrow(TypeError);
  expect(() => stream.unsubscribeTrades()).toThrow(TypeError);
  session.acknowledge();
  await clock.settle();
  expect(session.unread).toBe(0);
});

test("an empty array unsubscribes nothing", async () => {
  const { stream, serving } = open();
  const subscription = stream.subscribeTrades(() => {}, "AAPL", "*");
  await serving();
  expect(() => stream.unsubscribeTrades([])).toThrow(TypeError);
  expect(subscription.symbols).toEqual(["AAPL", "*"]);
});

test.each(["BRK.B", "BRK/B", "BACpL", "BAC-L", "BF.B", "A", "Z.WS", "SPX+", "TEST=", "ABC#", "ABC^D", "$AAPL"])(
  "%s is sent as it is written",
  async (symbol) => {
    const { stream, authenticated } = open();
    stream.subscribeTrades(() => {}, symbol);
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual({ trades: [symbol] });
  },
);
