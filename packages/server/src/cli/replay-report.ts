import type { StreamError } from "@tickerplant/client";
import type { ReplayProgress } from "../feeds/replay.ts";
import { LiveText } from "./live-text.ts";
import type { Log } from "./log.ts";
import { showCount } from "./numbers.ts";

/** Between two drawings of the progress. */
const REDRAW_MS = 100;

/** Bad lines that are told one by one; of the others only the number. */
const TOLD_BAD_LINES = 5;

/** Tells how a replay goes: progress on a terminal, lines that are no records, and a summary. */
export class ReplayReport {
  readonly #log: Log;
  readonly #live: LiveText | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #firstMs: number | undefined;
  #recordCount = 0;
  #badLineCount = 0;

  constructor(log: Log) {
    this.#log = log;
    if (!log.isWatched) return;
    this.#live = new LiveText(process.stderr);
    log.attach(this.#live);
  }

  /** For the replay's `onProgress`. */
  readonly progressed = ({ share, recordCount, timestamp }: ReplayProgress): void => {
    const nowMs = performance.now();
    this.#firstMs ??= nowMs;
    this.#recordCount = recordCount;
    if (this.#live === undefined || nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    const rate = (recordCount * 1000) / Math.max(1, nowMs - this.#firstMs);
    const time = timestamp.toISOString().slice(0, 19).replace("T", " ");
    this.#live.show(
      `${bar(share)} ${(share * 100).toFixed(1).padStart(5)} %   ${showCount(recordCount)} records   ${showCount(rate)}/s   at ${time} UTC`,
    );
  };

  /** For the replay's `onBadLine`. */
  readonly badLine = ({ file, line, error }: { file: string; line: number; error: StreamError }): void => {
    this.#badLineCount++;
    if (this.#badLineCount <= TOLD_BAD_LINES)
      this.#log.warn(`${file}:${line} passed over: ${error.message}`, { file, line });
    if (this.#badLineCount === TOLD_BAD_LINES) this.#log.warn("further lines that are no records are only counted");
  };

  /** The replay has ended, or is ended: says what came of it. */
  summary(): void {
    this.#live?.clear();
    this.#log.attach(undefined);
    const seconds = this.#firstMs === undefined ? 0 : (performance.now() - this.#firstMs) / 1000;
    const bad = this.#badLineCount === 0 ? "" : `, ${showCount(this.#badLineCount)} lines passed over`;
    this.#log.info(`replayed ${showCount(this.#recordCount)} records in ${seconds.toFixed(1)} s${bad}`, {
      recordCount: this.#recordCount,
      badLineCount: this.#badLineCount,
    });
  }
}

const BAR_WIDTH = 24;

function bar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}
