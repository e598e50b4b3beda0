import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { historyRecord } from "@tickerplant/client/testing";
import { expect, it } from "vitest";
import { compact } from "../../src/compaction/compact.ts";
import { compactFeed, Merge } from "../../src/compaction/compact-feed.ts";
import { feedFolderOf } from "../../src/folder/recording-files.ts";
import { lockFolder } from "../../src/folder-lock.ts";
import { checkFile } from "../../src/parquet/checksum.ts";
import { promoteSegment } from "../../src/promotion/promote-segment.ts";
import { query, temporaryFolder } from "../folders.ts";
import { promoted, writeSegment } from "../segments.ts";

const TODAY = "2025-11-17";
const FRIDAY_TRADES = "date=2025-11-14/trades";

function trade(id: number, time: string, symbol = "AAPL"): Trade {
  return new Trade(symbol, Date.parse(time) / 1000, 0, id, "V", 101.25, 100, ["@"], "C");
}

/** Friday's trades in three segments, the second of which has Monday's first trade as well. */
async function recordingOfThree(): Promise<string> {
  const dir = temporaryFolder();
  await promoted(dir, "2025-11-14T14:30:00Z", [
    trade(1, "2025-11-14T14:30:01Z", "MSFT"),
    trade(2, "2025-11-14T14:30:02Z"),
  ]);
  await promoted(dir, "2025-11-14T14:45:00Z", [trade(3, "2025-11-14T14:30:00Z"), trade(4, "2025-11-17T14:30:00Z")]);
  await promoted(dir, "2025-11-14T15:00:00Z", [trade(5, "2025-11-14T14:50:00Z"), trade(6, "2025-11-14T14:30:02Z")]);
  return dir;
}

function namesIn(dir: string, folder: string): string[] {
  return readdirSync(join(dir, "feed=sip", folder)).sort();
}

function merge(dir: string, what: Merge = Merge.WORTHWHILE): ReturnType<typeof compactFeed> {
  return compactFeed(feedFolderOf(dir, "sip"), TODAY, what);
}

async function ids(dir: string): Promise<unknown[]> {
  const rows = await query(dir, "select id::integer as id from FILES(trades)");
  return rows.map(({ id }) => id);
}

it("merges the files of a day that is over, sorted by symbol, time and arrival, and of no other day", async () => {
  const dir = await recordingOfThree();
  const { files, errors } = await merge(dir);
  expect(errors).toEqual([]);
  expect(namesIn(dir, FRIDAY_TRADES)).toEqual(["20251114T143000.000Z_20251114T150000.000Z.parquet"]);
  expect(namesIn(dir, "date=2025-11-17/trades")).toEqual(["20251114T144500.000Z.parquet"]);
  const path = join(dir, "feed=sip", FRIDAY_TRADES, "20251114T143000.000Z_20251114T150000.000Z.parquet");
  expect(files).toEqual([{ path, rowCount: 5 }]);
  expect(await checkFile(path)).toBe("intact");
  expect(await ids(dir)).toEqual([3, 2, 6, 5, 1, 4]);
});

it("keeps types, order of arrival and metadata in a merged file", async () => {
  const dir = await recordingOfThree();
  const columns = "select column_name, column_type from (describe from FILES(trades)) order by all";
  const metadata = "select decode(key) as key, decode(value) as value from parquet_kv_metadata('PATH') order by all";
  const [part, merged] = ["20251114T143000.000Z", "20251114T143000.000Z_20251114T150000.000Z"].map((name) =>
    metadata.replace("PATH", join(dir, "feed=sip", FRIDAY_TRADES, `${name}.parquet`)),
  );
  const before = await query(dir, columns);
  const partMetadata = await query(dir, part ?? "");
  await merge(dir);
  expect(await query(dir, columns)).toEqual(before);
  expect(await query(dir, merged ?? "")).toEqual(partMetadata);
  expect(
    await query(dir, "select id::integer as id, segment, sequence from FILES(trades) where id in (2, 6) order by id"),
  ).toEqual([
    { id: 2, segment: "20251114T143000.000Z", sequence: "1" },
    { id: 6, segment: "20251114T150000.000Z", sequence: "1" },
  ]);
});

it("merges gaps in the order of their arrival", async () => {
  const dir = temporaryFolder();
  const at = (time: string) => ({ from: new Date(time), channel: "trades", symbols: ["*"] });
  await promoted(dir, "2025-11-14T14:30:00Z", [{ kind: "gap", ...at("2025-11-14T14:40:00Z") }]);
  await promoted(dir, "2025-11-14T14:45:00Z", [{ kind: "gap_open", ...at("2025-11-14T14:40:00Z") }]);
  await merge(dir);
  expect(namesIn(dir, "date=2025-11-14/gaps")).toEqual(["20251114T143000.000Z_20251114T144500.000Z.parquet"]);
  expect(await query(dir, "select kind from FILES(gaps)")).toEqual([{ kind: "gap" }, { kind: "gap_open" }]);
});

it("merges nothing past a segment that is still in the log, nor what that one has been promoted to", async () => {
  const dir = await recordingOfThree();
  const path = join(dir, "feed=sip/log/20251114T144500.000Z.tplog");
  writeFileSync(path, "a segment of a newer version");
  await merge(dir);
  expect(namesIn(dir, FRIDAY_TRADES)).toHaveLength(3);
});

it("merges a late file of a past day again", async () => {
  const dir = await recordingOfThree();
  await merge(dir);
  await promoted(dir, "2025-11-16T14:30:00Z", [trade(9, "2025-11-14T14:30:00Z")]);
  await merge(dir);
  expect(namesIn(dir, FRIDAY_TRADES)).toEqual(["20251114T143000.000Z_20251116T143000.000Z.parquet"]);
  expect(await ids(dir)).toEqual([3, 9, 2, 6, 5, 1, 4]);
  expect(await merge(dir)).toEqual({ files: [], errors: [] });
});

it("removes a record of history that came live in another segment, and no other", async () => {
  const dir = temporaryFolder();
  const [live, fill] = [trade(1, "2025-11-14T14:30:01Z"), trade(1, "2025-11-14T14:30:01Z")];
  await promoted(dir, "2025-11-14T14:30:00Z", [live, live]);
  await promoted(dir, "2025-11-14T14:45:00Z", [historyRecord(fill), historyRecord(trade(2, "2025-11-14T14:30:01Z"))]);
  await merge(dir);
  expect(
    await query(dir, `select id::integer as id, "fromHistory" from FILES(trades) order by segment, sequence`),
  ).toEqual([
    { id: 1, fromHistory: false },
    { id: 1, fromHistory: false },
    { id: 2, fromHistory: true },
  ]);
});

it("leaves a day with a damaged file as it is, reports it, and merges the others", async () => {
  const dir = await recordingOfThree();
  await promoted(dir, "2025-11-15T14:30:00Z", [trade(7, "2025-11-13T14:30:00Z")]);
  await promoted(dir, "2025-11-15T14:45:00Z", [trade(8, "2025-11-13T14:30:00Z")]);
  const damaged = join(dir, "feed=sip", FRIDAY_TRADES, "20251114T144500.000Z.parquet");
  const bytes = readFileSync(damaged);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  writeFileSync(damaged, bytes);
  const { files, errors } = await merge(dir);
  expect(errors).toMatchObject([{ code: "compaction_failed" }]);
  expect(errors[0]?.message).toContain(`${damaged} is damaged: its checksum is wrong`);
  expect(namesIn(dir, FRIDAY_TRADES)).toHaveLength(3);
  expect(files).toMatchObject([{ rowCount: 2 }]);
  expect(namesIn(dir, "date=2025-11-13/trades")).toEqual(["20251115T143000.000Z_20251115T144500.000Z.parquet"]);
});

it("leaves a file of another program alone, and the table that it lies in", async () => {
  const dir = await recordingOfThree();
  const foreign = join(dir, "feed=sip", FRIDAY_TRADES, "20251114T14-notes.parquet");
  writeFileSync(foreign, "notes");
  const { errors } = await merge(dir);
  expect(errors[0]?.message).toContain(`${foreign} is not the recorder's: move it to another folder`);
  expect(namesIn(dir, FRIDAY_TRADES)).toHaveLength(4);
});

it("refuses to promote a segment into the range of a merged file, which would hide its rows", async () => {
  const dir = await recordingOfThree();
  await merge(dir);
  const path = await writeSegment(dir, "2025-11-14T14:50:00Z", [trade(9, "2025-11-14T14:30:00Z")]);
  await expect(promoteSegment(path, feedFolderOf(dir, "sip"))).rejects.toThrow(
    "was merged of segments before and after",
  );
  expect(existsSync(path)).toBe(true);
});

it("compacts a folder by itself, and not while a recorder writes to it", async () => {
  const dir = await recordingOfThree();
  const lock = await lockFolder(feedFolderOf(dir, "sip"));
  await expect(compact(dir)).rejects.toMatchObject({ code: "in_use" });
  lock.release();
  expect(await compact(dir)).toMatchObject({ files: [{ rowCount: 5 }], errors: [] });
  await expect(compact(temporaryFolder())).rejects.toMatchObject({ code: "not_a_recording" });
});
