/**
 * The form of a description of records, such as `stocks.ts`: data only, used by the generator and not
 * shipped.
 */

/**
 * What kind of value a field has. The kind decides its type in TypeScript, how readers and writers
 * treat it, and how a column shows it; `generator/kinds.ts` has a row for each.
 */
export type Kind =
  /** A price: a double. */
  | "price"
  /** A number of shares or contracts: 0 or more, an integer wherever it is whole. */
  | "size"
  /** A size that is fractional as a rule, such as one of a cryptocurrency: 0 or more, a double. */
  | "amount"
  /** A number of things: 0 or more. */
  | "count"
  /** A whole number that is exact beyond 2^53. */
  | "id"
  /** A short string that repeats: interned. */
  | "code"
  /** Any string. */
  | "text"
  /** A list of codes, frozen and interned. */
  | "conditions"
  /** A time of its own, in nanoseconds. An unreadable one counts as missing. */
  | "nanoseconds"
  /** Price levels of an order book: an array of `p` and `s`. */
  | "levels"
  /** True or false; false is not written. */
  | "flag";

/**
 * What a reader does about a missing value: rejects the message, puts the kind's default (0, "", an
 * empty list) in its place, or leaves the property undefined. A key that may be undefined is optional:
 * a writer leaves it out.
 */
export type WhenMissing = "rejected" | "default" | "undefined";

/** One property of a record, and its key on the wire. */
export interface Field {
  readonly name: string;
  /** One to three ASCII letters. */
  readonly key: string;
  readonly kind: Kind;
  /** Unless given, the kind's own: prices are rejected, received times undefined, others get the default. */
  readonly whenMissing?: WhenMissing;
  /** What the value means, and its unit: one or more sentences, for TSDoc and PROTOCOL.md. */
  readonly doc: string;
  /** What PROTOCOL.md says besides, such as the source. */
  readonly note?: string;
  /** True if servers are known to write this field, a code that follows {@link TIME} here, before the time. */
  readonly mayPrecedeTime?: true;
}

/** Stands for the record's time, key `t`, among the fields. */
export const TIME = "time";

/** One class of records. */
export interface RecordType {
  /** Name of the class. */
  readonly name: string;
  /** Heading in PROTOCOL.md. */
  readonly title: string;
  /** What a record is; sentences for TSDoc. */
  readonly doc: string;
  /** The channel of each wire type, by its letter. A class of several channels holds its channel in a field. */
  readonly channels: Readonly<Record<string, string>>;
  /**
   * The fields in the order of the wire, after `T` and `S`. The constructor has the same order, with
   * symbol and time in front.
   */
  readonly fields: readonly (Field | typeof TIME)[];
}

/** One channel, and what is generally true of its records: see `ChannelTraits`. */
export interface Channel {
  readonly name: string;
  /** What its records are, in a few words for PROTOCOL.md. */
  readonly doc: string;
  readonly broughtBy?: string;
  readonly conflates: boolean;
  readonly lengthMs: number;
  readonly spanMs: number;
  readonly sentAfterMs: number | undefined;
  readonly isPrompt: boolean;
  readonly limited: boolean;
}

/** Everything that is known of an asset class's records. */
export interface AssetClass {
  /** The folder under `src` that the code goes to. */
  readonly folder: string;
  /** What the records are of, in a sentence: "stock". */
  readonly noun: string;
  /** The page that documents channels and records. */
  readonly source: string;
  /** All channels, in the order in which the server lists them. */
  readonly channels: readonly Channel[];
  /** The two channels that make up most of a stream. Their record types have a fast path. */
  readonly hot: readonly [string, string];
  readonly records: readonly RecordType[];
}
