import { constants, createReadStream, openSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { extname } from "node:path";
import type { Readable } from "node:stream";

/** The names of standard input: the conventional `-`, and the names of the operating system. */
const STANDARD_INPUT: ReadonlySet<string> = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/** Returns whether a file name means standard input. */
export function isStandardInput(file: string): boolean {
  return STANDARD_INPUT.has(file);
}

/** Returns a file's name for messages. */
export function nameOf(file: string): string {
  return isStandardInput(file) ? "standard input" : file;
}

/** The extensions of files that the recorder reads: segments of its log, and Parquet files. */
const RECORDING_EXTENSIONS: ReadonlySet<string> = new Set([".tplog", ".parquet"]);

/** Returns whether a file is read by the recorder: a folder of recordings, or one of its files. */
export function isRecording(file: string): boolean {
  if (isStandardInput(file)) return false;
  return RECORDING_EXTENSIONS.has(extname(file)) || statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a replay needs to know about a file before opening it. */
export interface SourceInfo {
  /** Whether the file can be read more than once: true for a file on a disk, false for a pipe. */
  readonly isRereadable: boolean;
  /** Size in bytes; undefined for a pipe and for a recording. */
  readonly size: number | undefined;
}

/**
 * Returns the kind and size of a file without opening it.
 *
 * @throws Error of the operating system when there is no such file.
 */
export async function inspectSource(file: string): Promise<SourceInfo> {
  if (isStandardInput(file)) return { isRereadable: false, size: undefined };
  const stats = await stat(file);
  if (isRecording(file)) return { isRereadable: true, size: undefined };
  const isRereadable = stats.isFile();
  return { isRereadable, size: isRereadable ? stats.size : undefined };
}

/** Returns whether a file can be read more than once. */
export async function isRereadable(file: string): Promise<boolean> {
  return (await inspectSource(file)).isRereadable;
}

/** Opens a file, a named pipe or standard input. */
export async function openSource(file: string, chunkBytes: number): Promise<Readable> {
  if (isStandardInput(file)) {
    if (process.stdin.readableEnded || process.stdin.destroyed) throw new Error("it has already been read to its end");
    return process.stdin;
  }
  const stats = await stat(file);
  return stats.isFIFO() ? openPipe(file) : createReadStream(file, { highWaterMark: chunkBytes });
}

/** Opens a pipe without blocking: a blocking read of a silent pipe would keep a thread, and the process, alive. */
function openPipe(file: string): Readable {
  return new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}
