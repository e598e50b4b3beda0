import { Bar, Trade } from "@tickerplant/client";
import { historyRecord } from "@tickerplant/client/testing";
import { expect, it } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import { RecordDays } from "../../src/promotion/record-days.ts";
import { query, temporaryFolder } from "../folders.ts";
import { type Content, promoted } from "../segments.ts";

const TODAY = "2026-11-27T15:00:00Z";

function trade(time: string, id = 1): Trade {
  return new Trade("AAPL", Date.parse(time) / 1000, 0, id, "V", 101.25, 100, ["@"], "C");
}

/** The days of the folders, with the numbers of their trades. */
async function daysOf(content: Content): Promise<Record<string, number>> {
  const dir = temporaryFolder();
  const files = await promoted(dir, TODAY, content);
  return Object.fromEntries(files.map(({ path, rowCount }) => [/date=(.+?)\//.exec(path)?.[1], rowCount]));
}

it("keeps records of the last week and of tomorrow in the folders of their days", async () => {
  const days = ["2026-11-21T15:00:00Z", "2026-11-27T14:59:59Z", "2026-11-28T06:00:00Z", "2026-11-25T15:00:00Z"];
  expect(await daysOf(days.map((day) => trade(day)))).toEqual({
    "2026-11-21": 1,
    "2026-11-25": 1,
    "2026-11-27": 1,
    "2026-11-28": 1,
  });
});

it("makes no folder for a single wrong time in a live feed, of any year, and keeps the time", async () => {
  const dir = temporaryFolder();
  const wrong = ["1677-10-01T00:00:00Z", "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2262-01-01T00:00:00Z"];
  const content = wrong.flatMap((time) => [trade("2026-11-27T14:59:59Z"), trade(time)]);
  const files = await promoted(dir, TODAY, content);
  expect(files.map(({ path }) => path)).toEqual([expect.stringContaining("date=2026-11-27")]);
  const rows = await query(dir, "select t::varchar as t from FILES(trades) where t < '2000-01-01' or t > '2027-01-01'");
  expect(rows.map(({ t }) => t)).toEqual(wrong.map((time) => time.slice(0, 19).replace("T", " ")));
});

it("keeps records of a replay in the folders of the replayed days, and a wrong time between them out", async () => {
  const content = [
    trade("2025-11-14T14:30:00Z"),
    trade("2025-11-14T20:00:00Z"),
    trade("2099-01-01T00:00:00Z"),
    trade("2025-11-14T21:00:00Z"),
    trade("2025-11-17T14:30:00Z"),
    trade("2025-11-17T15:30:00Z"),
  ];
  expect(await daysOf(content)).toEqual({ "2025-11-14": 3, "2025-11-17": 2, "2026-11-27": 1 });
});

it("keeps a replay's record behind a jump of months in its own day when the next one is of that day", async () => {
  const content = ["2025-03-03", "2025-03-04", "2025-09-01", "2025-09-02"].map((day) => trade(`${day}T15:00:00Z`));
  expect(await daysOf(content)).toEqual({ "2025-03-03": 1, "2025-03-04": 1, "2025-09-01": 1, "2025-09-02": 1 });
});

it("keeps every day of a replay of years of daily bars", async () => {
  const dir = temporaryFolder();
  const start = Date.parse("2023-01-02T05:00:00Z") / 1000;
  const content = Array.from(
    { length: 200 },
    (_, day) => new Bar("bars", "AAPL", start + day * 86_400, 0, 1, 2, 0.5, 1.5, 100, 10, 1.25),
  );
  expect(await promoted(dir, TODAY, content)).toHaveLength(200);
});

it("keeps records from history in their days, however long ago", async () => {
  const content = [
    trade("2026-11-27T14:59:59Z"),
    historyRecord(trade("2026-06-01T15:00:00Z")),
    historyRecord(trade("2026-08-03T15:00:00Z")),
  ];
  expect(await daysOf(content)).toEqual({ "2026-06-01": 1, "2026-08-03": 1, "2026-11-27": 1 });
});

it("has a limit on folders when every time is wrong", () => {
  const days = new RecordDays();
  const used = new Set<number>();
  for (let number = 0; number < 10_000; number++) used.add(days.dayOf(number * 20, 500_000, false));
  expect(used.size).toBe(LIMITS.loneDays + 1);
  for (let number = 0; number < 10_000; number++) used.add(days.dayOf(number * 5, 500_000, true));
  expect(used.size).toBe(LIMITS.farDays + 1);
});

it("keeps the gaps of a replay in the replayed day, and a wrong time out", async () => {
  const dir = temporaryFolder();
  const gap = (from: string) => ({ kind: "gap", channel: "trades", symbols: ["*"], from: new Date(from) }) as const;
  await promoted(dir, TODAY, [
    trade("2025-11-14T14:30:00Z"),
    trade("2025-11-14T14:30:01Z"),
    gap("2025-11-14T14:30:01Z"),
    gap("2099-11-14T14:30:01Z"),
  ]);
  expect(await query(dir, "select date from FILES(gaps) order by date")).toEqual([
    { date: "2025-11-14" },
    { date: "2026-11-27" },
  ]);
});
