import { DataFeed } from "../stocks/data-feed.ts";
import { overnightSessionStart, regularSessionStart } from "../stocks/us-equity-calendar.ts";
import type { Channel, SubscribableChannel } from "../wire/index.ts";

/** One channel that is subscribed to, as the watch sees it. */
export interface WatchedChannel {
  readonly channel: SubscribableChannel;
  /** Whether all of its symbols are subscribed to. */
  readonly hasWildcard: boolean;
  /** When the server first confirmed it on this connection, by the clock that never goes back. */
  readonly sinceMs: number;
  /** When its last record came, by the same clock; minus infinity without one. */
  readonly lastRecordMs: number;
}

/** What a look at the channels comes to: silent for too long, or when to look again. */
export type Verdict =
  | { readonly isStale: true; readonly channel: SubscribableChannel; readonly silentMs: number }
  | { readonly isStale: false; readonly lookAgainMs: number };

/** How long a channel may be silent while its market is open; a channel left out may be so for ever. */
interface Allowance {
  /** With all symbols: then silence is a fault for certain. */
  readonly all?: number;
  /** With named symbols, which may be ones that hardly trade. */
  readonly named?: number;
}

type Allowances = { readonly [C in Channel]?: Allowance };

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * By what the whole market sends in its quietest minutes, several times over. Daily and updated
 * bars, statuses, bands and imbalances may be silent all day: nothing follows from their silence.
 */
const REGULAR: Allowances = {
  quotes: { all: 15 * SECOND_MS, named: MINUTE_MS },
  trades: { all: 30 * SECOND_MS, named: 5 * MINUTE_MS },
  bars: { all: 150 * SECOND_MS, named: 10 * MINUTE_MS },
};

/** The night is thin: only the whole market's quotes are never silent for long. */
const OVERNIGHT: Allowances = { quotes: { all: 2 * MINUTE_MS }, trades: { all: 15 * MINUTE_MS } };

/** A trade and a quote about every five seconds, a bar every minute, around the clock. */
const TEST: Allowances = {
  quotes: { all: MINUTE_MS, named: MINUTE_MS },
  trades: { all: MINUTE_MS, named: MINUTE_MS },
  bars: { all: 3 * MINUTE_MS, named: 3 * MINUTE_MS },
};

const DELAY_MS = 15 * MINUTE_MS;

/** While the market is closed, and where nothing can be stale, a look a minute is enough. */
const IDLE_LOOK_MS = MINUTE_MS;

/** What one feed is expected to send, and when. */
interface Schedule {
  readonly allowances: Allowances;
  /** When the session began that is open at a time since the epoch; undefined when none is. */
  readonly sessionStart: (ms: number) => number | undefined;
}

const SCHEDULES: { readonly [F in DataFeed]?: Schedule } = {
  [DataFeed.IEX]: { allowances: REGULAR, sessionStart: regularSessionStart },
  [DataFeed.SIP]: { allowances: REGULAR, sessionStart: regularSessionStart },
  [DataFeed.DELAYED_SIP]: {
    allowances: REGULAR,
    sessionStart: (ms) => {
      const start = regularSessionStart(ms - DELAY_MS);
      return start === undefined ? undefined : start + DELAY_MS;
    },
  },
  [DataFeed.BOATS]: { allowances: OVERNIGHT, sessionStart: overnightSessionStart },
  [DataFeed.OVERNIGHT]: { allowances: OVERNIGHT, sessionStart: overnightSessionStart },
  [DataFeed.TEST]: { allowances: TEST, sessionStart: () => 0 },
};

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
   * With a number, silence of that length is stale in any channel and at any hour; with a feed alone,
   * by that feed's schedule; with neither, nothing ever is.
   */
  constructor(feed: DataFeed | undefined, staleAfterMs: number | undefined) {
    this.#schedule = feed === undefined ? undefined : SCHEDULES[feed];
    this.#staleAfterMs = staleAfterMs;
  }

  /** Whether silence can ever be stale here. */
  get isOn(): boolean {
    return this.#staleAfterMs !== undefined || this.#schedule !== undefined;
  }

  /** Whether the calendar has a say. */
  get usesCalendar(): boolean {
    return this.#staleAfterMs === undefined && this.#schedule !== undefined;
  }

  /**
   * Looks at the channels. `nowMs` is the present by the clock that never goes back, `wallMs` since the
   * epoch. `fruitless` counts the connections in a row that were given up as stale and brought nothing:
   * each doubles the allowances, so that symbols that are quiet by nature do not reconnect for ever.
   */
  look(channels: readonly WatchedChannel[], nowMs: number, wallMs: number, fruitless: number): Verdict {
    const startMs = this.#staleAfterMs === undefined ? this.#schedule?.sessionStart(wallMs) : Number.NEGATIVE_INFINITY;
    if (startMs === undefined || channels.length === 0) return { isStale: false, lookAgainMs: IDLE_LOOK_MS };
    // Silence counts from the session's start: before it there was nothing to hear.
    const openedMs = nowMs - (wallMs - startMs);
    const lastOfAllMs = Math.max(...channels.map(({ lastRecordMs }) => lastRecordMs));
    let lookAgainMs = IDLE_LOOK_MS;
    for (const { channel, hasWildcard, sinceMs, lastRecordMs } of channels) {
      const allowedMs = this.#allowedMs(channel, hasWildcard, fruitless);
      if (allowedMs === undefined) continue;
      // All symbols of a channel are never silent by themselves; of named ones, any record shows life.
      const ownClock = hasWildcard && this.#staleAfterMs === undefined;
      const silentMs = nowMs - Math.max(sinceMs, openedMs, ownClock ? lastRecordMs : lastOfAllMs);
      if (silentMs >= allowedMs) return { isStale: true, channel, silentMs };
      lookAgainMs = Math.min(lookAgainMs, allowedMs - silentMs);
    }
    return { isStale: false, lookAgainMs };
  }

  #allowedMs(channel: SubscribableChannel, hasWildcard: boolean, fruitless: number): number | undefined {
    if (this.#staleAfterMs !== undefined) return this.#staleAfterMs;
    const allowance = this.#schedule?.allowances[channel];
    const allowedMs = hasWildcard ? allowance?.all : allowance?.named;
    return allowedMs === undefined ? undefined : allowedMs * 2 ** Math.min(fruitless, MAX_DOUBLINGS);
  }
}
