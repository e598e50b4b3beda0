import type { Bar, CryptoBar } from "@tickerplant/client";
import type { HistoryRecords, RangeOptions } from "@tickerplant/client/history";

/** Returns a function that requests the newest minute bars of a symbol, at most `count`, of as many past minutes. */
export function pastBarsFrom<B extends Bar | CryptoBar>(
  request: (range: RangeOptions, symbol: string) => HistoryRecords<B>,
): (symbol: string, count: number) => Promise<readonly B[]> {
  return (symbol, count) => {
    const start = new Date(Date.now() - count * 60_000);
    return request({ start, limit: count, sort: "desc" }, symbol).toArray();
  };
}
