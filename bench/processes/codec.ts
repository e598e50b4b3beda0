/**
 * Decodes and encodes the same records with ours and with each peer, in slices in turn.
 *
 * Usage: codec.js CODEC FRAME-SIZE DATA-SET TURNS
 */
import { getHeapStatistics } from "node:v8";
import { decode, encode } from "@msgpack/msgpack";
import { type AnyRecord, Quote, STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { Codec, FrameDecoder } from "@tickerplant/client/wire";
import { Packr, Unpackr } from "msgpackr";
import { loadCodec } from "../built-codec.ts";
import { answer } from "../child.ts";
import { type FrameWork, framesInTurn, inTurn } from "../turns.ts";
import { asRead, codecNamed, framesOf, ROOT, recordsIn } from "../workload.ts";

/** Values of ours and of each peer, by name, in the order of measuring. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

/** Answer of this program: records per second of processor time, and bytes of heap that decoding allocates per record. */
export interface CodecResults {
  readonly decode: Rounds;
  readonly encode: Rounds;
  readonly bytes: Rounds;
  /** Empty in msgpack, which browsers do not use. */
  readonly decodeText: Rounds;
}

const [codecName, sizeText, dataSet, turnsText] = process.argv.slice(2);
const codec = codecNamed(codecName);
const size = Number(sizeText);
const frames = asRead(framesOf(await recordsIn(dataSet), size, codec));
const ours = await loadCodec(ROOT, codec, frames);
const decoder = new FrameDecoder(STOCK_SCHEMA);
const unpackr = new Unpackr({ useRecords: false });
const packr = new Packr({ useRecords: false });
const parseBytes = (frame: Buffer): Message[] => JSON.parse(frame.toString());
const parseText = (text: string): Message[] => JSON.parse(text);

/** A message in JSON. */
type Message = Record<string, never> & { readonly T: string; readonly t: string };
/** The newest result, kept so that the optimiser cannot remove unused work. */
let newest: unknown;

/** Returns work that calls `convert` with each of some values, one a frame. */
function each<F>(values: readonly F[], convert: (frame: F) => unknown): FrameWork {
  return (from, to) => {
    for (let index = from; index < to; index++) newest = convert(values[index] as F);
  };
}

const RECORDS = "JSON.parse, then the same records";
const decoders: Readonly<Record<string, FrameWork>> =
  codec === Codec.MSGPACK
    ? {
        ours: ours.decode,
        "@msgpack/msgpack": each(frames, (frame) => decode(frame)),
        msgpackr: each(frames, (frame) => unpackr.unpack(frame)),
      }
    : {
        ours: ours.decode,
        "JSON.parse": each(frames, parseBytes),
        [RECORDS]: each(frames, (frame) => parseBytes(frame).map(toRecord)),
      };

/** The messages as plain objects, for the encoders that know no records. */
const messages = frames.map(rawRecords);
const encoders: Readonly<Record<string, FrameWork>> =
  codec === Codec.MSGPACK
    ? {
        ours: ours.encode,
        "@msgpack/msgpack": each(messages, (frame) => encode(frame)),
        msgpackr: each(messages, (frame) => packr.pack(frame)),
      }
    : { ours: ours.encode, "JSON.stringify": each(messages, (frame) => JSON.stringify(frame)) };

const texts = codec === Codec.JSON ? frames.map((frame) => frame.toString()) : [];
const ofText = { ours: ours.decodeText, [RECORDS]: each(texts, (text) => parseText(text).map(toRecord)) };

answer({
  decode: rates(decoders),
  bytes: await allocations(),
  encode: rates(encoders),
  decodeText: codec === Codec.JSON ? rates(ofText) : {},
} satisfies CodecResults);
if (newest === undefined) throw new Error("nothing was decoded");

function rates(works: Readonly<Record<string, FrameWork>>): Rounds {
  const measured = framesInTurn(Object.values(works), { count: frames.length, size }, Number(turnsText));
  return Object.fromEntries(Object.keys(works).map((name, index) => [name, measured[index] ?? []]));
}

function rawRecords(frame: Buffer): unknown[] {
  const records: unknown[] = [];
  const fault = (error: Error): never => {
    throw error;
  };
  decoder.decode(frame, { record: (record) => records.push(record), control: () => {}, fault }, true);
  return records;
}

/** Bytes of heap that decoding allocates per record, measured on so few frames that no garbage collection runs meanwhile. */
async function allocations(): Promise<Rounds> {
  const RECORDS_COUNTED = 5_000;
  const ROUNDS = 9; // the first few are higher
  const count = RECORDS_COUNTED / size;
  const bytes = (work: FrameWork): number => {
    globalThis.gc?.();
    const before = getHeapStatistics().used_heap_size;
    work(0, count);
    return (getHeapStatistics().used_heap_size - before) / RECORDS_COUNTED;
  };
  const contestants = Object.entries(decoders).map(([name, work]) => ({ name, measure: () => bytes(work) }));
  return await inTurn(contestants, ROUNDS);
}

/** Converts a result of JSON.parse to the same record: a name for each field, the time in whole nanoseconds. */
function toRecord(m: Message): AnyRecord {
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
