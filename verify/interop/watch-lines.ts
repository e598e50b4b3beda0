import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Calls `take` with each line that a process writes, as it comes. */
export function watchLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
}
