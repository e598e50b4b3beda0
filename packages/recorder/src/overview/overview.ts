import { stat } from "node:fs/promises";
import { type DuckDBConnection, DuckDBTimestampNanosecondsValue } from "@duckdb/node-api";
import { isMovedFile } from "../folder/moved-file.ts";
import { listRecording, type RecordedFeed, type RecordedFile, segmentName } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { segmentTimeMs } from "../log/segment-name.ts";
import { quotedList, withDatabase } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { readError } from "../recorder-error.ts";
import { type MissingRecords, missingRecords } from "./missing-records.ts";
import { readStoredEvents } from "./stored-events.ts";

/** What a recording has of a channel and a day, in Parquet files. */
export interface ChannelOverview {
  /** The day in New York, such as `2026-11-27`. */
  readonly day: string;
  readonly channel: string;
  readonly rowCount: number;
  readonly byteLength: number;
  readonly fileCount: number;
  readonly symbolCount: number;
  /** The times of the first and the last record, in nanoseconds since the Unix epoch; undefined if none has one. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
}

/** A segment of the log, which is in no Parquet file yet. */
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

async function feedOverview({ feed, folder, files, segments }: RecordedFeed): Promise<FeedOverview> {
  return withDatabase(folder, async (connection) => {
    const channels: ChannelOverview[] = [];
    for (const group of byDayAndChannel(files)) channels.push(await channelOverview(connection, group));
    const events = await readStoredEvents(connection, files, segments);
    const described = await Promise.all(segments.map(segmentOverview));
    return { feed, folder, channels, segments: described, missing: missingRecords(events) };
  });
}

/** The files of records, those of one day and channel together. */
function byDayAndChannel(files: readonly RecordedFile[]): RecordedFile[][] {
  const groups = new Map<string, RecordedFile[]>();
  for (const file of files) {
    if (file.table === GAPS_TABLE) continue;
    const key = `${file.day} ${file.table}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

async function channelOverview(connection: DuckDBConnection, files: readonly RecordedFile[]): Promise<ChannelOverview> {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  const result = await connection.runAndReadAll(
    `select count(*), count(distinct symbol), min(t), max(t) from read_parquet(${quotedList(files.map(({ path }) => path))})`,
  );
  const [rowCount, symbolCount, from, to] = result.getRows()[0] ?? [];
  const nanoseconds = (value: unknown): bigint | undefined =>
    value instanceof DuckDBTimestampNanosecondsValue ? value.nanos : undefined;
  return {
    day: files[0]?.day ?? "",
    channel: files[0]?.table ?? "",
    rowCount: Number(rowCount),
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
