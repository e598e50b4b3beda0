import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Quote, Trade } from "@tickerplant/client";
import { expect, it, onTestFinished, test, vi } from "vitest";
import { startTask } from "../../src/background/start-task.ts";
import type { Task } from "../../src/background/task.ts";
import { removeLeftovers } from "../../src/folder/leftovers.ts";
import { feedFolderOf, listFeed } from "../../src/folder/recording-files.ts";
import { verify } from "../../src/verification/verify.ts";
import { query, temporaryFolder } from "../folders.ts";
import { promoted, writeSegment } from "../segments.ts";

const TODAY = "2025-11-17";

it.each([
  ["exit", "its process exited with code 3"],
  ["kill", "its process was ended by SIGKILL"],
  ["throw", "(TypeError: a fault of the program)"],
  ["memory", "heap out of memory"],
])("reports a process that ends without a result: %s", async (segment, message) => {
  const program = join(import.meta.dirname, "ending-process.js");
  vi.stubEnv("NODE_OPTIONS", "--max-old-space-size=32"); // so that a process is soon out of memory
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(startTask({ type: "promote", folder: "", segment }, program).result).rejects.toThrow(message);
});

/** Trades and quotes of two days. */
function records(from: number, count: number): (Trade | Quote)[] {
  return Array.from({ length: count }, (_, index) => {
    const id = from + index;
    const seconds = Date.parse(id % 3 === 0 ? "2025-11-13T15:00:00Z" : "2025-11-14T15:00:00Z") / 1000 + (id % 600);
    return id % 2 === 0
      ? new Trade(`S${id % 50}`, seconds, id, id, "V", Math.random(), 100, ["@"], "C")
      : new Quote(`S${id % 50}`, seconds, id, "V", Math.random(), 2, "Q", Math.random(), 3, ["R"], "C");
  });
}

/** Rows in the files that a recording lists, and the names of the segments that are in the log. */
async function listed(dir: string): Promise<{ rowCount: number; segments: string[] }> {
  const { files, segments } = await listFeed(feedFolderOf(dir, "sip"));
  const list = files.map(({ path }) => `'${path}'`).join(", ");
  const [row] =
    files.length === 0
      ? [{ n: 0 }]
      : await query(dir, `select count(*)::integer as n from read_parquet([${list}], union_by_name = true)`);
  return { rowCount: Number(row?.n), segments: segments.map((path) => basename(path)) };
}

/** Files that only a crash leaves. */
function unfinished(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => /\.partial|temporary-/.test(name));
}

/** Kills the process of a task at moments from its start to its end, each time in a copy of the recording. */
async function killedAtMoments(dir: string, task: (dir: string) => Task, check: (dir: string) => Promise<void>) {
  const copy = join(temporaryFolder(), "copy");
  const begin = performance.now();
  cpSync(dir, copy, { recursive: true });
  const whole = await startTask(task(copy)).result;
  expect(whole.errors).toEqual([]);
  const durationMs = performance.now() - begin;
  const moments = 3; // the campaign of `npm run crash` tries many more
  for (let moment = 1; moment <= moments; moment++) {
    rmSync(copy, { recursive: true });
    cpSync(dir, copy, { recursive: true });
    const running = startTask(task(copy));
    const timer = setTimeout(() => running.stop(), (durationMs * moment) / moments);
    await running.result.catch(() => {});
    clearTimeout(timer);
    await check(copy);
    await removeLeftovers(feedFolderOf(copy, "sip"));
    const [segment] = (await listed(copy)).segments;
    if (segment !== undefined || task(copy).type === "compact")
      expect((await startTask(task(copy)).result).errors).toEqual([]);
    expect(unfinished(copy)).toEqual([]);
    expect((await verify(copy)).findings).toEqual([]);
  }
}

test("a promotion that is killed at any moment loses and doubles nothing, and is repeated", async () => {
  const dir = temporaryFolder();
  const path = await writeSegment(dir, "2025-11-14T15:00:00Z", records(0, 6_000));
  const task = (copy: string): Task => ({
    type: "promote",
    folder: feedFolderOf(copy, "sip"),
    segment: join(feedFolderOf(copy, "sip"), "log", basename(path)),
  });
  await killedAtMoments(dir, task, async (copy) => {
    const { rowCount, segments } = await listed(copy);
    expect([rowCount, segments.length]).toEqual(segments.length === 0 ? [6_000, 0] : [0, 1]);
  });
}, 120_000);

test("a merge that is killed at any moment loses and doubles nothing, and is repeated", async () => {
  const dir = temporaryFolder();
  for (let part = 0; part < 3; part++) await promoted(dir, `2025-11-14T15:0${part}:00Z`, records(part * 3000, 3000));
  const task = (copy: string): Task => ({ type: "compact", folder: feedFolderOf(copy, "sip"), today: TODAY });
  await killedAtMoments(dir, task, async (copy) => {
    expect(await listed(copy)).toEqual({ rowCount: 9_000, segments: [] });
    expect((await verify(copy)).findings).toEqual([]);
  });
}, 120_000);

/** Mounts a file system of four megabytes; undefined without the right to. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}

/** Writes a file that leaves a disk with less space than this. */
function fillDisk(dir: string, leftBytes: number): string {
  const path = join(dir, "filler");
  const megabytes = Number(execFileSync("df", ["--output=avail", "-B1", dir]).toString().split("\n")[1]);
  writeFileSync(path, Buffer.alloc(Math.max(0, megabytes - leftBytes)));
  return path;
}

test("a full disk stops a promotion and a merge, which leave what they had, and succeed with space", async ({
  skip,
}) => {
  const dir = smallDisk();
  if (dir === undefined) return skip("no right to mount a small disk");
  const folder = feedFolderOf(dir, "sip");
  for (const part of [0, 1]) {
    const segment = await writeSegment(dir, `2025-11-14T15:0${part}:00Z`, records(part * 8000, 8000));
    const filler = fillDisk(dir, 64 * 1024);
    const { files, errors } = await startTask({ type: "promote", folder, segment }).result;
    expect(files).toEqual([]);
    expect(errors).toMatchObject([{ code: "promotion_failed", message: expect.stringMatching(/no space/i) }]);
    expect(statSync(segment).size).toBeGreaterThan(0);
    expect(unfinished(dir)).toEqual([]);
    rmSync(filler);
    expect(await startTask({ type: "promote", folder, segment }).result).toMatchObject({ errors: [] });
  }
  const filler = fillDisk(dir, 64 * 1024);
  const compaction: Task = { type: "compact", folder, today: TODAY };
  const { errors } = await startTask(compaction).result;
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["compaction_failed"]));
  expect(unfinished(dir)).toEqual([]);
  expect((await listed(dir)).rowCount).toBe(16_000);
  rmSync(filler);
  expect((await startTask(compaction).result).errors).toEqual([]);
  expect((await verify(dir)).findings).toEqual([]);
  expect(await listed(dir)).toEqual({ rowCount: 16_000, segments: [] });
}, 60_000);
