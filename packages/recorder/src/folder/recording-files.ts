import { type Dirent, existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SEGMENT_EXTENSION, segmentTimeMs } from "../log/segment-name.ts";
import { RecorderError, readError } from "../recorder-error.ts";

/*
 * DIR/feed=FEED/log/SEGMENT.tplog                             segments of the log
 * DIR/feed=FEED/log/SEGMENT.place                             the place in the source behind a promoted segment
 * DIR/feed=FEED/date=DAY/TABLE/SEGMENT.parquet                what one segment has of a day and a channel
 * DIR/feed=FEED/date=DAY/TABLE/FIRST_LAST.parquet             what the segments from FIRST to LAST have
 * DIR/feed=FEED/date=DAY/_files                               the names of both, for `verify`
 * DIR/feed=FEED/deleted=DAY/…                                 a day whose deletion has begun
 */

/** How the names of the folders of feeds begin. */
export const FEED_PREFIX = "feed=";
const DAY_PREFIX = "date=";

/** How the name of the folder of a day begins whose deletion has begun. */
export const DELETED_PREFIX = "deleted=";

const PARQUET_EXTENSION = ".parquet";
const RANGE_SEPARATOR = "_";

/** How the name of the file ends that has the place in the source behind a promoted segment. */
export const PLACE_EXTENSION = ".place";

/** How the names of folders begin that DuckDB writes to when its memory is full. */
export const TEMPORARY_PREFIX = "temporary-";

/** A Parquet file of a recording. Names of segments sort by time. */
export interface RecordedFile {
  readonly path: string;
  /** The day in New York, such as `2026-11-27`. */
  readonly day: string;
  /** A channel, or `gaps`. */
  readonly table: string;
  /** The first and the last segment whose rows it has: the same one, unless files were merged. */
  readonly firstSegment: string;
  readonly lastSegment: string;
}

/** What a recording has of one feed. */
export interface RecordedFeed {
  readonly feed: string;
  readonly folder: string;
  /** The Parquet files, by day, table and segment. No two have the rows of the same segment, day and table. */
  readonly files: readonly RecordedFile[];
  /** The paths of the segments whose rows are in no Parquet file yet, the oldest first. The last two may be growing. */
  readonly segments: readonly string[];
}

/**
 * Lists what is recorded in a folder, while recorders may write to it. Of rows that a crash, or a promotion that is
 * running, has left in two places, one is listed. A file may be gone when it is opened, because it has been promoted
 * or merged since: then list again.
 *
 * @throws RecorderError `not_a_recording` for a folder without a feed, `not_readable` for one that does not exist or may
 * not be read.
 */
export async function listRecording(dir: string): Promise<RecordedFeed[]> {
  if (!existsSync(dir)) throw new RecorderError("not_readable", `could not read ${dir}: there is no such folder`);
  if (!statSync(dir).isDirectory())
    throw new RecorderError("not_a_recording", `${dir} is a file: expected the folder of a recording`);
  const names = (await entriesOf(resolve(dir))).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const feeds = names.filter((name) => name.startsWith(FEED_PREFIX)).sort();
  if (feeds.length === 0)
    throw new RecorderError(
      "not_a_recording",
      `${dir} has no recording: expected folders named ${FEED_PREFIX}…, as \`tickerplant record\` makes them`,
    );
  return Promise.all(feeds.map((name) => listFeed(join(resolve(dir), name))));
}

/** Lists what is recorded in the folder of one feed, as {@link listRecording} does. */
export async function listFeed(folder: string): Promise<RecordedFeed> {
  const segments = await segmentsIn(logFolderOf(folder)); // first: a segment leaves the log when its files are complete
  const inLog = new Set(segments.map(segmentName));
  const files = (await parquetFilesOf(folder)).filter(
    ({ firstSegment, lastSegment }) => firstSegment !== lastSegment || !inLog.has(firstSegment),
  );
  return { feed: basename(folder).slice(FEED_PREFIX.length), folder, files, segments };
}

/** The folder of a feed. */
export function feedFolderOf(dir: string, feed: string): string {
  return resolve(dir, FEED_PREFIX + feed);
}

/** The folder of a feed's log. */
export function logFolderOf(feedFolder: string): string {
  return join(feedFolder, "log");
}

/** The folders of a feed's days. */
export async function dayFoldersIn(feedFolder: string): Promise<string[]> {
  const names = (await foldersIn(feedFolder)).filter((name) => name.startsWith(DAY_PREFIX));
  return names.map((name) => join(feedFolder, name));
}

/** The folder of a feed's day. */
export function dayFolderOf(feedFolder: string, day: string): string {
  return join(feedFolder, DAY_PREFIX + day);
}

/** The path of the file with a table's rows of a day, from the segments between two. */
export function parquetPath(dayFolder: string, table: string, firstSegment: string, lastSegment: string): string {
  const name = firstSegment === lastSegment ? firstSegment : firstSegment + RANGE_SEPARATOR + lastSegment;
  return join(dayFolder, table, name + PARQUET_EXTENSION);
}

/** The time in the name of the newest segment that a feed has, or had; undefined if there is none. */
export async function newestNameMs(folder: string): Promise<number | undefined> {
  const logFolder = logFolderOf(folder);
  const inLog = (await entriesOf(logFolder)).map(({ name }) => name.split(SEGMENT_EXTENSION)[0] ?? "");
  const places = (await placeFilesIn(logFolder)).map(segmentName);
  const inFiles = (await parquetFilesOf(folder)).map(({ lastSegment }) => lastSegment);
  let newest: number | undefined;
  for (const name of [...inLog, ...places, ...inFiles]) {
    const timeMs = segmentTimeMs(name);
    if (timeMs !== undefined && timeMs > (newest ?? 0)) newest = timeMs;
  }
  return newest;
}

/** The path of a merged file that covers a segment in a table of a day; undefined without one. */
export async function mergedFileOver(dayFolder: string, table: string, segment: string): Promise<string | undefined> {
  const files = await filesOfTable(join(dayFolder, table));
  const merged = files.filter(({ firstSegment, lastSegment }) => firstSegment !== lastSegment);
  return merged.find(({ firstSegment, lastSegment }) => firstSegment <= segment && segment <= lastSegment)?.path;
}

/** Whether a file has a name that a recorder gives, of one segment or a range. */
export function hasRecordersName({
  firstSegment,
  lastSegment,
}: Pick<RecordedFile, "firstSegment" | "lastSegment">): boolean {
  return segmentTimeMs(firstSegment) !== undefined && segmentTimeMs(lastSegment) !== undefined;
}

/** The name of a segment, from its path or that of the file with its place. */
export function segmentName(path: string): string {
  return basename(basename(path, SEGMENT_EXTENSION), PLACE_EXTENSION);
}

/** The paths of the segments in a log, the oldest first. */
export function segmentsIn(logFolder: string): Promise<string[]> {
  return pathsIn(logFolder, SEGMENT_EXTENSION);
}

/** The paths of the files with places in a log, the oldest first: one, unless a crash came before others were deleted. */
export function placeFilesIn(logFolder: string): Promise<string[]> {
  return pathsIn(logFolder, PLACE_EXTENSION);
}

async function pathsIn(logFolder: string, extension: string): Promise<string[]> {
  const names = (await entriesOf(logFolder)).map(({ name }) => name).filter((name) => name.endsWith(extension));
  return names.sort().map((name) => join(logFolder, name));
}

/** All Parquet files of a feed, sorted. A merge may be running, so they are listed until two listings agree. */
async function parquetFilesOf(folder: string): Promise<RecordedFile[]> {
  let files = await readParquetFiles(folder);
  for (;;) {
    const again = await readParquetFiles(folder);
    if (again.length === files.length && again.every(({ path }, index) => path === files[index]?.path)) return files;
    files = again;
  }
}

async function readParquetFiles(folder: string): Promise<RecordedFile[]> {
  const files: RecordedFile[] = [];
  for (const dayFolder of await dayFoldersIn(folder))
    for (const table of await foldersIn(dayFolder)) files.push(...(await readTable(join(dayFolder, table))));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files of a table, without those whose rows are in a merged one as well: a crash came before they were deleted. */
async function readTable(tableFolder: string): Promise<RecordedFile[]> {
  return withoutParts(await filesOfTable(tableFolder));
}

/** Files of one table and day without those that others of them have the rows of. */
export function withoutParts(files: readonly RecordedFile[]): RecordedFile[] {
  return files.filter((file) => !files.some((other) => other !== file && isPartOf(file, other)));
}

/** The Parquet files in the folder of a table, without exception. */
export async function filesOfTable(tableFolder: string): Promise<RecordedFile[]> {
  const names = (await entriesOf(tableFolder)).map(({ name }) => name);
  return names.filter((name) => name.endsWith(PARQUET_EXTENSION)).map((name) => recordedFile(join(tableFolder, name)));
}

/** What the path of a Parquet file says. */
export function recordedFile(path: string): RecordedFile {
  const tableFolder = dirname(path);
  const day = basename(dirname(tableFolder)).slice(DAY_PREFIX.length);
  const name = basename(path, PARQUET_EXTENSION);
  const [firstSegment = name, lastSegment = firstSegment] = name.split(RANGE_SEPARATOR);
  return { path, day, table: basename(tableFolder), firstSegment, lastSegment };
}

/** Whether `merged` has the rows of `file`, which is of the same day and table. */
export function isPartOf(file: RecordedFile, merged: RecordedFile): boolean {
  return merged.firstSegment <= file.firstSegment && file.lastSegment <= merged.lastSegment;
}

async function foldersIn(path: string): Promise<string[]> {
  return (await entriesOf(path)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The entries of a folder; none if there is no such folder any more. */
async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (!existsSync(path)) return [];
    throw readError(path, error);
  }
}
