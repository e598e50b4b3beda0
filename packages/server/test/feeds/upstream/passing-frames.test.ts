import { STOCK_SCHEMA } from "@tickerplant/client";
import { type Codec, FrameBuilder, FrameEncoder, type MarketRecord, TappedDecoder } from "@tickerplant/client/wire";
import { expect, test } from "vitest";
import { trade } from "../../../../../verify/shared/records.ts";
import type { FeedSink, WireBytes } from "../../../src/feeds/feed.ts";
import { PassingFrames } from "../../../src/feeds/upstream/passing-frames.ts";

const TRADES = [trade("A", 1), trade("B", 2), trade("A", 3)];
const encoder = new FrameEncoder("msgpack", STOCK_SCHEMA);

/** What a sink was called with, in order. */
class Calls implements FeedSink {
  readonly list: unknown[] = [];
  openFrame = (_frame: Uint8Array, codec: Codec): void => void this.list.push(`open ${codec}`);
  closeFrame = (isWhole: boolean): void => void this.list.push(`close ${isWhole ? "whole" : "in parts"}`);

  publish(record: MarketRecord, bytes?: WireBytes): void {
    this.list.push([record.symbol, bytes && new Uint8Array(bytes.frame.subarray(bytes.start, bytes.end))]);
  }

  room(): undefined {}
}

/** A stream that reads a frame and delivers its records by `deliver`. */
function read(
  deliver: (record: MarketRecord, passing: PassingFrames) => void,
  rest?: Uint8Array,
): [Calls, PassingFrames] {
  const calls = new Calls();
  const passing = new PassingFrames(calls);
  const sink = {
    record: (record: unknown) => deliver(record as MarketRecord, passing),
    control: () => {},
    fault: () => {},
  };
  const frame = Buffer.from(rest ?? encoder.frame(TRADES)); // what a socket gives
  new TappedDecoder(STOCK_SCHEMA, passing).decode(frame, sink);
  frame.fill(0); // as a socket does with its memory
  return [calls, passing];
}

function sent(record: MarketRecord): unknown {
  return [record.symbol, encoder.record(record).slice()];
}

test("a record that is delivered as it comes is published with its bytes in the frame", () => {
  const [calls] = read((record, passing) => passing.publish(record));
  expect(calls.list).toEqual(["open msgpack", ...TRADES.map(sent), "close whole"]);
});

test("a record that waits for earlier ones is published later with the bytes in which it came", () => {
  const waiting: MarketRecord[] = [];
  const [calls, passing] = read((record, to) => {
    if (record.symbol === "A") waiting.push(record);
    else to.publish(record);
  });
  passing.publish(trade("A", 0)); // from history
  for (const record of waiting) passing.publish(record);
  const [first, second, third] = TRADES.map(sent);
  expect(calls.list).toEqual(["open msgpack", second, "close in parts", ["A", undefined], first, third]);
});

test("a record that nothing delivers leaves a frame that is not passed on", () => {
  const [calls] = read(() => {});
  expect(calls.list).toEqual(["open msgpack", "close in parts"]);
});

test("a frame with something else than records is not passed on", () => {
  const builder = new FrameBuilder("msgpack");
  builder.add(encoder.record(trade("A", 1)));
  builder.add(encoder.serverFrame({ type: "success", message: "connected" }).subarray(1));
  const [calls] = read((record, passing) => passing.publish(record), builder.take());
  expect(calls.list).toEqual(["open msgpack", sent(trade("A", 1)), "close in parts"]);
});
