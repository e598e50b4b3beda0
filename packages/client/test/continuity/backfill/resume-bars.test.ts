import { describe, expect, test } from "vitest";
import { bar, recordTime } from "../../../../../verify/shared/records.ts";
import type { AnyRecord, Bar, BarChannel } from "../../../src/index.ts";
import { RestartWorld } from "../support/restarts.ts";
import { START_MS } from "../support/world.ts";

const DAY_MS = 86_400_000;
const MIDNIGHT_MS = START_MS - 15 * 3_600_000;

/** Channel and volume of each bar. */
function shown(records: readonly AnyRecord[]): string[] {
  return records.map((record) => `${record.channel} ${(record as Bar).volume}`);
}

function barAt(timeMs: number, volume: number, channel: BarChannel = "bars"): AnyRecord {
  return bar("AAPL", channel, volume, recordTime(timeMs));
}

describe("a minute bar that is revised while the program is down", () => {
  test("does not come again as a minute bar", async () => {
    const world = new RestartWorld();
    const before = world.start();
    const got: AnyRecord[] = [];
    before.stream.subscribeBars((record) => got.push(record), "AAPL");
    before.run(world.market);
    await world.clock.advance(100);
    world.market.session?.records(barAt(START_MS - 60_000, 100));
    await world.clock.advance(100);
    world.database.position = before.stream.position;
    before.kill(world.market);
    world.past.publish(barAt(START_MS - 60_000, 110));
    await world.clock.advance(30_000);
    const after = world.start();
    after.stream.subscribeBars((record) => got.push(record), "AAPL");
    after.run(world.market);
    await world.clock.advance(20_000);
    expect(shown(got)).toEqual(["bars 100"]);
    await world.end(after);
  });

  test("comes once if its handler had not finished it", async () => {
    const world = new RestartWorld();
    const before = world.start();
    before.stream.subscribeBars(() => new Promise(() => {}), "AAPL");
    before.run(world.market);
    await world.clock.advance(100);
    for (const minute of [4, 3, 2, 1]) world.market.session?.records(barAt(START_MS - minute * 60_000, minute));
    await world.clock.advance(100);
    world.database.position = before.stream.position;
    before.kill(world.market);
    for (const minute of [4, 3, 2, 1]) world.past.publish(barAt(START_MS - minute * 60_000, 10 * minute));
    await world.clock.advance(30_000);
    const got: AnyRecord[] = [];
    const after = world.start();
    after.stream.subscribeBars((record) => got.push(record), "AAPL");
    after.run(world.market);
    await world.clock.advance(20_000);
    expect(shown(got)).toEqual(["bars 40", "bars 30", "bars 20", "bars 10"]);
    await world.end(after);
  });
});

describe("daily bars over a restart", () => {
  async function restarted(downMs: number, bars: readonly AnyRecord[]): Promise<string[]> {
    const world = new RestartWorld();
    const before = world.start();
    const got: AnyRecord[] = [];
    before.stream.subscribe({ dailyBars: ["AAPL"], bars: ["AAPL"] }, (record) => got.push(record));
    before.run(world.market);
    await world.clock.advance(100);
    world.market.session?.records(barAt(START_MS - 60_000, 1), barAt(MIDNIGHT_MS, 100, "dailyBars"));
    await world.clock.advance(100);
    world.database.position = before.stream.position;
    before.kill(world.market);
    for (const one of bars) world.past.publish(one);
    await world.clock.advance(downMs);
    const after = world.start();
    after.stream.subscribe({ dailyBars: ["AAPL"], bars: ["AAPL"] }, (record) => got.push(record));
    after.run(world.market);
    await world.clock.advance(20_000);
    await world.end(after);
    return shown(got.filter(({ channel }) => channel === "dailyBars"));
  }

  test("the newest bar of the running day comes, and completes it", async () => {
    expect(await restarted(60_000, [barAt(MIDNIGHT_MS, 150, "dailyBars")])).toEqual(["dailyBars 100", "dailyBars 150"]);
  });

  test("a day that ends in between is completed before the next one begins", async () => {
    const bars = [barAt(MIDNIGHT_MS, 900, "dailyBars"), barAt(MIDNIGHT_MS + DAY_MS, 10, "dailyBars")];
    expect(await restarted(10 * 3_600_000, bars)).toEqual(["dailyBars 100", "dailyBars 900", "dailyBars 10"]);
  });
});
