import type { Clock } from "@tickerplant/client";
import type { UpstreamAnswer } from "../feed.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";

interface Kept {
  readonly answer: UpstreamAnswer;
  readonly bytes: number;
  readonly untilMs: number;
}

/** Answers by request, of so many bytes at most: those that were used longest ago are dropped first. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the answer to a request; undefined if none is kept. */
  get(target: string): UpstreamAnswer | undefined {
    const kept = this.#kept.get(target);
    if (kept === undefined) return undefined;
    this.#drop(target, kept);
    if (kept.untilMs <= this.#clock.monotonic()) return undefined;
    this.#add(target, kept);
    return kept.answer;
  }

  /** Keeps an answer for some time. One that would fill half of the cache alone is not kept. */
  set(target: string, answer: UpstreamAnswer, keepMs: number): void {
    const bytes = answer.body.length + 2 * target.length + UPSTREAM_LIMITS.entryBytes;
    if (keepMs <= 0 || bytes > this.#maxBytes / 2) return;
    this.delete(target);
    this.#add(target, { answer, bytes, untilMs: this.#clock.monotonic() + keepMs });
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest, kept);
    }
  }

  /** Forgets the answer to a request; ignores one that is not kept. */
  delete(target: string): void {
    const kept = this.#kept.get(target);
    if (kept !== undefined) this.#drop(target, kept);
  }

  #add(target: string, kept: Kept): void {
    this.#kept.set(target, kept);
    this.#bytes += kept.bytes;
  }

  #drop(target: string, { bytes }: Kept): void {
    this.#kept.delete(target);
    this.#bytes -= bytes;
  }
}
