/** Decodes and encodes the same records with ours and with each peer, in turn. Usage: codec.js CODEC FRAME-SIZE DATA-SET ROUNDS MS */
import { getHeapStatistics } from "node:v8";
import { decode, encode } from "@msgpack/msgpack";
import { type AnyRecord, Quote, STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { Codec, FrameDecoder, FrameEncoder, type FrameSink } from "@tickerplant/client/wire";
import { Packr, Unpackr } from "msgpackr";
import { answer } from "../child.ts";
import { type Contestant, inTurn, perSecond } from "../turns.ts";
import { codecNamed, framesOf, recordsIn } from "../workload.ts";

const [codecName, sizeText, dataSet, roundsText, msText] = process.argv.slice(2);
const codec = codecNamed(codecName);
const size = Number(sizeText);
const rounds = Number(roundsText);
const ms = Number(msText);

const list = await recordsIn(dataSet);
const frames = framesOf(list, size, codec);
const recordCount = frames.length * size;
/** Number of records whose allocations are counted. */
const RECORDS_COUNTED = 5_000;
let seen = 0;
/** The newest result, kept so that the optimiser cannot remove unused work. */
let newest: unknown;

const decoder = new FrameDecoder(STOCK_SCHEMA);
const sink: FrameSink = {
  record: (record) => {
    newest = record;
    seen++;
  },
  control: () => {},
  fault: (error) => {
    throw error;
  },
};
const raw: FrameSink = { ...sink };

function decodeOurs(some: readonly Buffer[]): void {
  for (const frame of some) decoder.decode(frame, sink);
}

/** Converts a result of JSON.parse to the same record: a name for each field, the time in whole nanoseconds. */
function toRecord(m: Record<string, never> & { readonly T: string; readonly t: string }): AnyRecord {
  const seconds = Date.parse(`${m.t.slice(0, 19)}Z`) / 1000;
  const nanos = Number(m.t.slice(20, -1).padEnd(9, "0"));
  return m.T === "q"
    ? new Quote(
        m.S ?? "",
        seconds,
        nanos,
        m.bx ?? "",
        m.bp ?? 0,
        m.bs ?? 0,
        m.ax ?? "",
        m.ap ?? 0,
        m.as ?? 0,
        m.c ?? [],
        m.z ?? "",
      )
    : new Trade(m.S ?? "", seconds, nanos, m.i ?? 0, m.x ?? "", m.p ?? 0, m.s ?? 0, m.c ?? [], m.z ?? "");
}

const unpackr = new Unpackr({ useRecords: false });
const packr = new Packr({ useRecords: false });
type Messages = Parameters<typeof toRecord>[0][];

function count(messages: unknown): void {
  const all = messages as unknown[]; // every frame is an array
  seen += all.length;
  newest = all[all.length - 1];
}

function keep(value: unknown): void {
  newest = value;
}

/** Returns a function that calls `work` with each frame. */
function each<F>(work: (frame: F) => void): (some: readonly F[]) => void {
  return (some) => {
    for (const frame of some) work(frame);
  };
}

const decoders: { readonly name: string; decode(some: readonly Buffer[]): void }[] =
  codec === Codec.MSGPACK
    ? [
        { name: "ours", decode: decodeOurs },
        { name: "@msgpack/msgpack", decode: each((frame) => count(decode(frame))) },
        { name: "msgpackr", decode: each((frame) => count(unpackr.unpack(frame))) },
      ]
    : [
        { name: "ours", decode: decodeOurs },
        { name: "JSON.parse", decode: each((frame) => count(JSON.parse(frame.toString()))) },
        {
          name: "JSON.parse, then the same records",
          decode: each((frame) => count((JSON.parse(frame.toString()) as Messages).map(toRecord))),
        },
      ];

/** The messages as plain objects, for the encoders that know no records. */
const rawFrames: unknown[][] = [];
for (const frame of frames) {
  const messages: unknown[] = [];
  decoder.decode(frame, { ...raw, record: (record) => messages.push(record) }, true);
  rawFrames.push(messages);
}
const recordFrames = frames.map((_, index) => list.slice(index * size, (index + 1) * size));
const encoder = new FrameEncoder(codec, STOCK_SCHEMA);

const encoders: { readonly name: string; encode(): void }[] = [
  { name: "ours", encode: () => each((frame: readonly AnyRecord[]) => keep(encoder.frame(frame)))(recordFrames) },
  ...(codec === Codec.MSGPACK
    ? [
        { name: "@msgpack/msgpack", encode: () => each((frame: unknown) => keep(encode(frame)))(rawFrames) },
        { name: "msgpackr", encode: () => each((frame: unknown) => keep(packr.pack(frame)))(rawFrames) },
      ]
    : [{ name: "JSON.stringify", encode: () => each((frame: unknown) => keep(JSON.stringify(frame)))(rawFrames) }]),
];

const byRate = (name: string, work: () => void): Contestant => ({
  name,
  measure: () => perSecond(recordCount, ms, work),
});

/** Bytes of heap that decoding allocates per record, measured on so few frames that no garbage collection runs meanwhile. */
function bytesPerRecord(decodeFrames: (some: readonly Buffer[]) => void): number {
  const some = frames.slice(0, RECORDS_COUNTED / size);
  globalThis.gc?.();
  const before = getHeapStatistics().used_heap_size;
  decodeFrames(some);
  return (getHeapStatistics().used_heap_size - before) / (some.length * size);
}

const warmUp = decoders.map(({ name, decode }) => byRate(name, () => decode(frames)));
await inTurn(warmUp, 2);
const decoding = await inTurn(warmUp, rounds);
const allocating = await inTurn(
  decoders.map(({ name, decode }) => ({ name, measure: () => bytesPerRecord(decode) })),
  3,
);
const encoding = await inTurn(
  encoders.map(({ name, encode }) => byRate(name, encode)),
  rounds,
);
if (newest === undefined || seen === 0) throw new Error("nothing was decoded");
answer({ decode: decoding, bytes: allocating, encode: encoding });
