import type { AnyRecord, Channel, RecordByChannel } from "@tickerplant/client";
import { type SimulatorOptions, simulator } from "../../../src/feeds/simulator/simulator.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Ten seconds before 09:30 in New York on a Friday in winter. */
export const START: Date = new Date("2025-11-14T14:29:50.123Z");

/** Returns the records of a simulator without a clock; by default from `START`. */
export async function collect(options: SimulatorOptions): Promise<AnyRecord[]> {
  const records: AnyRecord[] = [];
  const clock = new VirtualClock(START);
  const feed = simulator({ speed: "max", start: START, clock, ...options });
  const run = feed.run(
    { publish: (record) => records.push(record), room: () => undefined },
    new AbortController().signal,
  );
  clock.advance(0);
  await run;
  return records;
}

/** Returns the records of one channel. */
export function ofChannel<C extends Channel>(records: readonly AnyRecord[], channel: C): RecordByChannel[C][] {
  // The channel determines the class, as RecordByChannel states.
  return records.filter((record) => record.channel === channel) as RecordByChannel[C][];
}
