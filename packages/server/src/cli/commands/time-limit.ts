import { systemClock } from "@tickerplant/client";
import { atTime } from "../input/until.ts";
import { failure } from "../output/exit.ts";
import type { LiveStream } from "../output/live-stream.ts";
import type { Log } from "../output/log.ts";

/** When to end a command automatically. */
export interface TimeLimit {
  /** Seconds from now. */
  readonly duration?: number;
  /** Milliseconds since the epoch. */
  readonly until?: number;
}

/**
 * Calls `end` when the time of `--duration` or `--until` is reached, with a failure if the stream was never
 * connected. Returns a function that cancels this.
 */
export function limitTime(limit: TimeLimit, stream: LiveStream, log: Log, end: (problem?: Error) => void): () => void {
  let cause = "the server did not answer in time";
  let hasConnected = false;
  stream.on("status", (status) => {
    if (status.state === "authenticated") hasConnected = true;
    if (status.state === "reconnecting") cause = status.cause.message;
  });
  return atTimeLimit(limit, log, () => end(hasConnected ? undefined : failure(`there was no connection: ${cause}`)));
}

/** Calls `timeUp` when the time of `--duration` or `--until` is reached. Returns a function that cancels this. */
export function atTimeLimit({ duration, until }: TimeLimit, log: Log, timeUp: () => void): () => void {
  const timer = duration === undefined ? undefined : systemClock.setTimer(timeUp, duration * 1000);
  const cancelUntil = until === undefined ? undefined : atTime(until, timeUp);
  if (until !== undefined) log.info(`running until ${new Date(until).toISOString()}`);
  return () => {
    systemClock.clearTimer(timer);
    cancelUntil?.();
  };
}
