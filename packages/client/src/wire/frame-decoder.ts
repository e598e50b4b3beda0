import { Codec, sniffCodec } from "./codec.ts";
import { type ClientMessage, type ServerMessage, toClientMessage, toServerMessage } from "./control-messages.ts";
import { symbolNumberOf } from "./interning.ts";
import { plainTime } from "./json/fast-values.ts";
import { JsonReader } from "./json/json-reader.ts";
import * as Key from "./keys.ts";
import { NO_KEY } from "./keys.ts";
import * as WIRE_LIMITS from "./limits.ts";
import type { RawRecord } from "./market-record.ts";
import { MsgpackReader } from "./msgpack/msgpack-reader.ts";
import { StreamError } from "./stream-error.ts";
import type { StreamSchema } from "./stream-schema.ts";
import { parseTimestamp } from "./timestamp.ts";
import { badFrame, badMessage, checkSymbolLength, type RecordSink, type WireReader } from "./wire-reader.ts";

/** Where the messages of a frame go, in the order of the frame. */
export interface FrameSink extends RecordSink {
  /** Any other message. */
  control(message: ServerMessage): void;
  /** One message (`bad_message`), or the rest of the frame (`bad_frame`), could not be read. */
  fault(error: StreamError): void;
}

/** Messages by what read them: the fast path of a schema, or the general reader. */
export interface MessageCounts {
  fast: number;
  general: number;
}

/**
 * Decodes frames of either codec. The first byte tells which one it is: `[` and `{` start no msgpack array
 * or map. A message that cannot be read is lost alone; messages of unknown types are skipped.
 *
 * Holds a reader per codec and may not be entered twice at once: a transport never delivers a frame
 * from within a call to it.
 */
export class FrameDecoder {
  readonly #schema: StreamSchema;
  readonly #msgpack: MsgpackReader;
  readonly #json: JsonReader;
  /** Messages of servers decoded so far, by what read them. */
  readonly counts: MessageCounts = { fast: 0, general: 0 };

  constructor(schema: StreamSchema) {
    this.#schema = schema;
    this.#msgpack = new MsgpackReader(schema.fastPaths?.msgpack?.());
    this.#json = new JsonReader(schema.fastPaths?.json?.());
  }

  /** Decodes a server's frame into `sink`, whose methods must not throw. */
  decode(frame: Uint8Array, sink: FrameSink, raw = false): void {
    decodeFrame(this.#readerFor(frame), this.#schema, frame, sink, raw, this.counts);
  }

  /**
   * Decodes a client's frame.
   *
   * @throws StreamError `bad_frame` or `bad_message`; a server answers either with 400.
   */
  decodeClient(frame: Uint8Array): ClientMessage[] {
    const reader = this.#readerFor(frame);
    const messages: ClientMessage[] = [];
    reader.open(frame);
    while (reader.nextMessage()) messages.push(toClientMessage(reader.value(), this.#schema));
    return messages;
  }

  #readerFor(frame: Uint8Array): WireReader {
    return sniffCodec(frame) === Codec.JSON ? this.#json : this.#msgpack;
  }
}

/** Decodes a server's frame with a reader of its codec, and adds to the counts; see {@link FrameDecoder.decode}. */
export function decodeFrame(
  reader: WireReader,
  schema: StreamSchema,
  frame: Uint8Array,
  sink: FrameSink,
  raw: boolean,
  counts: MessageCounts,
): void {
  let faults = 0;
  let general = 0;
  try {
    reader.open(frame);
    for (;;) {
      counts.fast += reader.readFast(sink, raw);
      if (!reader.nextMessage()) break;
      general++;
      if (decodeMessage(reader, schema, sink, raw) !== FAULTY) continue;
      if (++faults >= WIRE_LIMITS.maxFaultsPerFrame) throw badFrame(`gave up after ${faults} unreadable messages`);
    }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    sink.fault(error);
  }
  counts.general += general;
}

/** What {@link decodeMessage} returns for a message that cannot be read. */
export const FAULTY = -1;

/**
 * Decodes the message at which a reader stands by the general reader. Returns the code of its type's letter, 0
 * for a control message, {@link FAULTY} for one that was reported to the sink as a fault.
 *
 * @throws StreamError `bad_frame` when the rest of the frame is lost.
 */
export function decodeMessage(reader: WireReader, schema: StreamSchema, sink: FrameSink, raw: boolean): number {
  const start = reader.mark();
  try {
    return readMessage(reader, schema, start, sink, raw);
  } catch (error) {
    // Any error but a StreamError is a bug of ours and must not pass for bad input. After bytes that
    // are not of the codec, the start of the next message is unknown.
    if (!(error instanceof StreamError) || error.code === "bad_frame") throw error;
    reader.rewind(start);
    reader.skip();
    sink.fault(error);
    return FAULTY;
  }
}

function readMessage(reader: WireReader, schema: StreamSchema, start: number, sink: FrameSink, raw: boolean): number {
  reader.enterMap();
  const key = reader.nextKey();
  let type: number;
  if (key === Key.T) type = reader.type();
  else {
    type = findType(reader, key);
    reader.rewind(start);
    reader.enterMap();
  }
  const channel = schema.channelByType[type];
  if (channel === undefined) {
    reader.rewind(start);
    if (type !== 0) {
      reader.skip(); // one letter: a record of a type to come
      return type;
    }
    const message = toServerMessage(reader.value(), schema);
    if (message !== undefined) sink.control(message);
  } else if (raw) {
    reader.rewind(start);
    const record = toRawRecord(reader.value(), type);
    const time = typeof record.t === "string" ? (plainTime(record.t) ?? parseTimestamp(record.t)) : undefined;
    sink.record(record, channel, record.S, symbolNumberOf(record.S), time?.seconds ?? Number.NaN, time?.nanos ?? 0);
  } else {
    const record = schema.read(reader, type);
    sink.record(record, channel, record.symbol, reader.symbolNumber, record.seconds, record.nanos);
  }
  return type;
}

/** The type of a message whose first key is not `T`. */
function findType(reader: WireReader, firstKey: number): number {
  for (let key = firstKey; key !== NO_KEY; key = reader.nextKey()) {
    if (key === Key.T) return reader.type();
    reader.skip();
  }
  throw badMessage("a message with a type T", "one without");
}

/** The record as it came. It needs a type and a symbol to be routed, and nothing else. */
function toRawRecord(value: unknown, type: number): RawRecord {
  const record = value as RawRecord; // a map by the caller's enterMap; the keys needed are checked here
  if (record.T !== String.fromCharCode(type)) throw badMessage("one type T", "several");
  if (typeof record.S !== "string" || record.S === "") throw badMessage("a symbol S", "none");
  checkSymbolLength(record.S.length);
  return record;
}
