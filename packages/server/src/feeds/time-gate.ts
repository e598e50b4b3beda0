/** How far ahead of the time a record is ordinary, in seconds: the pause of a stock that hardly trades. */
const MAX_AHEAD_S = 3600;
/** How far behind it, in seconds: what is reported late is reported on the same day. */
const MAX_BEHIND_S = 2 * 86_400;
/** Records that are held at a time that is not confirmed: one is usual, and a faulty feed must not fill the memory. */
const MAX_HELD = 1024;

const NONE: readonly never[] = [];

/**
 * Keeps one wrong time from moving a clock. A time far from the present one is held back until the
 * next confirms it: the market goes on from a jump (a night, a replay that begins again), while a
 * wrong time is followed by ordinary ones. Records that come at a held time are held with it.
 */
export class TimeGate<R extends { readonly seconds: number }> {
  /** Records whose time proved wrong. */
  outliers = 0;
  #held: { readonly seconds: number; readonly isAhead: boolean; readonly records: R[] } | undefined;

  /**
   * Whether the clock may move from `now` to `seconds` (both in seconds since the epoch): undefined
   * while it may not. Otherwise the records that were held for the time that is now confirmed.
   */
  pass(now: number, seconds: number): readonly R[] | undefined {
    const held = this.#held;
    if (!isFar(now, seconds)) {
      this.#refute();
      return NONE;
    }
    const isAhead = seconds > now;
    if (held !== undefined && held.isAhead === isAhead && Math.abs(seconds - held.seconds) <= MAX_AHEAD_S) {
      this.#held = undefined;
      return held.records;
    }
    this.#refute();
    this.#held = { seconds, isAhead, records: [] };
    return undefined;
  }

  /** Whether a record's time is too far from `now` to be used; it is then held, or counted as an outlier. */
  stops(now: number, record: R): boolean {
    if (!isFar(now, record.seconds)) return false;
    const held = this.#held;
    if (held === undefined || held.records.length >= MAX_HELD) this.outliers++;
    else held.records.push(record);
    return true;
  }

  #refute(): void {
    this.outliers += this.#held?.records.length ?? 0;
    this.#held = undefined;
  }
}

function isFar(now: number, seconds: number): boolean {
  return seconds > now + MAX_AHEAD_S || seconds < now - MAX_BEHIND_S;
}
