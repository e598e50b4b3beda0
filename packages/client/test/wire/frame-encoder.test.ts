import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { FrameBuilder, FrameEncoder } from "../../src/wire/index.ts";
import { codecs } from "../support/stream.ts";

// The casts pass values that only a program without types can pass.

test.each(["JSON", "MsgPack", "", undefined])("the codec %j is rejected", (codec) => {
  expect(() => new FrameEncoder(codec as "json", STOCK_SCHEMA)).toThrow(TypeError);
  expect(() => new FrameBuilder(codec as "json")).toThrow("codec must be msgpack or json, got");
});

describe.each(codecs)("FrameEncoder with %s", (codec) => {
  test.each([
    ["a raw record", { T: "t", S: "AAPL", p: 1 }, "undefined"],
    ["a record of an unknown channel", { channel: "trade", symbol: "AAPL" }, "trade"],
  ])(`an encoder of ${codec} rejects %s, and the frame around it`, (_, record, got) => {
    const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
    expect(() => encoder.record(record as never)).toThrow(new TypeError(`a record needs a channel, got ${got}`));
    expect(() => encoder.frame([trade("AAPL"), record as never])).toThrow(TypeError);
    expect(encoder.frame([trade("AAPL")])).toEqual(new FrameEncoder(codec, STOCK_SCHEMA).frame([trade("AAPL")]));
  });
});
