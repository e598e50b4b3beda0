import type { FeedHistory, Kind } from "./feed-history.ts";
import type { PageWriter } from "./page-writer.ts";
import type { RecordSource } from "./store/channel-history.ts";
import { TimeframeBars } from "./timeframe-bars.ts";

/** A record of a source by its index. */
export interface Found {
  readonly source: RecordSource;
  readonly index: number;
}

/** Finds the latest record of a symbol; undefined if none is held. */
export function findLatest(history: FeedHistory, kind: Kind, symbol: string): Found | undefined {
  const source = history[kind];
  for (let index = source.length(symbol) - 1; index >= 0; index--) {
    if (kind !== "trades" || history.assetClass.isLatest(history.trades, symbol, index)) return { source, index };
  }
  return undefined;
}

/**
 * Writes the members of a symbol's snapshot, those alone of which a record is held: `"latestTrade":{…},…`.
 */
export function writeSnapshot(history: FeedHistory, symbol: string, writer: PageWriter): void {
  const days = new TimeframeBars(history, { count: 1, unit: "Day" });
  const day = (back: number): Found | undefined => {
    const index = days.length(symbol) - back;
    return index < 0 ? undefined : { source: days, index };
  };
  const members: readonly (readonly [string, Found | undefined])[] = [
    ["latestTrade", findLatest(history, "trades", symbol)],
    ["latestQuote", findLatest(history, "quotes", symbol)],
    ["minuteBar", findLatest(history, "bars", symbol)],
    ["dailyBar", day(1)],
    ["prevDailyBar", day(2)],
  ];
  let isFirst = true;
  for (const [name, found] of members) {
    if (found === undefined) continue;
    writer.text(`${isFirst ? "" : ","}"${name}":`);
    writeFound(found, symbol, writer);
    isFirst = false;
  }
}

/** Writes a record that was found. */
export function writeFound({ source, index }: Found, symbol: string, writer: PageWriter): void {
  writer.record(source.read(symbol, index), source.suffix(symbol, index));
}
