import {
  type Column,
  type ColumnKind,
  formatNanoseconds,
  type MarketRecord,
  type PriceLevel,
} from "@tickerplant/client/wire";
import { stringify } from "csv-stringify/sync";
import { joinConditions } from "../../feeds/replay/csv-conditions.ts";
import { joinLevels } from "../../feeds/replay/csv-levels.ts";
import type { RecordFormat } from "./record-format.ts";

/**
 * Makes a format of comma-separated values with a header, which a replay can read. Several channels share one
 * table: columns that a record does not have are empty. Conditions are one cell, separated by `|`, because a
 * space is a condition.
 */
export function csvLines(
  channels: readonly string[],
  table: Readonly<Record<string, readonly Column[]>>,
): RecordFormat<MarketRecord> {
  // One column for each name: a name means the same in every channel.
  const columns = new Map(
    channels.flatMap((channel) => (table[channel] ?? []).map(({ name, kind }) => [name, kind] as const)),
  );
  return {
    header: stringify([["channel", "symbol", "timestamp", ...columns.keys()]]),
    encode: (records) => stringify(records.map((record) => rowOf(record, columns))),
  };
}

function rowOf(record: MarketRecord, columns: ReadonlyMap<string, ColumnKind>): string[] {
  const values = record as unknown as { readonly [name: string]: unknown }; // missing properties are undefined
  const { channel, symbol, seconds, nanos } = record;
  return [
    channel,
    symbol,
    formatNanoseconds(seconds, nanos),
    ...Array.from(columns, ([name, kind]) => cellOf(kind, values[name])),
  ];
}

function cellOf(kind: ColumnKind, value: unknown): string {
  if (value === undefined) return "";
  if (kind === "conditions") return joinConditions(value as readonly string[]); // by the kind
  if (kind === "levels") return joinLevels(value as readonly PriceLevel[]);
  return String(value);
}
