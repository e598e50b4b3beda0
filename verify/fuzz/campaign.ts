import type { Random } from "../shared/random.ts";
import { clientFrameTarget } from "./client-frame-target.ts";
import { clientSessionTarget } from "./client-session-target.ts";
import type { Corpus } from "./corpus.ts";
import { gatewaySessionTarget } from "./gateway-session-target.ts";
import { makeClientDialogue, makeFrame, makeServerDialogue } from "./generate.ts";
import { frameStep, type Input } from "./input.ts";
import { minimise } from "./minimise.ts";
import { serverFrameTarget } from "./server-frame-target.ts";
import { must, type Target } from "./target.ts";

/** Every target. */
export const TARGETS: readonly Target[] = [
  serverFrameTarget,
  clientFrameTarget,
  clientSessionTarget,
  gatewaySessionTarget,
];

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

/** Generates inputs, runs them, and counts inputs, frames and failures. */
export class Campaign {
  readonly frames: Map<Target, number> = new Map<Target, number>(TARGETS.map((target) => [target, 0]));
  readonly inputs: Map<Target, number> = new Map<Target, number>(TARGETS.map((target) => [target, 0]));
  readonly failures: Failure[] = [];
  readonly #corpus: Corpus;
  readonly #random: Random;

  constructor(corpus: Corpus, random: Random) {
    this.#corpus = corpus;
    this.#random = random;
  }

  /** The number of frames over all targets. */
  get frameCount(): number {
    return [...this.frames.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Runs every frame of the corpus unchanged. */
  runCorpus(): void {
    const { server, client } = this.#corpus;
    for (const frame of server) this.#run(serverFrameTarget, [frameStep(frame)]);
    for (const frame of client) this.#run(clientFrameTarget, [frameStep(frame)]);
  }

  /** Runs generated inputs until one fails or `goesOn` returns false. */
  run(goesOn: () => boolean): void {
    while (goesOn() && this.failures.length === 0) {
      for (let left = INPUTS_PER_ROUND; left > 0; left--) this.#run(...this.#make());
    }
  }

  #make(): [Target, Input] {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.6) return [serverFrameTarget, [frameStep(makeFrame(this.#corpus.server, random))]];
    if (kind < 0.8) return [clientFrameTarget, [frameStep(makeFrame(this.#corpus.client, random))]];
    if (kind < 0.9) return [clientSessionTarget, makeServerDialogue(this.#corpus, random)];
    return [gatewaySessionTarget, makeClientDialogue(this.#corpus, random)];
  }

  #run(target: Target, input: Input): void {
    this.inputs.set(target, (this.inputs.get(target) ?? 0) + 1);
    const frames = input.filter(({ type }) => type === "frame").length;
    this.frames.set(target, (this.frames.get(target) ?? 0) + frames);
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
