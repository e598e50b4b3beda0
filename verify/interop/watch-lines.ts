import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Calls `onLine` with each line of a process as it is written. */
export function watchLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}
