import type { MarketRecord, RawRecord } from "../../wire/index.ts";
import type { FillRules, RevisionChannel } from "./fill-rules.ts";
import { hashOf } from "./hash.ts";

/**
 * What a fill compares of a record that sums up a period. A server may round the average price in another way in its
 * history.
 */
interface Summary {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * The rules of a channel with one record for each minute. History has it two to three seconds after the minute's
 * end; a trade that is reported later revises it.
 */
export function minuteRules(revisions: RevisionChannel): FillRules {
  return {
    lookBackMs: 60_000,
    overlapMs: 0,
    settleMs: 5_000,
    revisions,
    identity: (record) => {
      const { open, high, low, close, volume } = summaryOf(record);
      return hashOf(open, high, low, close, volume);
    },
  };
}

/**
 * The rules of a channel whose records sum up the running day so far: their volume grows. A fill looks back over the
 * day, which has up to 25 hours: its record carries the day's first time.
 */
export const DAY_RULES: FillRules = {
  lookBackMs: 25 * 3_600_000,
  overlapMs: 0,
  settleMs: 5_000,
  isCumulative: true,
  identity: (record) => summaryOf(record).volume,
};

/** The casts hold because these rules belong to channels of such records. */
function summaryOf(record: MarketRecord | RawRecord): Summary {
  if (!("T" in record)) return record as unknown as Summary;
  const { o: open, h: high, l: low, c: close, v: volume } = record;
  return { open, high, low, close, volume } as Summary;
}
