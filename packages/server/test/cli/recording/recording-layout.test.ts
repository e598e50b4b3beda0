import { expect, test } from "vitest";
import { showBytes } from "../../../src/cli/output/numbers.ts";
import { type RecordingPicture, renderRecording } from "../../../src/cli/recording/recording-layout.ts";

const PICTURE: RecordingPicture = {
  feed: "iex",
  folder: "tape/feed=iex",
  state: "authenticated",
  elapsedMs: 240_000,
  recordCount: 1_234_567,
  recordsPerSecond: 2_345.6,
  openGaps: 0,
  filledGaps: 1,
  droppedFrames: 0,
  kept: { fileCount: 9, rowCount: 812_345, byteLength: 41_234_567 },
  logBytes: 3_100_000,
  segmentAgeMs: 225_000,
  waitingSegments: 0,
  freeBytes: 231_000_000_000,
  problem: undefined,
  waitingBytes: 0,
};

function rendered(changes: Partial<RecordingPicture>): string[] {
  return renderRecording({ ...PICTURE, ...changes }, (_style, text) => text).split("\n");
}

test("a recording on a terminal is six lines that fit into 80 columns", () => {
  const lines = rendered({});
  expect(lines).toEqual([
    "recording iex into tape/feed=iex · authenticated · 4.0 min",
    "  records  1,234,567 · 2,346/s",
    "  gaps     0 open, 1 filled · 0 frames dropped",
    "  log      3.1 MB · segment 3.8 min old",
    "  Parquet  812,345 records in 9 files, 41 MB",
    "  disk     231 GB left",
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
});

test("a recording shows segments that wait, a disk that does not accept the log, and no segment between two", () => {
  const lines = rendered({
    waitingSegments: 2,
    segmentAgeMs: undefined,
    problem: "disk_full",
    waitingBytes: 1_500_000,
  });
  expect(lines.slice(3)).toEqual([
    "  log      3.1 MB",
    "  Parquet  812,345 records in 9 files, 41 MB · 2 segments of the log to come",
    "  disk     231 GB left",
    "  the disk does not accept the log (disk_full): 1.5 MB wait",
  ]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_960, "10 kB"],
  [999_499, "999 kB"],
  [999_999, "1.0 MB"],
  [123_456_789, "123 MB"],
  [4_200_000_000_000, "4.2 TB"],
])("%d bytes are shown as %s", (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown);
});
