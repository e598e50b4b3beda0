import { Codec, checkCodec } from "./codec.ts";
import {
  type ClientMessage,
  fromClientMessage,
  fromServerMessage,
  type GapMessage,
  type ServerMessage,
} from "./control-messages.ts";
import { JsonWriter } from "./json/json-writer.ts";
import type { MarketRecord } from "./market-record.ts";
import { MsgpackWriter } from "./msgpack/msgpack-writer.ts";
import type { WritableSchema } from "./stream-schema.ts";
import { ByteBuffer, type WireWriter } from "./wire-writer.ts";

/**
 * Encodes messages in one codec. Frames of records are views on memory that they share, and that is
 * not written to again; those of control messages are bytes of their own, so that an encoder with
 * nothing else to do stays small.
 */
export class FrameEncoder {
  readonly codec: Codec;
  readonly #schema: WritableSchema;
  readonly #writer: WireWriter;

  /**
   * @throws TypeError for an unknown codec.
   */
  constructor(codec: Codec, schema: WritableSchema) {
    checkCodec(codec);
    this.codec = codec;
    this.#schema = schema;
    this.#writer = writerFor(codec);
  }

  /** One record, without the array around it: a view that is good until the next call. */
  record(record: MarketRecord): Uint8Array {
    const { out } = this.#writer;
    out.reset();
    this.#schema.write(this.#writer, record);
    return out.written();
  }

  /** A frame with one control message of a server: those come alone. */
  serverFrame(message: ServerMessage | GapMessage): Uint8Array {
    return this.#frameOf([fromServerMessage(message)]);
  }

  /** A frame with one message of a client, which is not in an array. */
  clientFrame(message: ClientMessage): Uint8Array {
    return clientFrame(message, this.codec);
  }

  /** A frame of records. */
  frame(records: Iterable<MarketRecord>): Uint8Array {
    const { out } = this.#writer;
    out.reset();
    out.reserve(HEADER_BYTES);
    out.end += HEADER_BYTES;
    let count = 0;
    for (const record of records) {
      if (count++ > 0 && this.codec === Codec.JSON) out.byte(COMMA);
      this.#schema.write(this.#writer, record);
    }
    return out.take(closeArray(out, this.codec, count));
  }

  #frameOf(value: object): Uint8Array {
    const { out } = this.#writer;
    out.reset();
    this.#writer.value(value);
    return out.written().slice();
  }
}

/** A frame with one message of a client, which is not in an array. */
export function clientFrame(message: ClientMessage, codec: Codec): Uint8Array {
  const writer = writerFor(codec);
  writer.value(fromClientMessage(message));
  return writer.out.written().slice();
}

function writerFor(codec: Codec): WireWriter {
  return codec === Codec.JSON ? new JsonWriter() : new MsgpackWriter();
}

/** Room for the widest array header in front of the messages. */
const HEADER_BYTES = 5;
const COMMA = 0x2c;

/** Makes an array of the `count` messages in a buffer that begins with room for the header; returns where it begins. */
function closeArray(out: ByteBuffer, codec: Codec, count: number): number {
  const { bytes, view } = out;
  let at = out.start + HEADER_BYTES;
  if (codec === Codec.JSON) {
    bytes[--at] = 0x5b;
    out.byte(0x5d);
  } else if (count < 16) bytes[--at] = 0x90 | count;
  else if (count < 65_536) {
    at -= 3;
    bytes[at] = 0xdc;
    view.setUint16(at + 1, count);
  } else {
    at -= 5;
    bytes[at] = 0xdd;
    view.setUint32(at + 1, count);
  }
  return at;
}

/** Joins encoded records into one frame, without encoding any of them again. */
export class FrameBuilder {
  readonly #codec: Codec;
  readonly #out = new ByteBuffer();
  #count = 0;

  /**
   * @throws TypeError for an unknown codec.
   */
  constructor(codec: Codec) {
    checkCodec(codec);
    this.#codec = codec;
    this.#out.end = HEADER_BYTES;
  }

  /** How many records wait. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes wait. */
  get byteLength(): number {
    return this.#out.end - HEADER_BYTES;
  }

  /** Adds one encoded record; the bytes are copied. */
  add(record: Uint8Array): void {
    if (this.#count++ > 0 && this.#codec === Codec.JSON) this.#out.byte(COMMA);
    this.#out.append(record);
  }

  /** The frame, as bytes of its own; the builder is empty afterwards. */
  take(): Uint8Array {
    const frame = this.#out.written(closeArray(this.#out, this.#codec, this.#count)).slice();
    this.#out.end = HEADER_BYTES;
    this.#count = 0;
    return frame;
  }
}
