import type { Counted, Judgement } from "./messages.ts";

/** Gaps that a hole is held against: the newest, since a connection may be lost again before its first record. */
const GAPS_KEPT = 16;

/** Says where the records of a hole stand against the reported gaps. */
export type Judge = (
  channel: Counted,
  first: number,
  last: number,
  gaps: readonly (readonly [number, number])[],
) => Promise<Judgement>;

/** One channel's numbers as they arrive: what came, what did not, and whether a gap was reported for it. */
export class Account {
  readonly channel: Counted;
  received = 0;
  /** Numbers that came twice, or out of order. Must stay 0. */
  disordered = 0;
  /** Missing records, by where they stand. */
  readonly missing: { inGap: number; late: number; outside: number } = { inGap: 0, late: 0, outside: 0 };
  readonly #judge: Judge;
  #gaps: (readonly [number, number])[] = [];
  #newest = 0;
  #judging = 0;

  constructor(channel: Counted, judge: Judge) {
    this.channel = channel;
    this.#judge = judge;
  }

  /** The number of the newest record that came. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether every hole has been judged. */
  get isJudged(): boolean {
    return this.#judging === 0;
  }

  /** A record came. */
  add(number: number): void {
    if (number <= this.#newest) {
      this.disordered++;
      return;
    }
    if (number > this.#newest + 1) this.hole(number - 1);
    this.#newest = number;
    this.received++;
  }

  /** The stream told of a gap. It does so before the first record behind it. */
  gap(fromMs: number, toMs: number): void {
    this.#gaps.push([fromMs, toMs]);
    if (this.#gaps.length > GAPS_KEPT) this.#gaps.shift();
  }

  /** Nothing between the newest record and `last` will come any more. */
  hole(last: number): void {
    const first = this.#newest + 1;
    if (last < first) return;
    this.#newest = last;
    this.#judging++;
    void this.#judge(this.channel, first, last, [...this.#gaps]).then(({ inGap, late, outside }) => {
      this.missing.inGap += inGap;
      this.missing.late += late;
      this.missing.outside += outside;
      this.#judging--;
      if (outside > 0) console.error(`!! ${outside} ${this.channel} of ${first} to ${last} are in no reported gap`);
    });
  }
}
