import type { AnyRecord, Channel, MarketRecord, RecordByChannel } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import type { Feed } from "../../../src/feeds/feed.ts";
import { type SimulatorOptions, simulator } from "../../../src/feeds/simulator/simulator.ts";

/** Ten seconds before 09:30 in New York on a Friday in winter. */
export const START: Date = new Date("2025-11-14T14:29:50.123Z");

/** A clock that starts at a time, and proves that a seeded feed uses no random numbers but its own. */
export function startingAt(start: Date): VirtualClock {
  const random = (): number => {
    throw new Error("a seeded feed must not use the clock's random numbers");
  };
  return new VirtualClock({ startMs: start.getTime(), random });
}

/** Returns the records of a simulator without a clock; by default from `START`. */
export function collect(options: SimulatorOptions): Promise<AnyRecord[]> {
  const clock = startingAt(START);
  return collectFrom<AnyRecord>(simulator({ speed: "max", start: START, clock, ...options }), clock);
}

/** Returns the records of a feed that runs to its end at one moment of a clock. They are of the type `R`. */
export async function collectFrom<R extends MarketRecord>(feed: Feed, clock: VirtualClock): Promise<R[]> {
  const records: R[] = [];
  const publish = (record: MarketRecord): void => void records.push(record as R); // the feed's asset class
  const run = feed.run({ publish, room: () => undefined }, new AbortController().signal);
  await clock.advance(0);
  await run;
  return records;
}

/** Returns the records of one channel. */
export function ofChannel<C extends Channel>(records: readonly AnyRecord[], channel: C): RecordByChannel[C][] {
  // The channel determines the class, as RecordByChannel states.
  return records.filter((record) => record.channel === channel) as RecordByChannel[C][];
}
