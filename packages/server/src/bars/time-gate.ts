/** How far ahead of the present time a record may be, in seconds: a stock that hardly trades pauses this long. */
const MAX_AHEAD_S = 3600;
/** How far behind it, in seconds: late reports come on the same day. */
const MAX_BEHIND_S = 2 * 86_400;
/** Consecutive times that must agree on another time: two faults in a row happen. */
const CONFIRMATIONS = 3;
/** Longest step ahead that is never undone, in seconds. */
const MAX_STEP_S = 300;
/** Most records held at unconfirmed times: a faulty feed must not fill the memory. */
const MAX_HELD = 1024;

const NONE: readonly never[] = [];

/** An unconfirmed time, and the records that arrived at it. */
interface HeldTime<R> {
  readonly seconds: number;
  readonly records: R[];
}

/** A long step ahead that may be wrong. */
interface Step {
  /** The time before the step; undefined for the very first time. */
  readonly from: number | undefined;
  readonly to: number;
  /** Consecutive times that agree with the step, and that contradict it. */
  agreeing: number;
  contradicting: number;
}

/**
 * Keeps wrong times from moving a clock. A time far from the present time is held back until the next two
 * times confirm it: after a real jump (a night, a replay that begins again) times continue from there, while
 * after a wrong time they return. Records that arrive at a held time are held with it. A shorter step ahead
 * takes effect at once, and is undone when three consecutive times contradict it.
 */
export class TimeGate<R extends { readonly seconds: number }> {
  /** Number of records whose time proved wrong. */
  outliers = 0;
  #held: readonly HeldTime<R>[] = [];
  #step: Step | undefined;

  /** Whether the clock has made a long step ahead that is not confirmed yet. */
  get isUnsure(): boolean {
    return this.#step !== undefined;
  }

  /** Whether the last time contradicts that step. */
  get isContradicted(): boolean {
    return this.#step !== undefined && this.#step.contradicting > 0;
  }

  /** Starts with the very first time, which may be wrong. */
  begin(seconds: number): void {
    this.#step = { from: undefined, to: seconds, agreeing: 0, contradicting: 0 };
  }

  /**
   * Returns the last long step ahead if `seconds` proves it wrong: then the clock must go back to `from`.
   * `now` is the clock's time, both in seconds since the epoch.
   */
  findWrongStep(now: number, seconds: number): Pick<Step, "from"> | undefined {
    const step = this.#step;
    if (step === undefined || isFar(now, seconds)) return undefined;
    const isContradiction = seconds < step.to - MAX_STEP_S;
    step.contradicting = isContradiction ? step.contradicting + 1 : 0;
    step.agreeing = isContradiction ? 0 : step.agreeing + 1;
    if (step.contradicting < CONFIRMATIONS && step.agreeing < CONFIRMATIONS - 1) return undefined;
    this.#step = undefined;
    return isContradiction ? step : undefined;
  }

  /**
   * Returns undefined if the clock may move from `now` to `seconds`. Otherwise returns the confirmed times to
   * move to in turn, with the records held at them; an empty array while nothing is confirmed.
   */
  pass(now: number, seconds: number): readonly HeldTime<R>[] | undefined {
    const isAhead = seconds > now;
    if (!isFar(now, seconds)) {
      this.#keep(() => false);
      if (seconds > now + MAX_STEP_S) this.#step ??= { from: now, to: seconds, agreeing: 0, contradicting: 0 };
      return undefined;
    }
    this.#keep((held) => held.seconds > now === isAhead && held.seconds <= seconds + MAX_STEP_S);
    this.#held = [...this.#held, { seconds, records: [] }];
    const [first] = this.#held;
    if (first === undefined || this.#held.length < CONFIRMATIONS) return NONE;
    this.#step = undefined; // the clock leaves the time that the step led to
    const confirmed = this.#held.filter((held) => !isFar(first.seconds, held.seconds));
    this.#held = this.#held.filter((held) => isFar(first.seconds, held.seconds));
    return confirmed;
  }

  /** Returns whether a record's time is too far from `now`; such a record is held, or counted as an outlier. */
  holdsBack(now: number, record: R): boolean {
    if (!isFar(now, record.seconds)) return false;
    const records = this.#held.at(-1)?.records;
    if (records === undefined || records.length >= MAX_HELD) this.outliers++;
    else records.push(record);
    return true;
  }

  /** Keeps some of the held times, and counts the records of the others as outliers. */
  #keep(isKept: (held: HeldTime<R>) => boolean): void {
    if (this.#held.length === 0) return; // fast path
    for (const held of this.#held) if (!isKept(held)) this.outliers += held.records.length;
    this.#held = this.#held.filter(isKept);
  }
}

function isFar(now: number, seconds: number): boolean {
  return seconds > now + MAX_AHEAD_S || seconds < now - MAX_BEHIND_S;
}
