import { describe, expect, test } from "vitest";
import { isChannel } from "../../src/stocks/channels.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { Codec, FrameDecoder, FrameEncoder, isSymbol, sniffCodec, WIRE_LIMITS } from "../../src/wire/index.ts";
import { knownSymbol } from "../../src/wire/interning.ts";
import { decoded, hex, json } from "./support/decoded.ts";
import { independentlyEncoded } from "./support/independent-msgpack.ts";

const decodeClient = (text: string): unknown => new FrameDecoder(STOCK_SCHEMA).decodeClient(json(text));

/** Whether a string of ASCII has a number in the table of symbols and other short strings. */
function isInterned(text: string): boolean {
  const padded = new Uint8Array(32);
  const { written } = new TextEncoder().encodeInto(text, padded);
  return knownSymbol(new DataView(padded.buffer), 0, written) !== 0;
}

describe("client messages", () => {
  test("one frame of a client may hold several messages in an array", () => {
    expect(decodeClient('[{"action":"subscribe","trades":["KO"]},{"action":"unsubscribe","bars":["*"]}]')).toEqual([
      { action: "subscribe", symbols: { trades: ["KO"] }, unknownChannels: [] },
      { action: "unsubscribe", symbols: { bars: ["*"] }, unknownChannels: [] },
    ]);
  });

  test("a client message may have null for a channel", () => {
    expect(decodeClient('{"action":"subscribe","trades":null}')).toEqual([
      { action: "subscribe", symbols: {}, unknownChannels: [] },
    ]);
  });

  test("a client message may have null or NaN for an unknown channel", () => {
    expect(decodeClient('{"action":"subscribe","trades":["KO"],"news":null,"orderbooks":NaN}')).toEqual([
      { action: "subscribe", symbols: { trades: ["KO"] }, unknownChannels: [] },
    ]);
  });

  test("a decoded client message lists its unknown channels", () => {
    expect(decodeClient('{"action":"subscribe","news":["*"],"T":"x"}')).toEqual([
      { action: "subscribe", symbols: {}, unknownChannels: ["news", "T"] },
    ]);
  });

  test.each([
    ["{}", "no action"],
    ['{"action":"listen"}', "an unknown action"],
    ['{"action":7}', "an action that is not a string"],
    ['{"action":"auth","key":"k"}', "auth without a secret"],
    ['{"action":"auth","key":"k","secret":7}', "a secret that is not a string"],
    ['{"action":"subscribe","trades":"KO"}', "symbols that are not an array"],
    ['{"action":"auth","key":"k","secret":null}', "null as the secret"],
    ['{"action":null}', "null as the action"],
    ['{"action":"subscribe","trades":[7]}', "a symbol that is not a string"],
    ['{"action":"subscribe","trades":["KO",null]}', "null among the symbols"],
    ["[null]", "null"],
    ["[7]", "not an object"],
    ["[[]]", "an array"],
    ["", "an empty frame"],
    ["hello", "not JSON"],
  ])("the client message %s is rejected: %s", (text) => {
    expect(() => decodeClient(text)).toThrow(expect.objectContaining({ name: "StreamError" }));
  });

  test("[R26] the error of a rejected client message does not repeat a secret", () => {
    const attempt = (): unknown => decodeClient('{"action":"auth","secret":"hush","key":["hush"]}');
    expect(attempt).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hush") }));
  });

  test("no string of a client message is interned, a secret least of all", () => {
    const texts = ["PKEY1234", "Secret12", "NEWCHAN1", "XSYMBOL1", "LONG/SYMBOL"];
    const [key, secret, channel, ...trades] = texts;
    const messages = [
      { action: "auth", key, secret },
      { action: "subscribe", [channel ?? ""]: ["x"], trades },
    ];
    const decoder = new FrameDecoder(STOCK_SCHEMA);
    for (const message of messages) {
      decoder.decodeClient(json(JSON.stringify(message)));
      decoder.decodeClient(independentlyEncoded(message));
    }
    expect(texts.map(isInterned)).toEqual(texts.map(() => false));
    decoded(json('[{"T":"i","S":"XSYMBOL1","p":1,"t":"2025-06-02T14:00:00Z"}]'));
    expect(isInterned("XSYMBOL1")).toBe(true); // as each of the texts would be, were it a record's symbol
  });

  test("the encoder writes a client message without an array, and a server message in one", () => {
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

describe("server messages", () => {
  const subscription = { type: "subscription", symbols: { trades: ["KO", "XOM"], bars: [] } };
  const ack = { T: "subscription", trades: ["KO", null, "", "XOM"], quotes: null, bars: [null], lulds: null };

  test("null among the symbols of a subscription message is skipped", () => {
    for (const frame of [json(JSON.stringify([ack])), independentlyEncoded([ack])]) {
      expect(decoded(frame)).toEqual({ messages: [subscription], faults: [] });
    }
    expect(decoded(json('[{"T":"subscription","trades":["KO",NaN,"XOM"],"bars":[],"quotes":NaN}]'))).toEqual({
      messages: [subscription],
      faults: [],
    });
  });

  test("a server message may have null as its text", () => {
    expect(decoded(json('[{"T":"success","msg":null},{"T":"error","code":500,"msg":null}]'))).toEqual({
      messages: [
        { type: "success", message: "" },
        { type: "error", number: 500, message: "" },
      ],
      faults: [],
    });
  });

  test("an error message without a code is reported with its text", () => {
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

  test("a subscription message with values other than symbols is reported", () => {
    expect(decoded(json('[{"T":"subscription","trades":["KO",7]},{"T":"subscription","trades":"KO"}]')).faults).toEqual(
      ["bad_message", "bad_message"],
    );
  });
});

describe("sniffCodec", () => {
  test.each([
    [json("[]"), Codec.JSON],
    [json("{}"), Codec.JSON],
    [json(" \t\r\n[]"), Codec.JSON],
    [hex("90"), Codec.MSGPACK],
    [hex("80"), Codec.MSGPACK],
    [hex("dc0001"), Codec.MSGPACK],
    [hex(""), Codec.MSGPACK],
    [hex("20"), Codec.MSGPACK],
  ])("the codec of the frame %s is %s", (frame, codec) => {
    expect(sniffCodec(frame)).toBe(codec);
  });
});

describe("symbols and channels", () => {
  test.each(["A", "BRK.B", "*", "BF/B", "SPY-W", "A".repeat(WIRE_LIMITS.maxSymbolBytes)])(
    "%s is a valid symbol",
    (text) => {
      expect(isSymbol(text)).toBe(true);
    },
  );

  test.each(["", " ", "A B", "A\n", "É", "A".repeat(WIRE_LIMITS.maxSymbolBytes + 1)])(
    "%j is not a valid symbol",
    (text) => {
      expect(isSymbol(text)).toBe(false);
    },
  );

  test("isChannel is true for channels of stocks, and false for other names", () => {
    expect(isChannel("trades")).toBe(true);
    expect(isChannel("cancelErrors")).toBe(true);
    expect(isChannel("news")).toBe(false);
    expect(isChannel("toString")).toBe(false);
  });
});
