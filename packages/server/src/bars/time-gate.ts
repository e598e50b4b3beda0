/** How far ahead of the time a record is ordinary, in seconds: the pause of a stock that hardly trades. */
const MAX_AHEAD_S = 3600;
/** How far behind it, in seconds: what is reported late is reported on the same day. */
const MAX_BEHIND_S = 2 * 86_400;
/** Times in a row that have to agree on another time: two faults in a row happen. */
const CONFIRMATIONS = 3;
/** A step ahead that is longer, in seconds, is taken back when as many times in a row contradict it. */
const MAX_STEP_S = 300;
/** Records that are held at times that are not confirmed: a faulty feed must not fill the memory. */
const MAX_HELD = 1024;

const NONE: readonly never[] = [];

/** A time, and the records that came at it. */
interface HeldTime<R> {
  readonly seconds: number;
  readonly records: R[];
}

/** A long step ahead that may be wrong. */
interface Step {
  /** The time before it; undefined for the first time of all. */
  readonly from: number | undefined;
  readonly to: number;
  /** Times in a row that agree with it, and that contradict it. */
  agreeing: number;
  contradicting: number;
}

/**
 * Keeps wrong times from moving a clock. A time far from the present one is held back until two others
 * in a row do not fall behind it: the market goes on from a jump (a night, a replay that begins again),
 * while a wrong time is followed by ordinary ones. Records that come at a held time are held with it. A
 * shorter step ahead is taken at once, and taken back when three times in a row contradict it.
 */
export class TimeGate<R extends { readonly seconds: number }> {
  /** Records whose time proved wrong. */
  outliers = 0;
  #held: readonly HeldTime<R>[] = [];
  #step: Step | undefined;

  /** Whether the clock has made a long step ahead that may have to be taken back. */
  get isUnsure(): boolean {
    return this.#step !== undefined;
  }

  /** Whether the last time contradicts that step. */
  get isContradicted(): boolean {
    return this.#step !== undefined && this.#step.contradicting > 0;
  }

  /** The first time of all, which may be wrong. */
  begin(seconds: number): void {
    this.#step = { from: undefined, to: seconds, agreeing: 0, contradicting: 0 };
  }

  /**
   * Whether the clock, at `now`, has made a long step ahead that is wrong for certain with this time
   * (both in seconds since the epoch): then it has to go back to `from`.
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
   * Whether the clock may move from `now` to `seconds`: undefined if it may. Otherwise the times to
   * which it may move in turn, with the records that were held for them: none while they are not confirmed.
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
    this.#step = undefined; // it led to a time that is left now
    const confirmed = this.#held.filter((held) => !isFar(first.seconds, held.seconds));
    this.#held = this.#held.filter((held) => isFar(first.seconds, held.seconds));
    return confirmed;
  }

  /** Whether a record's time is too far from `now` to be used; it is then held, or counted as an outlier. */
  holdsBack(now: number, record: R): boolean {
    if (!isFar(now, record.seconds)) return false;
    const records = this.#held.at(-1)?.records;
    if (records === undefined || records.length >= MAX_HELD) this.outliers++;
    else records.push(record);
    return true;
  }

  /** Keeps some of the held times; the records of the others are outliers. */
  #keep(isKept: (held: HeldTime<R>) => boolean): void {
    if (this.#held.length === 0) return; // nearly always
    for (const held of this.#held) if (!isKept(held)) this.outliers += held.records.length;
    this.#held = this.#held.filter(isKept);
  }
}

function isFar(now: number, seconds: number): boolean {
  return seconds > now + MAX_AHEAD_S || seconds < now - MAX_BEHIND_S;
}
