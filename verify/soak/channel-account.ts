import type { Classification, Counted } from "./questions.ts";

/**
 * The number of newest gaps kept. Bars come once a minute, and a connection may be lost a dozen times in that
 * time: a bar that is missed in several minutes has hundreds of gaps behind it.
 */
const GAPS_KEPT = 400;

/** Counts the missing records from `first` to `last` by whether they lie in a reported gap. */
export type Classify = (
  channel: Counted,
  first: number,
  last: number,
  gaps: readonly (readonly [number, number])[],
) => Promise<Classification>;

/** Accounts for the numbered records of one channel: received, missing in a reported gap, and missing without one. */
export class ChannelAccount {
  readonly channel: Counted;
  received = 0;
  /** Records received twice or out of order. Must stay 0. */
  disordered = 0;
  /** Missing records; see {@link Classification}. */
  readonly missing: { inGap: number; late: number; outside: number } = { inGap: 0, late: 0, outside: 0 };
  readonly #classify: Classify;
  #gaps: (readonly [number, number])[] = [];
  #newest = 0;
  #pending = 0;

  constructor(channel: Counted, classify: Classify) {
    this.channel = channel;
    this.#classify = classify;
  }

  /** The number of the newest record received. */
  get newest(): number {
    return this.#newest;
  }

  /** True if all missing records are classified. */
  get isClassified(): boolean {
    return this.#pending === 0;
  }

  /** Adds a received record. */
  add(number: number): void {
    if (number <= this.#newest) {
      this.disordered++;
      return;
    }
    if (number > this.#newest + 1) this.addMissing(number - 1);
    this.#newest = number;
    this.received++;
  }

  /** Adds a gap that the stream reported, which it does before the first record after it. */
  gap(fromMs: number, toMs: number): void {
    this.#gaps.push([fromMs, toMs]);
    if (this.#gaps.length > GAPS_KEPT) this.#gaps.shift();
  }

  /** Counts the records from the newest to `last` as missing. */
  addMissing(last: number): void {
    const first = this.#newest + 1;
    if (last < first) return;
    this.#newest = last;
    this.#pending++;
    void this.#classify(this.channel, first, last, [...this.#gaps]).then(({ inGap, late, outside }) => {
      this.missing.inGap += inGap;
      this.missing.late += late;
      this.missing.outside += outside;
      this.#pending--;
      if (outside > 0) console.error(`!! ${outside} ${this.channel} of ${first} to ${last} lie in no reported gap`);
    });
  }
}
