import { expect, test } from "vitest";
import { CRYPTO_SCHEMA } from "../../src/crypto/crypto-schema.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { FrameDecoder, type RawRecord } from "../../src/wire/index.ts";
import { json } from "../wire/support/decoded.ts";
import { calls } from "../wire/support/fast-path-tests.ts";
import { padded } from "../wire/support/hot-messages.ts";
import { independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

/** The forms in which Alpaca's servers are known to write quotes and trades: the tape in front of the time, or behind it. */
const STOCK_SAMPLES = [
  '{"T":"t","S":"NVDA","i":15527,"x":"V","p":207.37,"s":5,"c":["@","I"],"z":"C","t":"2026-07-23T14:55:08.79618075Z"}',
  '{"T":"t","S":"MSFT","i":52983525029461,"x":"D","p":379.8899,"s":40,"c":["@"],"z":"C","t":"2026-07-23T14:55:08.275993595Z"}',
  '{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"c":["R"],"z":"C","t":"2021-02-22T15:51:45.335689322Z"}',
  '{"T":"q","S":"BRK.B","bx":" ","bp":0,"bs":0,"ax":"N","ap":450.1,"as":300,"c":["R","Y"],"t":"2021-02-22T15:51:45Z","z":"B"}',
];
const CRYPTO_SAMPLES = [
  '{"T":"t","S":"AVAX/USD","p":47.299,"s":29.205707815,"t":"2024-03-12T10:27:48.858228144Z","i":3447222699101865076,"tks":"B"}',
  '{"T":"q","S":"SUSHI/USD","bp":0.35718,"bs":13445.46,"ap":0.3581,"as":13561.902,"t":"2024-03-12T10:29:43.111588173Z"}',
];

test.each([
  ["stocks", STOCK_SCHEMA, STOCK_SAMPLES],
  ["crypto", CRYPTO_SCHEMA, CRYPTO_SAMPLES],
] as const)("the fast path of JSON reads the messages that Alpaca sends, of %s", (_, schema, samples) => {
  const frame = padded(json(`[${samples.join()}]`), 0);
  calls(new FrameDecoder(schema), frame, false); // symbols and conditions are known from now on
  for (const raw of [false, true]) {
    const decoder = new FrameDecoder(schema);
    const records = calls(decoder, frame, raw);
    expect(decoder.counts).toEqual({ fast: samples.length, general: 0 });
    expect(records).toEqual(calls(new FrameDecoder({ ...schema, fastPaths: undefined }), frame, raw));
  }
});

/** Records of a frame in raw mode, with the numbers of their symbols. */
function rawRecords(frame: Uint8Array): { records: RawRecord[]; numbers: number[] } {
  const records: RawRecord[] = [];
  const numbers: number[] = [];
  const sink = {
    record: (record: unknown, _channel: string, _symbol: string, symbolNumber: number) => {
      records.push(record as RawRecord); // because raw ones were asked for
      numbers.push(symbolNumber);
    },
    control: () => {},
    fault: (error: Error) => {
      throw error;
    },
  };
  new FrameDecoder(STOCK_SCHEMA).decode(frame, sink, true);
  return { records, numbers };
}

test("raw records of the fast paths have the keys of the wire in their order, and conditions of their own", () => {
  const [sample = ""] = STOCK_SAMPLES;
  const plain = JSON.parse(sample) as RawRecord & { c: string[] };
  const inMsgpack = independentlyEncoded([{ ...plain, t: wireTime(1_784_818_508, 796_180_750) }]);
  for (const one of [
    json(`[${sample},${sample}]`),
    Uint8Array.of(0x92, ...inMsgpack.subarray(1), ...inMsgpack.subarray(1)),
  ]) {
    const frame = padded(one, 0);
    rawRecords(frame); // the symbol is known from now on
    const { records } = rawRecords(frame);
    expect(records.map((record) => JSON.stringify(record))).toEqual([sample, sample]);
    const [first, second] = records as [RawRecord & { c: string[] }, RawRecord];
    first.c.push("changed");
    expect(second.c).toEqual(plain.c);
    expect(rawRecords(frame).records[0]?.c).toEqual(plain.c);
  }
});

test("a symbol has one number in both codecs and modes, with escapes and in other types of records", () => {
  for (const symbol of ["NUMB", "NUMBERED", "LONGER/USDC", "SIXTEEN-BYTES-OK"]) {
    const time = "2025-06-02T14:00:00Z";
    const fields = { T: "t", S: symbol, i: 1, x: "V", p: 1, s: 1, c: ["@"], t: time, z: "C" };
    const trade = JSON.stringify(fields);
    const escaped = trade.replace(symbol, `\\u${symbol.charCodeAt(0).toString(16).padStart(4, "0")}${symbol.slice(1)}`);
    const imbalance = JSON.stringify({ T: "i", S: symbol, p: 1, t: time, z: "C" });
    const inJson = padded(json(`[${[trade, escaped, imbalance, trade].join()}]`), 0);
    const message = { ...fields, p: 1.5, t: wireTime(1_748_872_800, 1) };
    const inMsgpack = padded(independentlyEncoded([message, message, { ...message, T: "i" }]), 0);
    const numbers = new Set<unknown>();
    for (const frame of [inJson, inMsgpack, inJson, inMsgpack]) {
      for (const raw of [false, true]) {
        for (const call of calls(new FrameDecoder(STOCK_SCHEMA), frame, raw)) numbers.add((call as unknown[])[4]);
      }
    }
    expect([...numbers]).toEqual([expect.any(Number)]);
    expect(numbers.has(0)).toBe(false);
  }
});

test("symbols that have no single spelling in bytes have no number", () => {
  const trade = (symbol: string): string => `[{"T":"i","S":"${symbol}","p":1,"t":"2025-06-02T14:00:00Z"}]`;
  const symbols = ["A\\\\B", "LONG-ENOUGH\\\\B", "A\ufffd", "SEVENTEEN-BYTES-NO"];
  for (const symbol of symbols) {
    for (const raw of [false, true]) {
      const [call] = calls(new FrameDecoder(STOCK_SCHEMA), json(trade(symbol)), raw);
      expect((call as unknown[]).slice(3, 5)).toEqual([JSON.parse(`"${symbol}"`), 0]);
    }
  }
});

test("a backslash in front of a symbol's quote is not read as the symbol's end", () => {
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  // In msgpack, the symbol is known with its backslash.
  const time = wireTime(1_748_872_800, 1);
  calls(decoder, independentlyEncoded([{ T: "i", S: "A\\", p: 1, t: time }]), false);
  const frame = json(
    '[{"T":"q","S":"A\\","bx":"V","bp":1,"bs":1,"ax":"V","ap":1,"as":1,"c":["R"],"t":"2025-06-02T14:00:00Z","z":"C"}]',
  );
  for (const raw of [false, true]) {
    expect(calls(decoder, padded(frame, 0), raw)).toMatchObject([["bad_frame", expect.any(String)]]);
  }
});

test("a fast path ends with a message that is not in an array, and the bytes behind it are a fault", () => {
  const [sample = ""] = STOCK_SAMPLES;
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  calls(decoder, json(`[${sample}]`), false);
  for (const raw of [false, true]) {
    const list = calls(decoder, padded(json(`${sample},${sample}`), 0), raw);
    expect(list).toHaveLength(2);
    expect(list[1]).toMatchObject(["bad_frame", expect.stringContaining("follow the frame's end")]);
  }
});

test("white space between messages leaves the next message to the general reader, and no more", () => {
  const [first = "", second = ""] = STOCK_SAMPLES;
  const frame = padded(json(` [ ${first},${second}, ${first},${second} ] `), 0);
  calls(new FrameDecoder(STOCK_SCHEMA), frame, false);
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  expect(calls(decoder, frame, false)).toHaveLength(4);
  expect(decoder.counts).toEqual({ fast: 2, general: 2 });
});

test("a schema without fast paths decodes both codecs by the general readers", () => {
  const decoder = new FrameDecoder({ ...STOCK_SCHEMA, fastPaths: undefined });
  const [sample = ""] = STOCK_SAMPLES;
  calls(decoder, padded(json(`[${sample}]`), 0), false);
  calls(decoder, padded(independentlyEncoded([JSON.parse(sample)]), 0), true);
  expect(decoder.counts).toEqual({ fast: 0, general: 2 });
});
