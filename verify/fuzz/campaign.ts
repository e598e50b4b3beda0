import type { Random } from "../shared/random.ts";
import type { Input } from "./input.ts";
import { minimise } from "./minimise.ts";
import { must, type Target } from "./target.ts";

/** Inputs between two readings of the clock. */
const INPUTS_PER_ROUND = 32;
/** Time limit of an input of some kilobytes; it is retried, since machines pause. */
const MAX_INPUT_MS = 100;
const RETRIES = 3;

/** A failing input, minimised. */
export interface Failure {
  readonly target: Target;
  readonly input: Input;
  readonly error: unknown;
}

/** What a campaign has run of one target. */
export interface Count {
  readonly target: Target;
  inputs: number;
  frames: number;
}

/** Generates inputs, runs them, and counts inputs, frames and failures. */
export class Campaign {
  readonly counts: readonly Count[];
  readonly failures: Failure[] = [];
  readonly #random: Random;
  /** Each target as often as its share. */
  readonly #drawn: readonly Count[];

  constructor(targets: readonly Target[], random: Random) {
    this.counts = targets.map((target) => ({ target, inputs: 0, frames: 0 }));
    this.#drawn = this.counts.flatMap((count) => new Array<Count>(count.target.share).fill(count));
    this.#random = random;
  }

  /** The number of frames over all targets. */
  get frameCount(): number {
    return this.counts.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Runs the first inputs of every target. */
  runFirstInputs(): void {
    for (const count of this.counts) for (const input of count.target.firstInputs) this.#run(count, input);
  }

  /** Runs generated inputs until one fails or `goesOn` returns false. */
  run(goesOn: () => boolean): void {
    while (goesOn() && this.failures.length === 0) {
      for (let left = INPUTS_PER_ROUND; left > 0; left--) {
        const count = this.#random.pick(this.#drawn);
        this.#run(count, count.target.makeInput(this.#random));
      }
    }
  }

  #run(count: Count, input: Input): void {
    const { target } = count;
    count.inputs++;
    count.frames += input.filter(({ type }) => type === "frame").length;
    const error = failureOf(target, input);
    if (error === undefined) return;
    const kind = kindOf(error);
    const smallest = minimise(input, (candidate) => kindOf(failureOf(target, candidate)) === kind);
    this.failures.push({ target, input: smallest, error: failureOf(target, smallest) ?? error });
  }
}

/** Returns the error that an input throws, or one for its duration; undefined if it passes. */
export function failureOf(target: Target, input: Input): unknown {
  try {
    for (let tries = 0; ; tries++) {
      const startedAt = performance.now();
      target.run(input);
      const tookMs = performance.now() - startedAt;
      if (tookMs < MAX_INPUT_MS) return undefined;
      must(tries < RETRIES, `the input takes more than ${MAX_INPUT_MS} ms in ${RETRIES + 1} tries`);
    }
  } catch (error) {
    return error ?? new Error("undefined was thrown");
  }
}

/** Returns the kind of an error, which is equal for equal messages with other numbers in them. */
function kindOf(error: unknown): string {
  if (error === undefined) return "";
  return String(error)
    .replaceAll(/[^a-z]/gi, "")
    .slice(0, 24);
}
