import { type DuckDBConnection, DuckDBListValue, DuckDBTimestampNanosecondsValue } from "@duckdb/node-api";
import { type RecordedFile, segmentName } from "../folder/recording-files.ts";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { dayName, newYorkDay } from "../trading-day.ts";
import { fileList } from "./file-list.ts";

/** A row of the table `gaps`, or an event of the log that will be one. */
export interface StoredEvent {
  readonly day: string;
  readonly segment: string;
  readonly kind: string;
  readonly channel: string | undefined;
  readonly symbols: readonly string[];
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly count: number | undefined;
  readonly cause: string | undefined;
  readonly message: string | undefined;
}

/** Reads all events of a feed, in the order of their arrival. */
export async function readStoredEvents(
  connection: DuckDBConnection,
  files: readonly RecordedFile[],
  segments: readonly string[],
): Promise<StoredEvent[]> {
  const events = await eventsOfFiles(
    connection,
    files.filter(({ table }) => table === GAPS_TABLE),
  );
  for (const path of segments) events.push(...(await eventsOfSegment(path)));
  return events;
}

async function eventsOfFiles(connection: DuckDBConnection, files: readonly RecordedFile[]): Promise<StoredEvent[]> {
  if (files.length === 0) return [];
  const result = await connection.runAndReadAll(
    `select filename, segment, kind, channel, symbols, fromTime, toTime, count, cause, message
      from read_parquet(${fileList(files)}, filename = true) order by segment, sequence, received`,
  );
  const dayOf = new Map(files.map(({ path, day }) => [path, day]));
  return result.getRowObjects().map((row) => ({
    day: dayOf.get(String(row.filename)) ?? "",
    segment: String(row.segment),
    kind: String(row.kind),
    channel: stringOf(row.channel),
    symbols: row.symbols instanceof DuckDBListValue ? row.symbols.items.map(String) : [],
    from: dateOf(row.fromTime),
    to: dateOf(row.toTime),
    count: typeof row.count === "bigint" ? Number(row.count) : undefined,
    cause: stringOf(row.cause),
    message: stringOf(row.message),
  }));
}

async function eventsOfSegment(path: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const part of (await readSegment(path)).blocks()) {
    if (isDamage(part)) continue; // the end of a segment that is being written, or damage that its promotion reports
    for (const entry of part) {
      if (entry.type !== "event") continue;
      const { kind, channel, symbols = [], from, to, count, cause, message } = entry.event;
      const seconds = (from?.getTime() ?? Number(entry.receivedNs / 1_000_000n)) / 1000;
      const day = dayName(newYorkDay(seconds));
      events.push({ day, segment: segmentName(path), kind, channel, symbols, from, to, count, cause, message });
    }
  }
  return events;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  return value instanceof DuckDBTimestampNanosecondsValue ? new Date(Number(value.nanos / 1_000_000n)) : undefined;
}
