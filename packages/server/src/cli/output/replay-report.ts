import type { BadLine, ReplayNotice } from "../../feeds/replay/notices.ts";
import type { ReplayProgress } from "../../feeds/replay/replay.ts";
import { nameOf } from "../../feeds/replay/source.ts";
import { LiveText } from "./live-text.ts";
import type { Log } from "./log.ts";
import { counted, showCount, showDuration } from "./numbers.ts";

/** Between two drawings of the progress. */
const REDRAW_MS = 100;

/** Problems of one kind that are logged one by one; the others are only counted. */
const MAX_LOGGED = 5;

/** Logs how a replay goes: progress on a terminal, lines that are no records, files without a record, times out of order, and a summary. */
export class ReplayReport {
  readonly #log: Log;
  readonly #fileCount: number;
  readonly #live: LiveText | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #firstMs: number | undefined;
  #recordCount = 0;
  #badLineCount = 0;
  #outlierCount = 0;
  #emptyCount = 0;
  #backCount = 0;
  /** The files of which times that go back were logged. */
  readonly #backFiles = new Set<string>();

  constructor(log: Log, fileCount: number) {
    this.#log = log;
    this.#fileCount = fileCount;
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
    const done = share === undefined ? "" : `${bar(share)} ${(share * 100).toFixed(1).padStart(5)} %   `;
    this.#live.show(`${done}${counted(recordCount, "record")}   ${showCount(rate)}/s   at ${showTime(timestamp)}`);
  };

  /** For the replay's `onBadLine`. */
  readonly badLine = ({ file, line, error }: BadLine): void => {
    this.#badLineCount++;
    if (this.#badLineCount <= MAX_LOGGED)
      this.#log.warn(`${file}:${line} passed over: ${error.message}`, { file, line });
    if (this.#badLineCount === MAX_LOGGED) this.#log.warn("further lines that are no records are only counted");
  };

  /** For the replay's `onNotice`. */
  readonly noticed = (notice: ReplayNotice): void => {
    switch (notice.type) {
      case "outlier":
        return this.#outlier(notice);
      case "back":
        return this.#back(notice);
      case "empty":
        return this.#empty(notice);
      case "pause": {
        const { until, durationMs } = notice;
        const fields = { until: until.toISOString(), durationMs };
        return this.#log.info(
          `the recording pauses until ${showTime(until)}; at this speed that is ${showDuration(durationMs)} from now`,
          fields,
        );
      }
    }
  };

  /** The replay has ended, or is ended: logs the totals. */
  summary(): void {
    this.#live?.clear();
    this.#log.attach(undefined);
    const seconds = this.#firstMs === undefined ? 0 : (performance.now() - this.#firstMs) / 1000;
    const counts = [
      `replayed ${counted(this.#recordCount, "record")} of ${counted(this.#fileCount, "file")} in ${seconds.toFixed(1)} s`,
      this.#badLineCount === 0 ? "" : `${counted(this.#badLineCount, "line")} passed over`,
      this.#emptyCount === 0 ? "" : `${counted(this.#emptyCount, "file")} without a record`,
      this.#outlierCount === 0 ? "" : counted(this.#outlierCount, "outlier"),
      this.#backCount === 0 ? "" : `times went back ${counted(this.#backCount, "time")}`,
    ];
    this.#log.info(counts.filter((text) => text !== "").join(", "), {
      recordCount: this.#recordCount,
      fileCount: this.#fileCount,
      badLineCount: this.#badLineCount,
      emptyCount: this.#emptyCount,
      outlierCount: this.#outlierCount,
      backCount: this.#backCount,
    });
  }

  #empty({ file, description }: ReplayNotice & { type: "empty" }): void {
    this.#emptyCount++;
    if (this.#emptyCount <= MAX_LOGGED) this.#log.warn(`${nameOf(file)} holds no record: it ${description}`, { file });
    if (this.#emptyCount === MAX_LOGGED) this.#log.warn("further files without a record are only counted");
  }

  #outlier({ file, line, timestamp, offsetMs }: ReplayNotice & { type: "outlier" }): void {
    this.#outlierCount++;
    if (this.#outlierCount <= MAX_LOGGED) {
      const beside = `${showDuration(Math.abs(offsetMs))} ${offsetMs < 0 ? "before" : "after"} its neighbours`;
      const message = `${file}:${line} is an outlier: ${showTime(timestamp)}, ${beside}; published at once`;
      this.#log.warn(message, { file, line, timestamp: timestamp.toISOString(), offsetMs });
    }
    if (this.#outlierCount === MAX_LOGGED) this.#log.warn("further outliers are only counted");
  }

  #back({ file, line, timestamp, byMs }: ReplayNotice & { type: "back" }): void {
    this.#backCount++;
    if (this.#backFiles.has(file)) return;
    this.#backFiles.add(file);
    this.#log.warn(
      `${file}:${line} goes back in time by ${showDuration(byMs)} to ${showTime(timestamp)}: the file is not in order of time, and its records keep the order of the file`,
      { file, line, timestamp: timestamp.toISOString(), byMs },
    );
  }
}

/** A moment for people, to the second. */
function showTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const BAR_WIDTH = 24;

function bar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}
