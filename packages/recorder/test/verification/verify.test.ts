import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Trade } from "@tickerplant/client";
import { expect, it } from "vitest";
import { compact } from "../../src/compaction/compact.ts";
import { feedFolderOf } from "../../src/folder/recording-files.ts";
import { promoteSegment } from "../../src/promotion/promote-segment.ts";
import { Recorder } from "../../src/recorder.ts";
import { type Verification, verify } from "../../src/verification/verify.ts";
import { temporaryFolder } from "../folders.ts";
import { promoted, writeSegment } from "../segments.ts";

const BEGIN = "2025-11-14T14:30:00Z";

function trades(count: number): Trade[] {
  const seconds = Date.parse(BEGIN) / 1000;
  return Array.from(
    { length: count },
    (_, id) => new Trade("AAPL", seconds, id, id, "V", Math.random(), 1, ["@"], "C"),
  );
}

async function parquetFile(dir: string, begunAt = BEGIN): Promise<string> {
  const [file] = await promoted(dir, begunAt, trades(500));
  return file?.path ?? "";
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
  writeFileSync(path, bytes);
}

/** The kinds of the findings with the names of their files. */
function shown({ findings }: Verification): string[] {
  return findings.map(({ kind, path }) => `${kind} ${basename(path)}`);
}

it("finds nothing in a recording that is as it was written, and counts what it read", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  const segment = await writeSegment(dir, "2025-11-14T14:45:00Z", trades(10));
  const byteLength = readFileSync(path).length + readFileSync(segment).length;
  expect(await verify(dir)).toEqual({ findings: [], fileCount: 2, byteLength, rowCount: 500 });
});

it("finds a flipped bit in a Parquet file, with the rows and bytes of the file", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  const byteLength = readFileSync(path).length;
  for (const at of [40, Math.floor(byteLength / 3), Math.floor(byteLength / 2)]) {
    flipBit(path, at);
    expect((await verify(dir)).findings).toMatchObject([{ path, kind: "damaged", byteLength, rowCount: 500 }]);
    flipBit(path, at);
  }
  expect(shown(await verify(dir))).toEqual([]);
});

it("finds a Parquet file that was cut, replaced by another program, or renamed", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 10));
  expect(shown(await verify(dir))).toEqual([`damaged ${basename(path)}`]);

  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  writeFileSync(path, bytes);
  const copy = join(dir, "copy.parquet");
  await connection.run(`copy (from '${path}') to '${copy}' (format parquet)`);
  instance.closeSync();
  renameSync(copy, path);
  expect((await verify(dir)).findings).toMatchObject([{ kind: "foreign", rowCount: 500 }]);

  writeFileSync(path, bytes);
  renameSync(path, path.replace("T143000", "T150000"));
  expect((await verify(dir)).findings[0]?.message).toMatch(/it was renamed/);
});

it("finds a Parquet file that was deleted, merged or not", async () => {
  const dir = temporaryFolder();
  const paths = [await parquetFile(dir), await parquetFile(dir, "2025-11-14T14:45:00Z")];
  const [first = "", second = ""] = paths;
  const bytes = readFileSync(first);
  rmSync(first);
  expect((await verify(dir)).findings).toMatchObject([{ kind: "missing", path: first, byteLength: 0 }]);
  writeFileSync(first, bytes);
  const { files } = await compact(dir);
  expect(shown(await verify(dir))).toEqual([]);
  const merged = files[0]?.path ?? "";
  rmSync(merged);
  expect(shown(await verify(dir))).toEqual([`missing ${basename(merged)}`]);
  expect([first, second].some(existsSync)).toBe(false);
});

it("finds nothing missing in a segment that a crash left in the log behind its promotion", async () => {
  const dir = temporaryFolder();
  const segment = await writeSegment(dir, BEGIN, trades(10));
  const bytes = readFileSync(segment);
  const [file] = await promoteSegment(segment, feedFolderOf(dir, "sip"));
  writeFileSync(segment, bytes);
  rmSync(file?.path ?? "");
  expect(shown(await verify(dir))).toEqual([]);
});

it("finds a deleted file in a list of which a crash has left half of a line, and nothing for a day that was deleted", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  appendFileSync(join(dirname(dirname(path)), "_files"), "trades/2025");
  const later = await parquetFile(dir, "2025-11-14T14:45:00Z");
  expect(shown(await verify(dir))).toEqual([]);
  rmSync(later);
  expect(shown(await verify(dir))).toEqual([`missing ${basename(later)}`]);
  rmSync(dirname(dirname(path)), { recursive: true });
  expect(shown(await verify(dir))).toEqual([]);
});

it("finds files that another program added", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  mkdirSync(join(dir, "feed=sip/notes"));
  writeFileSync(join(dir, "feed=sip/notes/today.txt"), "a note");
  writeFileSync(join(path, "../mine.parquet"), "my own");
  writeFileSync(join(path, "../_SUCCESS"), "");
  expect(shown(await verify(dir)).sort()).toEqual(["foreign _SUCCESS", "foreign mine.parquet", "foreign today.txt"]);
});

it("finds damaged, cut, unsealed and unreadable segments, and those of a newer version", async () => {
  const dir = temporaryFolder();
  const path = await writeSegment(dir, BEGIN, trades(500));
  const bytes = readFileSync(path);
  flipBit(path, bytes.length - 40);
  expect(shown(await verify(dir))).toEqual([`damaged ${basename(path)}`, `unsealed ${basename(path)}`]);
  writeFileSync(path, bytes.subarray(0, bytes.length - 1));
  expect((await verify(dir)).findings[0]?.message).toMatch(/bytes at the end of the segment cannot be read/);
  flipBit(path, 30);
  expect((await verify(dir)).findings[0]?.message).toMatch(/^the header of the file is damaged/);
  renameSync(path, `${path}.damaged`);
  expect((await verify(dir)).findings).toMatchObject([
    { kind: "damaged", message: expect.stringContaining("set it aside") },
  ]);
  bytes.writeUInt32LE(9, 8);
  writeFileSync(path, bytes);
  expect(shown(await verify(dir))).toContain(`unknown_version ${basename(path)}`);
});

it("expects no end of the segment that a recorder is writing", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  expect(shown(await verify(dir))).toEqual([]);
  await recorder.close();
  expect(shown(await verify(dir))).toEqual([]);
});

it("finds nothing in the folder of a day whose deletion has begun", async () => {
  const dir = temporaryFolder();
  const path = await parquetFile(dir);
  const day = dirname(dirname(path));
  renameSync(day, day.replace("date=", "deleted="));
  expect(shown(await verify(dir))).toEqual([]);
});

it("reads a recording of which days are deleted meanwhile", async () => {
  const dir = temporaryFolder();
  await parquetFile(dir);
  let isVerified = false;
  const deleting = (async () => {
    while (!isVerified) {
      const day = join(dir, "feed=sip/deleted=2025-11-10");
      for (let table = 0; table < 20; table++) mkdirSync(join(day, String(table)), { recursive: true });
      await rm(day, { recursive: true });
    }
  })();
  for (let count = 0; count < 5; count++) expect(shown(await verify(dir))).toEqual([]);
  isVerified = true;
  await deleting;
});

it("rejects a folder without a recording", async () => {
  await expect(verify(temporaryFolder())).rejects.toMatchObject({ code: "not_a_recording" });
});
