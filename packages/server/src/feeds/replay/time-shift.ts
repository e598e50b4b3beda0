import type { MarketRecord } from "@tickerplant/client/wire";
import { newYorkDay } from "../../bars/new-york-day.ts";
import type { FeedGap } from "../feed.ts";
import { lengthMs } from "./time-classifier.ts";

const MINUTE_S = 60;
const DAY_S = 86_400;

/** The first and the last second that RFC 3339 can represent. */
const FIRST_SECOND = Date.parse("0000-01-01T00:00:00Z") / 1000;
const LAST_SECOND = Date.parse("9999-12-31T23:59:59Z") / 1000;

/**
 * Shifts the times of records so that the first record is now. All shift by the same number of whole minutes,
 * so that minute bars stay at whole minutes; daily bars shift by days, from midnight to midnight in New York.
 */
export class TimeShift {
  readonly #seconds: number;
  readonly #days: number;
  /** The last shift of a daily bar: those of one day come together. */
  #lastDay = { from: Number.NaN, to: Number.NaN };

  /** Shifts `firstSeconds` to `nowSeconds`, to the nearest minute; both in seconds since the epoch. */
  constructor(firstSeconds: number, nowSeconds: number) {
    this.#seconds = Math.round((nowSeconds - firstSeconds) / MINUTE_S) * MINUTE_S;
    const firstDay = newYorkDay(firstSeconds).start;
    this.#days = Math.round((newYorkDay(firstSeconds + this.#seconds).start - firstDay) / DAY_S);
  }

  /** Shifts a record in place: it was just read, and nothing else refers to it. */
  apply(record: MarketRecord): MarketRecord {
    const bySeconds = lengthMs(record) === DAY_S * 1000 ? this.#dayShift(record.seconds) : this.#seconds;
    const seconds = record.seconds + bySeconds;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return record; // an outlier that cannot be shifted
    const times = record as { seconds: number; receivedNs?: bigint | undefined }; // read-only for other code
    times.seconds = seconds;
    if (times.receivedNs !== undefined) times.receivedNs += BigInt(bySeconds) * 1_000_000_000n;
    return record;
  }

  /** Returns a gap with shifted times. */
  applyToGap(gap: FeedGap): FeedGap {
    const shift = (time: Date): Date => new Date(time.getTime() + this.#seconds * 1000);
    return { ...gap, from: shift(gap.from), to: shift(gap.to) };
  }

  #dayShift(seconds: number): number {
    if (seconds !== this.#lastDay.from) {
      const { start } = newYorkDay(seconds);
      // From noon to noon, because days have 23 to 25 hours.
      const noon = start + DAY_S / 2 + this.#days * DAY_S;
      this.#lastDay = { from: seconds, to: newYorkDay(noon).start - start };
    }
    return this.#lastDay.to;
  }
}
