import { expect, test } from "vitest";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import {
  Codec,
  FrameBuilder,
  FrameDecoder,
  type FrameSink,
  type FrameTap,
  type MarketRecord,
  type RawRecord,
  TappedDecoder,
} from "../../src/wire/index.ts";
import { decodedRecord, json } from "./support/decoded.ts";
import { calls } from "./support/fast-path-tests.ts";
import {
  anyMessage,
  frameOf,
  type Message,
  padded,
  Random,
  STOCK_TYPES,
  usualMessage,
} from "./support/hot-messages.ts";
import { independentlyEncoded } from "./support/independent-msgpack.ts";

const FRAMES = 500;
const NO_SINK: FrameSink = { record: () => {}, control: () => {}, fault: () => {} };
const CODECS = Object.values(Codec);

/** Keeps what a tap is shown. */
class Seen implements FrameTap {
  readonly records: { readonly record: MarketRecord | RawRecord; readonly bytes: Uint8Array }[] = [];
  others = 0;
  readonly #log: string[];
  #frame: Uint8Array = new Uint8Array();

  constructor(log: string[] = []) {
    this.#log = log;
  }

  opened(frame: Uint8Array, codec: Codec): void {
    this.#frame = frame;
    this.#log.push(`opened ${codec}`);
  }

  record(record: MarketRecord | RawRecord, start: number, end: number): void {
    this.records.push({ record, bytes: this.#frame.slice(start, end) });
    this.#log.push("shown");
  }

  other(): void {
    this.others++;
    this.#log.push("other");
  }

  closed(): void {
    this.#log.push("closed");
  }
}

function tapped(frame: Uint8Array, raw = false): Seen {
  const seen = new Seen();
  new TappedDecoder(STOCK_SCHEMA, seen).decode(frame, NO_SINK, raw);
  return seen;
}

/** A frame of one record that was encoded before. */
function alone(codec: Codec, record: Uint8Array): Uint8Array {
  const builder = new FrameBuilder(codec);
  builder.add(record);
  return builder.take();
}

function frameOfPlain(codec: Codec, messages: readonly unknown[]): Uint8Array {
  return codec === Codec.JSON ? json(JSON.stringify(messages, undefined, 2)) : independentlyEncoded(messages);
}

test.each(
  CODECS.flatMap((codec) =>
    [false, true].map((raw) => ({ codec, raw, of: `${raw ? "raw " : ""}records of ${codec}` })),
  ),
)("a tapped decoder gives the same $of as another, and shows the bytes of each", ({ codec, raw }) => {
  const plain = new FrameDecoder(STOCK_SCHEMA);
  const seen = new Seen();
  const decoder = new TappedDecoder(STOCK_SCHEMA, seen);
  const random = new Random(codec.length);
  for (let count = 0; count < FRAMES; count++) {
    const messages: Message[] = Array.from({ length: random.below(8) }, () => {
      const type = random.oneOf(STOCK_TYPES);
      return random.once(3) ? anyMessage(type, random) : usualMessage(type, random);
    });
    const frame = padded(frameOf(codec, messages), random.below(256));
    const expected = calls(plain, frame, raw);
    expect(calls(decoder, frame, raw)).toEqual(expected);
    const records = expected.filter((call) => Array.isArray(call) && call.length > 2) as [MarketRecord][];
    expect(seen.records.map(({ record }) => record)).toEqual(records.map(([record]) => record));
    for (const { record, bytes } of seen.records.splice(0))
      expect((calls(plain, alone(codec, bytes), raw)[0] as unknown[])[0]).toEqual(record);
  }
});

test.each(CODECS)("the bytes of a record of %s have its unknown keys", (codec) => {
  const { records, others } = tapped(
    frameOfPlain(codec, [
      {
        T: "t",
        S: "A",
        i: 1,
        x: "V",
        p: 1.5,
        s: 2,
        c: ["@"],
        z: "C",
        t: "2025-06-02T14:00:00.5Z",
        later: { deep: [1] },
      },
      { T: "y", S: "A" },
      { T: "b", S: "A", o: 1, h: 2, l: 1, c: 1, v: 1, n: 1, vw: 1, t: "2025-06-02T14:00:00Z", more: true },
    ]),
  );
  const symbols = records.map(({ bytes }) => decodedRecord(alone(codec, bytes)).channel);
  expect({ symbols, others }).toEqual({ symbols: ["trades", "bars"], others: 0 });
  const later = codec === Codec.JSON ? json('"later"') : independentlyEncoded("later");
  expect(Buffer.from(records[0]?.bytes ?? []).includes(Buffer.from(later))).toBe(true);
});

test.each(CODECS)(
  "a tap is shown each record of %s before it is delivered, and the end of the frame after it",
  (codec) => {
    const log: string[] = [];
    const sink: FrameSink = {
      record: () => log.push("record"),
      control: () => log.push("control"),
      fault: () => log.push("fault"),
    };
    const status = { T: "s", S: "A", sc: "H", sm: "", rc: "", rm: "", z: "C", t: "2025-06-02T14:00:00Z" };
    const decoder = new TappedDecoder(STOCK_SCHEMA, new Seen(log));
    decoder.decode(frameOfPlain(codec, [status, { T: "success", msg: "connected" }, { T: "q" }, status]), sink);
    expect(log).toEqual(`opened ${codec},shown,record,control,other,fault,other,shown,record,closed`.split(","));
  },
);

test.each([
  ["a lone message", json('{"T":"q","S":"A"}')],
  ["bytes of no codec", Uint8Array.of(0xc1)],
  ["bytes behind the end", json("[] []")],
])("%s is something else than a frame of records", (_what, frame) => {
  expect(tapped(frame).others).toBeGreaterThan(0);
});
