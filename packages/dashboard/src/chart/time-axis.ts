import { newYorkOffsetMs } from "../ui/new-york.ts";

/** Where the chart draws the slot of an index: the middle of its candle. */
export type IndexToX = (index: number) => number;

/** Places times, which may lie within a candle or where there is none, on the pixels of the time axis. */
export class TimeAxis {
  readonly #starts: readonly number[];
  readonly #stepMs: number;
  readonly #indexToX: IndexToX;

  /** Expects the starts of the slots in order. */
  constructor(starts: readonly number[], stepMs: number, indexToX: IndexToX) {
    this.#starts = starts;
    this.#stepMs = stepMs;
    this.#indexToX = indexToX;
  }

  /** Whether there is no slot, and so no place for any time. */
  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** Whether a time is before the first slot. Its pixel is the edge of that slot. */
  isBefore(ms: number): boolean {
    return this.#lastIndexAt(ms) < 0;
  }

  /** The pixel of a time. A time of a night is the end of the day before; times beyond the slots are their edges. */
  x(ms: number): number {
    const index = Math.max(0, this.#lastIndexAt(ms));
    const start = this.#starts[index] ?? ms;
    const part = Math.min(1, Math.max(0, (ms - start) / this.#stepMs));
    const spacing = this.#indexToX(index + 1) - this.#indexToX(index);
    return this.#indexToX(index) + (part - 0.5) * spacing;
  }

  /** The index of the last slot that begins at a time or before; −1 if there is none. */
  #lastIndexAt(ms: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * A time as the seconds of the chart's axis. The chart draws days and hours of UTC, so that New York's clock is
 * passed to it as if it were UTC's.
 */
export function toAxisSeconds(ms: number): number {
  return (ms + newYorkOffsetMs(ms)) / 1000;
}
