import { type Clock, systemClock, type UsEquitySession, usEquitySession } from "@tickerplant/client";
import { InvalidArgumentError } from "commander";
import { newYorkDay, newYorkMoment } from "../../bars/new-york-day.ts";

/** Days from a moment to the next session, at most: four days off in a row have been the most in a century. */
const MAX_DAYS_OFF = 14;

const DAY_MS = 24 * 60 * 60_000;

/** Longest wait before the clock is read again: it may be set, and the machine may have slept. */
const MAX_WAIT_MS = 60_000;

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const ISO_TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * The moment of an option `--until`, in milliseconds since the epoch: `close`, the end of the current or
 * the next regular session; a time of day in New York, the next one; or an ISO 8601 time with its zone.
 *
 * @throws InvalidArgumentError for anything else, and for a moment that is over.
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
      "It must be close, a time of day in New York such as 16:00, or a time with its zone such as 2026-11-27T13:00:00-05:00.",
    );
  // Date.parse takes the 30 February for the 2 March.
  if (!new Date(day).toISOString().startsWith(day)) throw new InvalidArgumentError(`There is no day ${day}.`);
  if (ms <= nowMs) throw new InvalidArgumentError(`That is over: it is ${new Date(nowMs).toISOString()} now.`);
  return ms;
}

/** Calls `callback` once, when the wall clock shows `ms` or more. Returns what ends the wait. */
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
  throw new Error(`no session within ${MAX_DAYS_OFF} days of ${new Date(nowMs).toISOString()}`); // by the tables, never
}

function sessionOf(ms: number): UsEquitySession | undefined {
  try {
    return usEquitySession(new Date(ms));
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(`${error.message}, or name the time.`);
    throw error;
  }
}

function nextTimeOfDay(secondOfDay: number, nowMs: number): number {
  const today = newYorkDay(nowMs / 1000);
  const ms = newYorkMoment(today, secondOfDay) * 1000;
  return ms > nowMs ? ms : newYorkMoment(newYorkDay(today.end), secondOfDay) * 1000;
}
