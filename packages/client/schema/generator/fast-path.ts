import { type AssetClass, type Field, type RecordType, TIME } from "../schema.ts";
import type { FastCodec } from "./fast-codec.ts";
import { isOptional } from "./kinds.ts";
import { Segments, word } from "./segments.ts";
import { channelsOf, construction, fieldsOf, header, imports, variable } from "./source.ts";

/** The reader of one record type's messages, as source text. */
interface Reader {
  readonly source: string;
  readonly maxBytes: number;
}

/**
 * `msgpack-fast-path.ts` and `json-fast-path.ts`: read the hot records in the form that servers write,
 * straight down the keys.
 *
 * The code has no loop over keys and no check of the end for each value: one guard in front and one
 * check behind. Records and raw records are read by the same code and differ in what it hands on.
 */
export function fastPathSource(assetClass: AssetClass, codec: FastCodec): string {
  const hot = assetClass.hot.map((channel) => recordOf(assetClass, channel));
  const readers = hot.map((record) => readerOf(record, codec));
  const body = readers.map(({ source }) => source).join("\n");
  const helpers = Object.entries(codec.helpers).map(([module, names]) => [module, used(body, names)]);
  return `${header(assetClass)}
    ${imports({
      ...(Object.fromEntries(helpers) as Record<string, string[]>), // by the entries above
      "../wire/market-record.ts": ["type MarketRecord", "type RawRecord"],
      "../wire/stream-schema.ts": ["type FastPath"],
      "../wire/wire-reader.ts": ["type RecordSink"],
      "./records.ts": hot.map(({ name }) => name),
    })}
    /** Bytes of the longest message that is read here, fetched without a look at the end. */
    const MAX_BYTES = ${Math.max(...readers.map(({ maxBytes }) => maxBytes))};

    class ${codec.name}FastPath implements FastPath {
      readonly maxBytes: number = MAX_BYTES;
      count = 0;

      get messageEnd(): number {
        return message.end;
      }

      read(view: DataView, start: number, end: number, max: number, sink: RecordSink, raw: boolean): number {
        const last = view.byteLength - MAX_BYTES;
        let at = start;
        let done = start;
        let count = 0;
        while (count < max && at <= last) {
          const type = view.getUint32(at + ${codec.typeAt});
          let record: MarketRecord | RawRecord | undefined;
          let channel = "";
          ${hot.map((record) => dispatch(record, codec)).join("\nelse ")}
          if (record === undefined) break;
          count = (count + 1) | 0;
          done = message.end; // before the sink, which may decode another frame
          sink.record(record, channel, numberedText(message.symbol), message.symbol, ${codec.time}.seconds, ${codec.time}.nanos);
          ${codec.nextMessage}
        }
        this.count = count;
        return done;
      }
    }

    /**
     * What a reader returns beside the record. Readers do not call the sink: V8 inlines only so much into one
     * function, and the code of the sink would displace the constructor of the record.
     */
    const message = { end: 0, symbol: 0${codec.time === "message" ? ", seconds: 0, nanos: 0" : ""} };

    /** ${codec.doc} */
    export const ${variable(codec.name)}FastPath: (() => FastPath) | undefined = () => new ${codec.name}FastPath();

    ${body}
  `;
}

function recordOf({ records }: AssetClass, channel: string): RecordType {
  const record = records.find(({ channels }) => Object.values(channels).includes(channel));
  if (record === undefined) throw new Error(`no record type is of the hot channel ${channel}`);
  return record;
}

function used(source: string, names: readonly string[]): string[] {
  return names.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
}

function dispatch(record: RecordType, codec: FastCodec): string {
  return `if (type === ${word(codec.typeBytes(letterOf(record)))}) {
    record = read${record.name}(view, at, end, raw);
    channel = "${channelsOf(record)[0]}";
  }`;
}

function letterOf({ channels }: RecordType): string {
  return Object.keys(channels)[0] ?? "";
}

function readerOf(record: RecordType, codec: FastCodec): Reader {
  const required = record.fields.filter((field) => field === TIME || !isOptional(field));
  const { source: begin, rest, maxBytes } = codec.begin(required.length + 2); // and T, S
  const code = new Segments();
  const swapped = readFields(code, required, codec);
  const source = `
    /** Reads one message. Returns its record; undefined for another form. */
    function read${record.name}(view: DataView, start: number, end: number, raw: boolean): ${record.name} | RawRecord | undefined {
      ${begin}
      ${code.source(rest)}

      const symbolText = numberedText(symbol);
      message.end = next;
      message.symbol = symbol;
      ${codec.time === "message" ? "message.seconds = seconds;\nmessage.nanos = nanos;" : ""}
      return raw ? ${rawSource(record, required, swapped, code.values)} : ${recordSource(record, code.values)};
    }
  `;
  return { source, maxBytes: maxBytes + code.maxBytes };
}

/** Emits the fields in wire order. Returns the code that may come before the time, if there is one. */
function readFields(code: Segments, list: RecordType["fields"], codec: FastCodec): Field | undefined {
  const fields = codec.fields(code);
  const swapped = list.find((field) => field !== TIME && field.mayPrecedeTime === true) as Field | undefined; // no TIME
  for (const field of list) {
    if (field === swapped) continue; // read with the time
    if (field !== TIME) fields.field(field);
    else if (swapped === undefined) fields.time();
    else fields.timeAndCode(swapped);
  }
  fields.end();
  return swapped;
}

function recordSource(record: RecordType, values: ReadonlyMap<string, string>): string {
  const required = fieldsOf(record).filter((field) => !isOptional(field));
  return construction({ ...record, fields: required }, (name) => {
    if (name === "symbol") return "symbolText"; // the variable holds the symbol's number
    return values.get(name) ?? name;
  });
}

/** An object with the keys as they came: a code that may come before the time has two places. */
function rawSource(
  record: RecordType,
  fields: RecordType["fields"],
  swapped: Field | undefined,
  values: ReadonlyMap<string, string>,
): string {
  const literal = (order: RecordType["fields"]): string => {
    const entries = order.map((field) => {
      if (field === TIME) return `t: ${values.get(TIME)}`;
      return `${field.key}: ${values.get(field.name)}`;
    });
    return `{ T: "${letterOf(record)}", S: symbolText, ${entries.join(", ")} }`;
  };
  if (swapped === undefined) return literal(fields);
  const others = fields.filter((field) => field !== swapped);
  const before = others.flatMap<Field | typeof TIME>((field) => (field === TIME ? [swapped, TIME] : field));
  return `isTimeFirst ? ${literal(fields)} : ${literal(before)}`;
}
