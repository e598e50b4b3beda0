import { isChannel } from "@tickerplant/client";
import { isCsvHeader } from "./csv-records.ts";

/** The error for a file of another format: its message describes the file and states what to do. */
export class WrongFormatError extends Error {
  constructor(description: string) {
    super(`it ${description}`);
    this.name = "WrongFormatError";
  }
}

/** Descriptions of binary formats, by their first bytes. */
const SIGNATURES: readonly (readonly [signature: string, description: string])[] = [
  ["\x00\x00\xfe\xff", "is UTF-32; save it as UTF-8"],
  ["\xff\xfe\x00\x00", "is UTF-32; save it as UTF-8"],
  ["{\x00\x00\x00", "is UTF-32; save it as UTF-8"],
  ["[\x00\x00\x00", "is UTF-32; save it as UTF-8"],
  ["\x00\x00\x00{", "is UTF-32; save it as UTF-8"],
  ["\x00\x00\x00[", "is UTF-32; save it as UTF-8"],
  ["PK\x03\x04", "is a zip archive or a spreadsheet; unpack it first, or save it as CSV"],
  ["PAR1", "is a Parquet file; give its name the extension .parquet"],
  ["TICKLOG\n", "is a segment of a recording; give its name the extension .tplog"],
  ["ARROW1", "is an Arrow file; write it as JSON lines first"],
  ["Obj\x01", "is an Avro file; write it as JSON lines first"],
  ["SQLite ", "is an SQLite database; write a table as JSON lines first"],
  ["\x1f\x8b", "is gzip within gzip; unpack it once first"],
  [
    "\x28\xb5\x2f\xfd",
    "is packed with zstd; unpack it first, for example with zstd -dc FILE | tickerplant serve --replay -",
  ],
  ["\xfd7zXZ\x00", "is packed with xz; unpack it first, for example with xz -dc FILE | tickerplant serve --replay -"],
  ["BZh", "is packed with bzip2; unpack it first, for example with bzip2 -dc FILE | tickerplant serve --replay -"],
  ["7z\xbc\xaf", "is a 7z archive; unpack it first"],
  ["%PDF-", "is a PDF document"],
];

/** Position of the magic string of a tar archive, in the header of its first file. */
const TAR_MARK = { text: "ustar", start: 257, end: 262 } as const;

/** Describes a file by its first bytes, as the predicate of a sentence; undefined if it may be text. */
export function describeBinary(head: Buffer): string | undefined {
  if (head.toString("latin1", TAR_MARK.start, TAR_MARK.end) === TAR_MARK.text)
    return "is a tar archive; unpack it first, for example with tar -xOf FILE | tickerplant serve --replay -";
  const start = head.toString("latin1", 0, 8);
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
}

/** Arrays of Alpaca's REST API with the same records as the stream, with their type on the wire. */
const REST_TYPES: { readonly [name: string]: string } = { trades: "t", quotes: "q", bars: "b" };

/** The replacement character of bytes that are not UTF-8. */
const NO_UTF8 = "\uFFFD";

/** Characters of a line or header that a message shows. */
const MAX_SHOWN = 80;

/**
 * Describes a text without records, as the predicate of a sentence that states what to do: "looks like CSV with
 * the header …". Only for messages. `problem` is what is wrong with its first line, if that is known.
 */
export function describeText(head: Buffer, problem?: string): string {
  const text = head.toString("utf8").replaceAll("\uFEFF", "");
  const [first = "", second = ""] = text.split(/\r?\n|\r/).filter((line) => line.trim() !== "");
  if (first === "") return "is empty";
  if (head.includes(0)) return "is binary, not text";
  if (first.slice(0, MAX_SHOWN).includes(NO_UTF8)) return "is binary, or text that is neither UTF-8 nor UTF-16";
  const start = first.trimStart();
  const because = problem === undefined ? "" : `: ${problem}`;
  if (start.startsWith("<")) return "looks like HTML or XML";
  if (start.startsWith("{") || start.startsWith("[")) return describeJson(text, start, because);
  const separator = [",", ";", "\t", "|"].find((sign) => first.includes(sign) && second.includes(sign));
  if (isCsvHeader(first.split(","))) return `is CSV of tickerplant stream without a readable row${because}`;
  if (first.includes(",") && isChannel(first.split(",", 1)[0] ?? ""))
    return "looks like CSV of tickerplant stream without its header; put the header line of the original file first";
  if (separator !== undefined)
    return `looks like ${separator === "\t" ? "a table with tabs" : "CSV"} with the header ${shown(first)}; the only CSV that can be replayed is that of tickerplant stream --format csv`;
  return `starts with ${shown(first)}`;
}

function describeJson(text: string, first: string, because: string): string {
  const [, list = "", bracket] = /^\s*\{\s*"(\w+)"\s*:\s*([[{])/.exec(text) ?? [];
  const type = REST_TYPES[list];
  if (type !== undefined) return describeRestAnswer(list, bracket === "{", type);
  // REST responses for one symbol may start with the symbol or with the token of the next page.
  const [, laterList = ""] = /"(trades|quotes|bars)"\s*:\s*\[/.exec(text) ?? [];
  const laterType = REST_TYPES[laterList];
  if (laterType !== undefined && /^\s*\{\s*"(?:symbol|next_page_token)"/.test(text))
    return describeRestAnswer(laterList, false, laterType);
  // A carriage return alone, the line end of old Macs, does not end a line of JSON.
  if (/^[^\n]*\}[ \t\r]*\{/.test(text.trimStart()))
    return "has several JSON documents in one line; write one record per line, for example with jq -c .";
  let value: unknown;
  try {
    value = JSON.parse(first);
  } catch {
    if (/^\[?\{'/.test(first)) return "looks like Python dicts; write each as one line with json.dumps";
    const remedy = text.trimStart().startsWith("[") ? "jq -c '.[]'" : "jq -c .";
    return `looks like one JSON document over several lines; write one record per line, for example with ${remedy}`;
  }
  const [message] = Array.isArray(value) ? value : [value];
  if (typeof message !== "object" || message === null) return `starts with ${shown(first)}`;
  if ("T" in message) return `starts with a message of the type ${shown(String(message.T))}${because}`;
  if ("channel" in message && "symbol" in message)
    return "has the JSON of the client's record objects; write the JSON of the wire, as tickerplant stream --format jsonl does";
  return `has JSON without the type field T of the wire, with the keys ${shown(Object.keys(message).join(" "))}`;
}

function describeRestAnswer(list: string, isBySymbol: boolean, type: string): string {
  const records = isBySymbol
    ? `[.${list} | to_entries[] | .key as $s | .value[] | {T:"${type}",S:$s} + .] | sort_by(.t | rtrimstr("Z"))[]`
    : `.symbol as $s | .${list}[] | {T:"${type}",S:$s} + .`;
  return `looks like a response of Alpaca's REST API; convert it to stream records, for example with jq -c '${records}'`;
}

function shown(text: string): string {
  return `"${text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`}"`;
}
