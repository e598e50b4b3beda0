import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { type Feed, replay, simulator } from "tickerplant";

/** Records that a workload repeats: enough that every symbol's turn comes, and caches are not flattered. */
const RECORDS = 100_000;
/** So fast that a tenth of a second is simulated: quotes and trades, and hardly anything else. */
const RATE = 1_000_000;
const START = new Date("2025-01-02T15:00:00Z");

/** Frame sizes, in messages, that the benches use. */
export const FRAME_SIZES = [100, 10, 1] as const;

/** The same made-up data set for everybody: 8,000 symbols, 88 % quotes and 12 % trades. */
export async function records(
  count: number = RECORDS,
  symbols: number | readonly string[] = 8_000,
): Promise<readonly AnyRecord[]> {
  return recordsOf(simulator({ seed: 1, symbols, rate: RATE, speed: "max", start: START, count }));
}

/** Real trades and quotes of a day, which are not part of the repository. */
export const REAL_TICKS: string = fileURLToPath(
  new URL("../../../shared/data/ticks/us-trades-quotes-2025-11-14.jsonl.gz", import.meta.url),
);

/** What a bench can read: the made-up tape, and real trades and quotes where those are at hand. */
export const DATA_SETS: readonly DataSet[] = existsSync(REAL_TICKS) ? ["simulated", "real ticks"] : ["simulated"];
export type DataSet = "simulated" | "real ticks";

/** The records of a data set, by its name on the command line of a worker. */
export async function recordsIn(dataSet: string | undefined): Promise<readonly AnyRecord[]> {
  return dataSet === "real ticks" ? recordsOf(replay([REAL_TICKS], { speed: "max" })) : records();
}

async function recordsOf(feed: Feed): Promise<readonly AnyRecord[]> {
  const list: AnyRecord[] = [];
  await feed.run({ publish: (record) => list.push(record), room: () => undefined }, new AbortController().signal);
  return list.filter(({ channel }) => channel === "quotes" || channel === "trades");
}

/** Encoded frames of `size` messages each; what is left over at the end is left out. */
export function framesOf(list: readonly AnyRecord[], size: number, codec: Codec): readonly Buffer[] {
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  const frames: Buffer[] = [];
  for (let start = 0; start + size <= list.length; start += size) {
    const frame = encoder.frame(list.slice(start, start + size));
    frames.push(Buffer.from(frame)); // a Buffer, as a socket gives one
  }
  return frames;
}

/** A codec by its name on the command line of a worker. */
export function codecNamed(name: string | undefined): Codec {
  if (name !== Codec.JSON && name !== Codec.MSGPACK) throw new Error(`no codec is called ${name}`);
  return name;
}
