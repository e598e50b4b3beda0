/** Records of one channel that a subscription missed because its queue was full. */
export interface MissedRange {
  readonly channel: string;
  /** How many. */
  readonly count: number;
  /** The earliest of their times. */
  readonly from: Date;
  /** The latest of their times. */
  readonly to: Date;
}

/** What one channel has missed so far. */
interface OpenRange {
  count: number;
  fromMs: number;
  toMs: number;
}

/** Adds up, by channel, what a queue drops: how many records, and between which times. */
export class MissedRanges {
  readonly #ranges = new Map<string, OpenRange>();
  readonly #isPlausible: (channel: string, timeMs: number) => boolean;

  /** `isPlausible` is whether a time fits its channel: an outlier must not stretch a range. */
  constructor(isPlausible: (channel: string, timeMs: number) => boolean) {
    this.#isPlausible = isPlausible;
  }

  /** Whether nothing was added since the last {@link finish}. */
  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  /** Adds a record that was dropped; `timeMs` is NaN for a raw record whose time cannot be read. */
  add(channel: string, timeMs: number): void {
    let range = this.#ranges.get(channel);
    if (range === undefined) {
      range = { count: 0, fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
      this.#ranges.set(channel, range);
    }
    range.count++;
    if (!this.#isPlausible(channel, timeMs)) return;
    if (timeMs < range.fromMs) range.fromMs = timeMs;
    if (timeMs > range.toMs) range.toMs = timeMs;
  }

  /** Returns what was added since the last call. `newestMs` stands in for a channel without a usable time. */
  finish(newestMs: (channel: string) => number): MissedRange[] {
    const ranges = [...this.#ranges].map(([channel, { count, fromMs, toMs }]) => {
      const hasTimes = fromMs <= toMs;
      const from = new Date(Math.floor(hasTimes ? fromMs : newestMs(channel)));
      return { channel, count, from, to: hasTimes ? new Date(Math.ceil(toMs)) : from };
    });
    this.#ranges.clear();
    return ranges;
  }
}
