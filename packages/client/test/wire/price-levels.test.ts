import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonReader } from "../../src/wire/json/json-reader.ts";
import { JsonWriter } from "../../src/wire/json/json-writer.ts";
import { MsgpackReader } from "../../src/wire/msgpack/msgpack-reader.ts";
import { MsgpackWriter } from "../../src/wire/msgpack/msgpack-writer.ts";
import { type PriceLevel, readLevels, writeLevels } from "../../src/wire/price-levels.ts";
import type { WireReader } from "../../src/wire/wire-reader.ts";
import type { WireWriter } from "../../src/wire/wire-writer.ts";
import { hex, json } from "./support/decoded.ts";
import { independentlyEncoded } from "./support/independent-msgpack.ts";

/** A key of three letters, the longest that records have: `tks`. */
const KEY = 0x73_6b_74;
const TYPE = 0x6f;

function levelsIn(reader: WireReader, frame: Uint8Array): readonly PriceLevel[] {
  reader.open(frame);
  reader.nextMessage();
  reader.enterMap();
  for (let key = reader.nextKey(); key !== KEY; key = reader.nextKey()) reader.skip();
  return readLevels(reader);
}

function written(writer: WireWriter, levels: readonly PriceLevel[]): Uint8Array {
  writer.beginRecord(TYPE, 2);
  writeLevels(writer, KEY, levels);
  writer.endRecord();
  return writer.out.written();
}

const number = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });

describe.each([
  ["json", () => new JsonReader(), () => new JsonWriter(), (value: unknown) => json(JSON.stringify(value))],
  ["msgpack", () => new MsgpackReader(), () => new MsgpackWriter(), independentlyEncoded],
] as const)("price levels in %s", (codec, reader, writer, encoded) => {
  test(`price levels of ${codec} under a key of three letters are read as written`, () => {
    fc.assert(
      fc.property(fc.array(fc.record({ price: number, size: number }), { maxLength: 40 }), (levels) => {
        expect(levelsIn(reader(), written(writer(), levels))).toEqual(levels);
      }),
    );
  });

  test.each([[null], [""], [[]]])(`%j in ${codec} is an empty array of price levels`, (value) => {
    expect(levelsIn(reader(), encoded([{ tks: value }]))).toEqual([]);
  });

  const rejected: readonly unknown[] = [
    ...[1, "x", {}, [1], [null], [{ p: 1 }], [{ p: 1, s: -1 }], [{ p: "x", s: 1 }]],
    ...[[{ p: 1, s: [] }], [{ p: 1, s: true }], [{ p: "", s: 1 }], [{ p: { toString: 1 }, s: 1 }]],
  ];
  test.each(rejected.map((value) => ({ value })))(`$value in ${codec} is rejected as price levels`, ({ value }) => {
    expect(() => levelsIn(reader(), encoded([{ tks: value }]))).toThrow(
      /expected (an array of price levels|a price level)/,
    );
  });
});

test("a size of 64 bits in price levels is read as the nearest double", () => {
  const levels = [{ price: 1, size: 2 ** 64 }];
  expect(levelsIn(new JsonReader(), json('[{"tks":[{"p":1,"s":18446744073709551615}]}]'))).toEqual(levels);
  const msgpack = hex("91 81 a3746b73 91 82 a17001 a173cfffffffffffffffff");
  expect(levelsIn(new MsgpackReader(), msgpack)).toEqual(levels);
});
