/**
 * Decodes and encodes the same frames with two builds, in short slices in turn.
 *
 * Usage: compare-codec.js BUILD BUILD CODEC FRAME-SIZE DATA-SET
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type BuiltCodec, loadCodec } from "../built-codec.ts";
import { answer } from "../child.ts";
import { framesInTurn } from "../turns.ts";
import { asRead, codecNamed, type DataSet } from "../workload.ts";
import type { FramesWanted } from "./frames.ts";

const TURNS = 24;

/** Records per second of processor time in each slice, by build, in the order of the command line. */
type Rates = readonly (readonly number[])[];

/** Answer of this program; `decodeText` is empty in msgpack. */
export type CodecRates = Readonly<Record<keyof BuiltCodec, Rates>>;

const [first = "", second = "", codecName, sizeText, dataSet] = process.argv.slice(2);
const codec = codecNamed(codecName);
const size = Number(sizeText);
const frames = asRead(await framesFromThread({ codec, size, dataSet: dataSet as DataSet })); // compare.ts names it
const builds = [await loadCodec(first, codec, frames), await loadCodec(second, codec, frames)];
const rates = (does: keyof BuiltCodec): Rates =>
  framesInTurn(
    builds.map((build) => build[does]),
    { count: frames.length, size },
    TURNS,
  );
answer({
  decode: rates("decode"),
  encode: rates("encode"),
  decodeText: codec === "json" ? rates("decodeText") : [],
} satisfies CodecRates);

/** Encodes frames in another thread: here it would prepare the code of one of the builds for the engine, and not of the other. */
async function framesFromThread(workerData: FramesWanted): Promise<readonly Uint8Array[]> {
  const thread = new Worker(new URL("frames.js", import.meta.url), { workerData });
  const [frames] = await once(thread, "message");
  return frames;
}
