import { counted, showBytes, showCount, showDuration } from "../output/numbers.ts";
import type { Paint } from "../output/paint.ts";
import type { KeptFiles } from "./recording.ts";

/** What a terminal shows of a recording. */
export interface RecordingPicture {
  readonly feed: string;
  readonly folder: string;
  /** The state of the connection, such as `open`. */
  readonly state: string;
  readonly elapsedMs: number;
  readonly recordCount: number;
  readonly recordsPerSecond: number;
  readonly openGaps: number;
  readonly filledGaps: number;
  readonly droppedFrames: number;
  readonly kept: KeptFiles;
  readonly logBytes: number;
  /** Undefined between two segments. */
  readonly segmentAgeMs: number | undefined;
  /** Segments that wait to become Parquet files. */
  readonly waitingSegments: number;
  /** Undefined before it was measured. */
  readonly freeBytes: number | undefined;
  /** Why the disk does not accept the recording, and the bytes that wait for it. */
  readonly problem: string | undefined;
  readonly waitingBytes: number;
}

/** Formats a recording for a terminal, one fact a line. */
export function renderRecording(picture: RecordingPicture, paint: Paint): string {
  const { feed, folder, state, elapsedMs, problem, waitingBytes } = picture;
  const facts: readonly (readonly [name: string, values: readonly string[]])[] = [
    ["records", [showCount(picture.recordCount), `${showCount(picture.recordsPerSecond)}/s`]],
    ["gaps", [gapsOf(picture, paint), dropsOf(picture, paint)]],
    ["log", [showBytes(picture.logBytes), segmentOf(picture)]],
    ["Parquet", [keptOf(picture.kept), waitingOf(picture.waitingSegments)]],
    ["disk", [picture.freeBytes === undefined ? "" : `${showBytes(picture.freeBytes)} left`]],
  ];
  const lines = facts.map(([name, values]) => `  ${paint("dim", name.padEnd(8))} ${joined(values)}`);
  const title = joined([`${paint("bold", `recording ${feed}`)} into ${folder}`, state, showDuration(elapsedMs)]);
  if (problem !== undefined)
    lines.push(paint("yellow", `  the disk does not accept the log (${problem}): ${showBytes(waitingBytes)} wait`));
  return [title, ...lines].join("\n");
}

function gapsOf({ openGaps, filledGaps }: RecordingPicture, paint: Paint): string {
  const open = `${showCount(openGaps)} open`;
  return `${openGaps > 0 ? paint("yellow", open) : open}, ${showCount(filledGaps)} filled`;
}

function dropsOf({ droppedFrames }: RecordingPicture, paint: Paint): string {
  const text = `${counted(droppedFrames, "frame")} dropped`;
  return droppedFrames > 0 ? paint("red", text) : text;
}

function segmentOf({ segmentAgeMs }: RecordingPicture): string {
  return segmentAgeMs === undefined ? "" : `segment ${showDuration(segmentAgeMs)} old`;
}

function keptOf({ rowCount, fileCount, byteLength }: KeptFiles): string {
  return `${counted(rowCount, "record")} in ${counted(fileCount, "file")}, ${showBytes(byteLength)}`;
}

function waitingOf(segments: number): string {
  return segments === 0 ? "" : `${counted(segments, "segment")} of the log to come`;
}

function joined(values: readonly string[]): string {
  return values.filter((value) => value !== "").join(" · ");
}
