import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Trade } from "../../../src/stocks/records.ts";
import { Codec } from "../../../src/wire/index.ts";
import { MsgpackReader } from "../../../src/wire/msgpack/msgpack-reader.ts";
import { MsgpackWriter } from "../../../src/wire/msgpack/msgpack-writer.ts";
import * as any from "../support/arbitraries.ts";
import { decodedRecord, frameOf, hex, joined } from "../support/decoded.ts";
import { independentlyDecoded, independentlyEncoded } from "../support/independent-msgpack.ts";

/** Returns a reader positioned before one value. */
function readerBefore(value: Uint8Array): MsgpackReader {
  const reader = new MsgpackReader();
  reader.open(joined([0x91], value));
  reader.nextMessage();
  return reader;
}

/** Plain data as in control messages and raw records, without `__proto__`, which neither decoder accepts, and -0, which JSON writes as 0. */
const plainData = fc
  .jsonValue({ maxDepth: 6, stringUnit: "binary" })
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

/** Returns an integer in every width that can hold it. */
function everyWidth(value: number): Uint8Array[] {
  const widths: [number, number, (view: DataView, value: number) => void][] = [
    [0xcc, 1, (view, byte) => view.setUint8(1, byte)],
    [0xcd, 2, (view, short) => view.setUint16(1, short)],
    [0xce, 4, (view, long) => view.setUint32(1, long)],
    [0xcf, 8, (view, huge) => view.setBigUint64(1, BigInt.asUintN(64, BigInt(huge)))],
    [0xd0, 1, (view, byte) => view.setInt8(1, byte)],
    [0xd1, 2, (view, short) => view.setInt16(1, short)],
    [0xd2, 4, (view, long) => view.setInt32(1, long)],
    [0xd3, 8, (view, huge) => view.setBigInt64(1, BigInt(huge))],
    [0xcb, 8, (view, double) => view.setFloat64(1, double)],
    [0xca, 4, (view, single) => view.setFloat32(1, single)],
  ];
  return widths
    .map(([lead, bytes, put]) => {
      const encoded = new Uint8Array(1 + bytes);
      encoded[0] = lead;
      put(new DataView(encoded.buffer), value);
      return encoded;
    })
    .filter((encoded) => Number(independentlyDecoded(encoded)) === value);
}

describe("msgpack values", () => {
  test("the msgpack reader reads any plain data that an independent encoder writes", () => {
    fc.assert(
      fc.property(plainData, (value) => {
        expect(readerBefore(independentlyEncoded(value)).value()).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  test("an independent decoder reads any plain data that the msgpack writer writes", () => {
    const writer = new MsgpackWriter();
    fc.assert(
      fc.property(plainData, (value) => {
        writer.out.reset();
        writer.value(value);
        expect(numbersOnly(independentlyDecoded(writer.out.written()))).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  test("the msgpack reader skips any plain data to the end of its bytes", () => {
    fc.assert(
      fc.property(plainData, (value) => {
        const reader = readerBefore(independentlyEncoded(value));
        reader.skip();
        expect(reader.nextMessage()).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test("[R17] a msgpack integer reads the same in any width, as a number, a count and an id", () => {
    const value = fc.oneof(fc.integer({ min: -200, max: 70_000 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(value, (whole) => {
        const expected = whole === 0 ? 0 : whole;
        for (const encoded of everyWidth(expected)) {
          expect(readerBefore(encoded).number()).toBe(expected);
          expect(readerBefore(encoded).id()).toBe(expected);
          if (expected >= 0) expect(readerBefore(encoded).count()).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("a msgpack float of 32 bits reads as the double of the same value", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (single) => {
        const encoded = new Uint8Array([0xca, 0, 0, 0, 0]);
        new DataView(encoded.buffer).setFloat32(1, single);
        expect(readerBefore(encoded).number()).toBe(single);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["a3 312e35", "a string"],
    ["c3", "a boolean"],
    ["91 01", "an array"],
    ["80", "a map"],
    ["d6 ff 683dae60", "a timestamp"],
    ["c1", "the byte that msgpack never uses"],
  ])("the msgpack reader rejects the bytes %s as a price: %s", (bytes) => {
    expect(() => readerBefore(hex(bytes)).number()).toThrow(expect.objectContaining({ name: "StreamError" }));
  });

  const nothing = {
    null: "c0",
    NaN: "cb 7ff8000000000000",
    infinity: "cb 7ff0000000000000",
    "minus infinity": "ca ff800000",
    "NaN of 32 bits": "ca 7fc00000",
  };

  test.each(Object.entries(nothing))("the msgpack reader reads %s as no value, and reads on after it", (_, bytes) => {
    const reader = new MsgpackReader();
    const read = <T>(method: () => T): T => {
      reader.open(joined([0x92], hex(bytes), [7]));
      reader.nextMessage();
      const value = method();
      expect(reader.nextMessage()).toBe(true);
      expect(reader.number()).toBe(7);
      return value;
    };
    expect(read(() => reader.number())).toBeNaN();
    expect(read(() => reader.count())).toBeNaN();
    expect(read(() => reader.id())).toBe(0);
    expect(read(() => reader.symbol())).toBe("");
    expect(read(() => reader.code())).toBe("");
    expect(read(() => reader.text())).toBe("");
    expect(read(() => reader.conditions())).toEqual([]);
    read(() => reader.time());
    expect([reader.seconds, reader.nanos]).toEqual([Number.NaN, 0]);
  });

  test("[R17] [V13] the msgpack reader reads any time from each form that can hold it", () => {
    fc.assert(
      fc.property(any.seconds, any.nanos, (seconds, nanos) => {
        for (const encoded of everyTimeForm(seconds, nanos)) {
          const reader = readerBefore(encoded);
          reader.time();
          expect([reader.seconds, reader.nanos]).toEqual([seconds, nanos]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["d7 ff ee6b2800 00000000", "a billion nanoseconds in 8 bytes"],
    ["c7 0c ff 3b9aca00 0000000000000000", "a billion nanoseconds in 12 bytes"],
    ["c7 0c ff 00000000 7fffffffffffffff", "a year outside of RFC 3339"],
    ["c7 0c 05 00000000 0000000000000000", "another extension of 12 bytes"],
    ["d7 05 0000000000000000", "another extension of 8 bytes"],
    ["d4 ff 00", "a timestamp of 1 byte"],
    ["c7 08 ff 0000000000000000", "a timestamp of 8 bytes in the variable form"],
    ["ce 683dae60", "a number"],
    ["cb 41da0f6b98000000", "a float"],
  ])("the msgpack reader rejects the bytes %s as a time: %s", (bytes) => {
    expect(() => readerBefore(hex(bytes)).time()).toThrow(expect.objectContaining({ code: "bad_message" }));
  });

  test("the msgpack writer writes a string with the narrowest header, as other encoders do", () => {
    for (const length of [0, 1, 31, 32, 85, 86, 255, 256, 21_845, 21_846, 65_535, 65_536]) {
      for (const letter of ["a", "é"]) {
        const text = letter.repeat(letter === "a" ? length : Math.floor(length / 2));
        const writer = new MsgpackWriter();
        writer.value(text);
        expect(writer.out.written()).toEqual(independentlyEncoded(text));
      }
    }
  });

  test("the bytes of a msgpack trade are those that an independent encoder writes for the same values", () => {
    const written = frameOf(Codec.MSGPACK, new Trade("KO", 1_748_872_800, 0, 300, "N", 68.25, 10, ["@", "I"], "A"));
    const fields = { T: "t", S: "KO", i: 300, x: "N", p: 68.25, s: 10, c: ["@", "I"] };
    const time = [0xa1, 0x74, 0xd6, 0xff, 0x68, 0x3d, 0xae, 0x60];
    const bytes = joined(
      [0x91, 0x89],
      independentlyEncoded(fields).subarray(1),
      time,
      independentlyEncoded({ z: "A" }).subarray(1),
    );
    expect(written).toEqual(bytes);
    expect(decodedRecord(bytes).symbol).toBe("KO");
  });
});

/** Returns a time in each of the forms of 4, 8 and 12 bytes that can hold it. */
function everyTimeForm(seconds: number, nanos: number): Uint8Array[] {
  const forms: Uint8Array[] = [];
  const whole = BigInt(seconds);
  const form12 = new Uint8Array(15);
  form12.set([0xc7, 12, 0xff]);
  new DataView(form12.buffer).setUint32(3, nanos);
  new DataView(form12.buffer).setBigInt64(7, whole);
  forms.push(form12);
  if (whole >= 0n && whole < 2n ** 34n) {
    const form8 = new Uint8Array(10);
    form8.set([0xd7, 0xff]);
    new DataView(form8.buffer).setBigUint64(2, (BigInt(nanos) << 34n) | whole);
    forms.push(form8);
  }
  if (whole >= 0n && whole < 2n ** 32n && nanos === 0) {
    const form4 = new Uint8Array(6);
    form4.set([0xd6, 0xff]);
    new DataView(form4.buffer).setUint32(2, seconds);
    forms.push(form4);
  }
  return forms;
}

/** Converts the 64-bit integers of the independent decoder, which are `bigint`, to numbers. */
function numbersOnly(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(numbersOnly);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersOnly(item)]));
}
