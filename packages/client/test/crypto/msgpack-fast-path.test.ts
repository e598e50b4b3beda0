import fc from "fast-check";
import { expect, test } from "vitest";
import { msgpackFastPath } from "../../src/crypto/msgpack-fast-path.ts";
import { CryptoQuote, CryptoTrade } from "../../src/crypto/records.ts";
import { Codec } from "../../src/wire/index.ts";
import { cryptoRecord } from "../wire/support/arbitraries.ts";
import { CRYPTO, joined } from "../wire/support/decoded.ts";

const { decoded, frameOf } = CRYPTO;
const quote = new CryptoQuote("BTC/USD", 1_710_239_930, 796_132_210, 71_859.5, 0.27994, 71_939.7, 0.83953);
const trade = new CryptoTrade("BTC/USD", 1_710_239_930, 1, 71_861, 1e-9, 3_447_222_699_101_865_076n, "B");

/** Returns a frame inside a larger buffer, as sockets deliver it. */
function padded(frame: Uint8Array, padding: number): Uint8Array {
  const buffer = new Uint8Array(frame.length + 200).fill(padding);
  buffer.set(frame, 4);
  return buffer.subarray(4, 4 + frame.length);
}

/** Returns the records that the fast path reads from a frame of `count` messages. */
function readFast(frame: Uint8Array, count: number): unknown[] {
  const records: unknown[] = [];
  const fastPath = msgpackFastPath?.();
  const view = new DataView(frame.buffer);
  const sink = { record: (record: unknown): void => void records.push(record) };
  fastPath?.read(view, frame.byteOffset + 1, frame.byteOffset + frame.length, count, sink, false);
  return records;
}

test("the fast path of crypto reads a run of quotes and trades, ids beyond 2^53 too", () => {
  decoded(frameOf(Codec.MSGPACK, quote)); // the symbol is known from now on
  const small = new CryptoTrade("BTC/USD", 1_710_239_930, 2, 71_861, 5, 2 ** 53 - 1, "S");
  const records = [quote, trade, small, quote];
  expect(readFast(padded(frameOf(Codec.MSGPACK, ...records), 0xff), 4)).toStrictEqual(records);
});

test("the fast path and the general reader decode a frame of crypto to the same records", () => {
  const hot = fc.oneof(cryptoRecord, fc.constantFrom(quote, trade));
  fc.assert(
    fc.property(
      fc.array(hot, { minLength: 1, maxLength: 15 }),
      fc.constantFrom(0, 0x7f, 0xc0, 0xff),
      (records, fill) => {
        const messages = records.map((record) => frameOf(Codec.MSGPACK, record).subarray(1));
        const general = messages.map((one) => joined([0xde, 0, (one[0] ?? 0) & 0x0f], one.subarray(1))); // a wider header than needed
        const expected = decoded(joined([0x90 + records.length], ...general));
        expect(decoded(padded(joined([0x90 + records.length], ...messages), fill))).toStrictEqual(expected);
        expect(expected).toStrictEqual({ messages: records, faults: [] });
      },
    ),
    { numRuns: 500 },
  );
});
