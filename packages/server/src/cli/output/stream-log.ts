import type { MissedRange, SlowEvent, StockDataStream } from "@tickerplant/client";
import type { Log } from "./log.ts";
import { showCount, showDuration } from "./numbers.ts";

/** Logs what a stream tells besides records. */
export function logStream(stream: StockDataStream<boolean>, log: Log): void {
  stream.on("status", (status) => {
    const { state } = status;
    switch (state) {
      case "connecting":
        return log.info(`connecting to ${status.url}`, { state, url: status.url });
      case "authenticated":
        return log.info("authenticated", { state });
      case "reconnecting": {
        const { attempt, delayMs, cause } = status;
        const next = cause.message.endsWith(".") ? " Trying" : "; trying"; // advice is a sentence of its own
        return log.warn(`${cause.message}${next} again in ${showDuration(delayMs)}`, {
          state,
          attempt,
          delayMs: Math.round(delayMs),
          code: cause.code,
        });
      }
      case "open":
      case "closed":
        return; // the handshake goes on; the command says how it ended
    }
  });
  stream.on("slow", (slow) => {
    const { overflow, queued, dropped, conflated, stalledMs, isIsolated } = slow;
    log.warn(describeSlow(slow), { overflow, queued, dropped, conflated, stalledMs, isIsolated });
  });
  // The handler waits for the output alone, and the event `slow` says so in the output's terms.
  logProblems(stream, log, ["subscription_stalled"]);
}

function describeSlow({ queued, stalledMs, isIsolated, missed }: SlowEvent): string {
  const time = stalledMs > 0 ? `has taken nothing for ${showDuration(stalledMs)}` : "is slow";
  const [first] = missed;
  if (first !== undefined) {
    const from = new Date(Math.min(...missed.map((range) => range.from.getTime())));
    const to = new Date(Math.max(...missed.map((range) => range.to.getTime())));
    const count = showCount(missedCount(missed));
    return `the output ${time}: ${count} records were dropped, from ${from.toISOString()} to ${to.toISOString()}`;
  }
  const effect = isIsolated ? "the oldest are dropped from now on" : "reading pauses and nothing is lost";
  return `the output ${time}: ${showCount(queued)} records wait, ${effect}`;
}

/** How many records were missed, over all channels. */
export function missedCount(missed: readonly MissedRange[]): number {
  return missed.reduce((sum, { count }) => sum + count, 0);
}

/** Logs the stream's errors, but for some, warnings and gaps; without listeners they would go to the console. */
export function logProblems(stream: StockDataStream<boolean>, log: Log, unloggedCodes: readonly string[] = []): void {
  stream.on("error", ({ message, code, number }) => {
    if (!unloggedCodes.includes(code)) log.warn(message, { code, number });
  });
  stream.on("warning", ({ message, code }) => log.warn(message, { code }));
  stream.on("gap", ({ channel, symbols, from, to, cause: { code } }) => {
    const range = { from: from.toISOString(), to: to.toISOString() };
    const names = symbols.length > MAX_NAMES ? `${symbols.slice(0, MAX_NAMES).join(", ")}, …` : symbols.join(", ");
    log.warn(`${channel} of ${names} may be missing from ${range.from} to ${range.to}`, {
      channel,
      symbols,
      ...range,
      code,
    });
  });
}

/** Symbols that a line for people names; a program reads all of them in the fields. */
const MAX_NAMES = 5;
