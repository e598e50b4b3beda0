import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import { Recorder } from "../../src/recorder.ts";
import type { RecorderError } from "../../src/recorder-error.ts";
import { query, temporaryFolder } from "../folders.ts";
import { promoted } from "../segments.ts";

function trade(id: number, time: string): Trade {
  return new Trade("AAPL", Date.parse(time) / 1000, 0, id, "V", 101.25, 100, ["@"], "C");
}

function fileNames(dir: string, day: string): string[] {
  const folder = join(dir, `feed=sip/date=${day}/trades`);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

test("a recorder merges the files of past days at its start, and of its own day after midnight in New York", async () => {
  const dir = temporaryFolder();
  for (const day of ["13", "14"])
    for (const minute of ["30", "45"])
      await promoted(dir, `2025-11-${day}T14:${minute}:00Z`, [
        trade(Number(minute), `2025-11-${day}T14:${minute}:01Z`),
      ]);
  const errors: RecorderError[] = [];
  const clock = new VirtualClock({ startMs: Date.parse("2025-11-14T15:00:00Z") });
  const recorder = await Recorder.open({ dir, feed: "sip", clock, onError: (error) => errors.push(error) });
  await expect
    .poll(() => fileNames(dir, "2025-11-13"), { timeout: 10_000 })
    .toEqual(["20251113T143000.000Z_20251113T144500.000Z.parquet"]);
  expect(fileNames(dir, "2025-11-14")).toHaveLength(2);

  await clock.advance(LIMITS.blockMs);
  await expect.poll(() => recorder.metrics.waitingBytes).toBe(0);
  await clock.advance(LIMITS.segmentMs); // ends the first segment, which says that no recorder ran before
  await expect.poll(() => recorder.metrics.segmentAgeMs).toBe(0);
  const push = async (id: number): Promise<void> => {
    recorder.sink.record(trade(id, "2025-11-14T23:59:00Z"));
    recorder.sink.flush();
    await clock.advance(LIMITS.blockMs);
  };
  await clock.advance(Date.parse("2025-11-15T04:59:00Z") - clock.now()); // a minute before midnight
  await push(1); // ends the second segment, which is old
  await expect.poll(() => fileNames(dir, "2025-11-14"), { timeout: 10_000 }).toHaveLength(3);
  await push(2);
  await expect.poll(() => recorder.metrics.waitingBytes).toBe(0);
  await clock.advance(60_000 + LIMITS.compactionCheckMs);
  expect(fileNames(dir, "2025-11-14")).toHaveLength(3); // the third one is being written

  await clock.advance(LIMITS.segmentMs);
  await expect.poll(() => fileNames(dir, "2025-11-14"), { timeout: 10_000 }).toHaveLength(4);
  await clock.advance(LIMITS.compactionCheckMs);
  await expect
    .poll(() => fileNames(dir, "2025-11-14"), { timeout: 10_000 })
    .toEqual([expect.stringMatching(/^20251114T143000.000Z_20251115T0459.*$/)]);
  await recorder.close();
  expect(errors).toEqual([]);
  expect(await query(dir, "select count(*)::integer as n from FILES(trades)")).toEqual([{ n: 6 }]);
});

/** The processes that this one has started, by what the system lists. */
function childIds(): number[] {
  const path = `/proc/${process.pid}/task/${process.pid}/children`;
  return existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

test.skipIf(process.platform !== "linux")(
  "a promotion whose process is killed is reported, its segment stays, and the recorder goes on",
  async () => {
    const dir = temporaryFolder();
    const errors: RecorderError[] = [];
    const clock = new VirtualClock({ startMs: Date.parse("2025-11-14T15:00:00Z") });
    const recorder = await Recorder.open({ dir, feed: "sip", clock, onError: (error) => errors.push(error) });
    const before = new Set(childIds());
    recorder.sink.record(trade(1, "2025-11-14T15:00:00Z"));
    recorder.sink.flush();
    await clock.advance(LIMITS.segmentMs);
    recorder.sink.record(trade(2, "2025-11-14T15:15:00Z"));
    recorder.sink.flush();
    await clock.advance(LIMITS.blockMs);
    const started = (): number | undefined => childIds().find((id) => !before.has(id));
    await expect.poll(started, { interval: 2, timeout: 10_000 }).toBeDefined();
    process.kill(started() ?? 0, "SIGKILL");
    await expect.poll(() => errors.map(({ code }) => code), { timeout: 10_000 }).toEqual(["promotion_failed"]);
    expect(errors[0]?.message).toContain("which stays: its process was ended by SIGKILL");
    expect(fileNames(dir, "2025-11-14")).toEqual([]);

    recorder.sink.record(trade(3, "2025-11-14T15:16:00Z"));
    await recorder.close();
    expect(errors).toHaveLength(1);
    expect(await query(dir, "select count(*)::integer as n from FILES(trades)")).toEqual([{ n: 3 }]);
  },
);

test("a recorder's segments sort behind those of earlier ones when the clock was set back", async () => {
  const dir = temporaryFolder();
  await promoted(dir, "2025-11-14T15:00:00Z", [trade(1, "2025-11-14T15:00:00Z")]);
  const clock = new VirtualClock({ startMs: Date.parse("2025-11-14T14:00:00Z") });
  const recorder = await Recorder.open({ dir, feed: "sip", clock });
  recorder.sink.record(trade(2, "2025-11-14T14:00:00Z"));
  await recorder.close();
  expect(fileNames(dir, "2025-11-14")).toEqual(["20251114T150000.000Z.parquet", "20251114T150000.001Z.parquet"]);
});
