import { type Check, check, oneOf } from "../checks/option-checks.ts";
import { STREAM_HOST } from "../connection/stream-host.ts";

/** The stock feeds, by the names that alpaca-py gives them. */
export const DataFeed = {
  /** Trades and quotes of the Investors Exchange alone; free. */
  IEX: "iex",
  /** The whole consolidated tape; needs a plan. */
  SIP: "sip",
  /** The consolidated tape, 15 minutes late. */
  DELAYED_SIP: "delayed_sip",
  /** Blue Ocean ATS, the overnight session. */
  BOATS: "boats",
  /** Derived from BOATS; trades are 15 minutes late. */
  OVERNIGHT: "overnight",
  /** Over the counter; Alpaca documents no stream of it, broker partners may have one. */
  OTC: "otc",
  /** Open around the clock, with the one symbol `FAKEPACA`. */
  TEST: "test",
} as const;

/** The name of a stock feed. */
export type DataFeed = (typeof DataFeed)[keyof typeof DataFeed];

/** What a feed must be. */
export const DATA_FEED: Check = oneOf(Object.values(DataFeed));

/**
 * The path of a feed's stream, such as `v2/sip`.
 *
 * @throws TypeError for an unknown feed.
 *
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data; `v2/boats` is answered with HTTP
 * 404 (alpaca-trade-api-go#360).
 */
export function feedPath(feed: DataFeed): string {
  check("feed", feed, DATA_FEED);
  return feed === DataFeed.BOATS || feed === DataFeed.OVERNIGHT ? `v1beta1/${feed}` : `v2/${feed}`;
}

/**
 * The address of a feed's stream at Alpaca.
 *
 * @throws TypeError for an unknown feed.
 */
export function feedUrl(feed: DataFeed): string {
  return `${STREAM_HOST}/${feedPath(feed)}`;
}
