import type { TradingStatus } from "@tickerplant/client";
import { MAX_HALTS } from "./limits.ts";

/** A time range in which the market had halted a symbol. */
export interface HaltSpan {
  readonly fromMs: number;
  /** Undefined while the halt lasts. */
  readonly toMs: number | undefined;
  /** In the server's words. */
  readonly reason: string;
}

type HaltStatus = Pick<TradingStatus, "statusCode" | "statusMessage" | "reasonMessage" | "timestamp">;

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

  /** The halt that lasts. */
  get present(): HaltSpan | undefined {
    const last = this.#spans.at(-1);
    return last?.toMs === undefined ? last : undefined;
  }

  push({ statusCode, statusMessage, reasonMessage, timestamp }: HaltStatus): void {
    const halt = this.present;
    const ms = timestamp.getTime();
    if (HALTED.has(statusCode) && halt === undefined)
      this.#spans = [...this.#spans, { fromMs: ms, toMs: undefined, reason: reasonMessage || statusMessage }];
    if (RESUMED.has(statusCode) && halt !== undefined)
      this.#spans = [...this.#spans.slice(0, -1), { ...halt, toMs: ms }];
    if (this.#spans.length > MAX_HALTS) this.#spans = this.#spans.slice(-MAX_HALTS);
  }
}
