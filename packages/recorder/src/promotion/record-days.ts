import * as LIMITS from "../limits.ts";

/**
 * Decides in which day's folder each record of a segment lies. That is its own day, if it is close to the day of its
 * receipt. A day far from it belongs to a recording of a replay, or to a request to history: then the record before or
 * the one after has a close day as well. A time without such company is taken for wrong, such as one of the year 2099,
 * and the record lies in the day of its receipt; unless there is nothing yet to compare it with.
 */
export class RecordDays {
  #last: { readonly ownDay: number | undefined; readonly isMoved: boolean } | undefined;
  /** Own days of records that are far from the day of receipt. */
  readonly #farDays = new Set<number>();
  /** Whether a day was close to the receipt, or to that of the record before. */
  #hasReference = false;

  /** Returns the day of the next record; its own day is undefined for a time that cannot be stored. */
  dayOf(ownDay: number | undefined, receivedDay: number, isHistory: boolean): number {
    const isOwn = ownDay !== undefined && this.#isOwn(ownDay, receivedDay, isHistory);
    this.#last = { ownDay, isMoved: !isOwn };
    return isOwn ? ownDay : receivedDay;
  }

  /** Returns the own day of the last record if it lies elsewhere, and the next one confirms it. */
  confirmedLast(nextOwnDay: number | undefined): number | undefined {
    const { ownDay, isMoved } = this.#last ?? { isMoved: false };
    return isMoved && ownDay !== undefined && areClose(ownDay, nextOwnDay) && this.#acceptFar(ownDay, LIMITS.farDays)
      ? ownDay
      : undefined;
  }

  #isOwn(ownDay: number, receivedDay: number, isHistory: boolean): boolean {
    const isClose = areClose(ownDay, receivedDay);
    const isConfirmed = areClose(ownDay, this.#last?.ownDay);
    this.#hasReference ||= isClose || isConfirmed;
    if (isClose) return true;
    if (isConfirmed || isHistory) return this.#acceptFar(ownDay, LIMITS.farDays);
    return this.#acceptFar(ownDay, this.#hasReference ? 0 : LIMITS.loneDays);
  }

  #acceptFar(day: number, limit: number): boolean {
    if (this.#farDays.size < limit) this.#farDays.add(day);
    return this.#farDays.has(day);
  }
}

/** Whether two days are so close that one confirms the other. */
export function areClose(day: number, other: number | undefined): boolean {
  return other !== undefined && Math.abs(day - other) <= LIMITS.closeDays;
}
