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

/** Inputs between two looks at the clock. */
const INPUTS_PER_LOOK = 32;
/** An input of some kilobytes that takes longer costs more than it should; tried again, since machines pause. */
const MAX_INPUT_MS = 100;
const RETRIES = 3;

/** An input that failed, made small. */
export interface Failure {
  readonly target: Target;
  readonly input: Input;
  readonly error: unknown;
}

/** Makes inputs, runs them and keeps the books. */
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

  /** Frames in all. */
  get frameCount(): number {
    return [...this.frames.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Every frame as it stands. */
  runCorpus(): void {
    const { server, client } = this.#corpus;
    for (const frame of server) this.#run(serverFrameTarget, [frameStep(frame)]);
    for (const frame of client) this.#run(clientFrameTarget, [frameStep(frame)]);
  }

  /** Runs inputs while `goesOn`. */
  run(goesOn: () => boolean): void {
    while (goesOn() && this.failures.length === 0) {
      for (let left = INPUTS_PER_LOOK; left > 0; left--) this.#run(...this.#make());
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

/** What running an input throws, or that it takes too long; undefined when all is well. */
export function failureOf(target: Target, input: Input): unknown {
  try {
    for (let tries = 0; ; tries++) {
      const startedAt = performance.now();
      target.run(input);
      const tookMs = performance.now() - startedAt;
      if (tookMs < MAX_INPUT_MS) return undefined;
      must(tries < RETRIES, "an input of some kilobytes takes more than a tenth of a second");
    }
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}

/** The same for failures that are one: the figures and names in a message do not count. */
function kindOf(error: unknown): string {
  if (error === undefined) return "";
  return String(error)
    .replaceAll(/[^a-z]/gi, "")
    .slice(0, 24);
}
