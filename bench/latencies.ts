/**
 * Record times of this bench are readings of the machine's monotonic clock, which all its processes
 * share, put behind this second, so that they look like times of day.
 */
const EPOCH_SECONDS = 1_735_830_000;

/** A frame each millisecond, as a server has it that sends what has come since the last. */
export const FRAMES_PER_SECOND = 1_000;
/** Where the time of a frame's last record stands: eight bytes, then the tape, `z` and one letter. */
export const LAST_TIME_FROM_END = 12;

/** How long records took in one round, in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly "p99.9": number;
  readonly max: number;
}

/** The time for a record that is sent now. */
export function sendTime(): { readonly seconds: number; readonly nanos: number } {
  const [seconds, nanos] = process.hrtime();
  return { seconds: seconds + EPOCH_SECONDS, nanos };
}

/** Collects how long records took, while it is told to. */
export class Latencies {
  readonly #samples: Float64Array;
  readonly #perSecond: number;
  /** What `performance.now()` lacks to be the clock of {@link sendTime}. */
  readonly #aheadMs: number;
  #count = 0;
  #isCollecting = false;

  /** Samples come at `perSecond` in half of the time. There is room for rounds of some seconds; a round allocates nothing. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#samples = new Float64Array(perSecond * 4);
    // The largest of many: between the two readings nothing else should have happened.
    this.#aheadMs = Math.max(...Array.from({ length: 100 }, ahead));
  }

  /** A record of this time is here. */
  add(seconds: number, nanos: number): void {
    if (!this.#isCollecting) return;
    const sentMs = (seconds - EPOCH_SECONDS) * 1000 + nanos / 1e6;
    this.#samples[this.#count++] = performance.now() + this.#aheadMs - sentMs;
  }

  /**
   * Collects for `ms`.
   *
   * @throws when less than half of the samples came that should have, or more than there is room for.
   */
  async collect(ms: number): Promise<Quantiles> {
    const expected = (this.#perSecond * ms) / 2000;
    this.#count = 0;
    this.#isCollecting = true;
    await sleep(ms);
    this.#isCollecting = false;
    const count = this.#count;
    if (count < expected / 2 || count > this.#samples.length) throw new Error(`${count} of ${expected} samples came`);
    const sorted = this.#samples.subarray(0, count).sort();
    const at = (share: number): number => sorted[Math.ceil(share * count) - 1] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), "p99.9": at(0.999), max: at(1) };
  }
}

function ahead(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1000 + nanos / 1e6 - performance.now();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
