import { describe, expect, test } from "vitest";
import { bar, recordTime } from "../../../../../verify/shared/records.ts";
import { revisionOf } from "../../../src/continuity/backfill/fill-rules.ts";
import { isFromHistory } from "../../../src/continuity/from-history.ts";
import { type AnyRecord, type Bar, StreamError } from "../../../src/index.ts";
import type { PastOptions } from "../support/past.ts";
import { START_MS, World } from "../support/world.ts";

/** Channel and volume of each bar that was delivered. */
function shown(records: readonly AnyRecord[]): string[] {
  return records.map((record) => `${record.channel} ${(record as Bar).volume}`);
}

describe("a minute bar that history has revised", () => {
  const minuteBar = (ageMs: number, volume: number, channel: Bar["channel"] = "bars"): AnyRecord =>
    bar("AAPL", channel, volume, recordTime(START_MS - ageMs));

  /** A stream that got the bar of the last minute, with a volume of 100, before its connection was lost. */
  async function lostWorld(...channels: readonly ("bars" | "updatedBars")[]): Promise<World> {
    const world = new World();
    const { stream } = world.opened;
    for (const channel of channels) stream.subscribe({ [channel]: ["AAPL"] }, (record) => world.got.push(record));
    await world.start();
    world.session?.records(minuteBar(60_000, 100));
    await world.advance(100);
    world.cut();
    return world;
  }

  test("is delivered to the subscriptions of updated bars, once, as a record of history", async () => {
    const world = await lostWorld("bars", "updatedBars");
    world.past.publish(minuteBar(60_000, 110));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["bars 100", "updatedBars 110"]);
    expect(world.got.map(isFromHistory)).toEqual([false, true]);
    expect(world.filled).toMatchObject([{ channel: "bars", recordCount: 1 }]);
    expect(world.open).toMatchObject([{ channel: "updatedBars", cause: { code: "not_filled" } }]);
    expect(world.open[0]?.cause.message).toContain("history does not show which bars were revised");
    world.cut();
    await world.advance(20_000);
    world.session?.records(minuteBar(60_000, 110, "updatedBars")); // the stream is later than history
    await world.advance(100);
    expect(shown(world.got)).toEqual(["bars 100", "updatedBars 110"]);
  });

  test("is not delivered if the stream has brought the same revision", async () => {
    const world = await lostWorld("bars", "updatedBars");
    await world.advance(1_000);
    world.session?.records(minuteBar(60_000, 110, "updatedBars"));
    world.past.publish(minuteBar(60_000, 110));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["bars 100", "updatedBars 110"]);
    expect(world.filled.filter(({ channel }) => channel === "bars")).toMatchObject([{ recordCount: 0 }]);
  });

  test("is not delivered to subscriptions of minute bars, and proves that history has the bar", async () => {
    const world = await lostWorld("bars");
    world.past.publish(minuteBar(60_000, 110));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["bars 100"]);
    expect(world.filled).toMatchObject([{ channel: "bars", recordCount: 0 }]);
    expect(world.open).toEqual([]);
  });

  test("follows a live bar that was held", async () => {
    const world = await lostWorld("bars", "updatedBars");
    world.past.publish(minuteBar(60_000, 100));
    await world.advance(61_000);
    world.cut();
    await world.advance(1_000);
    world.session?.records(minuteBar(0, 200));
    world.past.publish(minuteBar(0, 210));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["bars 100", "bars 200", "updatedBars 210"]);
  });
});

test("a revision of a raw record has the letter of its channel", () => {
  expect(revisionOf({ T: "b", S: "AAPL", v: 110 }, { channel: "updatedBars", letter: "u" })).toEqual({
    T: "u",
    S: "AAPL",
    v: 110,
  });
});

describe("after a gap of daily bars", () => {
  const MIDNIGHT_MS = START_MS - 6 * 3_600_000;
  const dailyBar = (volume: number, timeMs: number = MIDNIGHT_MS): AnyRecord =>
    bar("AAPL", "dailyBars", volume, recordTime(timeMs));

  /** A stream that got a bar of the running day, with a volume of 100, before its connection was lost. */
  async function lostWorld(options: PastOptions, symbol = "AAPL"): Promise<World> {
    const world = new World(options);
    world.opened.stream.subscribeDailyBars((record) => world.got.push(record), symbol);
    await world.start();
    world.session?.records(dailyBar(100));
    await world.advance(100);
    world.cut();
    await world.advance(1_000);
    return world;
  }

  test.each(["AAPL", "*"])("the newest bar of the running day is delivered by one request (%s)", async (symbol) => {
    const world = await lostWorld({}, symbol);
    world.past.publish(dailyBar(150));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["dailyBars 100", "dailyBars 150"]);
    expect(world.got.map(isFromHistory)).toEqual([false, true]);
    expect(world.filled).toMatchObject([{ channel: "dailyBars", symbols: [symbol], recordCount: 1 }]);
    expect(world.past.requests).toHaveLength(1);
    world.session?.records(dailyBar(160));
    await world.advance(100);
    expect(shown(world.got)).toEqual(["dailyBars 100", "dailyBars 150", "dailyBars 160"]);
  });

  test("a bar that was delivered before, or is older, is not delivered", async () => {
    for (const volume of [90, 100]) {
      const world = await lostWorld({});
      world.past.publish(dailyBar(volume));
      await world.advance(20_000);
      expect(shown(world.got)).toEqual(["dailyBars 100"]);
      expect(world.filled).toMatchObject([{ recordCount: 0 }]);
    }
  });

  test("live bars that are older than that of history are passed over", async () => {
    const world = await lostWorld({});
    world.session?.records(dailyBar(140)); // held
    world.past.publish(dailyBar(150));
    await world.advance(10_000);
    world.session?.records(dailyBar(145), dailyBar(155)); // the stream is later than history
    await world.advance(100);
    expect(shown(world.got)).toEqual(["dailyBars 100", "dailyBars 150", "dailyBars 155"]);
  });

  test("live bars that are newer than that of history follow it", async () => {
    const world = await lostWorld({});
    world.session?.records(dailyBar(170)); // held
    world.past.publish(dailyBar(150));
    await world.advance(10_000);
    expect(shown(world.got)).toEqual(["dailyBars 100", "dailyBars 150", "dailyBars 170"]);
  });

  test("the day before is completed if it ended in the gap", async () => {
    const DAY_MS = 86_400_000;
    const world = new World();
    world.opened.stream.subscribeDailyBars((record) => world.got.push(record), "AAPL");
    await world.start();
    world.session?.records(dailyBar(800, START_MS - DAY_MS));
    await world.advance(100);
    world.cut();
    world.past.publish(dailyBar(900, START_MS - DAY_MS));
    world.past.publish(dailyBar(10, START_MS));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["dailyBars 800", "dailyBars 900", "dailyBars 10"]);
  });

  test("history that begins within the day is enough", async () => {
    const world = await lostWorld({ completeFromMs: START_MS - 60_000 });
    world.past.publish(dailyBar(150));
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["dailyBars 100", "dailyBars 150"]);
    expect(world.open).toEqual([]);
  });

  test("the gap stays open if the newest bar could not be requested", async () => {
    const world = await lostWorld({
      before: () => {
        throw new StreamError("not_entitled", "no");
      },
    });
    await world.advance(20_000);
    expect(world.filled).toEqual([]);
    expect(world.open).toMatchObject([{ channel: "dailyBars", cause: { code: "not_entitled" } }]);
  });
});

test("a subscription to daily bars that begins in the past gets each day once", async () => {
  const DAY_MS = 86_400_000;
  const world = new World();
  for (const day of [3, 2, 1]) world.past.publish(bar("AAPL", "dailyBars", day, recordTime(START_MS - day * DAY_MS)));
  world.past.publish(bar("AAPL", "dailyBars", 100, recordTime(START_MS - 1_000)));
  world.opened.stream.subscribeDailyBars((record) => world.got.push(record), "AAPL", {
    from: new Date(START_MS - 2 * DAY_MS),
  });
  await world.start();
  await world.advance(60_000);
  world.session?.records(bar("AAPL", "dailyBars", 120, recordTime(START_MS - 1_000)));
  await world.advance(100);
  expect(shown(world.got)).toEqual(["dailyBars 2", "dailyBars 1", "dailyBars 100", "dailyBars 120"]);
});

test("a subscription to daily bars that begins in the past lacks no bar that came while history was late", async () => {
  const world = new World({ lagMs: 3_000 });
  const from = new Date(START_MS - 86_400_000);
  world.opened.stream.subscribeDailyBars((record) => world.got.push(record), "AAPL", { from });
  world.opened.stream.subscribeBars(() => {}, "AAPL");
  await world.start();
  world.publish(bar("AAPL", "dailyBars", 100, recordTime(START_MS - 6 * 3_600_000)));
  world.session?.records(bar("AAPL", "bars", 1, recordTime(START_MS - 60_000))); // shows the market's time
  await world.advance(30_000);
  expect(shown(world.got)).toEqual(["dailyBars 100"]);
});
