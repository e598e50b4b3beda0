import type { MissedRange, SlowEvent } from "@tickerplant/client";
import type { LiveStream } from "./live-stream.ts";
import type { Log, LogFields } from "./log.ts";
import { counted, showCount, showDuration } from "./numbers.ts";

/** Logs the events of a stream; `isFilled` if it fills its gaps. */
export function logStream(stream: LiveStream, log: Log, isFilled = false): void {
  stream.on("status", (status) => {
    const { state } = status;
    switch (state) {
      case "connecting":
        return log.info(`connecting to ${status.url}`, { state, url: status.url });
      case "authenticated":
        return log.info("authenticated", { state });
      case "reconnecting": {
        const { attempt, delayMs, cause } = status;
        const next = cause.message.endsWith(".") ? " Retrying" : "; retrying"; // advice ends with a full stop
        return log.warn(`${cause.message}${next} in ${showDuration(delayMs)}`, {
          state,
          attempt,
          delayMs: Math.round(delayMs),
          code: cause.code,
        });
      }
      case "open":
      case "closed":
        return; // `authenticated` follows an open connection; the command reports the end
    }
  });
  stream.on("slow", (slow) => {
    const { overflow, queued, dropped, conflated, stalledMs, isIsolated } = slow;
    log.warn(describeSlow(slow), { overflow, queued, dropped, conflated, stalledMs, isIsolated });
  });
  // The handler waits only for the output, which the event `slow` reports.
  logProblems(stream, log, ["subscription_stalled"], isFilled);
}

function describeSlow({ queued, stalledMs, isIsolated, missed }: SlowEvent): string {
  const time = stalledMs > 0 ? `has accepted nothing for ${showDuration(stalledMs)}` : "is slow";
  const [first] = missed;
  if (first !== undefined) {
    const from = new Date(Math.min(...missed.map((range) => range.from.getTime())));
    const to = new Date(Math.max(...missed.map((range) => range.to.getTime())));
    const count = showCount(missedCount(missed));
    return `the output ${time}: ${count} records were dropped, from ${from.toISOString()} to ${to.toISOString()}`;
  }
  const effect = isIsolated ? "the oldest are dropped from now on" : "reading pauses and nothing is lost";
  return `the output ${time}: ${showCount(queued)} records are queued, ${effect}`;
}

/** Returns the number of missed records over all channels. */
export function missedCount(missed: readonly MissedRange[]): number {
  return missed.reduce((sum, { count }) => sum + count, 0);
}

/** Logs errors, except those with some codes, warnings and gaps, which the stream would otherwise write to the console. */
export function logProblems(
  stream: LiveStream,
  log: Log,
  unloggedCodes: readonly string[] = [],
  isFilled = false,
): void {
  stream.on("error", ({ message, code, serverCode }) => {
    if (!unloggedCodes.includes(code)) log.warn(message, { code, serverCode });
  });
  stream.on("warning", ({ message, code }) => log.warn(message, { code }));
  stream.on("gap", (gap) => {
    if (!isFilled) log.warn(`${ofGap(gap)} may be missing ${rangeOf(gap)}`, fieldsOf(gap, { code: gap.cause.code }));
  });
  stream.on("gapFilled", (gap) => {
    const { recordCount } = gap;
    log.info(`filled ${ofGap(gap)} ${rangeOf(gap)}: ${counted(recordCount, "record")}`, fieldsOf(gap, { recordCount }));
  });
  stream.on("gapOpen", (gap) => {
    const { code, message } = gap.cause;
    log.warn(`${ofGap(gap)} may be missing ${rangeOf(gap)}: ${message}`, fieldsOf(gap, { code }));
  });
}

interface Range {
  readonly channel: string;
  readonly symbols: readonly string[];
  readonly from: Date;
  readonly to: Date;
}

function ofGap({ channel, symbols }: Range): string {
  const names = symbols.length > MAX_NAMES ? `${symbols.slice(0, MAX_NAMES).join(", ")}, …` : symbols.join(", ");
  return `${channel} of ${names}`;
}

function rangeOf({ from, to }: Range): string {
  return `from ${from.toISOString()} to ${to.toISOString()}`;
}

function fieldsOf({ channel, symbols, from, to }: Range, more: LogFields): LogFields {
  return { channel, symbols, from: from.toISOString(), to: to.toISOString(), ...more };
}

/** Most symbols in the message of a log line; its fields have all of them. */
const MAX_NAMES = 5;
