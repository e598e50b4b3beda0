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
} from "../../../src/wire/index.ts";

/** What one frame decoded to. */
export interface Decoded {
  /** Records and control messages, in the order of the frame. */
  readonly messages: (AnyRecord | ServerMessage)[];
  /** The faults' codes, in order. */
  readonly faults: string[];
}

const decoder = new FrameDecoder(STOCK_SCHEMA);

/** Decodes a frame of either codec into a list. */
export function decoded(frame: Uint8Array): Decoded {
  const messages: (AnyRecord | ServerMessage)[] = [];
  const faults: string[] = [];
  decoder.decode(frame, {
    record: (record) => messages.push(record as AnyRecord), // typed records, because raw ones were not asked for
    control: (message) => messages.push(message),
    fault: (error) => faults.push(faultCode(error)),
  });
  return { messages, faults };
}

/** Decodes a frame that holds one record and nothing else. */
export function decodedRecord(frame: Uint8Array): AnyRecord {
  const { messages, faults } = decoded(frame);
  const [record] = messages;
  if (faults.length > 0 || messages.length !== 1 || !(record instanceof MarketRecord)) {
    throw new Error(`expected one record, got ${messages.length} messages and the faults [${faults}]`);
  }
  return record as AnyRecord; // every class of records is one of AnyRecord
}

/** What one frame decoded to in raw mode. */
export interface DecodedRaw {
  readonly records: RawRecord[];
  readonly faults: string[];
}

/** Decodes a frame in raw mode. */
export function decodedRaw(frame: Uint8Array): DecodedRaw {
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
}

function faultCode(error: StreamError): string {
  if (!(error instanceof StreamError)) throw error;
  return error.code;
}

/** The UTF-8 bytes of a text, as a frame of JSON. */
export function json(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes that a text of hexadecimal digits stands for; blanks are for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes put one behind the other. */
export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A record by its long names, with the time in nanoseconds and big numbers as texts: as `verify/vectors/` has it. */
export function plain(message: AnyRecord | ServerMessage): Record<string, unknown> {
  if (!(message instanceof MarketRecord)) return { ...message };
  const fields: Record<string, unknown> = { channel: message.channel, timestampNs: message.timestampNs };
  for (const [name, value] of Object.entries(message)) {
    if (name !== "seconds" && name !== "nanos" && value !== undefined) fields[name] = value;
  }
  for (const [name, value] of Object.entries(fields)) if (typeof value === "bigint") fields[name] = value.toString();
  return fields;
}

/** A frame of records in one codec. */
export function frameOf(codec: Codec, ...records: readonly AnyRecord[]): Uint8Array {
  return new FrameEncoder(codec, STOCK_SCHEMA).frame(records);
}
