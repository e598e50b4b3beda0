import * as LIMITS from "./limits.ts";

/** What a line of the log is about. Gaps, losses, slow subscriptions and errors need attention and are amber. */
export type LogKind = "connection" | "gap" | "filled" | "slow" | "error" | "warning";

/** A line of the log. */
export interface LogLine {
  readonly atMs: number;
  readonly kind: LogKind;
  readonly text: string;
}

/** The events of the stream in words, the newest of them. */
export class EventLog {
  readonly #lines: LogLine[] = [];

  push(atMs: number, kind: LogKind, text: string): void {
    this.#lines.push({ atMs, kind, text });
    if (this.#lines.length > LIMITS.maxLogLines) this.#lines.shift();
  }

  /** All lines, newest first. */
  lines(): readonly LogLine[] {
    return this.#lines.toReversed();
  }
}
