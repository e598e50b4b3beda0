import { type DuckDBConnection, DuckDBListValue, DuckDBTimestampNanosecondsValue } from "@duckdb/node-api";
import { isGrowing } from "../folder/growing-segment.ts";
import { type RecordedFile, segmentName } from "../folder/recording-files.ts";
import type { LogEvent } from "../log/log-event.ts";
import { damageMessage, isSeal, UNSEALED_MESSAGE } from "../log/segment-faults.ts";
import { segmentTimeMs } from "../log/segment-name.ts";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { quotedList } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { RecorderError } from "../recorder-error.ts";
import { dayName, newYorkDay } from "../trading-day.ts";

/** A row of the table `gaps`, or an event of the log that will be one. */
export interface StoredEvent {
  readonly segment: string;
  /** The day in New York. */
  readonly day: string;
  readonly kind: string;
  /** Undefined for all channels. */
  readonly channel: string | undefined;
  /** Empty or `*` for all symbols. */
  readonly symbols: readonly string[];
  /** The times of the records; undefined where they are unknown. */
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** How many records or frames, where that is known. */
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
      from read_parquet(${quotedList(files.map(({ path }) => path))}, filename = true) order by segment, sequence, received`,
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

/** Reads the events of a segment in the log, and adds those that its promotion is going to add. */
async function eventsOfSegment(path: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const segment = segmentName(path);
  let receivedMs = segmentTimeMs(segment) ?? 0;
  const add = (kind: string, event: Omit<LogEvent, "kind">): void => {
    const { channel, symbols = [], from, to, count, cause, message } = event;
    const day = dayName(newYorkDay((from?.getTime() ?? receivedMs) / 1000));
    events.push({ day, segment, kind, channel, symbols, from, to, count, cause, message });
  };
  const mayGrow = await isGrowing(path);
  let isSealed = false;
  try {
    for await (const part of (await readSegment(path)).blocks()) {
      if (isDamage(part)) {
        if (!(mayGrow && part.isTail)) add("damaged", { message: damageMessage(part) });
        continue;
      }
      for (const entry of part) {
        receivedMs = Number(entry.receivedNs / 1_000_000n);
        if (isSeal(entry)) isSealed = true;
        else if (entry.type === "event") add(entry.event.kind, entry.event);
      }
    }
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error;
    add(error.code === "unknown_version" ? "unreadable" : "damaged", { message: error.message });
    return events;
  }
  if (!isSealed && !mayGrow) add("unsealed", { message: UNSEALED_MESSAGE });
  return events;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  return value instanceof DuckDBTimestampNanosecondsValue ? new Date(Number(value.nanos / 1_000_000n)) : undefined;
}
