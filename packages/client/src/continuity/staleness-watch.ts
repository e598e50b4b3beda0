import type { Schedule } from "./schedule.ts";

/** One channel that is subscribed to, as the watch sees it. */
export interface WatchedChannel {
  readonly channel: string;
  /** Whether all of its symbols are subscribed to. */
  readonly hasWildcard: boolean;
  /** When the server first confirmed it on this connection, by the monotonic clock. */
  readonly sinceMs: number;
  /** When its last record came, by the same clock; minus infinity without one. */
  readonly lastRecordMs: number;
}

/** Result of a staleness check: silent for too long, or when to check again. */
export type StalenessResult =
  | { readonly isStale: true; readonly channel: string; readonly silentMs: number }
  | { readonly isStale: false; readonly checkAgainMs: number };

/** While the market is closed, and where nothing can be stale, a check a minute is enough. */
const IDLE_CHECK_MS = 60_000;

/** After so many doublings, 64 times the allowance, it grows no further. */
const MAX_DOUBLINGS = 6;

/**
 * Knows how long which channel may be silent, and when. No clock, no timer. Only market data counts:
 * control messages and pongs come from a server that has stopped sending data as well.
 */
export class StalenessWatch {
  readonly #schedule: Schedule | undefined;
  readonly #staleAfterMs: number | undefined;

  /**
   * With a number, silence of that length is stale in any channel and at any hour; with a schedule
   * alone, by that schedule; with neither, nothing ever is.
   */
  constructor(schedule: Schedule | undefined, staleAfterMs: number | undefined) {
    this.#schedule = schedule;
    this.#staleAfterMs = staleAfterMs;
  }

  /** Whether silence can ever be stale here. */
  get isOn(): boolean {
    return this.#staleAfterMs !== undefined || this.#schedule !== undefined;
  }

  /** Whether staleness depends on a calendar that does not cover the time `ms` since the epoch. */
  isBeyondCalendar(ms: number): boolean {
    return this.#staleAfterMs === undefined && this.#schedule !== undefined && !this.#schedule.isInCalendar(ms);
  }

  /**
   * Checks the channels. `nowMs` is the present by the monotonic clock, `wallMs` since the
   * epoch. `emptyConnections` counts the stale connections in a row that brought no data:
   * each doubles the allowances, so that symbols that are quiet by nature do not reconnect for ever.
   */
  check(channels: readonly WatchedChannel[], nowMs: number, wallMs: number, emptyConnections: number): StalenessResult {
    const startMs = this.#staleAfterMs === undefined ? this.#schedule?.sessionStart(wallMs) : Number.NEGATIVE_INFINITY;
    if (startMs === undefined || channels.length === 0) return { isStale: false, checkAgainMs: IDLE_CHECK_MS };
    // Silence counts from the session's start: before it no records were due.
    const openedMs = nowMs - (wallMs - startMs);
    const lastOfAllMs = Math.max(...channels.map(({ lastRecordMs }) => lastRecordMs));
    let checkAgainMs = IDLE_CHECK_MS;
    for (const { channel, hasWildcard, sinceMs, lastRecordMs } of channels) {
      const allowedMs = this.#allowedMs(channel, hasWildcard, emptyConnections);
      if (allowedMs === undefined) continue;
      // A wildcard is judged by its own channel. For named symbols, a record of any channel shows that the
      // stream is alive.
      const ownClock = hasWildcard && this.#staleAfterMs === undefined;
      const silentMs = nowMs - Math.max(sinceMs, openedMs, ownClock ? lastRecordMs : lastOfAllMs);
      if (silentMs >= allowedMs) return { isStale: true, channel, silentMs };
      checkAgainMs = Math.min(checkAgainMs, allowedMs - silentMs);
    }
    return { isStale: false, checkAgainMs };
  }

  #allowedMs(channel: string, hasWildcard: boolean, emptyConnections: number): number | undefined {
    if (this.#staleAfterMs !== undefined) return this.#staleAfterMs;
    const allowance = this.#schedule?.allowances[channel];
    const allowedMs = hasWildcard ? allowance?.all : allowance?.named;
    return allowedMs === undefined ? undefined : allowedMs * 2 ** Math.min(emptyConnections, MAX_DOUBLINGS);
  }
}
