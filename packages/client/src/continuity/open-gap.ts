import type { LedgerEntry, Loss } from "../subscriptions/ledger-entry.ts";
import type { StreamError, StreamSchema } from "../wire/index.ts";

/**
 * The market time that a channel's records show, from the newest time among them: a bar shows that its
 * minute is over. Minus infinity where their times show nothing.
 */
export function heardMs({ traits }: StreamSchema, channel: string, newestMs: number): number {
  return newestMs + (traits[channel]?.sentAfterMs ?? Number.NEGATIVE_INFINITY);
}

/** Records of a channel's symbols within a range of time. */
export interface RecordRange<C extends string = string> {
  readonly channel: C;
  /** The symbols, `*` for all. */
  readonly symbols: readonly string[];
  readonly from: Date;
  readonly to: Date;
}

/**
 * Records may be missing: a connection was lost, and symbols that were active on it are active again, or were not
 * when the stream was stopped or they were unsubscribed. One event for each channel. Alpaca replays nothing. Or the
 * server, a gateway of this project, reports that its own source has lost records: its event comes between the records
 * before and after them.
 */
export interface GapEvent<C extends string = string> extends RecordRange<C> {
  readonly channel: C;
  /** The symbols, `*` for all. */
  readonly symbols: readonly string[];
  /**
   * Records of these symbols with times from here to `to` may be missing. By the records' own times:
   * the newest that was received before the loss, less the length of a bar in channels of bars.
   * Trades that are reported late have earlier times.
   */
  readonly from: Date;
  /**
   * When the server confirmed the symbols on the new connection, or when the stream was stopped or the symbols were
   * unsubscribed, if that came first. In the market's time and never before `from`: by this machine's clock, or where
   * records show another time (a replay, a fast simulator, a delayed feed, a wrong clock), by the first record that
   * came after. That may be a trade that was reported late, so that `to` is rather too late than too early: by up to
   * 15 seconds where the market is faster than the clock, or its pace is not known yet.
   */
  readonly to: Date;
  /** What ended the first connection that was lost: the stream's, or the server's to its own source. */
  readonly cause: StreamError;
}

/** A gap that has ended: live records of its symbols follow. */
export interface EndedGap {
  readonly channel: string;
  readonly symbols: readonly string[];
  /** When each was first confirmed, by the monotonic clock: earlier records were never subscribed to. */
  readonly sinceMs: ReadonlyMap<string, number | undefined>;
}

/** One whose time range is not known yet. */
export interface OpenGap extends EndedGap {
  /** Its start: the market's time as known until then. */
  readonly loss: Loss;
}

/** The gaps that end for entries, which are active again or given up; one for each channel and loss. */
export function endGaps(entries: readonly LedgerEntry[]): OpenGap[] {
  const groups = new Map<string, Map<Loss, Map<string, number>>>();
  for (const entry of entries) {
    // Undefined if it was wanted again a moment before the loss: no record from before the gap was subscribed to.
    const { channel, symbol, loss, sinceMs = Number.POSITIVE_INFINITY } = entry;
    entry.loss = undefined;
    if (loss === undefined) continue;
    const byLoss = groups.get(channel) ?? new Map<Loss, Map<string, number>>();
    groups.set(channel, byLoss.set(loss, (byLoss.get(loss) ?? new Map()).set(symbol, sinceMs)));
  }
  const gaps: OpenGap[] = [];
  for (const [channel, byLoss] of groups)
    for (const [loss, sinceMs] of byLoss) gaps.push({ channel, symbols: [...sinceMs.keys()], sinceMs, loss });
  return gaps;
}
