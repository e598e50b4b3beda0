import { Codec, sniffCodec } from "./codec.ts";
import { decodeMessage, FAULTY, type FrameSink } from "./frame-decoder.ts";
import { JsonReader } from "./json/json-reader.ts";
import * as WIRE_LIMITS from "./limits.ts";
import type { MarketRecord, RawRecord } from "./market-record.ts";
import { MsgpackReader } from "./msgpack/msgpack-reader.ts";
import { StreamError } from "./stream-error.ts";
import type { StreamSchema } from "./stream-schema.ts";
import { badFrame, type WireReader } from "./wire-reader.ts";

/** Sees the bytes of what is decoded: for a relay, which passes them on as they came. */
export interface FrameTap {
  /** A frame is about to be decoded. Its bytes are good until {@link closed}. */
  opened(frame: Uint8Array, codec: Codec): void;
  /**
   * The bytes from `start` to `end` of the frame are a record, which is about to be delivered. `symbolNumber` is its
   * symbol's; see `RecordSink`.
   */
  record(record: MarketRecord | RawRecord, start: number, end: number, symbolNumber: number): void;
  /**
   * The frame is no array, or has something else in it: a control message, or one that cannot be read. Records of
   * unknown types do not count.
   */
  other(): void;
  /** The frame was decoded, and its records were delivered. */
  closed(): void;
}

const OPEN_MAP = 0x7b;

/** Decodes a server's frames as `FrameDecoder` does, and shows them to a tap. For the stream's option `decoder`. */
export class TappedDecoder {
  readonly #schema: StreamSchema;
  readonly #tap: FrameTap;
  readonly #readers: Readonly<Record<Codec, WireReader>>;
  readonly #sink: TappedSink;

  constructor(schema: StreamSchema, tap: FrameTap) {
    this.#schema = schema;
    this.#tap = tap;
    this.#readers = {
      msgpack: new MsgpackReader(schema.fastPaths?.msgpack?.()),
      json: new JsonReader(schema.fastPaths?.json?.()),
    };
    this.#sink = new TappedSink(tap, this.#readers.msgpack);
  }

  /** Decodes a server's frame into `sink`, whose methods must not throw. */
  decode(frame: Uint8Array, sink: FrameSink, raw = false): void {
    const codec = sniffCodec(frame);
    const reader = this.#readers[codec];
    this.#tap.opened(frame, codec);
    this.#sink.open(sink, reader, codec === Codec.JSON ? frame : undefined);
    try {
      reader.open(frame);
      this.#decode(reader, raw);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#tap.other();
      sink.fault(error);
    }
    this.#tap.closed();
  }

  #decode(reader: WireReader, raw: boolean): void {
    const [sink, tap] = [this.#sink, this.#tap];
    let faults = 0;
    if (reader.position === 0) tap.other(); // a lone message
    for (;;) {
      sink.beginFast();
      reader.readFast(sink, raw);
      if (!reader.nextMessage()) return;
      sink.beginMessage();
      const type = decodeMessage(reader, this.#schema, sink, raw);
      if (type <= 0) tap.other();
      if (type === FAULTY && ++faults >= WIRE_LIMITS.maxFaultsPerFrame)
        throw badFrame(`gave up after ${faults} unreadable messages`);
    }
  }
}

/** Shows each record to the tap before it passes the record on: the record's bytes begin where the message before it ends. */
class TappedSink implements FrameSink {
  readonly #tap: FrameTap;
  #sink: FrameSink | undefined;
  #reader: WireReader;
  /** The frame, if it is JSON: a comma and white space may be in front of a message. */
  #json: Uint8Array | undefined;
  #isFast = false;
  #start = 0;

  constructor(tap: FrameTap, reader: WireReader) {
    this.#tap = tap;
    this.#reader = reader;
  }

  open(sink: FrameSink, reader: WireReader, json: Uint8Array | undefined): void {
    this.#sink = sink;
    this.#reader = reader;
    this.#json = json;
  }

  /** Messages follow that the fast path reads. */
  beginFast(): void {
    this.#isFast = true;
    this.#start = this.#reader.position;
  }

  /** A message follows that the general reader reads. */
  beginMessage(): void {
    this.#isFast = false;
    this.#start = this.#reader.position;
  }

  record(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void {
    const end = this.#isFast ? this.#reader.fastMessageEnd : this.#reader.position;
    let start = this.#start;
    if (this.#json !== undefined) while (this.#json[start] !== OPEN_MAP) start++;
    this.#start = end;
    this.#tap.record(record, start, end, symbolNumber);
    this.#sink?.record(record, channel, symbol, symbolNumber, seconds, nanos);
  }

  control: FrameSink["control"] = (message) => this.#sink?.control(message);

  fault: FrameSink["fault"] = (error) => this.#sink?.fault(error);
}
