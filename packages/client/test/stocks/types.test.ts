import { describe, expectTypeOf, test } from "vitest";
import type {
  AnyRecord,
  Bar,
  Channel,
  ChannelSymbols,
  EventIterator,
  GapEvent,
  Quote,
  RawRecord,
  RecordBatches,
  RecordIterator,
  SlowEvent,
  StatusEvent,
  StockDataStream,
  StockDataStreamOptions,
  StreamError,
  Subscription,
  SubscriptionOptions,
  SymbolsByChannel,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "../../src/index.ts";

// The compiler checks these tests: `npm run check:types`. The code is not called.
declare const stream: StockDataStream;
declare const raw: StockDataStream<true>;
declare const options: SubscriptionOptions;
declare const symbols: string[];
declare const frozen: readonly string[];
declare const either: string[] | undefined;

/** Code that is compiled and not run. */
function compiles(_: () => unknown): void {}

test("a wrong expectation does not compile", () => {
  compiles(() => {
    // @ts-expect-error a string is not a number
    expectTypeOf("text").toEqualTypeOf<number>();
    stream.subscribeTrades((trade) => {
      // @ts-expect-error a trade is not a quote
      expectTypeOf(trade).toEqualTypeOf<Quote>();
    }, "AAPL");
  });
});

describe("types of records in handlers", () => {
  test("a handler receives records of its channel's type", () => {
    compiles(() => {
      stream.subscribeTrades((record) => expectTypeOf(record).toEqualTypeOf<Trade>(), "AAPL");
      stream.subscribeQuotes((record) => expectTypeOf(record).toEqualTypeOf<Quote>(), "AAPL");
      stream.subscribeBars((record) => expectTypeOf(record).toEqualTypeOf<Bar>(), "AAPL");
      stream.subscribeTradingStatuses((record) => expectTypeOf(record).toEqualTypeOf<TradingStatus>(), "AAPL");
      stream.registerTradeCorrections((record) => expectTypeOf(record).toEqualTypeOf<TradeCorrection>());
      stream.registerTradeCancels((record) => expectTypeOf(record).toEqualTypeOf<TradeCancel>());
    });
  });

  test("a handler receives raw records with rawData", () => {
    compiles(() => {
      raw.subscribeTrades((record) => expectTypeOf(record).toEqualTypeOf<RawRecord>(), "AAPL");
      raw.subscribe({ trades: ["AAPL"] }, (record) => expectTypeOf(record).toEqualTypeOf<RawRecord>());
      raw.subscribe({ trades: ["AAPL"], bars: ["*"] }, (record) => expectTypeOf(record).toEqualTypeOf<RawRecord>());
      expectTypeOf(raw.trades("AAPL")).toEqualTypeOf<RecordIterator<RawRecord>>();
      expectTypeOf(raw.records({ quotes: ["AAPL"] })).toEqualTypeOf<RecordIterator<RawRecord>>();
    });
  });

  test("a handler receives either type with a rawData that is not known", () => {
    compiles(() => {
      const unknown = stream as StockDataStream | StockDataStream<true> as StockDataStream<boolean>;
      unknown.subscribe({ trades: ["AAPL"] }, (record) => expectTypeOf(record).toEqualTypeOf<Trade | RawRecord>());
    });
  });

  test("a handler of `subscribe` receives records of the named channels", () => {
    compiles(() => {
      stream.subscribe({ trades: ["AAPL"] }, (trade) => expectTypeOf(trade.price).toEqualTypeOf<number>());
      stream.subscribe({ trades: ["AAPL"] }, (record) => expectTypeOf(record).toEqualTypeOf<Trade>());
      stream.subscribe({ bars: ["AAPL"], dailyBars: ["AAPL"] }, (record) => expectTypeOf(record).toEqualTypeOf<Bar>());
      stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"] }, (record) => {
        expectTypeOf(record).toEqualTypeOf<Trade | Quote>();
        if (record.channel === "trades") expectTypeOf(record).toEqualTypeOf<Trade>();
        else expectTypeOf(record).toEqualTypeOf<Quote>();
      });
      stream.subscribe({ trades: ["AAPL"], corrections: ["*"] }, (record) =>
        expectTypeOf(record).toEqualTypeOf<Trade | TradeCorrection>(),
      );
    });
  });

  test("a handler of `subscribe` receives any record where the channels are not known", () => {
    compiles(() => {
      const wanted: ChannelSymbols = { trades: ["AAPL"] };
      stream.subscribe(wanted, (record) => expectTypeOf(record).toEqualTypeOf<AnyRecord>());
      expectTypeOf(stream.records(wanted)).toEqualTypeOf<RecordIterator<AnyRecord>>();
      const byName: Record<Channel, string[]> = Object.create(null);
      stream.subscribe(byName, (record) => expectTypeOf(record).toEqualTypeOf<AnyRecord>());
    });
  });

  test("a handler of `subscribe` receives records of channels that may be missing or undefined", () => {
    compiles(() => {
      const some: { trades?: string[]; quotes?: readonly string[] } = {};
      stream.subscribe(some, (record) => expectTypeOf(record).toEqualTypeOf<Trade | Quote>());
      stream.subscribe({ trades: either, quotes: undefined }, (record) =>
        expectTypeOf(record).toEqualTypeOf<Trade | Quote>(),
      );
      expectTypeOf(stream.records({ trades: either })).toEqualTypeOf<RecordIterator<Trade>>();
    });
  });

  test("an iterator of `records` yields records of the named channels", () => {
    compiles(async () => {
      expectTypeOf(stream.records({ trades: ["AAPL"] })).toEqualTypeOf<RecordIterator<Trade>>();
      for await (const trade of stream.records({ trades: ["AAPL"] }, options)) {
        expectTypeOf(trade.price).toEqualTypeOf<number>();
      }
      for await (const record of stream.records({ trades: ["*"], quotes: ["*"] })) {
        if (record.channel === "quotes") expectTypeOf(record).toEqualTypeOf<Quote>();
      }
    });
  });

  test("a handler may be async, and may accept more types of records than its channel has", () => {
    compiles(() => {
      const anything = (record: AnyRecord): string => record.symbol;
      stream.subscribeTrades(anything, "AAPL");
      stream.subscribe({ trades: ["AAPL"] }, anything);
      stream.subscribe({ trades: ["AAPL"] }, async (trade) => expectTypeOf(trade).toEqualTypeOf<Trade>());
      stream.subscribeTrades(async (trade) => expectTypeOf(trade).toEqualTypeOf<Trade>(), "AAPL");
      stream.subscribe({ trades: ["AAPL"] }, console.log);
      // @ts-expect-error quotes do not fit
      stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"] }, (trade: Trade) => trade);
    });
  });
});

test("an iterator yields records of its channel's type", () => {
  compiles(async () => {
    expectTypeOf(stream.trades("AAPL")).toEqualTypeOf<RecordIterator<Trade>>();
    expectTypeOf(stream.quotes("AAPL")).toEqualTypeOf<RecordIterator<Quote>>();
    expectTypeOf(stream.updatedBars(["AAPL"])).toEqualTypeOf<RecordIterator<Bar>>();
    for await (const trade of stream.trades("AAPL")) expectTypeOf(trade).toEqualTypeOf<Trade>();
    for await (const batch of stream.trades("AAPL").batches()) expectTypeOf(batch).toEqualTypeOf<Trade[]>();
    for await (const batch of raw.records({ quotes: ["AAPL"] }).batches())
      expectTypeOf(batch).toEqualTypeOf<RawRecord[]>();
    expectTypeOf(stream.records({ trades: ["A"], quotes: ["A"] }).batches()).toEqualTypeOf<
      RecordBatches<Trade | Quote>
    >();
    expectTypeOf(await stream.trades("AAPL").next()).toEqualTypeOf<IteratorResult<Trade, undefined>>();
  });
});

test("the types of options allow undefined, as environment variables and wrappers have it", () => {
  compiles(() => {
    const key = "" as string | undefined;
    const signal = undefined as AbortSignal | undefined;
    expectTypeOf({ apiKey: key, feed: undefined, rawData: undefined }).toExtend<StockDataStreamOptions>();
    stream.subscribeTrades(() => {}, "AAPL", { signal, maxQueued: undefined });
    stream.records({ trades: ["AAPL"] }, { signal });
    void stream.run({ signal });
  });
});

describe("types of symbols", () => {
  const handler = (): void => {};

  test("symbols are separate arguments, or one array or set, with the options last", () => {
    compiles(() => {
      expectTypeOf(stream.subscribeTrades(handler, "AAPL")).toEqualTypeOf<Subscription>();
      stream.subscribeTrades(handler, "AAPL", "MSFT", options);
      stream.subscribeTrades(handler, "AAPL", { overflow: "dropOldest" });
      stream.subscribeTrades(handler, "AAPL", { signal: AbortSignal.timeout(1) });
      stream.subscribeTrades(handler, ...symbols);
      stream.subscribeTrades(handler, ...symbols, { maxQueued: 5 });
      for (const list of [symbols, frozen, ["AAPL"], ["AAPL", "MSFT"] as const, new Set(symbols)] as const) {
        stream.subscribeTrades(handler, list);
        stream.subscribeTrades(handler, list, options);
        stream.subscribeTrades(handler, list, undefined);
        stream.trades(list, options);
        stream.subscribe({ trades: list }, handler, options);
        void stream.unsubscribeTrades(list);
      }
      const one = "AAPL" as string | string[];
      stream.subscribeTrades(handler, one);
      stream.trades(one);
      void stream.unsubscribeTrades(one);
      void stream.unsubscribeTrades("AAPL", "MSFT");
      expectTypeOf(stream.unsubscribeTrades(...symbols)).toEqualTypeOf<Promise<void>>();
    });
  });

  test("symbols of another type do not compile", () => {
    compiles(() => {
      // @ts-expect-error both shapes at once
      stream.subscribeTrades(handler, "AAPL", ["MSFT"]);
      // @ts-expect-error undefined is not a symbol
      stream.subscribeTrades(handler, "AAPL", undefined);
      // @ts-expect-error a number is not a symbol
      stream.trades(7);
      // @ts-expect-error options are last
      stream.subscribeTrades(handler, options, "AAPL");
      // @ts-expect-error an option that does not exist
      stream.subscribeTrades(handler, ["AAPL"], { max_queued: 5 });
      // @ts-expect-error unsubscribing has no options
      void stream.unsubscribeTrades("AAPL", options);
      // @ts-expect-error the handler comes first
      stream.subscribeTrades("AAPL", handler);
      // @ts-expect-error a string is not an array of symbols
      stream.subscribe({ trades: "AAPL" }, handler);
      // @ts-expect-error no channel
      stream.subscribe({ trade: ["AAPL"] }, handler);
      // @ts-expect-error no channel, beside one
      stream.subscribe({ trades: ["AAPL"], qoutes: ["AAPL"] }, handler);
      // @ts-expect-error no channel, beside one
      stream.records({ trades: ["AAPL"], qoutes: ["AAPL"] });
    });
  });

  test("symbols by channel have a type of their own", () => {
    expectTypeOf<ChannelSymbols>().toExtend<SymbolsByChannel>();
    expectTypeOf<{ trades?: string[] | undefined }>().toExtend<SymbolsByChannel>();
    expectTypeOf<{ trades: string }>().not.toExtend<SymbolsByChannel>();
  });
});

describe("types of events", () => {
  test("an event has the type of its name, in listeners and in loops", () => {
    compiles(async () => {
      const { signal } = new AbortController();
      const remove = stream.on("gap", (gap) => expectTypeOf(gap).toEqualTypeOf<GapEvent<Channel>>(), { signal });
      expectTypeOf(remove).toEqualTypeOf<() => void>();
      stream.on("slow", (slow) => expectTypeOf(slow).toEqualTypeOf<SlowEvent>(), { signal: undefined });
      expectTypeOf(stream.events("status", { signal })).toEqualTypeOf<EventIterator<StatusEvent<Channel>>>();
      for await (const error of stream.events("error")) expectTypeOf(error).toEqualTypeOf<StreamError>();
      expectTypeOf(stream.events("gap").dropped).toEqualTypeOf<number>();
      // @ts-expect-error no event has this name
      stream.events("gaps");
      // @ts-expect-error a signal goes into the options
      stream.on("gap", () => {}, signal);
    });
  });

  test("an error has the server's code as `serverCode` if a message of the server caused it", () => {
    compiles(() => {
      stream.on("error", (error) => {
        expectTypeOf(error.serverCode).toEqualTypeOf<number | undefined>();
        // @ts-expect-error the server's code has one name
        error.number;
      });
    });
  });
});
