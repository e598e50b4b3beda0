import { type AnyRecord, Bar } from "@tickerplant/client";
import { newYorkDay } from "../../bars/new-york-day.ts";

const MINUTE_S = 60;
const DAY_S = 86_400;

/** The first and the last second that RFC 3339 can write. */
const FIRST_SECOND = Date.parse("0000-01-01T00:00:00Z") / 1000;
const LAST_SECOND = Date.parse("9999-12-31T23:59:59Z") / 1000;

/**
 * Moves records in time, so that a first one is now. All move by the same whole minutes, because
 * minute bars stand at whole minutes; daily bars move by days of New York, from midnight to midnight.
 */
export class TimeShift {
  readonly #seconds: number;
  readonly #days: number;
  /** The daily bars of one day come together. */
  #lastDay = { from: Number.NaN, to: Number.NaN };

  /** Moves `firstSeconds` to `nowSeconds`, to the nearest minute. */
  constructor(firstSeconds: number, nowSeconds: number) {
    this.#seconds = Math.round((nowSeconds - firstSeconds) / MINUTE_S) * MINUTE_S;
    const firstDay = newYorkDay(firstSeconds).start;
    this.#days = Math.round((newYorkDay(firstSeconds + this.#seconds).start - firstDay) / DAY_S);
  }

  /** Moves a record in place: it was made a moment ago and is in no other hands. */
  apply(record: AnyRecord): AnyRecord {
    const isDaily = record instanceof Bar && record.channel === "dailyBars";
    const bySeconds = isDaily ? this.#dayShift(record.seconds) : this.#seconds;
    const seconds = record.seconds + bySeconds;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return record; // an outlier at the end of all times
    const times = record as { seconds: number; receivedNs?: bigint | undefined }; // read-only for all others
    times.seconds = seconds;
    if (times.receivedNs !== undefined) times.receivedNs += BigInt(bySeconds) * 1_000_000_000n;
    return record;
  }

  #dayShift(seconds: number): number {
    if (seconds !== this.#lastDay.from) {
      const { start } = newYorkDay(seconds);
      // From noon to noon: between two midnights lie 23 to 25 hours.
      const noon = start + DAY_S / 2 + this.#days * DAY_S;
      this.#lastDay = { from: seconds, to: newYorkDay(noon).start - start };
    }
    return this.#lastDay.to;
  }
}
