import { Codec, FrameEncoder, type MarketRecord, type RawRecord, type WritableSchema } from "@tickerplant/client/wire";

/** Formats records as lines of standard output. */
export interface RecordFormat<R> {
  /** Text before the first record; may be empty. */
  readonly header: string;
  /** Returns the lines of some records, each with a line feed. */
  encode(records: readonly R[]): string | Uint8Array;
}

const LINE_FEED = 0x0a;

/** Makes a format of JSON lines with the field names of the wire. */
export function jsonLines(schema: WritableSchema): RecordFormat<MarketRecord> {
  const encoder = new FrameEncoder(Codec.JSON, schema);
  let buffer = Buffer.allocUnsafe(0);
  return {
    header: "",
    encode: (records) => {
      let length = 0;
      for (const record of records) {
        const line = encoder.record(record); // valid until the next call, so copied now
        if (length + line.length >= buffer.length) {
          const larger = Buffer.allocUnsafe(2 * (length + line.length + 1));
          buffer.copy(larger, 0, 0, length);
          buffer = larger;
        }
        buffer.set(line, length);
        length += line.length;
        buffer[length++] = LINE_FEED;
      }
      return Buffer.from(buffer.subarray(0, length)); // a copy, because the stream may keep it
    },
  };
}

/** Makes a format of JSON lines with all fields that the server sent, known or not. */
export function rawJsonLines(): RecordFormat<RawRecord> {
  return { header: "", encode: (records) => records.map((record) => `${rawJson(record)}\n`).join("") };
}

/** Makes a format of plain text lines, of the text that `line` returns for a record. */
export function plainLines<R>(line: (record: R) => string): RecordFormat<R> {
  return { header: "", encode: (records) => records.map((record) => `${line(record)}\n`).join("") };
}

/** Formats JSON with a `bigint` as an integer, which `JSON.stringify` does not support. */
function rawJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(rawJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${rawJson(member)}`);
  return `{${members.join(",")}}`;
}
