import { describe, expect, test } from "vitest";
import { bar, recordTime } from "../../../../../verify/shared/records.ts";
import type { AnyRecord, Bar } from "../../../src/index.ts";
import { RestartWorld } from "../support/restarts.ts";
import { START_MS } from "../support/world.ts";

/** Channel and volume of each bar. */
function shown(records: readonly AnyRecord[]): string[] {
  return records.map((record) => `${record.channel} ${(record as Bar).volume}`);
}

function barAt(timeMs: number, volume: number): AnyRecord {
  return bar("AAPL", "bars", volume, recordTime(timeMs));
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
