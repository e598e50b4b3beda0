import { parseTimestamp, toNanoseconds } from "@tickerplant/client/wire";
import { InvalidArgumentError } from "commander";
import { newYorkDay } from "../../bars/new-york-day.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;
const ZONE = /(?:z|[+-]\d\d:?\d\d)$/i;

/** Parses the first time of a range, in nanoseconds since the Unix epoch. A day is its midnight in New York. */
export function fromTime(text: string): bigint {
  return nanosecondsOf(text, ({ start }) => BigInt(start) * 1_000_000_000n);
}

/** Parses the last time of a range. A day is its last nanosecond in New York. */
export function toTime(text: string): bigint {
  return nanosecondsOf(text, ({ end }) => BigInt(end) * 1_000_000_000n - 1n);
}

function nanosecondsOf(text: string, ofDay: (day: ReturnType<typeof newYorkDay>) => bigint): bigint {
  if (DAY.test(text)) {
    const noon = Date.parse(`${text}T17:00:00Z`); // around noon in New York
    // Date.parse reads 30 February as 2 March.
    if (!Number.isNaN(noon) && new Date(noon).toISOString().startsWith(text)) return ofDay(newYorkDay(noon / 1000));
    throw new InvalidArgumentError(`There is no day ${text}.`);
  }
  const time = ZONE.test(text) ? parseTimestamp(text) : undefined;
  if (time !== undefined) return toNanoseconds(time.seconds, time.nanos);
  throw new InvalidArgumentError(
    "It must be a day such as 2025-11-14, or a time with a zone such as 2025-11-14T09:30:00-05:00.",
  );
}
