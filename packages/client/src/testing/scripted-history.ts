import { StreamPast } from "../continuity/backfill/stream-past.ts";
import { markFromHistory } from "../continuity/from-history.ts";
import type { HistoryGroup, HistorySource } from "../continuity/history-source.ts";
import { STOCK_FILL_RULES } from "../stocks/fill-rules.ts";
import type { StreamHistory } from "../stream/stream-options.ts";
import type { MarketRecord, RawRecord } from "../wire/index.ts";
import { symbolNumberOf } from "../wire/interning.ts";

/** The option `history` of a stock stream, with a test's own answers: gaps are filled from `source`. */
export function scriptedHistory(source: HistorySource): StreamHistory {
  return {
    attach: (stream) => new StreamPast(stream, source, STOCK_FILL_RULES),
    timeNs: (_name, time) => (typeof time === "bigint" ? time : BigInt(new Date(time).getTime()) * 1_000_000n),
  };
}

/** The records of one symbol in a page of history. */
export function historyGroup(symbol: string): HistoryGroup & { readonly records: (MarketRecord | RawRecord)[] } {
  return { symbol, symbolNumber: symbolNumberOf(symbol), records: [] };
}

/**
 * Marks a record as one of history, and returns it. `change` is what history reports of a trade that was changed
 * later, such as "canceled"; "" for all others.
 */
export function historyRecord<R extends object>(record: R, change = ""): R {
  markFromHistory(record, change);
  return record;
}
