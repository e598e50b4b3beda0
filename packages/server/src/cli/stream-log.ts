import type { StockDataStream } from "@tickerplant/client";
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
  logTrouble(stream, log);
  stream.on("slow", ({ overflow, queued, dropped, conflated }) =>
    log.warn(
      overflow === "block"
        ? `the output is slow: ${showCount(queued)} records wait, reading pauses and nothing is lost`
        : `the output is slow: ${showCount(queued)} records wait, ${showCount(dropped)} were dropped`,
      { overflow, queued, dropped, conflated },
    ),
  );
}

/** Logs the stream's errors, warnings and gaps; without listeners they would go to the console. */
export function logTrouble(stream: StockDataStream<boolean>, log: Log): void {
  stream.on("error", ({ message, code, number }) => log.warn(message, { code, number }));
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
