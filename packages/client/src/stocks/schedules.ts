import type { Allowances, Schedule } from "../continuity/schedule.ts";
import { DataFeed } from "./data-feed.ts";
import { isInCalendar, overnightSessionStart, regularSessionStart } from "./us-equity-calendar.ts";

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

/** What each feed is expected to send, and when; undefined for a feed of which nothing is known. */
export const SCHEDULES: { readonly [F in DataFeed]?: Schedule } = {
  [DataFeed.IEX]: { allowances: REGULAR, sessionStart: regularSessionStart, isInCalendar },
  [DataFeed.SIP]: { allowances: REGULAR, sessionStart: regularSessionStart, isInCalendar },
  [DataFeed.DELAYED_SIP]: {
    allowances: REGULAR,
    sessionStart: (ms) => {
      const start = regularSessionStart(ms - DELAY_MS);
      return start === undefined ? undefined : start + DELAY_MS;
    },
    isInCalendar,
  },
  [DataFeed.BOATS]: { allowances: OVERNIGHT, sessionStart: overnightSessionStart, isInCalendar },
  [DataFeed.OVERNIGHT]: { allowances: OVERNIGHT, sessionStart: overnightSessionStart, isInCalendar },
  [DataFeed.TEST]: { allowances: TEST, sessionStart: () => 0, isInCalendar: () => true },
};
