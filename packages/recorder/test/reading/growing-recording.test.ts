import { appendFileSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { segmentsIn } from "../../src/folder/recording-files.ts";
import { RecordingReader } from "../../src/reading/recording-reader.ts";
import { Recorder } from "../../src/recorder.ts";
import { temporaryFolder } from "../folders.ts";
import { OPEN_SECONDS, recordsOf } from "./recorded.ts";

/** The causes of the gaps that a path has. */
async function gapsOf(path: string): Promise<string[]> {
  const reader = await RecordingReader.open(path);
  try {
    return (await reader.gaps()).map(({ cause }) => cause);
  } finally {
    reader.close();
  }
}

test("the end of a segment is no gap while a recorder writes to it", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  onTestFinished(() => recorder.close());
  recorder.sink.record(new Trade("AAPL", OPEN_SECONDS, 0, 1, "V", 1, 1, ["@"], "C"));
  recorder.sink.flush();
  await vi.waitFor(async () => expect(await recordsOf(dir)).toHaveLength(1), 10_000);
  const [segment = ""] = await segmentsIn(join(recorder.folder, "log"));
  appendFileSync(segment, "TPBKcut"); // a block that is half written
  expect(await gapsOf(dir)).toEqual([]);
  expect(await gapsOf(segment)).toEqual([]);
});

test("the end of a segment that a crash left is a gap", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  onTestFinished(() => recorder.close());
  const crashed = join(dir, "copy.tplog"); // no recorder writes to it
  const [segment = ""] = await segmentsIn(join(recorder.folder, "log"));
  copyFileSync(segment, crashed);
  appendFileSync(crashed, "TPBKcut");
  expect(await gapsOf(crashed)).toEqual(["damaged", "unsealed"]);
});

test("a file that is no Parquet file is rejected with its path", async () => {
  const path = join(temporaryFolder(), "notes.txt");
  appendFileSync(path, "notes");
  await expect(RecordingReader.open(path)).rejects.toMatchObject({
    code: "not_readable",
    message: expect.stringContaining(`could not read ${path}: `),
  });
});
