import type { Allowances, Schedule } from "../continuity/schedule.ts";
import { CryptoFeed } from "./crypto-feed.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Quotes of all pairs change several times a second, and each pair has a bar every minute, with or without
 * trades. Trades, updated and daily bars may be silent for hours: nothing follows from their silence.
 */
const ALLOWANCES: Allowances = {
  quotes: { all: 30 * SECOND_MS, named: 5 * MINUTE_MS },
  orderbooks: { all: 30 * SECOND_MS, named: 5 * MINUTE_MS },
  bars: { all: 150 * SECOND_MS, named: 10 * MINUTE_MS },
};

/** One session that never ends, without a calendar. */
const AROUND_THE_CLOCK: Schedule = { allowances: ALLOWANCES, sessionStart: () => 0, isInCalendar: () => true };

/** What each feed is expected to send; undefined for a feed of which nothing is known. */
export const SCHEDULES: { readonly [F in CryptoFeed]?: Schedule } = {
  [CryptoFeed.US]: AROUND_THE_CLOCK,
  [CryptoFeed.US_1]: AROUND_THE_CLOCK,
  [CryptoFeed.EU_1]: AROUND_THE_CLOCK,
};
