import { existsSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import {
  FEED_PREFIX,
  listFeed,
  listRecording,
  type RecordedFeed,
  type RecordedFile,
  segmentName,
} from "../folder/recording-files.ts";
import { SEGMENT_EXTENSION } from "../log/segment-name.ts";
import { RecorderError } from "../recorder-error.ts";

/** What a path names: one feed of a recording, or a single file. */
export interface RecordingSource {
  /** The name of the feed; that of the file for a single one. */
  readonly name: string;
  /** Whether the files change while they are read, because a recorder promotes, merges and adds some. */
  readonly isFolder: boolean;
  /** Lists the files, again at each call. */
  list(): Promise<Pick<RecordedFeed, "files" | "segments">>;
}

/** Comes behind the names of all segments. */
const LAST_SEGMENT = "~";

/**
 * Finds what a path names: a folder of recordings, that of one feed, a segment, or a Parquet file.
 *
 * @throws RecorderError `not_readable` if there is nothing, `not_a_recording` for a folder without that feed,
 * `several_feeds` for one with several if none is named.
 */
export async function sourceOf(path: string, feed?: string): Promise<RecordingSource> {
  if (!existsSync(path)) throw new RecorderError("not_readable", `could not read ${path}: there is no such file`);
  if (!statSync(path).isDirectory()) return fileSource(resolve(path));
  const { feed: name, folder } = basename(resolve(path)).startsWith(FEED_PREFIX)
    ? { feed: basename(resolve(path)).slice(FEED_PREFIX.length), folder: resolve(path) }
    : chosenFeed(path, await listRecording(path), feed);
  return { name, isFolder: true, list: () => listFeed(folder) };
}

function chosenFeed(path: string, feeds: readonly RecordedFeed[], wanted: string | undefined): RecordedFeed {
  const names = feeds.map(({ feed }) => feed).join(", ");
  const [chosen, other] = wanted === undefined ? feeds : feeds.filter(({ feed }) => feed === wanted);
  if (chosen === undefined)
    throw new RecorderError("not_a_recording", `${path} has no recording of the feed ${wanted}; it has ${names}`);
  if (other !== undefined)
    throw new RecorderError(
      "several_feeds",
      `${path} has recordings of several feeds: ${names}; choose one by the option feed`,
    );
  return chosen;
}

function fileSource(path: string): RecordingSource {
  const isSegment = extname(path) === SEGMENT_EXTENSION;
  const file: RecordedFile = { path, day: "", table: "", firstSegment: "", lastSegment: LAST_SEGMENT };
  const listing = isSegment ? { files: [], segments: [path] } : { files: [file], segments: [] };
  const name = isSegment ? segmentName(path) : basename(path);
  return { name, isFolder: false, list: () => Promise.resolve(listing) };
}
