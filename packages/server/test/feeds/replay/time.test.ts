import type { AnyRecord } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import {
  barOn,
  file,
  linesOf,
  playing,
  playOut,
  reportsOf,
  tradeAt,
  tradeOn,
  tradesAt,
  until,
} from "../support/recordings.ts";

const DAY_MS = 86_400_000;

/** Makes 100 trades, one every 100 ms, with other records inserted at an index. */
function tradesWith(at: number, ...others: readonly AnyRecord[]): AnyRecord[] {
  const records: AnyRecord[] = tradesAt(...Array.from({ length: 100 }, (_, index) => index * 100));
  records.splice(at, 0, ...others);
  return records;
}

function timesOf(records: readonly AnyRecord[]): string[] {
  return records.map(({ timestamp }) => timestamp.toISOString());
}

describe("times far from their neighbours", () => {
  test.each<[string, number, string, number]>([
    ["the year 0001 at the start", 0, "0001-01-01T00:00:00Z", -1],
    ["the year 0001 in the middle", 50, "0001-01-01T00:00:00Z", -1],
    ["1970 in the middle", 50, "1970-01-01T00:00:00Z", -1],
    ["2099 at the start", 0, "2099-01-01T00:00:00Z", 1],
    ["2099 in the middle", 50, "2099-01-01T00:00:00Z", 1],
    ["2099 as the last", 100, "2099-01-01T00:00:00Z", 1],
    ["a day late in the middle", 50, "2025-11-13T14:30:05Z", -1],
    ["a day ahead in the middle", 50, "2025-11-15T14:30:05Z", 1],
    ["a day ahead at the start", 0, "2025-11-15T14:30:00Z", 1],
    ["a minute ahead", 99, "2025-11-14T14:31:09Z", 1],
  ])("an outlier is published at once, reported, and does not change the pace: %s", async (_kind, at, time, sign) => {
    const path = file(linesOf(tradesWith(at, tradeOn(-7, time))));
    const replayed = playing([path], {});
    await playOut(replayed);
    const { published, notices } = replayed;
    expect(published.map(({ id }) => id).indexOf(-7)).toBe(at);
    for (const { id, atMs } of published) if (id !== -7) expect(atMs).toBeCloseTo(Number(id) * 100, 6);
    expect(published[at]?.atMs).toBe(Math.max(0, (Math.min(at, 100) - 1) * 100));
    expect(notices).toEqual([
      { type: "outlier", file: path, line: at + 1, timestamp: new Date(time), offsetMs: expect.any(Number) },
    ]);
    const [notice] = notices;
    expect(notice?.type === "outlier" && Math.sign(notice.offsetMs)).toBe(sign);
  });

  test.each(["2025-11-14T14:29:48Z", "2025-11-14T14:20:05Z"])("a late trade is not an outlier: %s", async (time) => {
    const replayed = playing([file(linesOf(tradesWith(50, tradeOn(-7, time))))], {});
    await playOut(replayed);
    expect(replayed.notices).toEqual([]);
    expect(replayed.published.map(({ id }) => id).indexOf(-7)).toBe(50);
  });

  test("several outliers in a row are reported, at the start and in the middle", async () => {
    const zeros = Array.from({ length: 5 }, (_, index) => tradeOn(-1 - index, "0001-01-01T00:00:00Z"));
    const { notices } = await reportsOf([file(linesOf([...zeros, ...tradesWith(50, ...zeros)]))]);
    expect(notices.map((notice) => notice.type === "outlier" && notice.line)).toEqual([
      1, 2, 3, 4, 5, 56, 57, 58, 59, 60,
    ]);
  });

  test("outliers in a file of a few lines are reported", async () => {
    const times = ["0001-01-01T00:00:00Z", "2025-11-14T14:30:00Z", "2099-01-01T00:00:00Z", "2025-11-14T14:30:01Z"];
    const { clock, published, notices, run } = playing([file(linesOf(times.map((time, id) => tradeOn(id, time))))], {});
    await until(() => published.length === 3);
    await clock.advance(1000);
    await run;
    expect(published.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 1000]);
    expect(notices.map((notice) => notice.type === "outlier" && notice.line)).toEqual([1, 3]);
  });

  test("an outlier in a quiet file, whose next records span hours, is reported", async () => {
    const quiet = tradesAt(...Array.from({ length: 200 }, (_, index) => index * 60_000));
    const path = file(linesOf(quiet.toSpliced(100, 0, tradeAt(-7, 100 * 60_000 + 1_800_000))));
    const replayed = playing([path], { speed: 600 });
    await playOut(replayed, 10);
    expect(replayed.notices).toMatchObject([{ type: "outlier", line: 101 }]);
    for (const { id, atMs } of replayed.published) if (id !== -7) expect(atMs).toBeCloseTo(Number(id) * 100, 6);
  });

  test("outliers with neighbours in the next chunk of the file are reported", async () => {
    // Enough that an outlier is the last record of a chunk.
    const trades = tradesAt(...Array.from({ length: 10_000 }, (_, index) => index));
    const ahead = tradeOn(-7, "2025-11-15T14:30:00Z");
    const { notices } = await reportsOf([
      file(linesOf(trades.flatMap((trade, at) => (at % 2 === 0 ? [trade, ahead] : trade)))),
    ]);
    expect(notices).toHaveLength(5_000);
    for (const notice of notices) expect(notice).toMatchObject({ type: "outlier", timestamp: ahead.timestamp });
  });

  test("a trade that is late by seconds is not an outlier", async () => {
    const { notices } = await reportsOf([file(linesOf(tradesWith(90, tradeAt(-7, 0))))]);
    expect(notices).toEqual([]);
  });
});

describe("pauses of a recording", () => {
  const records = [...tradesAt(0, 1000), tradeOn(2, "2025-11-17T14:30:00Z"), tradeOn(3, "2025-11-17T14:30:01Z")];

  test("a pause is kept, and reported when it begins", async () => {
    const { clock, published, notices, run } = playing([file(linesOf(records))], { speed: 10 });
    await until(() => published.length === 1);
    await clock.advance(100);
    await until(() => notices.length > 0);
    const durationMs = (3 * DAY_MS - 1000) / 10;
    expect(notices).toEqual([{ type: "pause", until: new Date("2025-11-17T14:30:00Z"), durationMs }]);
    await clock.advance(durationMs - 1);
    expect(published).toHaveLength(2);
    await clock.advance(101);
    await run;
    expect(published.map(({ atMs }) => atMs)).toEqual([0, 100, 100 + durationMs, 200 + durationMs]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a pause between files is reported", async () => {
    const [first, second] = [file(linesOf(records.slice(0, 2))), file(linesOf(records.slice(2)))];
    const { abort, clock, published, notices, run } = playing([first, second], {});
    await until(() => published.length === 1);
    await clock.advance(1000);
    await until(() => notices.length > 0);
    abort.abort();
    await run;
    expect(notices).toMatchObject([{ type: "pause", until: new Date("2025-11-17T14:30:00Z") }]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("no pause is reported at full speed, nor between minute bars", async () => {
    expect((await reportsOf([file(linesOf(records))])).notices).toEqual([]);
    const bars = [0, 1, 2, 3].map((minute) => barOn("bars", `2025-11-14T14:3${minute}:00Z`));
    const { clock, published, notices, run } = playing([file(linesOf(bars))], {});
    await until(() => published.length === 1);
    await clock.advance(180_000);
    await run;
    expect(published.map(({ atMs }) => atMs)).toEqual([0, 60_000, 120_000, 180_000]);
    expect(notices).toEqual([]);
  });

  test("a pause of most of a year does not end early", async () => {
    const { clock, published, run } = playing([file(linesOf(records))], { speed: 0.01 });
    await until(() => published.length === 1);
    await until(() => clock.pendingTimers > 0);
    await clock.advance(100_000);
    await until(() => clock.pendingTimers > 0);
    await clock.advance(299 * DAY_MS);
    expect(published).toHaveLength(2);
    await clock.advance(2 * DAY_MS);
    await run;
    expect(published[2]?.atMs).toBe(300 * DAY_MS);
  });
});

describe("times that go back", () => {
  test("times that go back by more than late trades are reported, and the pace continues from there", async () => {
    const records = [...tradesWith(0), ...tradesAt(-3_600_000, -3_599_000, -3_598_000)];
    const path = file(linesOf(records));
    const replayed = playing([path], {});
    await playOut(replayed);
    const { published, notices } = replayed;
    expect(notices).toEqual([
      { type: "back", file: path, line: 101, timestamp: new Date("2025-11-14T13:30:00Z"), byMs: 3_609_900 },
    ]);
    expect(published.slice(100).map(({ atMs }) => atMs)).toEqual([9_900, 10_900, 11_900]);
  });

  test.each([100, 1000, 60_000, DAY_MS])(
    "a file in reverse order is reported, with %s ms between records",
    async (stepMs) => {
      const path = file(linesOf(tradesAt(...Array.from({ length: 30 }, (_, index) => -index * stepMs))));
      const { ids, notices } = await reportsOf([path]);
      expect(ids).toEqual(Array.from({ length: 30 }, (_, index) => index));
      expect(notices.length).toBeGreaterThan(0);
      for (const notice of notices) expect(notice).toMatchObject({ type: "back", file: path });
    },
  );

  test("times that go back in a concatenated file are reported once", async () => {
    const { notices } = await reportsOf([file(linesOf([...tradesWith(0), ...tradesWith(0)].map(spread)))]);
    expect(notices).toMatchObject([{ type: "back", line: 101 }]);
  });
});

/** Multiplies the distance of a record from the first by 600, so that 100 ms become a minute. */
function spread(record: AnyRecord): AnyRecord {
  return tradeAt(0, (record.timestamp.getTime() - Date.parse("2025-11-14T14:30:00Z")) * 600);
}

describe("times of bars", () => {
  const daily = barOn("dailyBars", "2025-11-14T05:00:00Z");
  const updated = barOn("updatedBars", "2025-11-14T14:10:00Z");
  const minute = barOn("bars", "2025-11-14T14:29:00Z");

  test("bars among trades are not outliers, and the midnight of a daily bar starts no pause", async () => {
    const path = file(linesOf([daily, updated, ...tradesWith(50, minute, updated, daily)]));
    const replayed = playing([path], {});
    await playOut(replayed);
    const { published, notices } = replayed;
    expect(notices).toEqual([]);
    expect(published.slice(0, 3).map(({ atMs }) => atMs)).toEqual([0, 0, 0]);
    expect(published.slice(52, 55).map(({ atMs }) => atMs)).toEqual([4900, 4900, 4900]);
    expect(published.at(-1)?.atMs).toBeCloseTo(9900, 6);
  });

  test("thousands of daily bars before trades start no pause", async () => {
    const path = file(linesOf([...Array.from({ length: 3_000 }, () => daily), ...tradesAt(0, 1000)]));
    const replayed = playing([path], {});
    await playOut(replayed);
    expect(replayed.notices).toEqual([]);
    expect(replayed.published.slice(-2).map(({ atMs }) => atMs)).toEqual([0, 1000]);
  });

  test("a file of daily bars alone keeps the days between them", async () => {
    const days = ["10", "11", "12", "13", "14", "17"].map((day) => barOn("dailyBars", `2025-11-${day}T05:00:00Z`));
    const { clock, published, run } = playing([file(linesOf(days))], { speed: 86_400 });
    await until(() => published.length === 1);
    await clock.advance(7000);
    await run;
    expect(published.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000, 7000]);
  });
});

describe("shifted times", () => {
  /** The virtual clock's start: 2025-01-02, 10:00 in New York. */
  const NOW_S = Date.parse("2025-01-02T15:00:00Z") / 1000;

  async function shifted(records: readonly AnyRecord[]): Promise<AnyRecord[]> {
    const { published, run } = playing([file(linesOf(records))], { speed: "max", timestamps: "shifted" });
    await run;
    return published.map(({ record }) => record);
  }

  test("shifted minute bars stay at whole minutes, whatever the second of the first record", async () => {
    const records = await shifted([
      tradeOn(1, "2025-07-14T13:30:47.123Z"),
      barOn("bars", "2025-07-14T13:30:00Z"),
      barOn("updatedBars", "2025-07-14T13:29:00Z"),
    ]);
    expect(timesOf(records)).toEqual([
      "2025-01-02T14:59:47.123Z",
      "2025-01-02T14:59:00.000Z",
      "2025-01-02T14:58:00.000Z",
    ]);
    expect(Math.abs((records[0]?.seconds ?? 0) - NOW_S)).toBeLessThanOrEqual(30);
  });

  test("shifted daily bars stay at midnight in New York, also from summer to winter", async () => {
    const records = await shifted([
      barOn("dailyBars", "2025-07-14T04:00:00Z"),
      tradeOn(1, "2025-07-14T23:30:00Z"),
      barOn("dailyBars", "2025-07-14T04:00:00Z"),
      tradeOn(2, "2025-07-15T13:30:00Z"),
      barOn("dailyBars", "2025-07-15T04:00:00Z"),
    ]);
    expect(timesOf(records)).toEqual([
      "2025-01-02T05:00:00.000Z",
      "2025-01-02T15:00:00.000Z",
      "2025-01-02T05:00:00.000Z",
      "2025-01-03T05:00:00.000Z",
      "2025-01-03T05:00:00.000Z",
    ]);
  });

  test("a shifted file of daily bars alone starts today", async () => {
    const records = await shifted(["14", "17"].map((day) => barOn("dailyBars", `2025-11-${day}T05:00:00Z`)));
    expect(timesOf(records)).toEqual(["2025-01-02T05:00:00.000Z", "2025-01-05T05:00:00.000Z"]);
  });

  test("shifted times start with the first time that is not an outlier, and outliers shift as far within the years of RFC 3339", async () => {
    const records = await shifted([
      tradeOn(-1, "0001-01-01T00:00:00Z"),
      ...tradesWith(3, tradeOn(-2, "9999-12-31T23:59:59Z")),
    ]);
    expect(records).toHaveLength(102);
    expect(timesOf(records.slice(0, 2))).toEqual(["0000-02-20T00:30:00.000Z", "2025-01-02T15:00:00.000Z"]);
    const old = [1, 2, 3].map((id) => tradeOn(id, "1990-01-02T15:00:00Z"));
    const later = await shifted([...old, tradeOn(4, "9999-12-31T23:59:59Z")]);
    expect(later.at(-1)?.timestamp.toISOString()).toBe("9999-12-31T23:59:59.000Z");
  });
});
