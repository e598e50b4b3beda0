import { parseTimestamp, toNanoseconds } from "@tickerplant/client/wire";
import { InvalidArgumentError } from "commander";
import { newYorkDay } from "../../bars/new-york-day.ts";

/** What a time looks like: a day, or a time with its zone. */
export const TIME: RegExp = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

const DAY_LENGTH = "2025-11-14".length;

/**
 * Parses the options `--from` and `--to` of a replay to nanoseconds since the epoch: a time with its zone, or the first
 * or last nanosecond of a day in New York.
 *
 * @throws InvalidArgumentError for anything else.
 */
export function replayTimeNs(text: string, end: "first" | "last"): bigint {
  const isDay = text.length === DAY_LENGTH;
  const time = TIME.test(text) ? parseTimestamp(isDay ? `${text}T12:00:00Z` : text) : undefined;
  if (time === undefined)
    throw new InvalidArgumentError(
      "It must be a time with its zone, such as 2025-11-14T09:30:00-05:00, or a day in New York, such as 2025-11-14.",
    );
  if (!isDay) return toNanoseconds(time.seconds, time.nanos);
  const day = newYorkDay(time.seconds); // noon of UTC is on the same day there
  return end === "first" ? toNanoseconds(day.start, 0) : toNanoseconds(day.end, 0) - 1n;
}
