import { ClusterError } from "../cluster-error.ts";

/**
 * A feed as a part of NATS's names, which may have letters, digits, hyphens and underscores: `crypto/us` is
 * `crypto_us`.
 *
 * @throws ClusterError `invalid_option` for a feed without a name.
 */
export function tokenOf(feed: string): string {
  const token = feed.replace(/[^A-Za-z0-9-]/g, "_");
  if (token === "") throw new ClusterError("invalid_option", "the feed must have a name, such as sip");
  return token;
}

/** The name of a feed's stream. */
export function streamName(feed: string): string {
  return `TICKERPLANT_${tokenOf(feed)}`;
}

/**
 * The subjects of a feed's stream: one for each epoch, so that the server can check whose the last message is. Streams
 * with many subjects are slow: no subject names a symbol.
 */
export function subjectsOf(feed: string): string {
  return `tickerplant.feed.${tokenOf(feed)}.*`;
}

/** The subject of an epoch, one of those of {@link subjectsOf}. */
export function subjectOf(feed: string, epoch: number): string {
  return `tickerplant.feed.${tokenOf(feed)}.${epoch}`;
}

/** The feed of a stream's subjects; undefined for a stream of something else. */
export function feedTokenOf(subjects: string): string | undefined {
  return /^tickerplant\.feed\.([A-Za-z0-9_-]+)\.\*$/.exec(subjects)?.[1];
}

/** The bucket with the lease of each feed. */
export const LEASES = "TICKERPLANT_leases";

/** The bucket with what each reader tells of itself. */
export const READERS = "TICKERPLANT_readers";
