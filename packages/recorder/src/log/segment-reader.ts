import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import * as LIMITS from "../limits.ts";
import { RecorderError } from "../recorder-error.ts";
import { entriesOf, placeIn } from "./block.ts";
import type { LogEntry } from "./log-event.ts";
import { blockAt, decodeHeader, type FoundBlock, nextBlock, type SegmentHeader } from "./segment-format.ts";
import type { SourcePlace } from "./source-place.ts";

const decompress = promisify(brotliDecompress);

/** Bytes of a segment that cannot be read: the tail of a crash, or a damaged block. */
export interface Damage {
  /** Where they begin. */
  readonly offset: number;
  readonly byteLength: number;
  /** Whether undamaged blocks follow. */
  readonly isTail: boolean;
}

/** The end of what can be read of a segment. */
export interface SegmentEnd {
  /** The place in the source of everything before it; undefined if the source has none. */
  readonly place: SourcePlace | undefined;
}

/** A segment that is read. */
export interface Segment {
  readonly header: SegmentHeader;
  /** The entries of one block after the other, and the damage between them. */
  blocks(): AsyncGenerator<LogEntry[] | Damage>;
  /** Returns the end of what can be read; undefined if no block can be. */
  end(): Promise<SegmentEnd | undefined>;
}

/**
 * Opens a segment to read.
 *
 * @throws RecorderError `not_a_segment`, or `unknown_version` for a segment of a newer version.
 */
export async function readSegment(path: string): Promise<Segment> {
  const { size } = await stat(path);
  if (size > LIMITS.maxSegmentFileBytes)
    throw new RecorderError(
      "not_a_segment",
      `${path} is no segment of a recording: it has ${size} bytes, and segments have less than ${LIMITS.maxSegmentFileBytes}`,
    );
  const bytes = await readFile(path);
  const { header, end } = decodeHeader(bytes, path);
  return { header, blocks: () => blocksOf(bytes, end), end: () => endOf(bytes, end) };
}

/**
 * Opens a segment of a folder. Returns the error for one whose header is damaged: it fails no reading of the others, and
 * the next recorder sets it aside.
 *
 * @throws RecorderError `unknown_version` for a segment of a newer version.
 */
export async function openSegment(path: string): Promise<Segment | RecorderError> {
  try {
    return await readSegment(path);
  } catch (error) {
    if (error instanceof RecorderError && error.code === "not_a_segment") return error;
    throw error;
  }
}

/** Returns the first header of segments that can be read. */
export async function firstHeader(paths: readonly string[]): Promise<SegmentHeader | undefined> {
  for (const path of paths) {
    const segment = await openSegment(path);
    if (!(segment instanceof RecorderError)) return segment.header;
  }
  return undefined;
}

async function* blocksOf(bytes: Buffer, start: number): AsyncGenerator<LogEntry[] | Damage> {
  for (const part of partsOf(bytes, start)) yield "isTail" in part ? part : entriesOf(await contentOf(part));
}

/** Decompresses the last block alone: each block has the place of what comes before its end. */
async function endOf(bytes: Buffer, start: number): Promise<SegmentEnd | undefined> {
  let last: FoundBlock | undefined;
  for (const part of partsOf(bytes, start)) if (!("isTail" in part)) last = part;
  return last && { place: placeIn(await contentOf(last)) };
}

function* partsOf(bytes: Buffer, start: number): Generator<FoundBlock | Damage> {
  for (let at = start; at < bytes.length; ) {
    const block = blockAt(bytes, at);
    const end = block?.end ?? nextBlock(bytes, at);
    yield block ?? { offset: at, byteLength: end - at, isTail: end === bytes.length };
    at = end;
  }
}

function contentOf({ compressed, rawLength }: FoundBlock): Promise<Buffer> {
  return decompress(compressed, { maxOutputLength: Math.max(1, rawLength) });
}

/** Whether a part of a segment is damaged. */
export function isDamage(part: LogEntry[] | Damage): part is Damage {
  return !Array.isArray(part);
}
