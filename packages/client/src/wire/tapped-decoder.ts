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
  /** The bytes from `start` to `end` of the frame are a record, which is about to be delivered. */
  record(record: MarketRecord | RawRecord, start: number, end: number): void;
  /**
   * The frame is no array, or has something else in it: a control message, or one that cannot be read. Records of
   * unknown types do not count.
   */
  other(): void;
  /** The frame was decoded, and its records were delivered. */
  closed(): void;
}

const OPEN_MAP = 0x7b;

/**
 * Decodes a server's frames as `FrameDecoder` does, and shows them to a tap. For the stream's option
 * `decoder`. It costs a little more, because it reads messages one by one to know where each one ends.
 */
export class TappedDecoder {
  readonly #schema: StreamSchema;
  readonly #tap: FrameTap;
  readonly #readers: Readonly<Record<Codec, WireReader>>;
  readonly #held = new HeldRecord();

  constructor(schema: StreamSchema, tap: FrameTap) {
    this.#schema = schema;
    this.#tap = tap;
    this.#readers = {
      msgpack: new MsgpackReader(schema.fastPaths?.msgpack?.()),
      json: new JsonReader(schema.fastPaths?.json?.()),
    };
  }

  /** Decodes a server's frame into `sink`, whose methods must not throw. */
  decode(frame: Uint8Array, sink: FrameSink, raw = false): void {
    const codec = sniffCodec(frame);
    this.#tap.opened(frame, codec);
    this.#held.sink = sink;
    try {
      this.#decode(codec, frame, raw);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#tap.other();
      sink.fault(error);
    }
    this.#tap.closed();
  }

  #decode(codec: Codec, frame: Uint8Array, raw: boolean): void {
    const reader = this.#readers[codec];
    const held = this.#held;
    let faults = 0;
    reader.open(frame);
    if (reader.position === 0) this.#tap.other(); // a lone message
    for (;;) {
      let start = reader.position;
      if (reader.readFast(held, raw, 1) === 0) {
        if (!reader.nextMessage()) return;
        start = reader.position;
        const type = decodeMessage(reader, this.#schema, held, raw);
        if (type <= 0) this.#tap.other();
        if (type === FAULTY && ++faults >= WIRE_LIMITS.maxFaultsPerFrame)
          throw badFrame(`gave up after ${faults} unreadable messages`);
      }
      if (codec === Codec.JSON) while (frame[start] !== OPEN_MAP) start++; // a comma and white space
      held.deliver(this.#tap, start, reader.position);
    }
  }
}

/** Keeps the record of a message until it is known where the message ends. */
class HeldRecord implements FrameSink {
  sink: FrameSink | undefined;
  #record: MarketRecord | RawRecord | undefined;
  #channel = "";
  #symbol = "";
  #symbolNumber = 0;
  #seconds = 0;
  #nanos = 0;

  record(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void {
    this.#record = record;
    this.#channel = channel;
    this.#symbol = symbol;
    this.#symbolNumber = symbolNumber;
    this.#seconds = seconds;
    this.#nanos = nanos;
  }

  control: FrameSink["control"] = (message) => this.sink?.control(message);

  fault: FrameSink["fault"] = (error) => this.sink?.fault(error);

  deliver(tap: FrameTap, start: number, end: number): void {
    const record = this.#record;
    if (record === undefined) return;
    this.#record = undefined;
    tap.record(record, start, end);
    this.sink?.record(record, this.#channel, this.#symbol, this.#symbolNumber, this.#seconds, this.#nanos);
  }
}
