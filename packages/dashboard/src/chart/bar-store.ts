import type { ChartBar } from "./chart-market.ts";
import * as LIMITS from "./limits.ts";

/**
 * The bars of one symbol and one length, from history and from the stream. A bar is its start: that of the stream
 * replaces that of history, which may be older, and a revision replaces the bar that it revises.
 */
export class BarStore {
  readonly #bars = new Map<number, ChartBar>();
  readonly #live = new Set<number>();
  #sorted: ChartBar[] | undefined;

  /** Adds a bar of the stream. */
  pushLive(bar: ChartBar): void {
    this.#live.add(bar.seconds);
    this.#set(bar);
  }

  /** Adds bars of history. Those that the stream has delivered stay as they are. */
  pushHistory(bars: readonly ChartBar[]): void {
    for (const bar of bars) if (!this.#live.has(bar.seconds)) this.#set(bar);
  }

  /** All bars in order. The array is a new one if a bar has changed. */
  get all(): readonly ChartBar[] {
    this.#sorted ??= [...this.#bars.values()].sort((a, b) => a.seconds - b.seconds).slice(-LIMITS.maxBars);
    return this.#sorted;
  }

  #set(bar: ChartBar): void {
    this.#bars.set(bar.seconds, bar);
    this.#sorted = undefined;
  }
}
