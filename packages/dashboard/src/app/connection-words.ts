import type { Connection } from "../market/connection.ts";
import { age, duration } from "../ui/figures.ts";
import { clock } from "../ui/new-york.ts";

/** What the top bar says of the connection. */
export interface ConnectionWords {
  readonly isAlarm: boolean;
  readonly title: string;
  readonly detail: string;
}

/**
 * Describes the connection; undefined is the page before it has keys. `problem`: why the gateway has no records, though
 * the page is connected to it.
 */
export function connectionWords(
  connection: Connection | undefined,
  lagMs: number | undefined,
  problem: string | undefined,
  nowMs: number,
): ConnectionWords {
  switch (connection?.state) {
    case undefined:
      return { isAlarm: false, title: "Not connected", detail: "" };
    case "connecting":
      return { isAlarm: false, title: "Connecting", detail: "" };
    case "connected":
      if (problem !== undefined) return { isAlarm: true, title: "⚠ No records", detail: problem };
      return { isAlarm: false, title: "✓ Connected", detail: lagMs === undefined ? "" : `lag ${lagMs.toFixed(1)} ms` };
    case "lost": {
      const { sinceMs, cause, nextAttemptAtMs } = connection;
      const next =
        nextAttemptAtMs === undefined ? "trying now" : `next attempt in ${duration(wait(nextAttemptAtMs, nowMs))}`;
      const detail = `Prices as of ${clock(sinceMs)} ET · ${cause.code} · ${next}`;
      return { isAlarm: true, title: `⚠ Disconnected ${age(nowMs - sinceMs)}`, detail };
    }
    case "ended":
      return {
        isAlarm: true,
        title: "⚠ Disconnected",
        detail: `${connection.cause?.message ?? "The stream was stopped"}. Reload the page to connect again`,
      };
  }
}

function wait(untilMs: number, nowMs: number): number {
  return Math.max(0, untilMs - nowMs);
}
