import type { TradingStatus } from "@tickerplant/client";
import type { HaltSpan } from "./chart-market.ts";
import * as LIMITS from "./limits.ts";

/**
 * Halts and pauses, and resumptions: H, P and T of the UTP, 2 and 3 of the CTA. Other statuses of a halt, such as the
 * resumption of quotes alone, neither begin nor end it.
 */
const HALTED = new Set(["H", "P", "2"]);
const RESUMED = new Set(["T", "3"]);

/** The halts of one symbol, from its trading statuses. */
export class HaltLog {
  #spans: readonly HaltSpan[] = [];

  /** In order of time. The array is a new one when a halt has begun or ended. */
  get spans(): readonly HaltSpan[] {
    return this.#spans;
  }

  push({ statusCode, timestamp }: Pick<TradingStatus, "statusCode" | "timestamp">): void {
    const last = this.#spans.at(-1);
    const isHalted = last !== undefined && last.toMs === undefined;
    const ms = timestamp.getTime();
    if (HALTED.has(statusCode) && !isHalted) this.#spans = [...this.#spans, { fromMs: ms, toMs: undefined }];
    if (RESUMED.has(statusCode) && isHalted) this.#spans = [...this.#spans.slice(0, -1), { ...last, toMs: ms }];
    if (this.#spans.length > LIMITS.maxHalts) this.#spans = this.#spans.slice(-LIMITS.maxHalts);
  }
}
