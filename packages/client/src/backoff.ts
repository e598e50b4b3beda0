import * as LIMITS from "./limits.ts";
import type { StreamError } from "./wire/index.ts";

/** How a stream reconnects. */
export interface ReconnectOptions {
  /** First delay, in milliseconds; it doubles with each failure. Default 1,000. */
  readonly initialDelayMs?: number;
  /** Longest delay, in milliseconds. Default 30,000. */
  readonly maxDelayMs?: number;
  /** Failures in a row after which the stream gives up with `reconnect_limit`. Default: never. */
  readonly maxAttempts?: number;
}

/**
 * How long to wait after `failures` failures in a row: between half and all of a delay that doubles,
 * so that clients that were cut off together do not come back together. After "connection limit
 * exceeded" the delays are longer, and a server's `Retry-After` is the least.
 */
export function reconnectDelayMs(
  failures: number,
  cause: StreamError,
  options: ReconnectOptions,
  random: number,
): number {
  const initialMs = options.initialDelayMs ?? LIMITS.reconnectInitialMs;
  const maxMs = options.maxDelayMs ?? LIMITS.reconnectMaxMs;
  const firstMs = cause.code === "connection_limit" ? Math.max(initialMs, LIMITS.connectionLimitInitialMs) : initialMs;
  const doublings = Math.min(failures - 1, 30); // 2^30 exceeds every sensible maximum
  const fullMs = Math.min(firstMs * 2 ** doublings, Math.max(maxMs, firstMs));
  return Math.max(fullMs / 2 + (random * fullMs) / 2, cause.retryAfterMs ?? 0);
}
