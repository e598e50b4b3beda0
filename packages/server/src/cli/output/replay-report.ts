import type { BadLine, ReplayNotice } from "../../feeds/replay/notices.ts";
import type { ReplayProgress } from "../../feeds/replay/replay.ts";
import { nameOf } from "../../feeds/replay/source.ts";
import { LiveText } from "./live-text.ts";
import type { Log } from "./log.ts";
import { counted, showCount, showDuration } from "./numbers.ts";

/** Interval between two updates of the progress, in milliseconds. */
const REDRAW_MS = 100;

/** Problems of one kind that are logged; further ones are only counted. */
const MAX_LOGGED = 5;

/** Reports a replay: progress on a terminal, skipped lines, files without a record, times out of order, and a summary. */
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
  /** Files whose times that go back have been logged. */
  readonly #backFiles = new Set<string>();

  /** With `showsProgress`, the last line of a terminal shows how far the replay is. */
  constructor(log: Log, fileCount: number, showsProgress = true) {
    this.#log = log;
    this.#fileCount = fileCount;
    if (!log.isWatched || !showsProgress) return;
    this.#live = new LiveText(process.stderr);
    log.attach(this.#live);
  }

  /** The `onProgress` of the replay. */
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

  /** The `onBadLine` of the replay. */
  readonly badLine = ({ file, line, error }: BadLine): void => {
    this.#badLineCount++;
    if (this.#badLineCount <= MAX_LOGGED) this.#log.warn(`${file}:${line} skipped: ${error.message}`, { file, line });
    if (this.#badLineCount === MAX_LOGGED) this.#log.warn("further skipped lines are only counted");
  };

  /** The `onNotice` of the replay. */
  readonly noticed = (notice: ReplayNotice): void => {
    switch (notice.type) {
      case "outlier":
        return this.#outlier(notice);
      case "back":
        return this.#back(notice);
      case "empty":
        return this.#empty(notice);
      case "inexact":
        return this.#log.warn(notice.message, { file: notice.file });
      case "pause": {
        const { until, durationMs } = notice;
        const fields = { until: until.toISOString(), durationMs };
        return this.#log.info(
          `the recording pauses until ${showTime(until)}, which is in ${showDuration(durationMs)} at this speed`,
          fields,
        );
      }
    }
  };

  /** Logs the totals at the end of the replay. */
  summary(): void {
    this.#live?.clear();
    this.#log.attach(undefined);
    const seconds = this.#firstMs === undefined ? 0 : (performance.now() - this.#firstMs) / 1000;
    const counts = [
      `replayed ${counted(this.#recordCount, "record")} of ${counted(this.#fileCount, "file")} in ${seconds.toFixed(1)} s`,
      this.#badLineCount === 0 ? "" : `${counted(this.#badLineCount, "line")} skipped`,
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
    if (this.#emptyCount <= MAX_LOGGED) this.#log.warn(`${nameOf(file)} has no record: it ${description}`, { file });
    if (this.#emptyCount === MAX_LOGGED) this.#log.warn("further files without a record are only counted");
  }

  #outlier({ file, line, timestamp, offsetMs }: ReplayNotice & { type: "outlier" }): void {
    this.#outlierCount++;
    if (this.#outlierCount <= MAX_LOGGED) {
      const distance = `${showDuration(Math.abs(offsetMs))} ${offsetMs < 0 ? "before" : "after"} its neighbours`;
      const message = `${placeOf({ file, line })} is an outlier: ${showTime(timestamp)}, ${distance}; published at once`;
      this.#log.warn(message, { file, line, timestamp: timestamp.toISOString(), offsetMs });
    }
    if (this.#outlierCount === MAX_LOGGED) this.#log.warn("further outliers are only counted");
  }

  #back({ file, line, timestamp, byMs }: ReplayNotice & { type: "back" }): void {
    this.#backCount++;
    if (this.#backFiles.has(file)) return;
    this.#backFiles.add(file);
    this.#log.warn(
      `${placeOf({ file, line })} goes back in time by ${showDuration(byMs)} to ${showTime(timestamp)}: the file is not in time order; its records keep the order of the file`,
      { file, line, timestamp: timestamp.toISOString(), byMs },
    );
  }
}

/** Names a line, or the recording of a record that has none. */
function placeOf({ file, line }: { readonly file: string; readonly line: number | undefined }): string {
  return line === undefined ? `a record of ${file}` : `${file}:${line}`;
}

/** Formats a time, to the second. */
function showTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const BAR_WIDTH = 24;

function bar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}
