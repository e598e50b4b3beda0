import { describe, expect, test } from "vitest";
import { isChannel } from "../../src/stocks/channels.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { Codec, FrameDecoder, FrameEncoder, isSymbol, sniffCodec, WIRE_LIMITS } from "../../src/wire/index.ts";
import { decoded, hex, json } from "./support/decoded.ts";
import { independentlyEncoded } from "./support/independent-msgpack.ts";

const decodeClient = (text: string): unknown => new FrameDecoder(STOCK_SCHEMA).decodeClient(json(text));

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

  test("may leave a channel that is not one of the stock stream null", () => {
    expect(decodeClient('{"action":"subscribe","trades":["KO"],"news":null,"orderbooks":NaN}')).toEqual([
      { action: "subscribe", symbols: { trades: ["KO"] }, unknownChannels: [] },
    ]);
  });

  test("a client message names its unknown channels", () => {
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
    ['{"action":"auth","key":"k","secret":null}', "null as the secret"],
    ['{"action":null}', "null as the action"],
    ['{"action":"subscribe","trades":[7]}', "a symbol that is no text"],
    ['{"action":"subscribe","trades":["KO",null]}', "null among the symbols"],
    ["[null]", "null"],
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
    expect(new FrameEncoder(Codec.JSON, STOCK_SCHEMA).clientFrame(auth)).toEqual(
      json('{"action":"auth","key":"k","secret":"s"}'),
    );
    const welcome = { type: "success", message: "connected" } as const;
    expect(new FrameEncoder(Codec.JSON, STOCK_SCHEMA).serverFrame(welcome)).toEqual(
      json('[{"T":"success","msg":"connected"}]'),
    );
  });
});

describe("messages of a server", () => {
  const subscription = { type: "subscription", symbols: { trades: ["KO", "XOM"], bars: [] } };
  const ack = { T: "subscription", trades: ["KO", null, "", "XOM"], quotes: null, bars: [null], lulds: null };

  test("confirm the symbols of a list with null in it, and no symbol for null", () => {
    for (const frame of [json(JSON.stringify([ack])), independentlyEncoded([ack])]) {
      expect(decoded(frame)).toEqual({ messages: [subscription], faults: [] });
    }
    expect(decoded(json('[{"T":"subscription","trades":["KO",NaN,"XOM"],"bars":[],"quotes":NaN}]'))).toEqual({
      messages: [subscription],
      faults: [],
    });
  });

  test("may have null as their text", () => {
    expect(decoded(json('[{"T":"success","msg":null},{"T":"error","code":500,"msg":null}]'))).toEqual({
      messages: [
        { type: "success", message: "" },
        { type: "error", number: 500, message: "" },
      ],
      faults: [],
    });
  });

  test("that are an error without a number are reported with their text", () => {
    const faultOf = (text: string): string | undefined => {
      const faults: string[] = [];
      const unexpected = (): never => {
        throw new Error("expected a fault and nothing else");
      };
      const sink = { record: unexpected, control: unexpected, fault: (error: Error) => faults.push(error.message) };
      new FrameDecoder(STOCK_SCHEMA).decode(json(`[{"T":"error"${text}}]`), sink);
      expect(faults).toHaveLength(1);
      return faults[0];
    };
    const missing = faultOf(',"msg":"symbol limit exceeded"');
    expect(missing).toBe(
      'expected an error with a number as its code, got none, and the message "symbol limit exceeded"',
    );
    expect(faultOf(',"code":null,"msg":"symbol limit exceeded"')).toBe(missing);
    expect(faultOf(',"code":NaN,"msg":"symbol limit exceeded"')).toBe(missing);
    expect(faultOf(',"code":"405","msg":"x"')).toContain("got string");
    expect(faultOf(`,"msg":"\\u001b${"x".repeat(1000)}"`)).toMatch(/"\\u001bx{79}…"$/);
  });

  test("that list something else than symbols are reported", () => {
    expect(decoded(json('[{"T":"subscription","trades":["KO",7]},{"T":"subscription","trades":"KO"}]')).faults).toEqual(
      ["bad_message", "bad_message"],
    );
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
    expect(sniffCodec(frame)).toBe(codec);
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
