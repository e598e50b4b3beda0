import { expect, test } from "vitest";
import { msgpackFastPath } from "../../src/stocks/msgpack-fast-path.ts";
import { Quote, Trade } from "../../src/stocks/records.ts";
import { Codec } from "../../src/wire/index.ts";
import { decoded, frameOf, joined } from "../wire/support/decoded.ts";

/** Returns a frame of messages inside a larger buffer, as sockets deliver it. */
function padded(messages: readonly Uint8Array[], padding: number): Uint8Array {
  const frame = joined([0x90 + messages.length], ...messages);
  const buffer = new Uint8Array(frame.length + 200).fill(padding);
  buffer.set(frame, 4);
  return buffer.subarray(4, 4 + frame.length);
}

const quote = new Quote("AAPL", 1_735_830_000, 123_456_789, "V", 243.1, 100, "Q", 243.2, 70_000, ["R"], "C");
const trade = new Trade("BRK.B", 1_735_830_000, 1, 71_675_247_000_001, "V", 450.25, 300, ["@", "I"], "B");

/** Returns the offset at which a fast path stops in a frame, and the records that it read. */
function readFast(frame: Uint8Array, count: number): { at: number; left: number; records: unknown[] } {
  const records: unknown[] = [];
  const fastPath = msgpackFastPath?.();
  if (fastPath === undefined) throw new Error("there is no fast path of msgpack");
  const view = new DataView(frame.buffer);
  const { byteOffset, length } = frame;
  const sink = { record: (...all: unknown[]): void => void records.push(all) };
  const at = fastPath.read(view, byteOffset + 1, byteOffset + length, count, sink, false);
  return { at: at - byteOffset, left: count - fastPath.count, records };
}

/** The arguments of a sink for a record. */
function sinkCall(record: Quote | Trade): unknown[] {
  return [record, record.channel, record.symbol, expect.any(Number), record.seconds, record.nanos];
}

/** Returns the messages of a frame of our encoder. */
function written(...records: readonly (Quote | Trade)[]): Uint8Array[] {
  return records.map((record) => frameOf(Codec.MSGPACK, record).subarray(1));
}

test("the fast path reads a run of quotes and trades as our encoder writes them", () => {
  decoded(frameOf(Codec.MSGPACK, quote, trade)); // symbols and conditions are known from now on
  const frame = padded(written(quote, trade, trade, quote), 0xff);
  expect(readFast(frame, 4)).toEqual({
    at: frame.length,
    left: 0,
    records: [quote, trade, trade, quote].map(sinkCall),
  });
});

test("the fast path reads quotes and trades whose tape comes before the time, as in Alpaca's examples of 2023", () => {
  decoded(frameOf(Codec.MSGPACK, quote, trade));
  const swapped = written(quote, trade).map((one) =>
    joined(one.subarray(0, -16), one.subarray(-4), one.subarray(-16, -4)),
  );
  const frame = padded(swapped, 0);
  expect(readFast(frame, 2)).toEqual({ at: frame.length, left: 0, records: [quote, trade].map(sinkCall) });
});

test("the fast path leaves a message with a new symbol to the general reader, and reads the next one", () => {
  const fresh = new Quote("NEWSYM", 1_735_830_000, 5, "V", 1, 1, "Q", 2, 1, ["R"], "C");
  const messages = written(quote, fresh, trade);
  const [first = new Uint8Array()] = messages;
  decoded(frameOf(Codec.MSGPACK, quote, trade));
  const frame = padded(messages, 0);
  expect(readFast(frame, 3)).toEqual({ at: 1 + first.length, left: 2, records: [sinkCall(quote)] });
  expect(decoded(frame).messages).toEqual([quote, fresh, trade]);
  expect(readFast(frame, 3).left).toBe(0);
});

test("the fast path leaves a truncated message, whatever bytes follow the frame in its buffer", () => {
  decoded(frameOf(Codec.MSGPACK, quote));
  const frame = padded(written(quote, quote), 0);
  const cut = frame.subarray(0, frame.length - 1);
  const { left, records } = readFast(cut, 2);
  expect([left, records.length]).toEqual([1, 1]);
  expect(decoded(cut)).toEqual({ messages: [quote], faults: ["bad_frame"] });
});
