import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyRecord } from "../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import {
  Codec,
  FrameDecoder,
  FrameEncoder,
  type ServerMessage,
  StreamError,
  WIRE_LIMITS,
} from "../../src/wire/index.ts";
import * as any from "./support/arbitraries.ts";
import { decoded, decodedRaw, frameOf, hex, joined, json } from "./support/decoded.ts";
import { independentlyEncoded } from "./support/independent-msgpack.ts";

const codecs = [Codec.MSGPACK, Codec.JSON];
const encoders = {
  [Codec.MSGPACK]: new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA),
  [Codec.JSON]: new FrameEncoder(Codec.JSON, STOCK_SCHEMA),
};

/** One record of every kind. */
const samples: AnyRecord[] = [
  ...new Map(fc.sample(any.record, { numRuns: 300, seed: 42 }).map((record) => [record.channel, record])).values(),
];

/** Frames of each kind: every record, every control message, several together. */
const frames: Record<Codec, Uint8Array[]> = {
  [Codec.MSGPACK]: framesIn(Codec.MSGPACK),
  [Codec.JSON]: framesIn(Codec.JSON),
};

function framesIn(codec: Codec): Uint8Array[] {
  return [
    ...samples.map((record) => frameOf(codec, record)),
    ...fc.sample(any.serverMessage, { numRuns: 10, seed: 42 }).map((message) => encoders[codec].serverFrame(message)),
    frameOf(codec, ...samples),
  ];
}

/** Decodes with every decoder; throws if one throws instead of reporting a fault. */
function decodeEveryWay(frame: Uint8Array): void {
  for (const faults of [decoded(frame).faults, decodedRaw(frame).faults]) {
    for (const fault of faults) if (fault !== "bad_frame" && fault !== "bad_message") throw new Error(fault);
  }
  try {
    new FrameDecoder(STOCK_SCHEMA).decodeClient(frame);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
  }
}

test("the hostile frames have a sample of every type of record", () => {
  expect(samples).toHaveLength(10);
});

describe.each(codecs)("truncated and overlong frames of %s", (codec) => {
  test(`a truncated frame of ${codec} delivers the messages before the cut, and reports the rest`, () => {
    const frame = frameOf(codec, ...samples);
    const headerBytes = 1; // both codecs begin a frame of ten messages with one byte
    const separatorBytes = codec === Codec.JSON ? 1 : 0;
    const ends: number[] = [];
    let at = headerBytes;
    for (const record of samples) {
      at += encoders[codec].record(record).length;
      ends.push(at);
      at += separatorBytes;
    }
    for (let length = 0; length < frame.length; length++) {
      const { messages, faults } = decoded(frame.subarray(0, length));
      const complete = samples.slice(0, ends.filter((end) => end <= length).length);
      expect(messages).toStrictEqual(complete);
      expect(faults).toEqual(["bad_frame"]);
    }
  });

  test(`a frame of ${codec} truncated at any byte is a reported fault, for every kind of frame`, () => {
    for (const frame of frames[codec]) {
      for (let length = 0; length < frame.length; length++) {
        const cut = frame.subarray(0, length);
        expect(decoded(cut).faults.at(-1)).toBe("bad_frame");
        decodeEveryWay(cut);
      }
    }
  });

  test(`a frame of ${codec} with bytes after its end delivers its messages and reports the bytes`, () => {
    for (const frame of frames[codec]) {
      const { messages } = decoded(frame);
      expect(decoded(joined(frame, [0x5d]))).toEqual({ messages, faults: ["bad_frame"] });
    }
  });
});

describe("malformed input", () => {
  test("random bytes cause reported faults and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => decodeEveryWay(bytes)),
      { numRuns: 3000 },
    );
  });

  test("random bytes in an array of messages cause reported faults and nothing else", () => {
    const lead = fc.constantFrom(
      [0x93],
      [0xdc, 0, 3],
      [0x92, 0x83, 0xa1, 0x54, 0xa1, 0x74],
      [0x81],
      [0x5b],
      [0x5b, 0x7b],
    );
    fc.assert(
      fc.property(lead, fc.uint8Array({ maxLength: 64 }), (start, bytes) => decodeEveryWay(joined(start, bytes))),
      { numRuns: 3000 },
    );
  });

  test("random characters that look like JSON cause reported faults and nothing else", () => {
    const token = fc.constantFrom(
      ...'[]{}:,"\\'.split(""),
      '"T"',
      '"t"',
      '"S"',
      '"A"',
      "1",
      "-1.5e3",
      "null",
      "true",
      " ",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), (tokens) => decodeEveryWay(json(`[${tokens.join("")}`))),
      { numRuns: 3000 },
    );
  });

  test.each(codecs)(
    "frames of %s with bytes changed, lost or doubled cause reported faults and nothing else",
    (codec) => {
      const change = fc.record({
        at: fc.nat(),
        kind: fc.constantFrom("change", "lose", "double"),
        byte: fc.integer({ min: 0, max: 255 }),
      });
      fc.assert(
        fc.property(
          fc.constantFrom(...frames[codec]),
          fc.array(change, { minLength: 1, maxLength: 4 }),
          (frame, changes) => {
            const bytes = [...frame];
            for (const { at, kind, byte } of changes) {
              const index = at % bytes.length;
              if (kind === "change") bytes[index] = byte;
              else if (kind === "lose") bytes.splice(index, 1);
              else bytes.splice(index, 0, bytes[index] ?? 0);
            }
            decodeEveryWay(Uint8Array.from(bytes));
          },
        ),
        { numRuns: 3000 },
      );
    },
  );
});

/** Returns the growth of the process's memory in bytes over many decodings of a frame. */
function bytesGrownBy(frame: Uint8Array, times: number): number {
  const held = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  decodeEveryWay(frame);
  const before = held();
  for (let index = 0; index < times; index++) decodeEveryWay(frame);
  return held() - before;
}

describe("a frame of unreadable messages", () => {
  test("a frame is abandoned after some thousand unreadable messages, so that a frame of zeros floods no log", () => {
    const { maxFaultsPerFrame } = WIRE_LIMITS;
    const zeros = joined([0xdd, 0, 0x10, 0, 0], new Uint8Array(0x10_0000));
    for (const { faults } of [decoded(zeros), decodedRaw(zeros)]) {
      expect(faults).toHaveLength(maxFaultsPerFrame + 1);
      expect(faults.at(-1)).toBe("bad_frame");
    }
  });

  test("a frame with fewer unreadable messages than the limit loses no other message", () => {
    const unreadable = Array.from({ length: WIRE_LIMITS.maxFaultsPerFrame - 1 }, () => 0);
    const frame = json(JSON.stringify([...unreadable, { T: "success", msg: "connected" }]));
    expect(decoded(frame).messages).toEqual([{ type: "success", message: "connected" }]);
  });
});

test("an error message whose code is not finite loses itself alone", () => {
  for (const double of ["7ff0000000000000", "7ff8000000000000"]) {
    const frame = hex(
      `92 83 a154 a56572726f72 a4636f6465 cb${double} a36d7367 a0 82 a154 a773756363657373 a36d7367 a178`,
    );
    expect(decoded(frame)).toEqual({ messages: [{ type: "success", message: "x" }], faults: ["bad_message"] });
  }
});

describe("lengths beyond the bytes of the frame", () => {
  const trade = "83 a154 a174 a153 a141"; // {T: "t", S: "A", and one key more
  const claims: Record<string, string> = {
    "an array of 4 billion messages": "dd ffffffff",
    "an array of 65,535 messages": "dc ffff",
    "a map of 4 billion keys": "91 df ffffffff",
    "a map of 65,535 keys": "91 de ffff",
    "a key of 4 billion bytes": "91 81 db ffffffff",
    "a symbol of 4 billion bytes": "91 82 a154 a174 a153 db ffffffff",
    "a binary symbol of 4 billion bytes": "91 82 a154 a174 a153 c6 ffffffff",
    "4 billion conditions": `91 ${trade} a163 dd ffffffff`,
    "4 billion values under an unknown key": `91 ${trade} a179 dd ffffffff`,
    "4 billion keys under an unknown key": `91 ${trade} a179 df ffffffff`,
    "an extension of 4 billion bytes under an unknown key": `91 ${trade} a179 c9 ffffffff 05`,
    "an extension of 4 billion bytes for a time": `91 ${trade} a174 c9 ffffffff ff`,
    "a timestamp of 255 bytes": `91 ${trade} a174 c7 ff ff`,
    "4 billion symbols in an acknowledgement": "91 82 a154 ac737562736372697074696f6e a6747261646573 dd ffffffff",
    "a string of 4 billion bytes in an acknowledgement":
      "91 82 a154 ac737562736372697074696f6e a6747261646573 91 db ffffffff",
  };

  for (const [claim, bytes] of Object.entries(claims)) {
    test(`a frame that claims ${claim} is rejected, and nothing is allocated for the claim`, () => {
      const frame = hex(bytes);
      expect(decoded(frame)).toEqual({ messages: [], faults: ["bad_frame"] });
      // Each rejection allocates a few small errors; one array of the claimed length would be gigabytes.
      expect(bytesGrownBy(frame, 200)).toBeLessThan(64 * 1024 * 1024);
    });
  }

  test("an array of arrays that each claim the rest of the frame ends with the frame", () => {
    const claim = [0xdd, 0, 0, 1, 0];
    const frame = joined(hex(`91 ${trade} a179`), Array.from({ length: 2000 }, () => claim).flat());
    expect(decoded(frame)).toEqual({ messages: [], faults: ["bad_frame"] });
  });
});

describe("messages nested 100,000 levels deep", () => {
  const depth = 100_000;
  const list = { open: [0x91], leaf: [0xc0] };
  const map = { open: [0x81, 0xa1, 0x61], leaf: [0xc0] };
  const nested = ({ open, leaf }: { open: number[]; leaf: number[] }): Uint8Array =>
    joined(...Array.from({ length: depth }, () => open), leaf);
  const rest = hex("a170 01 a174 d6ff 683dae60"); // p: 1, t: a time
  const next = frameOf(Codec.MSGPACK, ...samples.slice(0, 1)).subarray(1);
  const jsonNext = new TextDecoder().decode(encoders.json.record(samples[0] ?? fail()));
  const inJson = [`${"[".repeat(depth)}1${"]".repeat(depth)}`, `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`];

  function fail(): never {
    throw new Error("no samples");
  }

  test.each([list, map])("msgpack nested 100,000 levels deep under an unknown key is skipped", (shape) => {
    const frame = joined(hex("92 85 a154 a169 a153 a141 a179"), nested(shape), rest, next);
    const { messages, faults } = decoded(frame);
    expect(faults).toEqual([]);
    expect(messages).toHaveLength(2);
  });

  test.each(inJson)("JSON nested 100,000 levels deep under an unknown key is skipped", (value) => {
    const message = `{"T":"i","S":"A","y":${value},"p":1,"t":"2025-06-02T14:00:00Z"}`;
    const { messages, faults } = decoded(json(`[${message},${jsonNext}]`));
    expect(faults).toEqual([]);
    expect(messages).toHaveLength(2);
  });

  test.each([list, map])("a msgpack message of an unknown type nested 100,000 levels deep is skipped", (shape) => {
    const frame = joined(hex("92 82 a154 a16f a179"), nested(shape), next);
    expect(decoded(frame)).toEqual({ messages: samples.slice(0, 1), faults: [] });
  });

  test.each(inJson)("a JSON message of an unknown type nested 100,000 levels deep is skipped", (value) => {
    const frame = json(`[{"T":"o","y":${value}},${jsonNext}]`);
    expect(decoded(frame)).toEqual({ messages: samples.slice(0, 1), faults: [] });
  });

  test.each([list, map])("a msgpack control message nested 100,000 levels deep loses itself alone", (shape) => {
    const frame = joined(hex("92 82 a154 a773756363657373 a179"), nested(shape), next);
    expect(decoded(frame)).toEqual({ messages: samples.slice(0, 1), faults: ["bad_message"] });
  });

  test.each(inJson)("a JSON control message nested 100,000 levels deep loses itself alone", (value) => {
    const frame = json(`[{"T":"success","y":${value}},${jsonNext}]`);
    expect(decoded(frame)).toEqual({ messages: samples.slice(0, 1), faults: ["bad_message"] });
  });

  test("a raw record nested 100,000 levels deep loses itself alone", () => {
    for (const value of inJson) {
      const { records, faults } = decodedRaw(
        json(`[{"T":"i","S":"A","y":${value},"t":"2025-06-02T14:00:00Z"},${jsonNext}]`),
      );
      expect(records).toHaveLength(1);
      expect(faults).toEqual(["bad_message"]);
    }
  });

  test("a client message nested 100,000 levels deep is rejected", () => {
    for (const frame of [nested(list), nested(map), ...inJson.map(json)]) {
      expect(() => new FrameDecoder(STOCK_SCHEMA).decodeClient(frame)).toThrow(
        expect.objectContaining({ code: "bad_message" }),
      );
    }
  });
});

describe("messages of more values than one may have", () => {
  const count = WIRE_LIMITS.maxValues;
  const next = new TextDecoder().decode(encoders.json.record(samples[0] ?? fail()));
  const list = (values: number): string => `[${"{},".repeat(values - 1)}{}]`;

  function fail(): never {
    throw new Error("no samples");
  }

  test.each(["msg", "trades", "y"])("a control message with too many values under %s loses itself alone", (key) => {
    const inJson = json(`[{"T":"success","${key}":${list(count)}},${next}]`);
    expect(decoded(inJson)).toEqual({ messages: samples.slice(0, 1), faults: ["bad_message"] });
    const inMsgpack = joined(
      ...[
        hex("92 82 a154 a773756363657373"),
        independentlyEncoded(key),
        hex(`dd ${count.toString(16).padStart(8, "0")}`),
      ],
      ...[new Uint8Array(count).fill(0x80), frameOf(Codec.MSGPACK, ...samples.slice(0, 1)).subarray(1)],
    );
    expect(decoded(inMsgpack)).toEqual({ messages: samples.slice(0, 1), faults: ["bad_message"] });
  });

  test("a raw record with too many values loses itself alone", () => {
    const { records, faults } = decodedRaw(json(`[{"T":"i","S":"A","y":${list(count)}},${next}]`));
    expect(records).toHaveLength(1);
    expect(faults).toEqual(["bad_message"]);
  });

  test("a client message with too many values is rejected", () => {
    expect(() => new FrameDecoder(STOCK_SCHEMA).decodeClient(json(`{"action":"auth","key":${list(count)}}`))).toThrow(
      expect.objectContaining({ code: "bad_message" }),
    );
  });

  test("the values of one message do not count for the next one", () => {
    const message = `{"T":"success","y":${list(count - 4)}}`;
    expect(decoded(json(`[${message},${message}]`)).faults).toEqual([]);
  });

  test("a subscription message may list every US equity on every channel of stocks", () => {
    const symbols = Array.from({ length: 12_000 }, (_, index) => `S${index}`);
    const message: ServerMessage = {
      type: "subscription",
      symbols: Object.fromEntries(STOCK_SCHEMA.channels.map((channel) => [channel, symbols])),
    };
    for (const codec of [Codec.MSGPACK, Codec.JSON]) {
      expect(decoded(new FrameEncoder(codec, STOCK_SCHEMA).serverFrame(message))).toEqual({
        messages: [message],
        faults: [],
      });
    }
  });
});
