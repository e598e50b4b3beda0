import { setTimeout as sleep } from "node:timers/promises";
import { Reader, type ReaderCommand, type Totals } from "./reader.ts";

/** Slices of one reader; the n-th slices of all readers were measured in the same turn. */
export interface Rates {
  /** Messages per second. */
  readonly clock: number[];
  /** Messages per second of processor time. */
  readonly cpu: number[];
}

/** Turns until the engines have compiled what runs often. */
const WARM_UP_TURNS = 3;
/** Measured turns of each round. */
const TURNS = 3;
/** Before each slice the reader empties the kernel's buffers, which filled up while it was paused. */
const LEAD_MS = 30;
/** Shorter than the bursts of other work on a machine, so that they affect all readers of a turn alike. */
const SLICE_MS = 150;

/**
 * Measures readers in turn. All of them live as long as a round and are connected; all but one are
 * paused. Each round starts new processes, because the order in which an engine compiles is worth some
 * percent for the life of a process. Returns the rates in the order of the commands.
 */
export async function inSlices(commands: readonly ReaderCommand[], rounds: number): Promise<Rates[]> {
  const rates = commands.map((): Rates => ({ clock: [], cpu: [] }));
  for (let round = 0; round < rounds; round++) {
    const readers = commands.map((command) => new Reader(command));
    try {
      await Promise.all(readers.map(pauseOnceItReceives));
      // No reader may run twice in a row: it would start with less in the kernel's buffers than after a pause.
      const order = round % 2 === 0 ? [...readers.entries()] : [...readers.entries()].reverse();
      for (let turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
        for (const [index, reader] of order) {
          const { clock, cpu } = await slice(reader);
          if (turn < 0) continue;
          rates[index]?.clock.push(clock);
          rates[index]?.cpu.push(cpu);
        }
      }
    } finally {
      await Promise.all(readers.map((reader) => reader.end()));
    }
  }
  return rates;
}

async function pauseOnceItReceives(reader: Reader): Promise<void> {
  await reader.receives();
  reader.pause();
}

async function slice(reader: Reader): Promise<{ readonly clock: number; readonly cpu: number }> {
  reader.resume();
  await sleep(LEAD_MS);
  const before = await reader.totals();
  await sleep(SLICE_MS);
  const after = await reader.totals();
  reader.pause();
  const between = (key: keyof Totals): number => after[key] - before[key];
  return { clock: between("messages") / between("atS"), cpu: between("messages") / between("cpuS") };
}
