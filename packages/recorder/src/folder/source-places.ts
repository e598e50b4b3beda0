import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { partialPath, publishFile } from "../durable-files.ts";
import { openSegment, type SegmentEnd } from "../log/segment-reader.ts";
import { decodePlace, encodePlace, type SourcePlace } from "../log/source-place.ts";
import { RecorderError, readError } from "../recorder-error.ts";
import { isMovedFile } from "./moved-file.ts";
import { PLACE_EXTENSION, placeFilesIn, segmentName, segmentsIn } from "./recording-files.ts";

/**
 * Returns the place in its source up to which a recording has everything: that of the last block in the log, or the one
 * that the newest promoted segment has left behind. Undefined for a source without places.
 *
 * @throws RecorderError `damaged` if that file is damaged, `not_readable` for a segment that cannot be read.
 */
export async function newestPlace(logFolder: string): Promise<SourcePlace | undefined> {
  const inLog = await lastEndIn(logFolder);
  const leftBehind = await newestFile(logFolder); // second: it is written before its segment is deleted
  if (leftBehind === undefined || (inLog !== undefined && inLog.segment >= leftBehind.segment)) return inLog?.place;
  return leftBehind.place;
}

/**
 * Keeps the place of a segment that is about to be deleted, in a file of its own, which replaces those of older segments.
 * Days that are deleted or merged do not concern it, and neither does a promotion that is late: the names have an order.
 */
export async function keepPlace(segment: string, place: SourcePlace): Promise<void> {
  const logFolder = dirname(segment);
  const name = segmentName(segment);
  const path = join(logFolder, name + PLACE_EXTENSION);
  const partial = partialPath(path);
  await writeFile(partial, encodeFile(place));
  await publishFile(partial, path);
  for (const older of await placeFilesIn(logFolder)) if (segmentName(older) < name) await rm(older, { force: true });
}

/** Returns the files with places that are damaged. */
export async function damagedPlaceFiles(logFolder: string): Promise<string[]> {
  const damaged: string[] = [];
  for (const path of await placeFilesIn(logFolder)) {
    const bytes = await contentOf(path);
    if (bytes !== undefined && decodeFile(bytes) === undefined) damaged.push(path);
  }
  return damaged;
}

interface PlaceBehind {
  readonly segment: string;
  readonly place: SourcePlace | undefined;
}

/** The end of the newest segment that has one. A segment of a newer version counts as not recorded: nothing reads it. */
async function lastEndIn(logFolder: string): Promise<PlaceBehind | undefined> {
  for (const path of (await segmentsIn(logFolder)).reverse()) {
    const end = await endOf(path);
    if (end !== undefined) return { segment: segmentName(path), place: end.place };
  }
  return undefined;
}

/** The end of a segment; undefined if it has no block that can be read, or has been promoted meanwhile. */
async function endOf(path: string): Promise<SegmentEnd | undefined> {
  try {
    const segment = await openSegment(path);
    return segment instanceof RecorderError ? undefined : await segment.end();
  } catch (error) {
    if (isMovedFile(error) || (error instanceof RecorderError && error.code === "unknown_version")) return undefined;
    throw readError(path, error);
  }
}

async function newestFile(logFolder: string): Promise<PlaceBehind | undefined> {
  for (;;) {
    const path = (await placeFilesIn(logFolder)).at(-1);
    if (path === undefined) return undefined;
    const bytes = await contentOf(path);
    if (bytes === undefined) continue; // a newer one has replaced it
    const place = decodeFile(bytes);
    if (place === undefined)
      throw new RecorderError(
        "damaged",
        `${path} is damaged: it had the place in the source up to which the recording has everything; delete it to record without one`,
      );
    return { segment: segmentName(path), place };
  }
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!existsSync(path)) return undefined;
    throw readError(path, error);
  }
}

/** JSON, and behind it the CRC-32 of its bytes. */
function encodeFile(place: SourcePlace): Buffer {
  const json = encodePlace(place);
  return Buffer.concat([json, Buffer.from(`\n${crc32(json)}\n`)]);
}

function decodeFile(bytes: Buffer): SourcePlace | undefined {
  const end = bytes.indexOf("\n");
  if (end < 1) return undefined;
  const json = bytes.subarray(0, end);
  return bytes.subarray(end).toString() === `\n${crc32(json)}\n` ? decodePlace(json) : undefined;
}
