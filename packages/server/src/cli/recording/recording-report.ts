import { LiveText } from "../output/live-text.ts";
import type { Log } from "../output/log.ts";
import { counted, showBytes, showCount } from "../output/numbers.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { RateMeter } from "../output/rate-meter.ts";
import type { Recording } from "./recording.ts";
import { type RecordingPicture, renderRecording } from "./recording-layout.ts";
import type { RecordingProgress } from "./recording-progress.ts";

/** Interval between two redraws on a terminal, in milliseconds. */
const REDRAW_MS = 250;

/** Interval between two lines of a log that is no terminal, in milliseconds: 60 an hour show that it lives. */
const LOG_MS = 60_000;

/** Reports a recording: on a terminal by a text that is redrawn in place, elsewhere by a line a minute. */
export class RecordingReport {
  readonly #recording: Recording;
  readonly #progress: RecordingProgress;
  readonly #log: Log;
  readonly #paint: Paint;
  readonly #live: LiveText | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #rate = new RateMeter();
  readonly #startedMs: number = performance.now();

  constructor(recording: Recording, progress: RecordingProgress, log: Log) {
    this.#recording = recording;
    this.#progress = progress;
    this.#log = log;
    this.#paint = paintFor(process.stderr);
    if (log.isWatched) {
      this.#live = new LiveText(process.stderr);
      log.attach(this.#live);
    }
    this.#timer = setInterval(() => this.#report(), this.#live === undefined ? LOG_MS : REDRAW_MS);
  }

  /** Removes the text from the terminal. */
  end(): void {
    clearInterval(this.#timer);
    this.#live?.clear();
    this.#log.attach(undefined);
  }

  #report(): void {
    const picture = this.#picture();
    if (this.#live !== undefined) return this.#live.show(renderRecording(picture, this.#paint));
    const { feed, recordCount, recordsPerSecond, openGaps, filledGaps, droppedFrames, logBytes, kept, freeBytes } =
      picture;
    const facts = [
      `${feed}: ${counted(recordCount, "record")}, ${showCount(recordsPerSecond)}/s`,
      `log ${showBytes(logBytes)}`,
      `Parquet ${showBytes(kept.byteLength)}`,
      `gaps ${openGaps} open, ${filledGaps} filled`,
      `${counted(droppedFrames, "frame")} dropped`,
      freeBytes === undefined ? "" : `${showBytes(freeBytes)} left`,
    ];
    this.#log.info(facts.filter((fact) => fact !== "").join("; "), {
      type: "recordingProgress",
      feed,
      recordCount,
      recordsPerSecond: Math.round(recordsPerSecond),
      openGaps,
      filledGaps,
      droppedFrames,
      logBytes,
      parquetBytes: kept.byteLength,
      freeBytes,
    });
  }

  #picture(): RecordingPicture {
    const { feed, folder, kept, recorder, usage } = this.#recording;
    const { state, recordCount, openGaps, filledGaps } = this.#progress;
    const { droppedFrames, segmentAgeMs, waitingBytes, writtenBytes } = recorder.metrics;
    return {
      feed,
      folder,
      state,
      elapsedMs: performance.now() - this.#startedMs,
      recordCount,
      recordsPerSecond: this.#rate.perSecond(recordCount),
      openGaps,
      filledGaps,
      droppedFrames,
      kept,
      logBytes: usage?.logBytes ?? writtenBytes,
      segmentAgeMs,
      waitingSegments: usage?.waitingSegments ?? 0,
      freeBytes: usage?.freeBytes,
      problem: recorder.problem,
      waitingBytes,
    };
  }
}
