import type { MarketRecord, RawRecord } from "../wire/index.ts";

/** A history that a stream can fill its gaps from. */
export interface FillableHistory {
  /** How a stream requests pages. */
  readonly fillSource: HistorySource;
}

/** One page of one channel's history. */
export interface HistoryPageRequest {
  /** A channel of {@link HistorySource.channels}. */
  readonly channel: string;
  /** As many as `symbolParts` puts into one request. */
  readonly symbols: readonly string[];
  /** First time, in nanoseconds since the Unix epoch; inclusive. */
  readonly fromNs: bigint;
  /** Last time, in nanoseconds since the Unix epoch; inclusive. */
  readonly toNs: bigint;
  /** The `nextToken` of the page before; undefined for the first page. */
  readonly token: string | undefined;
  /** Whether to read records as the wire has them, with `T` and `S` as a stream sends them. */
  readonly raw: boolean;
}

/** The newest records of one channel. */
export type HistoryLatestRequest = Pick<HistoryPageRequest, "channel" | "symbols" | "raw">;

/** The records of one symbol in a page, by time. */
export interface HistoryGroup<R = MarketRecord | RawRecord> {
  readonly symbol: string;
  /** The number of the symbol: see `RecordSink.record`. */
  readonly symbolNumber: number;
  readonly records: readonly R[];
}

/** A page of history. It may have fewer records than requested, or none, and yet not be the last. */
export interface HistoryPage<R = MarketRecord | RawRecord> {
  /** Each symbol once, in the order of the server. */
  readonly groups: readonly HistoryGroup<R>[];
  /** Requests the next page; undefined after the last. */
  readonly nextToken: string | undefined;
  /** Set if the server's history begins within the range that was requested: from this time on it has everything. */
  readonly completeFromNs?: bigint | undefined;
}

/** History as a fill uses it: one request a call, no retries, errors that are `StreamError`. */
export interface HistorySource {
  /** The name of the feed, as a stream has it. */
  readonly feed: string;
  /** Where the requests go, without a path. */
  readonly url: string;
  /** The channels that history has. */
  readonly channels: readonly string[];
  /** Whether an answer has shown that the server accepts `*` as the symbol of a request. Alpaca's does not. */
  readonly acceptsWildcard: boolean;
  /**
   * Requests a page when the budget allows it: half of the budget is left to the user's own requests.
   *
   * @throws StreamError `rate_limited`, `server_error`, `timeout` and `connection_lost`, after which another
   *   attempt may succeed; any other code is final. The signal's reason when it is aborted.
   */
  page(request: HistoryPageRequest, signal: AbortSignal): Promise<HistoryPage>;
  /**
   * Requests the newest record of each symbol, as {@link page} does: symbols without one are left out.
   *
   * @throws StreamError as {@link page} does, also where the server has no such request.
   */
  latest(request: HistoryLatestRequest, signal: AbortSignal): Promise<readonly HistoryGroup[]>;
}
