import { type TradingStatus, tradingStateOf } from "@tickerplant/client";
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
    const state = tradingStateOf(statusCode);
    if (state === "halted" && halt === undefined)
      this.#spans = [...this.#spans, { fromMs: ms, toMs: undefined, reason: reasonMessage || statusMessage }];
    if (state === "trading" && halt !== undefined) this.#spans = [...this.#spans.slice(0, -1), { ...halt, toMs: ms }];
    if (this.#spans.length > MAX_HALTS) this.#spans = this.#spans.slice(-MAX_HALTS);
  }
}
