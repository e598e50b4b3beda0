import * as LIMITS from "../limits.ts";
import type { StreamError } from "../wire/index.ts";

/** How a stream reconnects. */
export interface ReconnectOptions {
  /**
   * Delay after the first connection that brings no market data, in milliseconds; it doubles with
   * each further one. A connection that brought market data is replaced at once if it was opened
   * this long ago, else when this time has passed. Jitter reduces it by up to half.
   *
   * @defaultValue 1,000
   */
  readonly initialDelayMs?: number;
  /**
   * Longest delay, in milliseconds.
   *
   * @defaultValue 30,000
   */
  readonly maxDelayMs?: number;
  /**
   * Failures in a row after which the stream ends with `reconnect_limit`.
   *
   * @defaultValue `Infinity`: never
   */
  readonly maxAttempts?: number;
  /**
   * Whether to reconnect after a normal close by the server, with the code 1000. `false`: it ends the stream, for
   * servers that end, such as a gateway with `once`.
   *
   * @defaultValue `true`
   */
  readonly afterNormalClose?: boolean;
}

/** The connection that a reconnect follows. */
export interface LostConnection {
  /** Why it ended. */
  readonly cause: StreamError;
  /** From the attempt to open it to its end, in milliseconds. */
  readonly ageMs: number;
  /** From the attempt to open it to "authenticated", in milliseconds; 0 if it was not authenticated. */
  readonly handshakeMs: number;
  /** How many connections in a row, up to this one, brought no market data. */
  readonly emptyConnections: number;
}

/**
 * Returns the delay before the next attempt, in milliseconds. After a connection that brought market data:
 * until `initialDelayMs` have passed since it was opened; after others: a delay that doubles. Half of it
 * is jitter, so that clients that were disconnected together do not reconnect together. A delay that the
 * server requests is always kept.
 */
export function reconnectDelayMs(lost: LostConnection, options: ReconnectOptions, random: number): number {
  const { cause, ageMs, emptyConnections } = lost;
  const initialMs = options.initialDelayMs ?? LIMITS.reconnectInitialMs;
  if (emptyConnections === 0 && !asksForDelay(cause)) {
    const spreadMs = Math.min(LIMITS.reconnectSpreadMs, lost.handshakeMs / 4);
    return Math.max(jittered(initialMs - ageMs, random), Math.floor(random * spreadMs));
  }
  const delayMs = backOffMs(emptyConnections, cause, initialMs, options.maxDelayMs ?? LIMITS.reconnectMaxMs);
  return Math.max(jittered(delayMs, random), Math.min(cause.retryAfterMs ?? 0, LIMITS.retryAfterMaxMs));
}

/** Between half and all of a delay. */
function jittered(delayMs: number, random: number): number {
  return delayMs / 2 + (random * delayMs) / 2;
}

function backOffMs(emptyConnections: number, cause: StreamError, initialMs: number, maxMs: number): number {
  const firstMs = cause.code === "connection_limit" ? Math.max(initialMs, LIMITS.connectionLimitInitialMs) : initialMs;
  const doublings = Math.min(Math.max(emptyConnections - 1, 0), 30); // 2^30 exceeds every sensible maximum
  return Math.min(firstMs * 2 ** doublings, Math.max(maxMs, firstMs));
}

/** "Connection limit exceeded", or close code 1013, "try again later" (IANA's registry of close codes). */
function asksForDelay({ code, closeCode }: StreamError): boolean {
  return code === "connection_limit" || closeCode === 1013;
}
