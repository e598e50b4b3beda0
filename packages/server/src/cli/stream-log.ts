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
        return log.warn(`${cause.message}; trying again in ${showDuration(delayMs)}`, {
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
  stream.on("error", ({ message, code, number }) => log.warn(message, { code, number }));
  stream.on("warning", ({ message, code }) => log.warn(message, { code }));
  stream.on("slow", ({ overflow, queued, dropped, conflated }) =>
    log.warn(
      overflow === "block"
        ? `the output is slow: ${showCount(queued)} records wait, reading pauses and nothing is lost`
        : `the output is slow: ${showCount(queued)} records wait, ${showCount(dropped)} were dropped`,
      { overflow, queued, dropped, conflated },
    ),
  );
}
