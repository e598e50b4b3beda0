import { decode, encode } from "@msgpack/msgpack";
import { type Clock, type MarketRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import {
  beginEpoch,
  type ClusterError,
  decodeEvent,
  type Epoch,
  FeedWriter,
  type Frame,
  FrameKind,
  type IngestInfo,
  type MessageLog,
  type Watermark,
} from "@tickerplant/cluster";
import { decodeFrame, encodeFrame } from "../../src/frames/frame.ts";

export function ingest(name: string, id: string = name): IngestInfo {
  return { name, id, version: "0.1.0" };
}

/** A clock whose random numbers are those of a seed. */
export function seededClock(seed: number): VirtualClock {
  let state = seed >>> 0;
  return new VirtualClock({
    random: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  });
}

/** A writer, and what it reported. Its records are numbers. */
export class TestWriter {
  readonly writer: FeedWriter;
  readonly failures: ClusterError[] = [];
  readonly troubles: ClusterError[] = [];
  /** What was added, in order, as {@link itemsOf} shows it. */
  readonly added: string[] = [];
  watermark: Watermark = { completeMs: Number.NEGATIVE_INFINITY, isComplete: false };

  constructor(log: MessageLog, clock: Clock, { epoch, epochStart }: Pick<Epoch, "epoch" | "epochStart">) {
    this.writer = new FeedWriter({
      log,
      schema: STOCK_SCHEMA,
      clock,
      epoch,
      epochStart,
      watermark: () => this.watermark,
      failed: (error) => this.failures.push(error),
      troubled: (error) => this.troubles.push(error),
    });
  }

  static async begin(log: MessageLog, clock: Clock, epoch = 1): Promise<TestWriter> {
    return new TestWriter(log, clock, await beginEpoch(log, epoch, ingest(`ingest ${epoch}`), clock));
  }

  add(number: number, isFromHistory = false): void {
    // The record itself is not looked at, because its bytes are given.
    this.writer.add(undefined as unknown as MarketRecord, encode({ n: number }), isFromHistory);
    this.added.push(`${isFromHistory ? "h" : "r"}${number}`);
  }

  /** Adds an event that names a number. */
  event(number: number): void {
    this.writer.event({ type: "outage", number });
    this.added.push(`e${number}`);
  }
}

/** Returns all frames that a log keeps. */
export async function framesOf(log: MessageLog): Promise<Frame[]> {
  const { firstSequence, lastSequence } = await log.state();
  const frames: Frame[] = [];
  for (let sequence = firstSequence; sequence <= lastSequence; sequence++) {
    const message = await log.get(sequence);
    if (message !== undefined) frames.push(decodeFrame(message.bytes));
  }
  return frames;
}

/**
 * What frames have, in order: `E2` for the beginning of an epoch, `r7` for a record, `h7` for one from history, `e7` for
 * another event. Heartbeats have nothing.
 */
export function itemsOf(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    if (frame.kind === FrameKind.HEARTBEAT) return [];
    if (frame.kind === FrameKind.EVENT) {
      const event = decodeEvent(frame.payload);
      return event.type === "epoch" ? [`E${frame.epoch}`] : [`e${"number" in event ? event.number : event.type}`];
    }
    const records = decode(frame.payload) as { n: number }[]; // written by TestWriter
    const letter = frame.kind === FrameKind.FILLED ? "h" : "r";
    return records.map(({ n }) => `${letter}${n}`);
  });
}

/** A frame without a payload, as bytes. */
export function emptyFrame(
  header: Pick<Frame, "number"> & Partial<Omit<Frame, "payload">>,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  return encodeFrame(
    {
      kind: FrameKind.HEARTBEAT,
      epoch: 1,
      epochStart: 1,
      completeMs: header.number * 1_000,
      isComplete: true,
      madeMs: 0,
      recordCount: 0,
      ...header,
    },
    payload,
  );
}
