/** The channels that the soak counts. Corrections and cancels come with trades and are too few to matter. */
export const COUNTED = ["quotes", "trades", "bars"] as const;

/** A channel that the soak counts. */
export type Counted = (typeof COUNTED)[number];

/** What the soak asks its gateway; each question has one answer. */
export type Question =
  /** Start the market, and cut the client off every few seconds. */
  | { readonly type: "start" }
  /** Where the records numbered `first` to `last`, which never came, stand against the reported gaps. */
  | {
      readonly type: "judge";
      readonly channel: Counted;
      readonly first: number;
      readonly last: number;
      /** Edges in milliseconds since the epoch, both inclusive. */
      readonly gaps: readonly (readonly [fromMs: number, toMs: number])[];
    }
  /** How much memory the gateway's process takes. */
  | { readonly type: "memory" }
  /** Cut no more, and some seconds later end the market. Answered with what was published in all. */
  | { readonly type: "finish" };

/** How many missing records stand where. */
export interface Judgement {
  /** Their time lies in a reported gap of their channel. */
  readonly inGap: number;
  /** Trades reported late: their time lies before the gap in which they were published. */
  readonly late: number;
  /** Nobody told of these. Must be 0. */
  readonly outside: number;
}

/** The answer to each question. */
export interface Answers {
  start: { readonly url: string };
  judge: Judgement;
  memory: { readonly rssBytes: number };
  finish: { readonly published: Readonly<Record<Counted, number>>; readonly cuts: number };
}
