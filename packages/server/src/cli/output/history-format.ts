import { type Bar, type Quote, STOCK_COLUMNS, STOCK_SCHEMA, type Trade, tradeUpdate } from "@tickerplant/client";
import type { Column } from "@tickerplant/client/wire";
import { csvLines } from "./csv-format.ts";
import { plainLine } from "./plain-line.ts";
import { jsonLines, plainLines, type RecordFormat } from "./record-format.ts";

/** A record that `tickerplant history` prints. */
export type HistoryRecord = Trade | Quote | Bar;

/** What a trade became later is no field of its record: CSV has a column for it, JSON the key `u` of Alpaca's history. */
const UPDATE: Column = { name: "update", kind: "code", whenMissing: "default" };

/** Makes the format of records of history of one channel. Each format shows which trades were changed later. */
export function historyFormat(format: "table" | "jsonl" | "csv", channel: string): RecordFormat<HistoryRecord> {
  if (format === "jsonl") return jsonHistory();
  if (format === "csv") return csvHistory(channel);
  return plainLines((record) => {
    const update = updateOf(record);
    return update === undefined ? plainLine(record) : `${plainLine(record)} ${update}`;
  });
}

function jsonHistory(): RecordFormat<HistoryRecord> {
  const lines = jsonLines(STOCK_SCHEMA);
  const lineOf = (record: HistoryRecord): string => {
    const line = lines.encode([record]).toString();
    const update = updateOf(record);
    return update === undefined ? line : `${line.slice(0, -"}\n".length)},"u":"${update}"}\n`;
  };
  return {
    header: lines.header,
    encode: (records) =>
      records.some((record) => updateOf(record) !== undefined) ? records.map(lineOf).join("") : lines.encode(records),
  };
}

function csvHistory(channel: string): RecordFormat<HistoryRecord> {
  const columns = [...(STOCK_COLUMNS[channel as HistoryRecord["channel"]] ?? [])]; // of a channel that history has
  if (channel === "trades") columns.push(UPDATE);
  const { header, encode } = csvLines([channel], { [channel]: columns });
  return { header, encode: (records) => encode(records.map(withUpdate)) };
}

/** A record with the property of the column {@link UPDATE}. */
function withUpdate(record: HistoryRecord): HistoryRecord {
  const update = updateOf(record);
  return update === undefined ? record : Object.assign(Object.create(record), { update });
}

function updateOf(record: HistoryRecord): string | undefined {
  return record.channel === "trades" ? tradeUpdate(record) : undefined;
}
