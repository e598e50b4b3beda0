import type { AnyRecord, Channel, RecordByChannel } from "@tickerplant/client";
import { formatNanoseconds } from "@tickerplant/client/wire";
import { stringify } from "csv-stringify/sync";
import { joinConditions } from "../../feeds/replay/csv-conditions.ts";
import type { RecordFormat } from "./record-format.ts";

type Fields<R> = readonly Exclude<keyof R & string, "symbol" | "timestamp" | "channel">[];

const BAR_FIELDS: Fields<RecordByChannel["bars"]> = ["open", "high", "low", "close", "volume", "tradeCount", "vwap"];

/** Fields of each channel besides channel, symbol and timestamp, in the order of the record. */
const FIELDS: { readonly [C in Channel]: Fields<RecordByChannel[C]> } = {
  trades: ["id", "exchange", "price", "size", "conditions", "tape", "receivedNs"],
  quotes: [
    "bidExchange",
    "bidPrice",
    "bidSize",
    "askExchange",
    "askPrice",
    "askSize",
    "conditions",
    "tape",
    "receivedNs",
  ],
  bars: BAR_FIELDS,
  updatedBars: BAR_FIELDS,
  dailyBars: BAR_FIELDS,
  statuses: ["statusCode", "statusMessage", "reasonCode", "reasonMessage", "tape"],
  lulds: ["limitUpPrice", "limitDownPrice", "indicator", "tape"],
  imbalances: ["price", "tape"],
  corrections: [
    "exchange",
    "originalId",
    "originalPrice",
    "originalSize",
    "originalConditions",
    "correctedId",
    "correctedPrice",
    "correctedSize",
    "correctedConditions",
    "tape",
  ],
  cancelErrors: ["id", "exchange", "price", "size", "action", "tape"],
};

/**
 * Makes a format of comma-separated values with a header, which a replay can read. Several channels share one
 * table: fields that a record does not have are empty. Conditions are one field, separated by `|`, because a
 * space is a condition.
 */
export function csvLines(channels: readonly Channel[]): RecordFormat<AnyRecord> {
  const fields = [...new Set<string>(channels.flatMap((channel) => FIELDS[channel]))];
  return {
    header: stringify([["channel", "symbol", "timestamp", ...fields]]),
    encode: (records) => stringify(records.map((record) => rowOf(record, fields))),
  };
}

function rowOf(record: AnyRecord, fields: readonly string[]): string[] {
  const values = record as unknown as { readonly [field: string]: unknown }; // missing fields are undefined
  const { channel, symbol, seconds, nanos } = record;
  return [channel, symbol, formatNanoseconds(seconds, nanos), ...fields.map((field) => cellOf(values[field]))];
}

function cellOf(value: unknown): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? joinConditions(value) : String(value);
}
