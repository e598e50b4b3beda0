import { Codec } from "./codec.ts";
import { type ClientMessage, fromClientMessage, fromServerMessage, type ServerMessage } from "./control-messages.ts";
import { JsonWriter } from "./json-writer.ts";
import { MsgpackWriter } from "./msgpack-writer.ts";
import type { AnyRecord } from "./records.ts";
import { writeRecord } from "./write-record.ts";
import { ByteBuffer, type Writer } from "./writer.ts";

/** Encodes messages in one codec. */
export class FrameEncoder {
  readonly codec: Codec;
  readonly #writer: Writer;

  constructor(codec: Codec) {
    this.codec = codec;
    this.#writer = codec === Codec.JSON ? new JsonWriter() : new MsgpackWriter();
  }

  /** One record, without the array around it: a view that is good until the next call. */
  record(record: AnyRecord): Uint8Array {
    this.#writer.reset();
    writeRecord(this.#writer, record);
    return this.#writer.bytes();
  }

  /** A frame with one control message of a server: those come alone. */
  serverFrame(message: ServerMessage): Uint8Array {
    return this.#copyOf([fromServerMessage(message)]);
  }

  /** A frame with one message of a client, which is not in an array. */
  clientFrame(message: ClientMessage): Uint8Array {
    return this.#copyOf(fromClientMessage(message));
  }

  /** A frame of records. */
  frame(records: Iterable<AnyRecord>): Uint8Array {
    const builder = new FrameBuilder(this.codec);
    for (const record of records) builder.add(this.record(record));
    return builder.take();
  }

  #copyOf(value: object): Uint8Array {
    this.#writer.reset();
    this.#writer.value(value);
    return this.#writer.bytes().slice();
  }
}

/** Room for the widest array header in front of the messages. */
const HEADER_BYTES = 5;
const COMMA = 0x2c;

/** Joins encoded records into one frame, without encoding any of them again. */
export class FrameBuilder {
  readonly #isJson: boolean;
  readonly #out = new ByteBuffer();
  #count = 0;

  constructor(codec: Codec) {
    this.#isJson = codec === Codec.JSON;
    this.#out.length = HEADER_BYTES;
  }

  /** How many records wait. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes wait. */
  get byteLength(): number {
    return this.#out.length - HEADER_BYTES;
  }

  /** Adds one encoded record; the bytes are copied. */
  add(record: Uint8Array): void {
    if (this.#isJson && this.#count > 0) this.#out.byte(COMMA);
    this.#out.append(record);
    this.#count++;
  }

  /** The frame, as bytes of its own; the builder is empty afterwards. */
  take(): Uint8Array {
    const { bytes, view } = this.#out;
    let start = HEADER_BYTES;
    if (this.#isJson) {
      bytes[--start] = 0x5b;
      this.#out.byte(0x5d);
    } else if (this.#count < 16) bytes[--start] = 0x90 | this.#count;
    else if (this.#count < 65_536) {
      start -= 3;
      bytes[start] = 0xdc;
      view.setUint16(start + 1, this.#count);
    } else {
      start -= 5;
      bytes[start] = 0xdd;
      view.setUint32(start + 1, this.#count);
    }
    const frame = this.#out.bytes.slice(start, this.#out.length);
    this.#out.length = HEADER_BYTES;
    this.#count = 0;
    return frame;
  }
}
