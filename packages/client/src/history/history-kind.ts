import type { SymbolSpelling } from "../subscriptions/spelling-watch.ts";
import type { StreamSchema } from "../wire/index.ts";
import type { PageFormat } from "./page-reader.ts";

/** A channel whose records history has. */
export interface HistoryChannel extends PageFormat {
  /** Parameters without which a request is none of this channel, such as the length of its records. */
  readonly query?: Readonly<Record<string, string>>;
}

/** What distinguishes the history of one asset class from all others. */
export interface HistoryKind {
  /** The class that users construct, for messages. */
  readonly name: string;
  readonly schema: StreamSchema;
  readonly spelling: SymbolSpelling;
  /** What to do about history that the plan does not include, as sentences. */
  readonly planAdvice: string;
  /** The beginning of every path. */
  readonly path: string;
  /** The name of the feed, as a stream has it. */
  readonly feed: string;
  /** The parameters by which requests for a range of time name the feed; undefined for a feed without history. */
  readonly rangeQuery: Readonly<Record<string, string>> | undefined;
  /** The parameters by which requests for the newest records name the feed. */
  readonly latestQuery: Readonly<Record<string, string>>;
  /** The path of requests for the newest records of a channel, by the key of its answers. */
  latestPath(key: string): string;
  /** Parameters of a fill's requests. */
  readonly fillQuery: Readonly<Record<string, string>>;
  /** The channels that history has, by the names that a stream has for them. */
  readonly channels: Readonly<Record<string, HistoryChannel>>;
}
