import { markFromHistory } from "@tickerplant/client";
import {
  FrameDecoder,
  type FrameSink,
  type MarketRecord,
  type StreamSchema,
  TappedDecoder,
} from "@tickerplant/client/wire";
import type { FeedSink } from "../feed.ts";
import { PassingFrames } from "../upstream/passing-frames.ts";

/** Publishes the records of frames with the bytes in which the ingest wrote them: its clients get those unchanged. */
export class FrameRecords {
  readonly #schema: StreamSchema;
  readonly #passing: PassingFrames;
  readonly #decoder: TappedDecoder;
  readonly #live: FrameSink;
  readonly #filled: FrameSink;

  /** `failed` is called for what cannot be read of a frame. */
  constructor(schema: StreamSchema, sink: FeedSink, failed: (error: Error) => void) {
    this.#schema = schema;
    this.#passing = new PassingFrames(sink);
    this.#decoder = new TappedDecoder(schema, this.#passing);
    const others = { control: (): void => {}, fault: failed }; // an ingest writes no control messages
    this.#live = { ...others, record: (record) => this.#passing.publish(record as MarketRecord) }; // raw is not asked for
    this.#filled = {
      ...others,
      record: (record) => {
        markFromHistory(record);
        this.#passing.publish(record as MarketRecord); // raw is not asked for
      },
    };
  }

  /** The earliest time of a payload's records, in whole milliseconds since the Unix epoch. */
  earliestMs(payload: Uint8Array): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    const sink: FrameSink = {
      record: (_record, _channel, _symbol, _number, seconds, nanos) => {
        earliestMs = Math.min(earliestMs, seconds * 1000 + Math.floor(nanos / 1e6));
      },
      control: () => {},
      fault: () => {}, // reported when it is published
    };
    new FrameDecoder(this.#schema).decode(payload, sink);
    return earliestMs;
  }

  /** Publishes a payload's records; those that have filled a gap are marked as of history. */
  publish(payload: Uint8Array, isFilled: boolean): void {
    this.#decoder.decode(payload, isFilled ? this.#filled : this.#live);
  }
}
