import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder, type RawRecord } from "@tickerplant/client/wire";
import { plainLine } from "./plain-line.ts";

/** How records become lines of standard output. */
export interface RecordFormat<R> {
  /** What stands before the first record; may be empty. */
  readonly header: string;
  /** The lines of some records, each with its line feed. */
  encode(records: readonly R[]): string | Uint8Array;
}

const LINE_FEED = 0x0a;

/** The wire's JSON, one record a line. */
export function jsonLines(): RecordFormat<AnyRecord> {
  const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);
  let buffer = Buffer.allocUnsafe(0);
  return {
    header: "",
    encode: (records) => {
      let length = 0;
      for (const record of records) {
        const line = encoder.record(record); // good until the next call: copied at once
        if (length + line.length >= buffer.length) {
          const larger = Buffer.allocUnsafe(2 * (length + line.length + 1));
          buffer.copy(larger, 0, 0, length);
          buffer = larger;
        }
        buffer.set(line, length);
        length += line.length;
        buffer[length++] = LINE_FEED;
      }
      return Buffer.from(buffer.subarray(0, length)); // a copy: the stream may hold on to it
    },
  };
}

/** Records as the server sent them, one a line, keys that nobody knows included. */
export function rawJsonLines(): RecordFormat<RawRecord> {
  return { header: "", encode: (records) => records.map((record) => `${rawJson(record)}\n`).join("") };
}

/** A line for people. */
export function plainLines(): RecordFormat<AnyRecord> {
  return { header: "", encode: (records) => records.map((record) => `${plainLine(record)}\n`).join("") };
}

/** JSON in which a `bigint` is a plain integer, which `JSON.stringify` refuses. */
function rawJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(rawJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${rawJson(member)}`);
  return `{${members.join(",")}}`;
}
