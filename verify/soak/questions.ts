/** The channels that the soak counts. Corrections and cancels come with trades and are too few to count. */
export const COUNTED = ["quotes", "trades", "bars"] as const;

/** A channel that the soak counts. */
export type Counted = (typeof COUNTED)[number];

/** A question of the soak to its gateway; each has one answer. */
export type Question =
  /** Start the market, and cut the connection every few seconds. */
  | { readonly type: "start" }
  /** Classify the missing records from number `first` to `last` by the reported gaps. */
  | {
      readonly type: "classify";
      readonly channel: Counted;
      readonly first: number;
      readonly last: number;
      /** In milliseconds since the Unix epoch, both ends inclusive. */
      readonly gaps: readonly (readonly [fromMs: number, toMs: number])[];
    }
  /** Measure the memory of the process. */
  | { readonly type: "memory" }
  /** Stop cutting, end the market some seconds later, and return what was published. */
  | { readonly type: "finish" };

/** Missing records by their reason. */
export interface Classification {
  /** The time lies in a reported gap of the channel. */
  readonly inGap: number;
  /** Trades that were published late: the time lies before the gap in which they were published. */
  readonly late: number;
  /** No gap was reported for these. Must be 0. */
  readonly outside: number;
}

/** The answer to each question. */
export interface Answers {
  start: { readonly url: string };
  classify: Classification;
  memory: { readonly rssBytes: number };
  finish: { readonly published: Readonly<Record<Counted, number>>; readonly cuts: number };
}
