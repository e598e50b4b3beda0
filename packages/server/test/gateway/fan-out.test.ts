import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { FanOut, type Reader } from "../../src/gateway/fan-out.ts";
import { oneOfEach, quote, trade } from "./support/records.ts";

class Listener implements Reader {
  readonly codec: Codec;
  readonly taken: Uint8Array[] = [];
  readonly quotesOf: (string | undefined)[] = [];

  constructor(codec: Codec = Codec.JSON) {
    this.codec = codec;
  }

  take(record: Uint8Array, quoteOf: string | undefined): void {
    this.taken.push(record.slice());
    this.quotesOf.push(quoteOf);
  }

  get types(): string[] {
    return this.taken.map((bytes) => JSON.parse(Buffer.from(bytes).toString()).T);
  }
}

describe("the fan-out", () => {
  test("hands a record to those who have its channel and symbol, or the channel's wildcard", () => {
    const fanOut = new FanOut<Listener>();
    const [named, wild, other] = [new Listener(), new Listener(), new Listener()];
    fanOut.add(named, { trades: ["A"] });
    fanOut.add(wild, { trades: ["*"] });
    fanOut.add(other, { trades: ["B"], quotes: ["A", "*"] });
    fanOut.publish(trade("A", 1));
    expect([named, wild, other].map(({ taken }) => taken.length)).toEqual([1, 1, 0]);
    expect(fanOut).toMatchObject({ published: 1, delivered: 2 });
  });

  test("hands it once to who has both the symbol and the wildcard", () => {
    const fanOut = new FanOut<Listener>();
    const both = new Listener();
    fanOut.add(both, { trades: ["A", "*"] });
    fanOut.publish(trade("A", 1));
    fanOut.publish(trade("B", 1));
    fanOut.remove(both, { trades: ["*"] });
    fanOut.publish(trade("A", 2));
    fanOut.publish(trade("B", 2));
    expect(both.taken).toHaveLength(3);
  });

  test("brings corrections and cancels to trades' readers alone", () => {
    const fanOut = new FanOut<Listener>();
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
    for (const record of oneOfEach("A")) fanOut.publish(record);
    expect(trades.types).toEqual(["t", "c", "x"]);
    expect(rest.types).toEqual(["q", "b", "u", "d", "s", "l", "i"]);
  });

  test("gives each reader the record in its codec, and tells which are quotes", () => {
    const fanOut = new FanOut<Listener>();
    const readers = [new Listener(Codec.JSON), new Listener(Codec.MSGPACK), new Listener(Codec.JSON)];
    for (const reader of readers) fanOut.add(reader, { quotes: ["A"], trades: ["A"] });
    fanOut.publish(quote("A", 7));
    fanOut.publish(trade("A", 7));
    for (const { codec, taken, quotesOf } of readers) {
      const encoder = new FrameEncoder(codec);
      expect(Buffer.from(taken[0] ?? [])).toEqual(Buffer.from(encoder.record(quote("A", 7))));
      expect(Buffer.from(taken[1] ?? [])).toEqual(Buffer.from(encoder.record(trade("A", 7))));
      expect(quotesOf).toEqual(["A", undefined]);
    }
  });

  test("goes on when a reader leaves while it is handed a record", () => {
    const fanOut = new FanOut<Reader>();
    const last = new Listener();
    const leaver: Reader = { codec: Codec.JSON, take: () => fanOut.remove(leaver, { trades: ["A", "*"] }) };
    fanOut.add(leaver, { trades: ["A", "*"] });
    fanOut.add(last, { trades: ["A"] });
    fanOut.publish(trade("A", 1));
    fanOut.publish(trade("A", 2));
    expect(last.taken).toHaveLength(2);
    expect(fanOut.delivered).toBe(3);
  });
});
