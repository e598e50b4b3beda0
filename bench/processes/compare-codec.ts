/**
 * Decodes and encodes the same frames with two builds, in short slices in turn.
 *
 * Usage: compare-codec.js BUILD BUILD CODEC FRAME-SIZE DATA-SET
 */
import { join } from "node:path";
import type * as Client from "@tickerplant/client";
import type * as Wire from "@tickerplant/client/wire";
import { answer } from "../child.ts";
import { codecNamed, framesOf, recordsIn } from "../workload.ts";

/** Short beside the bursts of a machine's other work. */
const SLICE_MS = 15;
const SLICES = 24;
/** Slices until both builds are compiled. */
const WARM_UP_SLICES = 30;
/** Frames lie in chunks of this size, as a socket reads them. */
const CHUNK_BYTES = 65_536;
/** Frames of one slice's step: the clock is looked at after so many records. */
const RECORDS_A_STEP = 2_000;

const [first = "", second = "", codecName, sizeText, dataSet] = process.argv.slice(2);
const codec = codecNamed(codecName);
const size = Number(sizeText);
const frames = inChunks(framesOf(await recordsIn(dataSet), size, codec));
const builds = [await load(first), await load(second)];
answer({
  decode: measure(builds.map(({ decode }) => decode)),
  encode: measure(builds.map(({ encode }) => encode)),
} satisfies CodecRates);

/** Records a second of processor time in each slice, by build: {@link first}, {@link second}. */
type Rates = readonly [readonly number[], readonly number[]];

/** What this program answers. */
export interface CodecRates {
  readonly decode: Rates;
  readonly encode: Rates;
}

/** One build's work on some frames, by their indices. */
interface Build {
  decode(from: number, to: number): void;
  encode(from: number, to: number): void;
}

async function load(folder: string): Promise<Build> {
  const dist = join(folder, "packages/client/dist");
  // Both builds have these exports in common.
  const { STOCK_SCHEMA } = (await import(join(dist, "index.js"))) as typeof Client;
  const { FrameDecoder, FrameEncoder } = (await import(join(dist, "wire/index.js"))) as typeof Wire;
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  let newest: unknown; // without it, an optimiser may leave out what is not used
  const sink: Wire.FrameSink = {
    record: (record) => {
      newest = record;
    },
    control: () => {},
    fault: (error) => {
      throw error;
    },
  };
  const recordFrames = frames.map((frame) => {
    const records: Client.AnyRecord[] = [];
    decoder.decode(frame, { ...sink, record: (record) => records.push(record as Client.AnyRecord) }); // not raw
    return records;
  });
  return {
    decode: (from, to) => {
      for (let index = from; index < to; index++) decoder.decode(frames[index] as Uint8Array, sink);
    },
    encode: (from, to) => {
      for (let index = from; index < to; index++) newest = encoder.frame(recordFrames[index] ?? []);
      if (newest === undefined) throw new Error("nothing was encoded");
    },
  };
}

/** Measures both builds in turn; which one goes first alternates. */
function measure(works: readonly Build["decode"][]): Rates {
  const rates: number[][] = works.map(() => []);
  const step = Math.max(1, Math.floor(RECORDS_A_STEP / size));
  const starts = works.map(() => 0);
  const slice = (build: number): number => {
    const startedAtS = cpuS();
    let records = 0;
    let elapsedS = 0;
    do {
      const from = starts[build] ?? 0;
      const to = Math.min(from + step, frames.length);
      works[build]?.(from, to);
      starts[build] = to === frames.length ? 0 : to;
      records += (to - from) * size;
      elapsedS = cpuS() - startedAtS;
    } while (elapsedS < SLICE_MS / 1000);
    return records / elapsedS;
  };
  for (let turn = -WARM_UP_SLICES; turn < SLICES; turn++) {
    for (const build of turn % 2 === 0 ? [0, 1] : [1, 0]) {
      const rate = slice(build);
      if (turn >= 0) rates[build]?.push(rate);
    }
  }
  const [ofFirst = [], ofSecond = []] = rates;
  return [ofFirst, ofSecond];
}

/** Processor time of this process, in seconds: what other programs take on a busy machine is not in it. */
function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The same frames one behind the other in buffers of a socket. */
function inChunks(list: readonly Uint8Array[]): Uint8Array[] {
  let chunk = Buffer.alloc(CHUNK_BYTES);
  let end = 0;
  return list.map((frame) => {
    if (end + frame.length > chunk.length) {
      chunk = Buffer.alloc(Math.max(CHUNK_BYTES, frame.length));
      end = 0;
    }
    chunk.set(frame, end);
    end += frame.length;
    return chunk.subarray(end - frame.length, end);
  });
}
