import { setTimeout as sleep } from "node:timers/promises";

/**
 * Added to readings of the monotonic clock, which all processes of the machine share, so that
 * record times look like dates. Seconds since the Unix epoch.
 */
const EPOCH_SECONDS = 1_735_830_000;

/** One frame per millisecond, like a server that sends what has arrived since its last frame. */
export const FRAMES_PER_SECOND = 1_000;
/** Offset of the last record's time from the end of a frame: eight bytes of time, then the key `z` and the tape. */
export const LAST_TIME_FROM_END = 12;

/** Latency quantiles of one round, in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly "p99.9": number;
  readonly max: number;
}

/** Returns the timestamp for a record that is sent now. */
export function sendTime(): { readonly seconds: number; readonly nanos: number } {
  const [seconds, nanos] = process.hrtime();
  return { seconds: seconds + EPOCH_SECONDS, nanos };
}

/** Collects latencies of records during each call of {@link Latencies.collect}. */
export class Latencies {
  readonly #samples: Float64Array;
  readonly #perSecond: number;
  /** Difference between the clock of {@link sendTime} and `performance.now()`, in milliseconds. */
  readonly #aheadMs: number;
  #count = 0;
  #isCollecting = false;

  /**
   * Allocates all memory in advance, for rounds of up to four seconds. `perSecond` is the rate of
   * samples while the sender sends to this receiver, which is half of the time.
   */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#samples = new Float64Array(perSecond * 4);
    // The largest of many differences: the pair of readings with the least delay between them.
    this.#aheadMs = Math.max(...Array.from({ length: 100 }, ahead));
  }

  /** Adds a record with this timestamp, received now. */
  add(seconds: number, nanos: number): void {
    if (!this.#isCollecting) return;
    const sentMs = (seconds - EPOCH_SECONDS) * 1000 + nanos / 1e6;
    this.#samples[this.#count++] = performance.now() + this.#aheadMs - sentMs;
  }

  /**
   * Collects for `ms` milliseconds and returns the quantiles.
   *
   * @throws Error when fewer than half of the expected samples arrived, or more than fit.
   */
  async collect(ms: number): Promise<Quantiles> {
    const expected = (this.#perSecond * ms) / 2000;
    this.#count = 0;
    this.#isCollecting = true;
    await sleep(ms);
    this.#isCollecting = false;
    const count = this.#count;
    if (count < expected / 2 || count > this.#samples.length)
      throw new Error(`expected about ${expected} samples, got ${count}`);
    const sorted = this.#samples.subarray(0, count).sort();
    const at = (share: number): number => sorted[Math.ceil(share * count) - 1] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), "p99.9": at(0.999), max: at(1) };
  }
}

function ahead(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1000 + nanos / 1e6 - performance.now();
}
