import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import * as LIMITS from "../limits.ts";
import { RecorderError } from "../recorder-error.ts";
import { entriesOf } from "./block.ts";
import type { LogEntry } from "./log-event.ts";
import { blockAt, decodeHeader, nextBlock, type SegmentHeader } from "./segment-format.ts";

const decompress = promisify(brotliDecompress);

/** Bytes of a segment that cannot be read: the tail of a crash, or a damaged block. */
export interface Damage {
  /** Where they begin. */
  readonly offset: number;
  readonly byteLength: number;
  /** Whether undamaged blocks follow. */
  readonly isTail: boolean;
}

/** A segment that is read. */
export interface Segment {
  readonly header: SegmentHeader;
  /** The entries of one block after the other, and the damage between them. */
  blocks(): AsyncGenerator<LogEntry[] | Damage>;
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
  return { header, blocks: () => blocksOf(bytes, end) };
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
  for (let at = start; at < bytes.length; ) {
    const block = blockAt(bytes, at);
    if (block === undefined) {
      const next = nextBlock(bytes, at);
      yield { offset: at, byteLength: next - at, isTail: next === bytes.length };
      at = next;
    } else {
      const { compressed, rawLength, end } = block;
      yield entriesOf(await decompress(compressed, { maxOutputLength: Math.max(1, rawLength) }));
      at = end;
    }
  }
}

/** Whether a part of a segment is damaged. */
export function isDamage(part: LogEntry[] | Damage): part is Damage {
  return !Array.isArray(part);
}
