import { describe, expect, test } from "vitest";
import { SUBSCRIBABLE_CHANNELS } from "../../src/stocks/channels.ts";
import { Quote } from "../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { type ChannelSymbols, Codec, FrameEncoder } from "../../src/wire/index.ts";
import { JsonWriter } from "../../src/wire/json/json-writer.ts";
import { MsgpackWriter } from "../../src/wire/msgpack/msgpack-writer.ts";
import { decoded, decodedRecord, json, plain } from "./support/decoded.ts";
import { independentlyDecoded } from "./support/independent-msgpack.ts";

const T = "2025-06-02T14:00:00.5Z";

/** Returns a frame of messages given as plain data with wire keys. */
function frame(codec: Codec, messages: readonly unknown[]): Uint8Array {
  const writer = codec === Codec.JSON ? new JsonWriter() : new MsgpackWriter();
  writer.value(messages);
  return writer.out.written();
}

/** Returns a client's message as decoders other than ours read it. */
function readByPeer(codec: Codec, bytes: Uint8Array): unknown {
  return codec === Codec.JSON ? JSON.parse(new TextDecoder().decode(bytes)) : independentlyDecoded(bytes);
}

describe.each([Codec.MSGPACK, Codec.JSON])("frames of %s", (codec) => {
  test(`[G48] [G53] a frame of ${codec} with every type of message, an unknown one first, is decoded whole and in order`, () => {
    const bar = { S: "A", o: 1, h: 2, l: 0.5, c: 1.5, v: 10, n: 3, vw: 1.25, t: T, NewField: 1 };
    const { messages, faults } = decoded(
      frame(codec, [
        { T: "unknown", NewField: { deep: [1] } },
        { T: "t", S: "A", i: 1, x: "V", p: 1.5, s: 2, c: [" "], z: "C", t: T, NewField: 1 },
        { T: "s", S: "A", sc: "H", sm: "Halt", rc: "T12", rm: "News", z: "C", t: T, NewField: 1 },
        { T: "i", S: "A", p: 1.5, z: "C", t: T, NewField: 1 },
        { T: "q", S: "A", bx: "V", bp: 1, bs: 2, ax: "V", ap: 2, as: 3, c: ["R"], z: "C", t: T, NewField: 1 },
        { T: "b", ...bar },
        { T: "u", ...bar },
        { T: "error", code: 322, msg: "come back tomorrow", NewField: 1 },
        { T: "subscription", trades: ["A"], quotes: ["B"], NewField: 1 },
        { T: "subscription", trades: ["A", "C"], bars: ["*"] },
        { T: "l", S: "A", u: 2, d: 1, i: "B", z: "C", t: T, NewField: 1 },
        { T: "x", S: "A", i: 1, x: "V", p: 1.5, s: 2, a: "C", z: "C", t: T, NewField: 1 },
        {
          T: "c",
          S: "A",
          x: "V",
          oi: 1,
          op: 1,
          os: 1,
          oc: ["@"],
          ci: 2,
          cp: 2,
          cs: 2,
          cc: [],
          z: "C",
          t: T,
          NewField: 1,
        },
      ]),
    );
    expect(faults).toEqual([]);
    const kinds = messages.map((message) => ("channel" in message ? message.channel : plain(message)));
    expect(kinds).toEqual([
      "trades",
      "statuses",
      "imbalances",
      "quotes",
      "bars",
      "updatedBars",
      { type: "error", number: 322, message: "come back tomorrow" },
      { type: "subscription", symbols: { trades: ["A"], quotes: ["B"] } },
      { type: "subscription", symbols: { trades: ["A", "C"], bars: ["*"] } },
      "lulds",
      "cancelErrors",
      "corrections",
    ]);
  });

  test(`[G44] [V1] credentials in ${codec} have action, key and secret and no other key`, () => {
    const bytes = new FrameEncoder(codec, STOCK_SCHEMA).clientFrame({
      action: "auth",
      key: "testkey",
      secret: "testsecret",
    });
    const read = readByPeer(codec, bytes);
    expect(read).toEqual({ action: "auth", key: "testkey", secret: "testsecret" });
    expect(Object.keys(read as object)).toEqual(["action", "key", "secret"]); // a map, by the line above
  });

  const requests: [what: string, symbols: ChannelSymbols][] = [
    ["nothing", {}],
    ...SUBSCRIBABLE_CHANNELS.map((channel): [string, ChannelSymbols] => [
      `${channel} alone`,
      { [channel]: ["ALPACA"] },
    ]),
    ["some with the wildcard", { trades: ["*"], quotes: ["A", "*"], statuses: ["*"] }],
    ["every channel", Object.fromEntries(SUBSCRIBABLE_CHANNELS.map((channel) => [channel, ["A", "BRK.B"]]))],
  ];

  test.each(requests)(
    `[G46] [V5] a request for %s in ${codec} has its action and its symbols and no other key`,
    (_, symbols) => {
      for (const action of ["subscribe", "unsubscribe"] as const) {
        const bytes = new FrameEncoder(codec, STOCK_SCHEMA).clientFrame({ action, symbols, unknownChannels: [] });
        expect(readByPeer(codec, bytes)).toEqual({ action, ...symbols });
      }
    },
  );
});

test("[J4] a quote whose condition is one string has an array of it, and keeps eight decimals of its time", () => {
  const record = decodedRecord(
    json(
      `[{"T":"q","S":"SPY","bx":"T","bp":427.46,"bs":4,"ax":"Q","ap":427.47,"as":4,"c":"R","z":"B","t":"2024-03-11T14:05:34.82840127Z"}]`,
    ),
  );
  expect(record).toBeInstanceOf(Quote);
  expect(record).toMatchObject({ conditions: ["R"], nanos: 828_401_270 });
  expect(JSON.parse(JSON.stringify(record)).timestamp).toBe("2024-03-11T14:05:34.828401270Z");
});
