import type { StatusEvent, StreamError } from "@tickerplant/client";

/** The state of the connection to the gateway. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  /** Lost, or not yet made; it is tried again. */
  | {
      readonly state: "lost";
      readonly sinceMs: number;
      readonly cause: StreamError;
      /** Undefined while an attempt runs. */
      readonly nextAttemptAtMs: number | undefined;
    }
  /** The stream has ended; `cause` is undefined if it was stopped. */
  | { readonly state: "ended"; readonly cause: StreamError | undefined };

/** The state after an event of the stream. A loss lasts until the server has accepted the key again. */
export function connectionAfter(event: StatusEvent, before: Connection, nowMs: number): Connection {
  switch (event.state) {
    case "authenticated":
      return { state: "connected" };
    case "reconnecting": {
      const sinceMs = before.state === "lost" ? before.sinceMs : nowMs;
      return { state: "lost", sinceMs, cause: event.cause, nextAttemptAtMs: nowMs + event.delayMs };
    }
    case "connecting":
      return before.state === "lost" ? { ...before, nextAttemptAtMs: undefined } : { state: "connecting" };
    case "closed":
      return { state: "ended", cause: event.reason };
    default:
      return before; // an open socket is not a connection yet, and a stale one is lost by the next event
  }
}
