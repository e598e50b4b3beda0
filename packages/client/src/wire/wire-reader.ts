import * as WIRE_LIMITS from "./limits.ts";
import type { Id, MarketRecord, RawRecord } from "./market-record.ts";
import { StreamError, type StreamErrorCode } from "./stream-error.ts";

/** Where the records of a frame go, in the order of the frame. */
export interface RecordSink {
  /**
   * A market data message. `record` is a {@link RawRecord} when the decoder makes those.
   * `symbolNumber` stays the symbol's until the process ends, from 1 up, or is 0 if it has none:
   * an index of an array is faster than a look-up in a map.
   *
   * `seconds` is NaN and `nanos` 0 for a raw record whose time is missing or cannot be read.
   */
  record(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void;
}

/**
 * Walks one frame in place, forward, value by value. Two codecs implement it; what the values mean
 * is written once, in `read-record.ts` and `control-messages.ts`, for both.
 *
 * Null means "no value", and so does a float that is not finite: encoders that have no null write
 * NaN for it, as pandas does. In place of a number or a time an empty string means the same, and in
 * place of a number the name of such a float, as Jackson writes it. Each method says what it returns then.
 *
 * Every method throws a {@link StreamError} with the code `bad_message` for a value of another kind, and
 * with `bad_frame` at the end of the frame and for bytes of no codec.
 * Nothing is allocated for what a header only claims.
 */
export interface WireReader {
  /** Points the reader at a frame. */
  open(frame: Uint8Array): void;
  /**
   * Reads messages by the schema's fast path, as long as they have its form, and passes their records to
   * the sink. Returns their number. Called between messages: {@link nextMessage} moves to the next one.
   */
  readFast(sink: RecordSink, raw: boolean): number;
  /** While {@link readFast} passes a record to the sink: the byte of the frame where the record's message ends. */
  readonly fastMessageEnd: number;
  /** Moves to the next message of the frame; false after the last. A lone map counts as one message. */
  nextMessage(): boolean;
  /** The byte of the frame at which the reader stands. Before a message it may be the comma in front of it. */
  readonly position: number;
  /** Where the reader stands, for {@link rewind}. */
  mark(): number;
  /** Goes back to a place that {@link mark} gave within the present message. */
  rewind(mark: number): void;
  /** Enters the map that starts here. */
  enterMap(): void;
  /** The next key of the entered map as an integer (`keys.ts`), `NO_KEY` after the last. */
  nextKey(): number;
  /** The value of `T`: the one letter of a record's type as an integer, 0 for a longer word. */
  type(): number;
  /** A finite number; NaN for no value. */
  number(): number;
  /** A finite number of zero or more: a size, a volume, a count; NaN for no value. */
  count(): number;
  /** A whole number, exact at any size; 0 for no value. */
  id(): Id;
  /** A symbol: a string that is not empty, interned, and its number into {@link symbolNumber}; "" for no value. */
  symbol(): string;
  /** Set by {@link symbol}: see {@link RecordSink.record}. */
  readonly symbolNumber: number;
  /** A short string that repeats, interned: an exchange, a tape, an indicator; "" for no value. */
  code(): string;
  /** Any string, not interned; "" for no value. */
  text(): string;
  /** An array of conditions, frozen and interned; a string stands for an array of one, no value for none. */
  conditions(): readonly string[];
  /** A time, into {@link seconds} and {@link nanos}; NaN and 0 for no value. */
  time(): void;
  /** Set by {@link time}. */
  readonly seconds: number;
  /** Set by {@link time}. */
  readonly nanos: number;
  /**
   * Any value as plain data: timestamps as RFC 3339 strings, other extensions as bytes, whole numbers
   * beyond 2^53 as `bigint`. Null and floats that are not finite stay what they are. Strings are not interned.
   *
   * @throws StreamError `bad_message` beyond `maxDepth` levels and `maxValues` values.
   */
  value(): unknown;
  /** Skips any value. */
  skip(): void;
}

/**
 * Returns the float that a string in place of a number means: NaN for an empty one, and values that
 * are not finite by the names of encoders, such as `NaN`, `-Infinity` and `inf`. Undefined for others.
 */
export function notFinite(text: string): number | undefined {
  if (text === "") return Number.NaN;
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (word === undefined) return undefined;
  const value = word.toLowerCase() === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
  return sign === "-" ? -value : value;
}

/** Makes the error for a value of the wrong kind. The message is lost, the rest of the frame is not. */
export function badMessage(expected: string, got: string): StreamError {
  return wireError("bad_message", `expected ${expected}, got ${got}`);
}

/**
 * Checks the length of a symbol.
 *
 * @throws StreamError `bad_message` for an empty one or one over the limit.
 */
export function checkSymbolLength(length: number): void {
  if (length > 0 && length <= WIRE_LIMITS.maxSymbolBytes) return;
  throw badMessage(`a symbol of 1 to ${WIRE_LIMITS.maxSymbolBytes} bytes`, `one of ${length}`);
}

/** Makes the error for bytes that are not a frame. The rest of the frame is lost. */
export function badFrame(what: string): StreamError {
  return wireError("bad_frame", what);
}

/** Malformed input can raise millions of these: skip the stack trace. */
function wireError(code: StreamErrorCode, message: string): StreamError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new StreamError(code, message);
  Error.stackTraceLimit = limit;
  return error;
}
