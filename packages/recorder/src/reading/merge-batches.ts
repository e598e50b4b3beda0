import type { ChannelTraits, MarketRecord } from "@tickerplant/client/wire";
import * as LIMITS from "../limits.ts";
import type { RecordBatch } from "./record-batch.ts";
import { ReadOrder } from "./record-query.ts";

/** How batches are merged. */
export interface MergeOptions {
  readonly order: ReadOrder;
  readonly isDescending: boolean;
  /** Whether bars are at the end of their period. */
  readonly hasBarsAtEnd: boolean;
  readonly traits: Readonly<Record<string, ChannelTraits>>;
}

/** The batches of one channel, in order. */
export interface ChannelBatches {
  readonly channel: string;
  readonly batches: AsyncGenerator<RecordBatch>;
}

/** Merges the records of several channels, each of which has the order already. */
export async function* mergeBatches(
  channels: readonly ChannelBatches[],
  options: MergeOptions,
): AsyncGenerator<RecordBatch> {
  const cursors = channels.map(({ channel, batches }) => new Cursor(batches, keysFor(channel, options)));
  try {
    const open: Cursor[] = [];
    const haveRecords = await Promise.all(cursors.map((cursor) => cursor.load()));
    for (const [index, cursor] of cursors.entries()) if (haveRecords[index]) insert(open, cursor);
    let merged = new BatchBuilder();
    for (let head = open[0]; head !== undefined; head = open[0]) {
      merged.add(head);
      if (merged.isFull) {
        yield merged.finish();
        merged = new BatchBuilder();
      }
      if (head.advance()) moveBack(open);
      else {
        open.shift();
        if (!merged.isEmpty) yield merged.finish(); // rather than let it wait for the next rows of a channel
        merged = new BatchBuilder();
        if (await head.load()) insert(open, head);
      }
    }
    if (!merged.isEmpty) yield merged.finish();
  } finally {
    await Promise.allSettled(cursors.map((cursor) => cursor.close()));
  }
}

/** Returns the place of a record among those of all channels, as numbers in the order of their weight. */
type KeysOf = (record: MarketRecord, segmentMs: number, sequence: number, keys: Keys) => void;

type Keys = [number, number, number, number];

function keysFor(channel: string, { order, isDescending, hasBarsAtEnd, traits }: MergeOptions): KeysOf {
  const sign = isDescending ? -1 : 1;
  const lengthS = hasBarsAtEnd ? (traits[channel]?.lengthMs ?? 0) / 1000 : 0;
  return (record, segmentMs, sequence, keys) => {
    const isByTime = order === ReadOrder.TIME;
    keys[0] = isByTime ? sign * (record.seconds + lengthS) : 0;
    keys[1] = isByTime ? sign * record.nanos : 0;
    keys[2] = sign * segmentMs;
    keys[3] = sign * sequence;
  };
}

/** A position in the batches of one channel. The next batch is read while this one is merged. */
class Cursor {
  readonly #batches: AsyncGenerator<RecordBatch>;
  readonly #keysOf: KeysOf;
  readonly keys: Keys = [0, 0, 0, 0];
  #next: Promise<IteratorResult<RecordBatch>> | undefined;
  batch: RecordBatch | undefined;
  at = 0;

  constructor(batches: AsyncGenerator<RecordBatch>, keysOf: KeysOf) {
    this.#batches = batches;
    this.#keysOf = keysOf;
  }

  /** Moves to the first record of the next batch; returns false at the end. */
  async load(): Promise<boolean> {
    const { value, done } = await (this.#next ?? this.#batches.next());
    if (done) return false;
    this.#next = this.#batches.next();
    this.#next.catch(() => {}); // reported when it is awaited
    this.batch = value;
    this.at = -1;
    return this.advance() || this.load();
  }

  /** Moves to the next record; returns false at the end of the batch. */
  advance(): boolean {
    const record = this.batch?.records[++this.at];
    if (this.batch === undefined || record === undefined) return false;
    this.#keysOf(record, this.batch.segmentsMs[this.at] ?? 0, this.batch.sequences[this.at] ?? 0, this.keys);
    return true;
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }
}

/** Moves the first cursor behind those that precede it now. */
function moveBack(open: Cursor[]): void {
  const [head, next] = open;
  if (head === undefined || next === undefined || !isBefore(next, head)) return;
  open.shift();
  insert(open, head);
}

function insert(open: Cursor[], cursor: Cursor): void {
  const index = open.findIndex((other) => isBefore(cursor, other));
  open.splice(index === -1 ? open.length : index, 0, cursor);
}

function isBefore({ keys: one }: Cursor, { keys: other }: Cursor): boolean {
  if (one[0] !== other[0]) return one[0] < other[0];
  if (one[1] !== other[1]) return one[1] < other[1];
  if (one[2] !== other[2]) return one[2] < other[2];
  return one[3] < other[3];
}

/** Collects a batch. */
class BatchBuilder {
  readonly #records: MarketRecord[] = [];
  readonly #receivedNs = new BigInt64Array(LIMITS.chunkRows);
  readonly #segmentsMs = new Float64Array(LIMITS.chunkRows);
  readonly #sequences = new Float64Array(LIMITS.chunkRows);

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  get isFull(): boolean {
    return this.#records.length === LIMITS.chunkRows;
  }

  add({ batch, at }: Cursor): void {
    const record = batch?.records[at];
    if (batch === undefined || record === undefined) return;
    const index = this.#records.push(record) - 1;
    this.#receivedNs[index] = batch.receivedNs[at] ?? 0n;
    this.#segmentsMs[index] = batch.segmentsMs[at] ?? 0;
    this.#sequences[index] = batch.sequences[at] ?? 0;
  }

  finish(): RecordBatch {
    const { length } = this.#records;
    return {
      records: this.#records,
      receivedNs: this.#receivedNs.subarray(0, length),
      segmentsMs: this.#segmentsMs.subarray(0, length),
      sequences: this.#sequences.subarray(0, length),
    };
  }
}
