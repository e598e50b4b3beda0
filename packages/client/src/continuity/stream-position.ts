/**
 * How far the handlers and iterators of a stream have got: a small JSON value. Made by the property `position` of
 * a stream, and given to the option `resume` of the next one.
 */
export interface StreamPosition<C extends string = string> {
  /** The format of this value. */
  readonly version: 1;
  /** The feed of the stream. */
  readonly feed: string;
  /** The channels that are subscribed to, once their time is known. */
  readonly channels: { readonly [Channel in C]?: ChannelPosition };
}

/**
 * How far one channel has got. Times are RFC 3339 in UTC with up to nine digits of a second, by the records' own
 * times.
 */
export interface ChannelPosition {
  /** Every record up to this time is finished, but for those that are due. */
  readonly after: string;
  /** The same of symbols that are behind the others, or ahead; absent without any. */
  readonly symbols?: { readonly [symbol: string]: string };
  /** The newest time of a finished record. */
  readonly until: string;
  /**
   * Marks of the finished records of later times than `after`, eleven characters each. Without them a trade that is
   * reported late could not be distinguished from those that are finished. 5,000 at most.
   */
  readonly done: string;
  /**
   * By symbol, records up to that time that a handler has not finished: marks, and the time of the oldest. Absent
   * while handlers keep up.
   */
  readonly due?: { readonly [symbol: string]: { readonly from: string; readonly marks: string } };
  /**
   * Set if marks had to be left out: trades of the times from here to `after` that are reported after the restart
   * will be missing.
   */
  readonly lateFrom?: string;
}
