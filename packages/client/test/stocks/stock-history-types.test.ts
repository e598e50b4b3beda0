import { expectTypeOf, test } from "vitest";
import type { Bar, CryptoTrade, Quote, Trade } from "../../src/index.ts";
import type { CryptoHistory, DailyAuctions, HistoryRecords, StockHistory } from "../../src/index-history.ts";
import { StockHistory as History } from "../../src/index-history.ts";

// The compiler checks these tests: `npm run check:types`. The code is not called.
declare const history: StockHistory;
declare const crypto: CryptoHistory;
declare const frozen: readonly string[];
declare const symbols: string[];
declare const time: string | undefined;

/** Code that is compiled and not run. */
function compiles(_: () => unknown): void {}

test("methods of a history return the records of their channel", () => {
  compiles(async () => {
    expectTypeOf(history.trades("AAPL")).toEqualTypeOf<HistoryRecords<Trade>>();
    expectTypeOf(history.auctions("AAPL")).toEqualTypeOf<HistoryRecords<DailyAuctions>>();
    expectTypeOf(await history.bars("AAPL").toArray()).toEqualTypeOf<Bar[]>();
    expectTypeOf(await history.latestQuotes("AAPL")).toEqualTypeOf<ReadonlyMap<string, Quote>>();
    expectTypeOf(crypto.trades("BTC/USD")).toEqualTypeOf<HistoryRecords<CryptoTrade>>();
    for await (const quote of history.quotes("AAPL")) expectTypeOf(quote).toEqualTypeOf<Quote>();
  });
});

test("methods of a history accept symbols and options in every shape, and times of every kind", () => {
  compiles(() => [
    history.trades("AAPL", "MSFT", { start: new Date(), end: 1n }),
    history.trades(frozen, { start: "2025-11-14", limit: 5, sort: "desc" }),
    history.trades(new Set(symbols), { start: time }),
    history.bars(symbols, { timeframe: "15Min", adjustment: ["split", "dividend"] }),
    history.latestTrades(...symbols),
  ]);
});

test("options of another method, and values that no request has, do not compile", () => {
  compiles(() => [
    // @ts-expect-error trades have no timeframe
    history.trades("AAPL", { timeframe: "1Min" }),
    // @ts-expect-error a number may be seconds, milliseconds or nanoseconds
    history.trades("AAPL", { start: Date.now() }),
    // @ts-expect-error the newest records have no range
    history.latestTrades("AAPL", { start: "2025-11-14" }),
    // @ts-expect-error no such unit
    history.bars("AAPL", { timeframe: "1Minute" }),
    // @ts-expect-error crypto has no adjustment
    crypto.bars("BTC/USD", { adjustment: "split" }),
  ]);
});

test("the platform's fetch is a fetch of a history", () => {
  compiles(() => new History({ fetch: globalThis.fetch }));
});
