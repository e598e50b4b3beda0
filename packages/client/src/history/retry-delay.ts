import * as LIMITS from "../limits.ts";

/**
 * Returns the delay before the next attempt, in milliseconds: it doubles with each failure in a row, half of it
 * is jitter, and it is no shorter than the server asks for.
 */
export function retryDelayMs(failures: number, retryAfterMs: number | undefined, random: number): number {
  const doublings = Math.min(failures - 1, 30); // 2^30 exceeds every sensible maximum
  const delayMs = Math.min(LIMITS.historyRetryInitialMs * 2 ** doublings, LIMITS.historyRetryMaxMs);
  return Math.max(delayMs / 2 + (random * delayMs) / 2, Math.min(retryAfterMs ?? 0, LIMITS.retryAfterMaxMs));
}
