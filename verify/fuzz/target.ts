import { StreamError } from "@tickerplant/client/wire";
import type { Input } from "./input.ts";

/** Something that is fuzzed. */
export interface Target {
  readonly name: string;
  /** Runs an input from a fresh state. Throws for everything that must not happen. */
  run(input: Input): void;
}

/** What must not happen, as a sentence. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Faults that were reported, by code, over all targets. */
export const faultCounts: Map<string, number> = new Map<string, number>();

/** Counts a fault, which must be one of ours. */
export function countFault(error: unknown): void {
  if (!(error instanceof StreamError)) throw error;
  faultCounts.set(error.code, (faultCounts.get(error.code) ?? 0) + 1);
}

/** Counts a fault of a frame, which has one of two codes. */
export function countFrameFault(error: unknown): void {
  countFault(error);
  const { code } = error as StreamError; // countFault throws anything else
  if (code !== "bad_frame" && code !== "bad_message") throw new Violation(`a frame came to ${code}`);
}

/** Throws unless something holds. */
export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Violation(sentence);
}
