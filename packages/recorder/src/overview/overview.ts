import { stat } from "node:fs/promises";
import { type DuckDBConnection, DuckDBTimestampNanosecondsValue } from "@duckdb/node-api";
import { isMovedFile } from "../folder/moved-file.ts";
import { listRecording, type RecordedFeed, type RecordedFile, segmentName } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { segmentTimeMs } from "../log/segment-name.ts";
import { openSegment } from "../log/segment-reader.ts";
import { quoted, quotedList, quotedName, withDatabase } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { LOG_SCHEMA, loadLog } from "../query/log-tables.ts";
import { QUERY_TABLES } from "../query/query-tables.ts";
import { RecorderError, readError } from "../recorder-error.ts";
import { dayName, newYorkDay } from "../trading-day.ts";
import { type MissingRecords, missingRecords } from "./missing-records.ts";
import { readStoredEvents, type StoredEvent } from "./stored-events.ts";

const ALL_TABLES: ReadonlySet<string> = new Set(QUERY_TABLES.flatMap(({ recordedAs }) => recordedAs ?? []));

/** What a recording has of a channel and a day. */
export interface ChannelOverview {
  /** The day in New York, such as `2026-11-27`. */
  readonly day: string;
  readonly channel: string;
  /** Records in Parquet files and in the log. A record of history is counted twice while its live copy is in the other. */
  readonly rowCount: number;
  /** Those of them that are still in the log. */
  readonly logRowCount: number;
  /** Of the Parquet files. */
  readonly byteLength: number;
  readonly fileCount: number;
  readonly symbolCount: number;
  /** The times of the first and the last record, in nanoseconds since the Unix epoch; undefined if none has one. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
}

/** A segment of the log, which is in no Parquet file yet. Its records are counted by channel. */
export interface SegmentOverview {
  readonly name: string;
  readonly byteLength: number;
  readonly begunAt: Date;
}

/** What a recording has of a feed. */
export interface FeedOverview {
  readonly feed: string;
  readonly folder: string;
  /** By day and channel. */
  readonly channels: readonly ChannelOverview[];
  /** The oldest first. The last two may be growing. */
  readonly segments: readonly SegmentOverview[];
  /** What is missing or may be, and what was missing and is filled. */
  readonly missing: readonly MissingRecords[];
}

/**
 * Describes what is recorded in a folder, while recorders may write to it.
 *
 * @throws RecorderError `not_a_recording` for a folder without one, `not_readable` for a file that cannot be read.
 */
export async function recordingOverview(dir: string): Promise<FeedOverview[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Promise.all((await listRecording(dir)).map(feedOverview));
    } catch (error) {
      if (attempt === LIMITS.listAttempts || !isMovedFile(error)) throw readError(dir, error);
    }
  }
}

async function feedOverview(recorded: RecordedFeed): Promise<FeedOverview> {
  const { feed, folder, files, segments } = recorded;
  return withDatabase(folder, async (connection) => {
    const { loaded, unreadable } = await loadReadableLog(connection, recorded);
    const events = await readStoredEvents(connection, files, loaded.has(GAPS_TABLE));
    return {
      feed,
      folder,
      channels: await channelOverviews(connection, files, loaded),
      segments: await Promise.all(segments.map(segmentOverview)),
      missing: missingRecords([...events, ...unreadable]),
    };
  });
}

/** What the log has, and an event for each segment of a newer version, which stays in the log. */
interface ReadableLog {
  readonly loaded: ReadonlySet<string>;
  readonly unreadable: readonly StoredEvent[];
}

async function loadReadableLog(connection: DuckDBConnection, recorded: RecordedFeed): Promise<ReadableLog> {
  const segments: string[] = [];
  const unreadable: StoredEvent[] = [];
  for (const path of recorded.segments)
    try {
      await openSegment(path);
      segments.push(path);
    } catch (error) {
      if (!(error instanceof RecorderError)) throw error;
      unreadable.push(unreadableSegment(path, error.message));
    }
  const loaded = await loadLog(connection, [{ ...recorded, segments }], ALL_TABLES, undefined);
  return { loaded, unreadable };
}

function unreadableSegment(path: string, message: string): StoredEvent {
  const segment = segmentName(path);
  const day = dayName(newYorkDay((segmentTimeMs(segment) ?? 0) / 1000));
  const times = { received: undefined, from: undefined, to: undefined };
  const unknown = { ...times, channel: undefined, count: undefined, cause: undefined };
  return { ...unknown, segment, day, kind: "unreadable", symbols: [], message };
}

/** Describes the records of all channels, by day and channel. `loaded` are the tables of the log with rows. */
async function channelOverviews(
  connection: DuckDBConnection,
  files: readonly RecordedFile[],
  loaded: ReadonlySet<string>,
): Promise<ChannelOverview[]> {
  const sources = byDayAndChannel(files);
  for (const channel of loaded)
    if (channel !== GAPS_TABLE)
      for (const day of await daysInLog(connection, channel)) {
        const key = `${day} ${channel}`;
        sources.set(key, { ...(sources.get(key) ?? { day, channel, files: [] }), isInLog: true });
      }
  const sorted = [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
  const overviews: ChannelOverview[] = [];
  for (const [, source] of sorted) overviews.push(await channelOverview(connection, source));
  return overviews;
}

async function daysInLog(connection: DuckDBConnection, channel: string): Promise<string[]> {
  const result = await connection.runAndReadAll(`select distinct day from ${LOG_SCHEMA}.${quotedName(channel)}`);
  return result.getRows().map(([day]) => String(day));
}

/** Where the records of a channel and a day are. */
interface ChannelSource {
  readonly day: string;
  readonly channel: string;
  readonly files: readonly RecordedFile[];
  readonly isInLog: boolean;
}

/** The files of records, those of one day and channel together. */
function byDayAndChannel(files: readonly RecordedFile[]): Map<string, ChannelSource> {
  const sources = new Map<string, ChannelSource>();
  for (const file of files) {
    const { day, table: channel } = file;
    if (channel === GAPS_TABLE) continue;
    const key = `${day} ${channel}`;
    sources.set(key, { day, channel, files: [...(sources.get(key)?.files ?? []), file], isInLog: false });
  }
  return sources;
}

async function channelOverview(
  connection: DuckDBConnection,
  { day, channel, files, isInLog }: ChannelSource,
): Promise<ChannelOverview> {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  const selects: string[] = [];
  if (files.length > 0)
    selects.push(`select symbol, t, false as "inLog" from read_parquet(${quotedList(files.map(({ path }) => path))})`);
  if (isInLog)
    selects.push(
      `select symbol, t, true as "inLog" from ${LOG_SCHEMA}.${quotedName(channel)} where day = date ${quoted(day)}`,
    );
  const result = await connection.runAndReadAll(
    `select count(*), count(*) filter ("inLog"), count(distinct symbol), min(t), max(t)
      from (${selects.join(" union all ")})`,
  );
  const [rowCount, logRowCount, symbolCount, from, to] = result.getRows()[0] ?? [];
  const nanoseconds = (value: unknown): bigint | undefined =>
    value instanceof DuckDBTimestampNanosecondsValue ? value.nanos : undefined;
  return {
    day,
    channel,
    rowCount: Number(rowCount),
    logRowCount: Number(logRowCount),
    byteLength: sizes.reduce((sum, size) => sum + size, 0),
    fileCount: files.length,
    symbolCount: Number(symbolCount),
    fromNs: nanoseconds(from),
    toNs: nanoseconds(to),
  };
}

async function segmentOverview(path: string): Promise<SegmentOverview> {
  const name = segmentName(path);
  const { size, mtimeMs } = await stat(path);
  return { name, byteLength: size, begunAt: new Date(segmentTimeMs(name) ?? mtimeMs) };
}
