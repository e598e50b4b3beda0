import { type Clock, systemClock, type UsEquitySession, usEquitySession } from "@tickerplant/client";
import { InvalidArgumentError } from "commander";
import { newYorkDay, newYorkMoment } from "../../bars/new-york-day.ts";

/** Most days to search for the next session: more than any closure in the calendar. */
const MAX_DAYS_OFF = 14;

const DAY_MS = 24 * 60 * 60_000;

/** Longest wait before reading the clock again: it may be set, and the machine may be suspended. */
const MAX_WAIT_MS = 60_000;

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const ISO_TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * Parses the option `--until` to milliseconds since the epoch: `close` is the end of the current or next regular
 * session, a time of day is the next such time in New York; an ISO 8601 time needs a zone.
 *
 * @throws InvalidArgumentError for anything else, and for a time in the past.
 */
export function untilTime(text: string, nowMs: number = Date.now()): number {
  if (text === "close") return nextClose(nowMs);
  const [, hour, minute, second = "0"] = TIME_OF_DAY.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined)
    return nextTimeOfDay((Number(hour) * 60 + Number(minute)) * 60 + Number(second), nowMs);
  const [, day] = ISO_TIME.exec(text) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(text);
  if (day === undefined || Number.isNaN(ms))
    throw new InvalidArgumentError(
      "It must be close, a time of day in New York such as 16:00, or a time with a zone such as 2026-11-27T13:00:00-05:00.",
    );
  // Date.parse reads 30 February as 2 March.
  if (!new Date(day).toISOString().startsWith(day)) throw new InvalidArgumentError(`There is no day ${day}.`);
  if (ms <= nowMs)
    throw new InvalidArgumentError(`It must be in the future; now it is ${new Date(nowMs).toISOString()}.`);
  return ms;
}

/** Calls `callback` once, when the wall clock shows `ms` or later. Returns a function that cancels the wait. */
export function atTime(ms: number, callback: () => void, clock: Clock = systemClock): () => void {
  const wait = (): unknown =>
    clock.setTimer(
      () => {
        if (clock.now() >= ms) callback();
        else timer = wait();
      },
      Math.max(0, Math.min(ms - clock.now(), MAX_WAIT_MS)),
    );
  let timer = wait();
  return () => clock.clearTimer(timer);
}

function nextClose(nowMs: number): number {
  for (let days = 0; days <= MAX_DAYS_OFF; days++) {
    const closeMs = sessionOf(nowMs + days * DAY_MS)?.close.getTime();
    if (closeMs !== undefined && closeMs > nowMs) return closeMs;
  }
  throw new Error(`no session within ${MAX_DAYS_OFF} days of ${new Date(nowMs).toISOString()}`); // impossible by the calendar
}

function sessionOf(ms: number): UsEquitySession | undefined {
  try {
    return usEquitySession(new Date(ms));
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(`${error.message}. Give a time instead of close.`);
    throw error;
  }
}

function nextTimeOfDay(secondOfDay: number, nowMs: number): number {
  const today = newYorkDay(nowMs / 1000);
  const ms = newYorkMoment(today, secondOfDay) * 1000;
  return ms > nowMs ? ms : newYorkMoment(newYorkDay(today.end), secondOfDay) * 1000;
}
