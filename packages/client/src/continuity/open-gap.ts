import type { GapEvent } from "../stream/events.ts";
import type { LedgerEntry, Loss } from "../subscriptions/ledger-entry.ts";
import type { Channel, SubscribableChannel } from "../wire/index.ts";

const MINUTE_MS = 60_000;

/**
 * How far a record's time lies before its sending, where it is not the time of an event: bars carry
 * their left edge. Updated bars come while late trades do, minutes after it.
 */
const LENGTH_MS: { readonly [C in Channel]?: number } = {
  bars: MINUTE_MS,
  updatedBars: 6 * MINUTE_MS,
  dailyBars: 24 * 60 * MINUTE_MS,
};

/**
 * The newest market time that a channel's records tell of, from the newest time among them. A bar
 * tells that its minute is over; a daily bar tells nothing, since its time is the day's.
 */
export function heardMs(channel: Channel, newestMs: number): number {
  if (channel === "dailyBars") return Number.NEGATIVE_INFINITY;
  return channel === "bars" ? newestMs + MINUTE_MS : newestMs;
}

/** A gap whose end is not known yet. */
export type OpenGap = Omit<GapEvent, "to">;

/**
 * The gaps that end for entries that are active again; one for each channel and loss. `marketTimeAt`
 * gives the market's time at a monotonic time, for losses before the first record.
 */
export function endGaps(entries: readonly LedgerEntry[], marketTimeAt: (atMs: number) => number): OpenGap[] {
  const groups = new Map<SubscribableChannel, Map<Loss, string[]>>();
  for (const entry of entries) {
    const { channel, symbol, loss } = entry;
    entry.loss = undefined;
    if (loss === undefined || entry.holders === 0) continue;
    const byLoss = groups.get(channel) ?? new Map<Loss, string[]>();
    groups.set(channel, byLoss.set(loss, [...(byLoss.get(loss) ?? []), symbol]));
  }
  const gaps: OpenGap[] = [];
  for (const [channel, byLoss] of groups) {
    for (const [{ heard, cause }, symbols] of byLoss) {
      const { marketMs, sinceMs } = heard;
      const lostMs = marketMs === Number.NEGATIVE_INFINITY ? marketTimeAt(sinceMs) : marketMs;
      gaps.push({ channel, symbols, from: new Date(Math.floor(lostMs - (LENGTH_MS[channel] ?? 0))), cause });
    }
  }
  return gaps;
}
