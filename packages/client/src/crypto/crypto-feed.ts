import { type Check, check, oneOf } from "../checks/option-checks.ts";
import { STREAM_HOST } from "../connection/stream-host.ts";

/** The crypto feeds, by the names that alpaca-py gives them. */
export const CryptoFeed = {
  /** Alpaca in the United States; free. */
  US: "us",
  /** Another exchange in the United States. */
  US_1: "us-1",
  /** A third exchange in the United States. */
  US_2: "us-2",
  /** An exchange in the European Union. */
  EU_1: "eu-1",
  /** In Alpaca's list of paths; alpaca-py does not have it. */
  BS_1: "bs-1",
  /** In Alpaca's list of paths; alpaca-py does not have it. */
  GLOBAL: "global",
} as const;

/** The name of a crypto feed. */
export type CryptoFeed = (typeof CryptoFeed)[keyof typeof CryptoFeed];

/** What a feed must be. */
export const CRYPTO_FEED: Check = oneOf(Object.values(CryptoFeed));

/**
 * The path of a feed's stream, such as `v1beta3/crypto/us`.
 *
 * @throws TypeError for an unknown feed.
 *
 * Source: docs.alpaca.markets/docs/real-time-crypto-pricing-data.
 */
export function cryptoFeedPath(feed: CryptoFeed): string {
  check("feed", feed, CRYPTO_FEED);
  return `v1beta3/crypto/${feed}`;
}

/**
 * The address of a feed's stream at Alpaca.
 *
 * @throws TypeError for an unknown feed.
 */
export function cryptoFeedUrl(feed: CryptoFeed): string {
  return `${STREAM_HOST}/${cryptoFeedPath(feed)}`;
}
