import { describe, expect, test } from "vitest";
import { Codec, codecOf, FrameDecoder, FrameEncoder, isChannel, isSymbol, WIRE_LIMITS } from "../../src/wire/index.ts";
import { hex, json } from "./support/decoded.ts";

const decodeClient = (text: string): unknown => new FrameDecoder().decodeClient(json(text));

describe("messages of a client", () => {
  test("may come in an array, several at once", () => {
    expect(decodeClient('[{"action":"subscribe","trades":["KO"]},{"action":"unsubscribe","bars":["*"]}]')).toEqual([
      { action: "subscribe", symbols: { trades: ["KO"] }, unknownChannels: [] },
      { action: "unsubscribe", symbols: { bars: ["*"] }, unknownChannels: [] },
    ]);
  });

  test("may leave a channel null", () => {
    expect(decodeClient('{"action":"subscribe","trades":null}')).toEqual([
      { action: "subscribe", symbols: {}, unknownChannels: [] },
    ]);
  });

  test("name the channels that nobody knows", () => {
    expect(decodeClient('{"action":"subscribe","news":["*"],"T":"x"}')).toEqual([
      { action: "subscribe", symbols: {}, unknownChannels: ["news", "T"] },
    ]);
  });

  test.each([
    ["{}", "no action"],
    ['{"action":"listen"}', "an unknown action"],
    ['{"action":7}', "an action that is no text"],
    ['{"action":"auth","key":"k"}', "auth without a secret"],
    ['{"action":"auth","key":"k","secret":7}', "a secret that is no text"],
    ['{"action":"subscribe","trades":"KO"}', "symbols that are no list"],
    ['{"action":"subscribe","trades":[7]}', "a symbol that is no text"],
    ["[7]", "no object"],
    ["[[]]", "a list"],
    ["", "nothing"],
    ["hello", "no JSON"],
  ])("%s is refused: %s", (text) => {
    expect(() => decodeClient(text)).toThrow(expect.objectContaining({ name: "StreamError" }));
  });

  test("[R26] are refused without repeating a secret", () => {
    const attempt = (): unknown => decodeClient('{"action":"auth","secret":"hush","key":["hush"]}');
    expect(attempt).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hush") }));
  });

  test("are not in an array when we send them, and a server's always are", () => {
    const auth = { action: "auth", key: "k", secret: "s" } as const;
    expect(new FrameEncoder(Codec.JSON).clientFrame(auth)).toEqual(json('{"action":"auth","key":"k","secret":"s"}'));
    const welcome = { type: "success", message: "connected" } as const;
    expect(new FrameEncoder(Codec.JSON).serverFrame(welcome)).toEqual(json('[{"T":"success","msg":"connected"}]'));
  });
});

describe("the codec of a frame", () => {
  test.each([
    [json("[]"), Codec.JSON],
    [json("{}"), Codec.JSON],
    [json(" \t\r\n[]"), Codec.JSON],
    [hex("90"), Codec.MSGPACK],
    [hex("80"), Codec.MSGPACK],
    [hex("dc0001"), Codec.MSGPACK],
    [hex(""), Codec.MSGPACK],
    [hex("20"), Codec.MSGPACK],
  ])("of %s is %s", (frame, codec) => {
    expect(codecOf(frame)).toBe(codec);
  });
});

describe("names", () => {
  test.each(["A", "BRK.B", "*", "BF/B", "SPY-W", "A".repeat(WIRE_LIMITS.maxSymbolBytes)])(
    "%s can be a symbol",
    (text) => {
      expect(isSymbol(text)).toBe(true);
    },
  );

  test.each(["", " ", "A B", "A\n", "É", "A".repeat(WIRE_LIMITS.maxSymbolBytes + 1)])("%j can be no symbol", (text) => {
    expect(isSymbol(text)).toBe(false);
  });

  test("channels are the ten of the stock stream", () => {
    expect(isChannel("trades")).toBe(true);
    expect(isChannel("cancelErrors")).toBe(true);
    expect(isChannel("news")).toBe(false);
    expect(isChannel("toString")).toBe(false);
  });
});
