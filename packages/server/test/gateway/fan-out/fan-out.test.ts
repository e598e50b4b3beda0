import { STOCK_SCHEMA } from "@tickerplant/client";
import { type ChannelSymbols, Codec, FrameBuilder, FrameEncoder, type MarketRecord } from "@tickerplant/client/wire";
import { describe, expect, onTestFinished, test } from "vitest";
import { oneOfEach, quote, trade } from "../../../../../verify/shared/records.ts";
import type { WireBytes } from "../../../src/feeds/feed.ts";
import { FanOut, type Recipient } from "../../../src/gateway/fan-out/fan-out.ts";
import { GATEWAY_LIMITS } from "../../../src/gateway/limits.ts";

class Listener implements Recipient {
  readonly codec: Codec;
  readonly needsSingleRecords: boolean;
  readonly pushed: Uint8Array[] = [];
  /** Frames that it shares with others. */
  readonly frames: { readonly frame: Uint8Array; readonly recordCount: number }[] = [];
  flushes = 0;
  isSlow = false;
  cutOffs = 0;
  readonly records: MarketRecord[] = [];

  constructor(codec: Codec = Codec.JSON, needsSingleRecords = true) {
    this.codec = codec;
    this.needsSingleRecords = needsSingleRecords;
  }

  push(bytes: Uint8Array, record: MarketRecord): boolean {
    this.pushed.push(bytes.slice());
    this.records.push(record);
    return this.pushed.length === 1;
  }

  pushFrame(frame: Uint8Array, recordCount: number): boolean {
    this.frames.push({ frame, recordCount });
    return !this.isSlow;
  }

  flush(): void {
    this.flushes++;
  }

  cutOffAsSlow(): void {
    this.cutOffs++;
  }

  get types(): string[] {
    return this.pushed.map((bytes) => JSON.parse(Buffer.from(bytes).toString()).T);
  }
}

describe("FanOut", () => {
  test("the fan-out passes a record to the recipients of its channel and symbol, or of the channel's wildcard", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const [named, wild, other] = [new Listener(), new Listener(), new Listener()];
    fanOut.add(named, { trades: ["A"] });
    fanOut.add(wild, { trades: ["*"] });
    fanOut.add(other, { trades: ["B"], quotes: ["A", "*"] });
    fanOut.record(trade("A", 1));
    expect([named, wild, other].map(({ pushed }) => pushed.length)).toEqual([1, 1, 0]);
    expect(fanOut).toMatchObject({ published: 1, delivered: 2 });
  });

  test("the fan-out passes a record once to a recipient of both its symbol and the wildcard", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const both = new Listener();
    fanOut.add(both, { trades: ["A", "*"] });
    fanOut.record(trade("A", 1));
    fanOut.record(trade("B", 1));
    fanOut.remove(both, { trades: ["*"] });
    fanOut.record(trade("A", 2));
    fanOut.record(trade("B", 2));
    expect(both.pushed).toHaveLength(3);
  });

  test("the fan-out passes corrections and cancels only to the recipients of trades", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const trades = new Listener();
    const rest = new Listener();
    const others = ["A"];
    fanOut.add(trades, { trades: ["A"] });
    fanOut.add(rest, {
      quotes: others,
      bars: others,
      updatedBars: others,
      dailyBars: others,
      statuses: others,
      lulds: others,
      imbalances: others,
    });
    for (const record of oneOfEach("A")) fanOut.record(record);
    expect(trades.types).toEqual(["t", "c", "x"]);
    expect(rest.types).toEqual(["q", "b", "u", "d", "s", "l", "i"]);
  });

  test("the fan-out passes each recipient the bytes in its codec, and the record", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const recipients = [new Listener(Codec.JSON), new Listener(Codec.MSGPACK), new Listener(Codec.JSON)];
    for (const recipient of recipients) fanOut.add(recipient, { quotes: ["A"], trades: ["A"] });
    fanOut.record(quote("A", 7));
    fanOut.record(trade("A", 7));
    for (const { codec, pushed, records } of recipients) {
      const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
      expect(Buffer.from(pushed[0] ?? [])).toEqual(Buffer.from(encoder.record(quote("A", 7))));
      expect(Buffer.from(pushed[1] ?? [])).toEqual(Buffer.from(encoder.record(trade("A", 7))));
      expect(records).toEqual([quote("A", 7), trade("A", 7)]);
    }
  });

  test("the fan-out continues when a recipient leaves while it receives a record", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const last = new Listener();
    const leaver = new Listener();
    leaver.push = () => {
      fanOut.remove(leaver, { trades: ["A", "*"] });
      return false;
    };
    fanOut.add(leaver, { trades: ["A", "*"] });
    fanOut.add(last, { trades: ["A"] });
    fanOut.record(trade("A", 1));
    fanOut.record(trade("A", 2));
    expect(last.pushed).toHaveLength(2);
    expect(fanOut.delivered).toBe(3);
  });
});

describe("shared frames", () => {
  const both = { trades: ["*"], quotes: ["*"] };
  const sharing = (codec?: Codec) => new Listener(codec, false);
  const idsOf = (frame: Uint8Array): number[] =>
    JSON.parse(Buffer.from(frame).toString()).map(({ i }: { i: number }) => i);

  test("recipients of the same whole channels get the identical frame, in each codec, and others do not", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const [first, second, packed, trades] = [sharing(), sharing(), sharing(Codec.MSGPACK), sharing()];
    for (const recipient of [first, second, packed]) fanOut.add(recipient, both);
    fanOut.add(trades, { trades: ["*"] });
    fanOut.record(trade("A", 1));
    fanOut.record(quote("B", 7));
    fanOut.record(trade("C", 2));
    expect(first.frames).toEqual([]);
    fanOut.flush();
    fanOut.flush();
    expect(first.frames).toHaveLength(1);
    expect(second.frames[0]?.frame).toBe(first.frames[0]?.frame);
    for (const { codec, frames } of [first, packed]) {
      const expected = new FrameEncoder(codec, STOCK_SCHEMA).frame([trade("A", 1), quote("B", 7), trade("C", 2)]);
      expect(frames).toEqual([{ frame: expected, recordCount: 3 }]);
    }
    expect(trades.frames.map(({ frame }) => idsOf(frame))).toEqual([[1, 2]]);
    expect(fanOut).toMatchObject({ published: 3, delivered: 11 });
  });

  test("a shared frame is sent when it is long enough, even within a turn", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const recipient = sharing();
    fanOut.add(recipient, both);
    for (let id = 0; id < 2000; id++) fanOut.record(trade("A", id));
    fanOut.flush();
    expect(recipient.frames.length).toBeGreaterThan(1);
    expect(recipient.frames.flatMap(({ frame }) => idsOf(frame))).toEqual(Array.from({ length: 2000 }, (_, id) => id));
    for (const { frame } of recipient.frames) expect(frame.length).toBeLessThan(GATEWAY_LIMITS.maxFrameBytes + 200);
  });

  test("a recipient with a named symbol besides, or that requests it, gets records separately", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const [named, single] = [sharing(), new Listener()];
    fanOut.add(named, both);
    fanOut.add(single, both);
    fanOut.add(named, { bars: ["A"] });
    fanOut.record(trade("A", 1));
    fanOut.flush();
    fanOut.remove(named, { bars: ["A"] });
    fanOut.record(trade("A", 2));
    fanOut.flush();
    expect([named.pushed.length, single.pushed.length]).toEqual([1, 2]);
    expect(named.frames.map(({ frame }) => idsOf(frame))).toEqual([[2]]);
    expect([named.flushes, single.flushes]).toEqual([1, 1]);
  });

  test("recipients get records separately while the gateway requests it, after those that were waiting", () => {
    let isSingly = false;
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA, () => isSingly);
    const recipient = sharing();
    fanOut.add(recipient, both);
    fanOut.record(trade("A", 1));
    isSingly = true;
    fanOut.record(trade("A", 2));
    expect(recipient.frames.map(({ frame }) => idsOf(frame))).toEqual([[1]]);
    expect(recipient.pushed).toHaveLength(1);
    isSingly = false;
    fanOut.record(trade("A", 3));
    fanOut.flush();
    expect(recipient.frames.map(({ frame }) => idsOf(frame))).toEqual([[1], [3]]);
  });

  test("all recipients get a shared frame before slow ones are cut off", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const [slow, last] = [sharing(), sharing()];
    for (const recipient of [slow, last]) fanOut.add(recipient, both);
    slow.isSlow = true;
    const seen: number[] = [];
    slow.cutOffAsSlow = () => {
      seen.push(last.frames.length);
      fanOut.remove(slow, both);
    };
    for (let id = 1; id <= 2; id++) {
      fanOut.record(trade("A", id));
      fanOut.flush();
    }
    expect(seen).toEqual([1]);
    expect([slow.frames.length, last.frames.length]).toEqual([1, 2]);
  });

  test("recipients get shared frames in order, even if a record is published while one of them receives a frame", () => {
    const fanOut = new FanOut<Listener>(STOCK_SCHEMA);
    const [busy, last] = [sharing(), sharing()];
    for (const recipient of [busy, last]) fanOut.add(recipient, both);
    busy.pushFrame = () => {
      if (fanOut.published > 1) return true;
      fanOut.record(trade("A", 2));
      fanOut.flush();
      return true;
    };
    fanOut.record(trade("A", 1));
    fanOut.flush();
    expect(last.frames.map(({ frame }) => idsOf(frame))).toEqual([[1], [2]]);
  });
});

/** A frame as it came from upstream, and where each of its records is. */
function upstreamFrame(codec: Codec, ...records: MarketRecord[]): { frame: Uint8Array; bytes: WireBytes[] } {
  const builder = new FrameBuilder(codec);
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  const encoded = records.map((record) => encoder.record(record).slice());
  for (const one of encoded) builder.add(one);
  const frame = builder.take();
  const bytes = encoded.map((one) => {
    const start = Buffer.from(frame).indexOf(one);
    return { codec, frame, start, end: start + one.length };
  });
  return { frame, bytes };
}

describe.each(Object.values(Codec))("frames of %s from upstream", (codec) => {
  const records = [trade("A", 1), quote("A"), trade("B", 2)];
  const { frame, bytes } = upstreamFrame(codec, ...records);
  const fanOut = new FanOut<Listener>(STOCK_SCHEMA);

  /** Publishes the records as they came, but those left out. */
  function pass(isWhole = true, isPublished: (record: MarketRecord) => boolean = () => true): void {
    fanOut.openFrame(frame, codec);
    for (const [at, record] of records.entries()) if (isPublished(record)) fanOut.record(record, bytes[at]);
    fanOut.closeFrame(isWhole);
    fanOut.flush();
  }

  /** Subscribes a recipient for the time of a test. */
  function listener(symbols: ChannelSymbols, needsSingleRecords = false, of: Codec = codec): Listener {
    const added = new Listener(of, needsSingleRecords);
    fanOut.add(added, symbols);
    onTestFinished(() => fanOut.remove(added, symbols));
    return added;
  }

  const ALL = { trades: ["*"], quotes: ["*"] };

  test(`recipients of all records of a frame of ${codec} share one copy of it`, () => {
    const [one, another] = [listener(ALL), listener({ ...ALL, bars: ["*"] })];
    pass();
    expect(one.frames).toEqual([{ frame, recordCount: 3 }]);
    expect(one.frames[0]?.frame).toBe(another.frames[0]?.frame);
    expect(one.frames[0]?.frame).not.toBe(frame); // the socket reads the next one into its memory
  });

  test(`recipients keep a frame of ${codec} when the socket reads the next one into its memory`, () => {
    const all = listener(ALL);
    const memory = Buffer.from(frame);
    fanOut.openFrame(memory, codec);
    for (const [at, record] of records.entries()) {
      const { start = 0, end = 0 } = bytes[at] ?? {};
      fanOut.record(record, { codec, frame: memory, start, end });
    }
    fanOut.closeFrame(true);
    memory.fill(0);
    expect(all.frames).toEqual([{ frame, recordCount: 3 }]);
  });

  test(`a recipient of some records of a frame of ${codec} gets those, as they came`, () => {
    const trades = listener({ trades: ["*"] });
    const named = listener({ trades: ["B"] }, true);
    pass();
    const expected = upstreamFrame(codec, trade("A", 1), trade("B", 2)).frame;
    expect(trades.frames).toEqual([{ frame: expected, recordCount: 2 }]);
    expect(named.pushed).toEqual([frame.subarray(bytes[2]?.start, bytes[2]?.end)]);
  });

  test(`a frame of ${codec} that lacks a record, or has something else in it, is not passed on`, () => {
    const all = listener(ALL);
    pass(false);
    expect(all.frames).toEqual([{ frame, recordCount: 3 }]); // built again: what else was in it is left out
    pass(false, ({ symbol }) => symbol === "B");
    expect(all.frames[1]).toEqual({ frame: upstreamFrame(codec, trade("B", 2)).frame, recordCount: 1 });
  });

  test(`records beside a frame of ${codec} keep their place`, () => {
    const all = listener(ALL);
    fanOut.record(trade("C", 3));
    pass();
    fanOut.openFrame(frame, codec);
    fanOut.record(records[0] as MarketRecord, bytes[0]);
    fanOut.record(trade("C", 4));
    fanOut.record(records[2] as MarketRecord, bytes[2]);
    fanOut.closeFrame(true);
    fanOut.flush();
    expect(all.frames.map((sent) => sent.frame)).toEqual([
      upstreamFrame(codec, trade("C", 3)).frame,
      frame,
      upstreamFrame(codec, trade("A", 1), trade("C", 4), trade("B", 2)).frame,
    ]);
  });

  test(`a recipient that joins within a frame of ${codec} gets what follows`, () => {
    const early = listener(ALL);
    fanOut.openFrame(frame, codec);
    fanOut.record(records[0] as MarketRecord, bytes[0]);
    fanOut.flush();
    const late = listener(ALL);
    fanOut.record(records[1] as MarketRecord, bytes[1]);
    fanOut.record(records[2] as MarketRecord, bytes[2]);
    fanOut.closeFrame(true);
    fanOut.flush();
    const rest = { frame: upstreamFrame(codec, quote("A"), trade("B", 2)).frame, recordCount: 2 };
    expect(late.frames).toEqual([rest]);
    expect(early.frames.slice(1)).toEqual([rest]);
  });

  test(`recipients of the other codec than ${codec} get the same records`, () => {
    const other = codec === Codec.JSON ? Codec.MSGPACK : Codec.JSON;
    const all = listener(ALL, false, other);
    pass();
    expect(all.frames).toEqual([{ frame: upstreamFrame(other, ...records).frame, recordCount: 3 }]);
  });

  test(`a frame of ${codec} of unknown records alone goes to recipients of whole channels`, () => {
    const [all, named] = [listener(ALL), listener({ trades: ["A"] }, true)];
    pass(true, () => false);
    expect(all.frames).toEqual([{ frame, recordCount: 0 }]);
    expect(named.pushed).toEqual([]);
  });
});
