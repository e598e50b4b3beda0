import { CRYPTO_SCHEMA } from "../../../src/crypto/crypto-schema.ts";
import type { AnyRecord as AnyCryptoRecord } from "../../../src/crypto/records.ts";
import type { AnyRecord } from "../../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import {
  type Codec,
  FrameDecoder,
  FrameEncoder,
  MarketRecord,
  type RawRecord,
  type ServerMessage,
  StreamError,
  type WritableSchema,
} from "../../../src/wire/index.ts";

/** The messages and faults of one decoded frame. */
export interface Decoded<R = AnyRecord> {
  /** Records and control messages, in the order of the frame. */
  readonly messages: (R | ServerMessage)[];
  /** The faults' codes, in order. */
  readonly faults: string[];
}

/** The raw records and faults of one decoded frame. */
export interface DecodedRaw {
  readonly records: RawRecord[];
  readonly faults: string[];
}

/** A decoder and an encoder of one asset class for tests. */
export interface SchemaCodec<R extends MarketRecord> {
  readonly schema: WritableSchema;
  /** Decodes a frame of either codec. */
  decoded(frame: Uint8Array): Decoded<R>;
  /** Decodes a frame that holds one record and nothing else. */
  decodedRecord(frame: Uint8Array): R;
  /** Decodes a frame in raw mode. */
  decodedRaw(frame: Uint8Array): DecodedRaw;
  /** A frame of records in one codec. */
  frameOf(codec: Codec, ...records: readonly R[]): Uint8Array;
}

/** The codec of a schema whose records are of the type `R`. */
export function codecOf<R extends MarketRecord>(schema: WritableSchema): SchemaCodec<R> {
  const decoder = new FrameDecoder(schema);
  const decoded = (frame: Uint8Array): Decoded<R> => {
    const messages: (R | ServerMessage)[] = [];
    const faults: string[] = [];
    decoder.decode(frame, {
      record: (record) => messages.push(record as R), // typed records, because raw ones were not asked for
      control: (message) => messages.push(message),
      fault: (error) => faults.push(faultCode(error)),
    });
    return { messages, faults };
  };
  return {
    schema,
    decoded,
    decodedRecord(frame) {
      const { messages, faults } = decoded(frame);
      const [record] = messages;
      if (faults.length > 0 || messages.length !== 1 || !(record instanceof MarketRecord)) {
        throw new Error(`expected one record, got ${messages.length} messages and the faults [${faults}]`);
      }
      return record;
    },
    decodedRaw(frame) {
      const records: RawRecord[] = [];
      const faults: string[] = [];
      decoder.decode(
        frame,
        {
          record: (record) => records.push(record as RawRecord), // raw records, because those were asked for
          control: () => {},
          fault: (error) => faults.push(faultCode(error)),
        },
        true,
      );
      return { records, faults };
    },
    frameOf: (codec, ...records) => new FrameEncoder(codec, schema).frame(records),
  };
}

/** The codec of stocks. */
export const STOCKS: SchemaCodec<AnyRecord> = codecOf(STOCK_SCHEMA);

/** The codec of crypto. */
export const CRYPTO: SchemaCodec<AnyCryptoRecord> = codecOf(CRYPTO_SCHEMA);

export const { decoded, decodedRecord, decodedRaw, frameOf } = STOCKS;

function faultCode(error: StreamError): string {
  if (!(error instanceof StreamError)) throw error;
  return error.code;
}

/** The UTF-8 bytes of a string, as a frame of JSON. */
export function json(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes of a string of hexadecimal digits; spaces are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Concatenates bytes. */
export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A record by its long names, with the time in nanoseconds and big numbers as strings: as `verify/vectors/` has it. */
export function plain(message: MarketRecord | ServerMessage): Record<string, unknown> {
  if (!(message instanceof MarketRecord)) return { ...message };
  const fields: Record<string, unknown> = { channel: message.channel, timestampNs: message.timestampNs };
  for (const [name, value] of Object.entries(message)) {
    if (name !== "seconds" && name !== "nanos" && value !== undefined) fields[name] = value;
  }
  for (const [name, value] of Object.entries(fields)) if (typeof value === "bigint") fields[name] = value.toString();
  return fields;
}
