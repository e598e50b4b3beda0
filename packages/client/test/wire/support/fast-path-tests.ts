import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { Codec, FrameDecoder, type WritableSchema } from "../../../src/wire/index.ts";
import { anyMessage, frameOf, type HotType, padded, Random, textOf, usualMessage } from "./hot-messages.ts";

const MESSAGES_A_FRAME = 50;
/** A frame with changed bytes for so many of the messages that are compared. */
const MESSAGES_A_CHANGED_FRAME = 50;
const TIMEOUT_MS = 120_000;
/** What stands behind a frame in a buffer: bytes that would go on with it. */
const PADDINGS = [0x00, 0x22, 0x2c, 0x30, 0x5d, 0x7d, 0xa1, 0xff];

/** Codecs and modes. */
const CASES = Object.values(Codec).flatMap((codec) => [
  { codec, raw: false, of: `records of ${codec}` },
  { codec, raw: true, of: `raw records of ${codec}` },
]);

/** What a sink gets of a frame, in order. */
export function calls(decoder: Pick<FrameDecoder, "decode">, frame: Uint8Array, raw: boolean): unknown[] {
  const list: unknown[] = [];
  decoder.decode(
    frame,
    {
      record: (record, ...rest) => list.push([record, raw ? Object.keys(record) : "", ...rest]),
      control: (message) => list.push(message),
      fault: ({ code, message }) => list.push([code, message]),
    },
    raw,
  );
  return list;
}

/** Adds the tests that compare the fast paths of a schema with its general readers, with `count` messages a case. */
export function testFastPaths(schema: WritableSchema, types: readonly HotType[], count: number): void {
  const fast = new FrameDecoder(schema);
  const general = new FrameDecoder({ ...schema, fastPaths: undefined });

  function expectEqual(frame: Uint8Array, raw: boolean, seed: number): void {
    const [actual, expected] = [calls(fast, frame, raw), calls(general, frame, raw)];
    if (isDeepStrictEqual(actual, expected)) return;
    expect({ seed, calls: actual }).toEqual({ seed, calls: expected }); // a hundred times as slow
  }

  test.each(CASES)(
    "the fast path gives the same $of as the general reader",
    { timeout: TIMEOUT_MS },
    ({ codec, raw }) => {
      fast.counts.fast = 0;
      fast.counts.general = 0;
      for (let seed = 0; seed < count / MESSAGES_A_FRAME; seed++) {
        const random = new Random(seed);
        const frame = frameOf(
          codec,
          Array.from({ length: MESSAGES_A_FRAME }, () => anyMessage(random.oneOf(types), random)),
        );
        expectEqual(padded(frame, random.oneOf(PADDINGS)), raw, seed);
        if (random.once(4)) expectEqual(frame, raw, seed);
      }
      const share = fast.counts.fast / (fast.counts.fast + fast.counts.general);
      expect(share).toBeGreaterThan(0.3); // a dead fast path would read none
      expect(share).toBeLessThan(0.8); // and a test of it alone would miss the other forms
    },
  );

  test.each(CASES)(
    "the fast path gives the same $of as the general reader after bytes have changed",
    { timeout: TIMEOUT_MS },
    ({ codec, raw }) => {
      for (let seed = 0; seed < count / MESSAGES_A_CHANGED_FRAME; seed++) {
        const random = new Random(seed);
        const messages = Array.from({ length: 3 }, () => usualMessage(random.oneOf(types), random));
        const frame = frameOf(codec, messages);
        const changed = changedBytes(frame, random);
        expectEqual(changed, raw, seed);
        expectEqual(padded(changed, random.oneOf(PADDINGS)), raw, seed);
        // Cut off in front of bytes that would complete it.
        const length = random.below(frame.length);
        expectEqual(padded(frame.subarray(0, length), frame.subarray(length)), raw, seed);
      }
    },
  );

  describe("the fast path reads every quote and trade", () => {
    test.each(CASES)("of a frame as servers write it: $of", ({ codec, raw }) => {
      const random = new Random(1);
      const messages = Array.from({ length: 200 }, () => usualMessage(random.oneOf(types), random));
      const frame = padded(frameOf(codec, messages), 0);
      const decoder = new FrameDecoder(schema);
      calls(general, frame, false); // symbols and conditions are known from now on
      calls(general, frame, true);
      expect(calls(decoder, frame, raw)).toHaveLength(200);
      expect(decoder.counts).toEqual({ fast: 200, general: 0 });
    });

    test.each(CASES)("of a second frame, whatever mode came first: $of", ({ codec, raw }) => {
      const decoder = new FrameDecoder(schema);
      // Symbols and conditions of their own: the decoder itself has to make them known.
      const [symbol, condition] = [`${raw ? "R" : "N"}${codec.toUpperCase().slice(0, 5)}`, raw ? "7" : "8"];
      const random = new Random(2);
      const messages = types.map((type) =>
        usualMessage(type, random).map(([key, one]) => {
          if (key === "S") return [key, { json: `"${symbol}"`, msgpack: textOf(symbol) }] as const;
          if (key !== "c") return [key, one] as const;
          return [key, { json: `["${condition}"]`, msgpack: Uint8Array.of(0x91, ...textOf(condition)) }] as const;
        }),
      );
      const frame = padded(frameOf(codec, messages), 0);
      calls(decoder, frame, raw);
      expect(decoder.counts.general).toBeGreaterThan(0);
      decoder.counts.general = 0;
      calls(decoder, frame, raw);
      expect(decoder.counts.general).toBe(0);
    });

    test.each(CASES)("but the last ones where the buffer ends with the frame: $of", ({ codec, raw }) => {
      const random = new Random(3);
      const frame = frameOf(
        codec,
        Array.from({ length: 200 }, () => usualMessage(random.oneOf(types), random)),
      );
      calls(general, frame, false);
      const decoder = new FrameDecoder(schema);
      calls(decoder, frame, raw);
      expect(decoder.counts.fast).toBeGreaterThan(194);
      expect(decoder.counts.fast + decoder.counts.general).toBe(200);
    });
  });
}

/** A frame with up to four bytes changed, lost or doubled. */
function changedBytes(frame: Uint8Array, random: Random): Uint8Array {
  const bytes = [...frame];
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length);
    const kind = random.below(4);
    if (kind === 0) bytes.splice(at, 1);
    else if (kind === 1) bytes.splice(at, 0, bytes[at] ?? 0);
    else if (kind === 2) bytes[at] = random.below(256);
    else bytes[at] = bytes[random.below(bytes.length)] ?? 0;
  }
  return Uint8Array.from(bytes);
}
