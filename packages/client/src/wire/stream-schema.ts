import type { ChannelTraits } from "./channel-traits.ts";
import type { MarketRecord } from "./market-record.ts";
import type { RecordSink, WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/**
 * Reads messages of hot record types in their documented form, straight down its keys. It leaves any
 * other message to the general reader, which accepts every form and reports errors; both return the
 * same result.
 */
export interface FastPath {
  /** Bytes that a buffer must have behind the start of a message for the fast path to read it. */
  readonly maxBytes: number;
  /** How many messages the last call of {@link read} read. */
  count: number;
  /** Where the message ends whose record is being passed to the sink. Read it before another frame is decoded. */
  readonly messageEnd: number;
  /**
   * Reads up to `max` messages from `at` on and passes their records to the sink, as raw records if
   * `raw`. Returns where the last message that it read ends, or `at` without one. The message behind it
   * has another form, or is too close to the buffer's end.
   */
  read(view: DataView, at: number, end: number, max: number, sink: RecordSink, raw: boolean): number;
}

/** Makes the fast path of each codec; undefined for a codec that a build does not have. */
export interface FastPaths {
  readonly msgpack: (() => FastPath) | undefined;
  readonly json: (() => FastPath) | undefined;
}

/**
 * One asset class as the generic layers see it: its channels, and how its records are read.
 * Decoder, stream and gateway get it as a value.
 */
export interface StreamSchema {
  /** Every channel, in the order in which the server lists them. */
  readonly channels: readonly string[];
  /** The channels that a request may name. */
  readonly subscribable: readonly string[];
  /** The two channels that make up most of a stream; their records are routed without a look-up by name. */
  readonly hot: readonly [string, string];
  readonly traits: Readonly<Record<string, ChannelTraits>>;
  /** The channel of a record type, by the char code of its letter; 128 entries. */
  readonly channelByType: readonly (string | undefined)[];
  /**
   * Reads a record of a type in `channelByType`, whose map has been entered: keys in any order, unknown
   * keys skipped. `outerSymbol` is the symbol of a record that has no key for it, as in a page of history.
   *
   * @throws StreamError `bad_message` for a value of another kind, and for a required one that is missing.
   */
  read(reader: WireReader, type: number, outerSymbol?: string): MarketRecord;
  /** The fast paths of the hot record types; without them, the general reader reads every message. */
  readonly fastPaths: FastPaths | undefined;
}

/** A schema that can write, too: encoder and gateway need it, and a page that only reads does not load it. */
export interface WritableSchema extends StreamSchema {
  /**
   * Writes a record with the keys in the documented order.
   *
   * @throws TypeError for a value that is no record of the schema.
   */
  write(writer: WireWriter, record: MarketRecord): void;
}

/** The `channelByType` of a schema, from its channels by the letters of their types. */
export function channelsByType(channelByLetter: Readonly<Record<string, string>>): readonly (string | undefined)[] {
  return Array.from({ length: 128 }, (_, code) => channelByLetter[String.fromCharCode(code)]);
}
