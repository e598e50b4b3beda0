import type { ChannelTraits } from "./channel-traits.ts";
import type { MarketRecord } from "./market-record.ts";
import type { RecordSink, WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/**
 * Reads messages of hot record types in their documented form, straight down its keys. It leaves any other message to the general reader, which accepts every form and reports
 * errors: the fast path decides nothing that the general reader would decide otherwise.
 */
export interface FastPath {
  /** Bytes that a buffer must have behind the start of a message for the fast path to look at it. */
  readonly maxBytes: number;
  /** How many messages {@link read} left. */
  left: number;
  /**
   * Reads up to `count` messages from `at` on and hands their records to the sink. Returns where the
   * first message starts that it left: one in another form, or one too close to the buffer's end.
   */
  read(view: DataView, at: number, end: number, count: number, sink: RecordSink): number;
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
   * keys skipped.
   *
   * @throws StreamError `bad_message` for a value of another kind, and for a required one that is missing.
   */
  read(reader: WireReader, type: number): MarketRecord;
  /** Makes the fast path of msgpack; undefined in builds without msgpack. */
  readonly msgpackFastPath: (() => FastPath) | undefined;
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
