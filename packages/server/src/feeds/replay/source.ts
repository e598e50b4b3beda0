import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

/** The names of standard input: the usual sign, and the system's own names. */
const STANDARD_INPUT: ReadonlySet<string> = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/** Whether a file name stands for standard input. */
export function isStandardInput(file: string): boolean {
  return STANDARD_INPUT.has(file);
}

/** A file's name as messages have it. */
export function nameOf(file: string): string {
  return isStandardInput(file) ? "standard input" : file;
}

/** What a replay has to know of a file before it opens it. */
export interface SourceInfo {
  /** Whether it can be read more than once: a file on a disk, and no pipe. */
  readonly isRereadable: boolean;
  /** Bytes; undefined for a pipe. */
  readonly size: number | undefined;
}

/**
 * Looks at a file without reading it.
 *
 * @throws Error of the system when there is no such file.
 */
export async function inspectSource(file: string): Promise<SourceInfo> {
  if (isStandardInput(file)) return { isRereadable: false, size: undefined };
  const stats = await stat(file);
  // A directory is one of those that fail when they are read, with the system's own words.
  const isRereadable = stats.isFile() || stats.isDirectory();
  return { isRereadable, size: isRereadable ? stats.size : undefined };
}

/** Whether a file can be read more than once. */
export async function isRereadable(file: string): Promise<boolean> {
  return (await inspectSource(file)).isRereadable;
}

/** Opens a file, a named pipe or standard input. */
export async function openSource(file: string, chunkBytes: number): Promise<Readable> {
  if (isStandardInput(file)) {
    if (process.stdin.readableEnded || process.stdin.destroyed) throw new Error("it was read to its end before");
    return process.stdin;
  }
  const stats = await stat(file);
  return stats.isFIFO() ? openPipe(file) : createReadStream(file, { highWaterMark: chunkBytes });
}

/** A blocking read of a silent pipe would hold a thread, and with it the process, for as long as the pipe is silent. */
function openPipe(file: string): Readable {
  return new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}
