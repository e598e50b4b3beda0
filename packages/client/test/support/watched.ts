import type { StreamError } from "../../src/index.ts";

/** `S0000`, `S0001`, … */
export function manySymbols(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `S${String(index).padStart(4, "0")}`);
}

/** What became of a promise, so that a test can look without waiting. */
export function watched(promise: Promise<void>): { state: "pending" | "resolved" | "rejected"; error?: StreamError } {
  const outcome: { state: "pending" | "resolved" | "rejected"; error?: StreamError } = { state: "pending" };
  promise.then(
    () => {
      outcome.state = "resolved";
    },
    (error: StreamError) => {
      outcome.state = "rejected";
      outcome.error = error;
    },
  );
  return outcome;
}
