import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { DuckDBInstance, DuckDBListValue, DuckDBTimestampNanosecondsValue, type DuckDBValue } from "@duckdb/node-api";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder, type FrameSink, type MarketRecord } from "@tickerplant/client/wire";
import {
  isDamage,
  type LogEvent,
  listRecording,
  type RecordedFeed,
  type RecordedFile,
  readSegment,
} from "@tickerplant/recorder";
import { CHANNELS, columnsOf, type Row, rowOf } from "./market.ts";

/** A record of a recording, and its place in the order of arrival. */
export interface KeptRecord {
  readonly row: Row;
  readonly segment: string;
  readonly sequence: number;
}

/** A row of the table of gaps, or an event that is still in the log. */
export interface KeptGap {
  readonly kind: string;
  readonly segment: string;
  readonly message: string | undefined;
  readonly count?: number | undefined;
}

/** What a recording has. */
export interface RecordedContent {
  /** In the order of arrival. */
  readonly records: readonly KeptRecord[];
  readonly gaps: readonly KeptGap[];
}

/** Reads a recording whole: the Parquet files, and the segments that are still in the log. */
export async function readContent(dir: string): Promise<RecordedContent> {
  for (;;) {
    const feeds = await listRecording(dir);
    try {
      return await contentOf(feeds);
    } catch (error) {
      // A process that outlived its recorder for a moment has promoted or merged files: list them again.
      if (feeds.every(({ files, segments }) => [...files.map(({ path }) => path), ...segments].every(existsSync)))
        throw error;
    }
  }
}

async function contentOf(feeds: readonly RecordedFeed[]): Promise<RecordedContent> {
  const records: KeptRecord[] = [];
  const gaps: KeptGap[] = [];
  for (const { files, segments } of feeds) {
    await readParquet(files, records, gaps);
    for (const path of segments) await readLog(path, records, gaps);
  }
  records.sort((a, b) => (a.segment === b.segment ? a.sequence - b.sequence : a.segment < b.segment ? -1 : 1));
  return { records, gaps };
}

/** Returns a sentence for each file that a recorder leaves in a folder only when it does not close. */
export async function leftoversIn(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  const left = names.filter((name) => /\.(partial|tplog|damaged)$|\btemporary/.test(name));
  return left.map((name) => `${name} was left behind`);
}

async function readParquet(files: readonly RecordedFile[], records: KeptRecord[], gaps: KeptGap[]): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const rowsOf = async (table: string): Promise<Record<string, DuckDBValue>[]> => {
    const paths = files.filter((file) => file.table === table).map(({ path }) => `'${path.replaceAll("'", "''")}'`);
    if (paths.length === 0) return [];
    return (await connection.runAndReadAll(`from read_parquet([${paths.join()}])`)).getRowObjects();
  };
  try {
    for (const channel of CHANNELS)
      for (const values of await rowsOf(channel))
        records.push({
          row: parquetRow(channel, values),
          segment: String(values.segment),
          sequence: Number(values.sequence),
        });
    for (const { kind, segment, message, count } of await rowsOf("gaps"))
      gaps.push({
        kind: String(kind),
        segment: String(segment),
        message: message === null ? undefined : String(message),
        count: count === null ? undefined : Number(count),
      });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function parquetRow(channel: string, values: Readonly<Record<string, DuckDBValue>>): Row {
  const cells = columnsOf(channel).map(({ name, kind }) => {
    const value = plainValue(values[name]);
    return [name, kind === "count" && typeof value === "bigint" ? Number(value) : value];
  });
  return { channel, symbol: values.symbol, t: plainValue(values.t), ...Object.fromEntries(cells) };
}

function plainValue(value: DuckDBValue | undefined): unknown {
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  if (value instanceof DuckDBListValue) return [...value.items];
  return value;
}

/** Adds what a segment has that can be read. */
export async function readLog(path: string, records: KeptRecord[], gaps: KeptGap[]): Promise<void> {
  const segment = /([^/]+)\.tplog$/.exec(path)?.[1] ?? path;
  let sequence = 0;
  const sink: FrameSink = {
    // Decoded without `raw`.
    record: (record) => records.push({ row: rowOf(record as MarketRecord), segment, sequence: sequence++ }),
    control: () => {},
    fault: (error) => gaps.push({ kind: "unreadable", segment, message: error.message }),
  };
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  const keep = ({ kind, message, count }: LogEvent): number => gaps.push({ kind, segment, message, count });
  for await (const part of (await readSegment(path)).blocks()) {
    if (isDamage(part)) keep({ kind: "error", message: "damaged" });
    else
      for (const entry of part) {
        if (entry.type === "event") keep(entry.event);
        else decoder.decode(entry.frame, sink);
      }
  }
}
