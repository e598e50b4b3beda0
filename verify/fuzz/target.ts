import { StreamError } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { Input } from "./input.ts";

/** A subject of fuzzing. */
export interface Target {
  readonly name: string;
  /** Its share of the generated inputs, relative to other targets. */
  readonly share: number;
  /** Inputs that run first. */
  readonly firstInputs: readonly Input[];
  /** The share of its messages that fast paths read; absent in targets that do not compare these. */
  readonly fastShare?: number;
  makeInput(random: Random): Input;
  /** Runs an input from a new state. Throws if a property does not hold. */
  run(input: Input): void;
}

/** A property that does not hold, as a sentence. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** The number of reported faults by code, over all targets. */
export const faultCounts: Map<string, number> = new Map<string, number>();

/** Counts a fault; throws an error that is not a `StreamError`. */
export function countFault(error: unknown): void {
  if (!(error instanceof StreamError)) throw error;
  faultCounts.set(error.code, (faultCounts.get(error.code) ?? 0) + 1);
}

/** Counts a fault of a frame; throws for a code other than the two of frames. */
export function countFrameFault(error: unknown): void {
  countFault(error);
  const { code } = error as StreamError; // countFault throws anything else
  if (code !== "bad_frame" && code !== "bad_message") throw new Violation(`a frame caused the fault ${code}`);
}

/** Throws a {@link Violation} unless `holds`. */
export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Violation(sentence);
}
