import { STOCK_SCHEMA, Trade, tradeUpdate } from "@tickerplant/client";
import type { Column, MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import { csvLines } from "./csv-format.ts";
import { jsonLines, plainLines, type RecordFormat } from "./record-format.ts";

/** How records of an asset class are written. */
export interface RecordWriting {
  readonly schema: WritableSchema;
  readonly columns: Readonly<Record<string, readonly Column[]>>;
  line(record: MarketRecord): string;
}

/** What a trade became later is no field of its record: CSV has a column for it, JSON the key `u` of Alpaca's history. */
const UPDATE: Column = { name: "update", kind: "code", whenMissing: "default" };

/** Makes the format of past records of one channel. Each format shows which trades were changed later. */
export function historyFormat(
  format: "table" | "jsonl" | "csv",
  channel: string,
  { schema, columns, line }: RecordWriting,
): RecordFormat<MarketRecord> {
  if (format === "jsonl") return jsonHistory(schema);
  const hasUpdates = schema === STOCK_SCHEMA && channel === "trades";
  if (format === "csv") return csvHistory(channel, [...(columns[channel] ?? []), ...(hasUpdates ? [UPDATE] : [])]);
  return plainLines((record) => {
    const update = updateOf(record);
    return update === undefined ? line(record) : `${line(record)} ${update}`;
  });
}

function jsonHistory(schema: WritableSchema): RecordFormat<MarketRecord> {
  const lines = jsonLines(schema);
  const lineOf = (record: MarketRecord): string => {
    const line = lines.encode([record]).toString();
    const update = updateOf(record);
    return update === undefined ? line : `${line.slice(0, -"}\n".length)},"u":"${update}"}\n`;
  };
  const isUpdated = (record: MarketRecord): boolean => updateOf(record) !== undefined;
  return {
    header: lines.header,
    encode: (records) => (records.some(isUpdated) ? records.map(lineOf).join("") : lines.encode(records)),
  };
}

function csvHistory(channel: string, columns: readonly Column[]): RecordFormat<MarketRecord> {
  const { header, encode } = csvLines([channel], { [channel]: columns });
  return { header, encode: (records) => encode(records.map(withUpdate)) };
}

/** A record with the property of the column {@link UPDATE}. */
function withUpdate(record: MarketRecord): MarketRecord {
  const update = updateOf(record);
  return update === undefined ? record : Object.assign(Object.create(record), { update });
}

function updateOf(record: MarketRecord): string | undefined {
  return record instanceof Trade ? tradeUpdate(record) : undefined;
}
