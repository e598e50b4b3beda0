import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { type Feed, replay, simulator } from "tickerplant";

/** Records that a workload repeats: enough to reach every symbol, and too many to stay in the processor's caches. */
const RECORDS = 100_000;
/** So high that only a tenth of a second is simulated: quotes and trades, and hardly anything else. */
const RATE = 1_000_000;
const START = new Date("2025-01-02T15:00:00Z");

/** The root of this build. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Frame sizes of the benchmarks, in messages. */
export const FRAME_SIZES = [100, 10, 1] as const;

/** Returns the simulated data set, the same in every process: 8,000 symbols, 88 % quotes and 12 % trades. */
export async function records(
  count: number = RECORDS,
  symbols: number | readonly string[] = 8_000,
): Promise<readonly AnyRecord[]> {
  return recordsOf(simulator({ seed: 1, symbols, rate: RATE, speed: "max", start: START, count }));
}

/** File with one day's real trades and quotes, which is not part of the repository. */
export const REAL_TICKS: string = fileURLToPath(
  new URL("../../../shared/data/ticks/us-trades-quotes-2025-11-14.jsonl.gz", import.meta.url),
);

/** Names of the available data sets: simulated records, and real trades and quotes where that file exists. */
export const DATA_SETS: readonly DataSet[] = existsSync(REAL_TICKS) ? ["simulated", "real ticks"] : ["simulated"];
/** Name of a data set. */
export type DataSet = "simulated" | "real ticks";

/** Returns the records of a data set, by its name on the command line of a worker. */
export async function recordsIn(dataSet: string | undefined): Promise<readonly AnyRecord[]> {
  return dataSet === "real ticks" ? recordsOf(replay([REAL_TICKS], { speed: "max" })) : records();
}

async function recordsOf(feed: Feed): Promise<readonly AnyRecord[]> {
  const list: AnyRecord[] = [];
  await feed.run(
    { publish: (record: AnyRecord) => list.push(record), room: () => undefined },
    new AbortController().signal,
  );
  return list.filter(({ channel }) => channel === "quotes" || channel === "trades");
}

/** Encodes frames of `size` messages each; leaves out the rest at the end. */
export function framesOf(list: readonly AnyRecord[], size: number, codec: Codec): readonly Buffer[] {
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  const frames: Buffer[] = [];
  for (let start = 0; start + size <= list.length; start += size) {
    const frame = encoder.frame(list.slice(start, start + size));
    frames.push(Buffer.from(frame)); // a Buffer, as a socket gives one
  }
  return frames;
}

/** Frames lie in chunks of this size, as a socket reads them. */
const CHUNK_BYTES = 65_536;

/** Returns the same frames, one behind the other in buffers like those of a socket. */
export function asRead(frames: readonly Uint8Array[]): readonly Buffer[] {
  let chunk = Buffer.alloc(CHUNK_BYTES);
  let end = 0;
  return frames.map((frame) => {
    if (end + frame.length > chunk.length) {
      chunk = Buffer.alloc(Math.max(CHUNK_BYTES, frame.length));
      end = 0;
    }
    chunk.set(frame, end);
    end += frame.length;
    return chunk.subarray(end - frame.length, end);
  });
}

/** Returns the codec of a name on the command line of a worker. */
export function codecNamed(name: string | undefined): Codec {
  if (name !== Codec.JSON && name !== Codec.MSGPACK) throw new Error(`unknown codec ${name}`);
  return name;
}
