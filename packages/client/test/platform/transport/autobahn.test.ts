import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../../../../verify/shared/random.ts";
import { connector } from "../../../src/platform/transport/node/node.ts";
import { WIRE_LIMITS } from "../../../src/wire/index.ts";
import { closeFrame, Opcode, RawServer, websocketFrame } from "../../support/raw-server.ts";

/*
 * The client cases of the Autobahn test suite: whatever a server sends, and however the network cuts it,
 * the client's transport ends as `ws` alone does. The numbers are those of the suite.
 *
 * Source: github.com/crossbario/autobahn-testsuite, autobahntestsuite/case.
 */

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const text = (payload: string | Buffer, bits = 0x80): Buffer => websocketFrame(TEXT, Buffer.from(payload), bits);
const binary = (payload: string | Buffer, bits = 0x80): Buffer => websocketFrame(BINARY, Buffer.from(payload), bits);
const more = (payload: string | Buffer, bits = 0): Buffer => websocketFrame(CONTINUATION, Buffer.from(payload), bits);
const last = (payload: string | Buffer): Buffer => more(payload, 0x80);
const ping = (payload: string | Buffer = ""): Buffer => websocketFrame(PING, Buffer.from(payload));
const pong = (payload: string | Buffer = ""): Buffer => websocketFrame(PONG, Buffer.from(payload));
const of = (length: number): string => "*".repeat(length);
const inFragments = (opcode: number, payload: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => {
    const isLast = (index + 1) * size >= payload.length;
    const fragment = payload.subarray(index * size, (index + 1) * size);
    return websocketFrame(index === 0 ? opcode : CONTINUATION, fragment, isLast ? 0x80 : 0);
  });

const SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 98_304, 98_305, 131_072, 200_000];
const KAPPA = "κόσμε";
const INVALID_TEXTS = [
  "cebae1bdb9cf83cebcceb5eda080656469746564",
  "f4908080",
  "c080",
  "eda080",
  "80",
  "fe",
  "ceba80",
  "f888808080",
];
const VALID_TEXTS = ["f48fbfbf", "efbfbf", "ed9fbf", "ee8080", "c280", "f0908080", "00"];
const CLOSE_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const INVALID_CLOSE_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

const CASES: Readonly<Record<string, readonly Buffer[]>> = {
  "1.1 text of each size": SIZES.map((size) => text(of(size))),
  "1.2 binary frames of each size": SIZES.map((size) => binary(of(size))),
  "2.1-2.4 pings": [ping(), ping("Hello"), ping(Buffer.from("00fffefdfcfb00ff", "hex")), ping(of(125)), binary("end")],
  "2.5 a ping of 126 bytes": [binary("first"), ping(of(126)), binary("not read")],
  "2.7-2.9 pongs that nothing asked for": [pong(), pong("unsolicited"), ping("payload"), binary("end")],
  "2.10 ten pings between frames": Array.from({ length: 10 }, (_, index) => [
    binary(`${index}`),
    ping(`${index}`),
  ]).flat(),
  ...Object.fromEntries(
    [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70].flatMap((rsv, index) => [
      [`3.${index + 1} reserved bits in text`, [text("first"), text("bad", 0x80 | rsv), ping(), text("not read")]],
      [`3.${index + 1} reserved bits in a ping`, [text("first"), websocketFrame(PING, Buffer.from("x"), 0x80 | rsv)]],
      [
        `3.${index + 1} reserved bits in a close`,
        [text("first"), websocketFrame(CLOSE, Buffer.from([3, 232]), 0x80 | rsv)],
      ],
    ]),
  ),
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
      [
        `4 reserved opcode ${opcode}`,
        [text("first"), websocketFrame(opcode, Buffer.from("x")), ping(), text("not read")],
      ],
      [`4 reserved opcode ${opcode} without a payload`, [websocketFrame(opcode), ping()]],
    ]),
  ),
  "5.1 a ping in fragments": [websocketFrame(PING, Buffer.from("frag"), 0), last("ment")],
  "5.2 a pong in fragments": [websocketFrame(PONG, Buffer.from("frag"), 0), last("ment")],
  "5.3 text in two fragments": [text("frag", 0), last("ment"), text("end")],
  "5.6 a ping between fragments": [text("frag", 0), ping("between"), last("ment"), text("end")],
  "5.9 a continuation of nothing": [last("nothing"), text("not read")],
  "5.10 a continuation of nothing, with more to come": [more("nothing"), text("not read")],
  "5.15 a continuation after a message in fragments": [
    text("frag", 0),
    last("ment"),
    more("nothing"),
    text("not read"),
  ],
  "5.18 text within a message in fragments": [text("frag", 0), text("not read"), last("ment")],
  "5.18 a binary frame within a message in fragments": [binary("frag", 0), binary("not read"), last("ment")],
  "5.19 fragments, pings and a pause": [
    text("1", 0),
    more("2"),
    ping("a"),
    more("3"),
    more("4"),
    ping("b"),
    last("5"),
    binary("6"),
  ],
  "6.1 empty text and empty fragments": [
    text(""),
    text("", 0),
    more(""),
    last(""),
    text("", 0),
    more("middle"),
    last(""),
  ],
  "6.2 text in fragments within characters": inFragments(TEXT, Buffer.from(KAPPA), 1),
  ...Object.fromEntries(
    INVALID_TEXTS.flatMap((hex) => [
      [`6.3 invalid text ${hex}`, [text("first"), text(Buffer.from(hex, "hex")), text("not read")]],
      [
        `6.3 invalid text ${hex} in fragments`,
        [text("first"), ...inFragments(TEXT, Buffer.from(hex, "hex"), 1), text("not read")],
      ],
    ]),
  ),
  "6.4 invalid text of 70,000 bytes": [
    text(Buffer.concat([Buffer.from(of(70_000)), Buffer.from([0xff])])),
    text("not read"),
  ],
  "6 valid text": VALID_TEXTS.map((hex) => text(Buffer.from(hex, "hex"))),
  "6 bytes that are no text, as binary": INVALID_TEXTS.map((hex) => binary(Buffer.from(hex, "hex"))),
  "7.1.1 a close": [text("first"), closeFrame(1000)],
  "7.1.2 two closes": [closeFrame(1000), closeFrame(1001)],
  "7.1.3 a ping after a close": [closeFrame(1000), ping()],
  "7.1.4 text after a close": [text("first"), closeFrame(1000), text("not read")],
  "7.1.5 a close between fragments": [text("frag", 0), closeFrame(1000), last("ment")],
  "7.1.6 a close after 256 KiB": [binary(of(262_144)), binary("small"), closeFrame(1000), ping()],
  "7.3.1 a close without a code": [closeFrame()],
  "7.3.2 a close of one byte": [text("first"), websocketFrame(CLOSE, Buffer.from([3])), text("not read")],
  "7.3.4 a close with a reason": [closeFrame(1000, KAPPA)],
  "7.3.5 a close with the longest reason": [closeFrame(1000, of(123))],
  "7.3.6 a close with a reason too long": [closeFrame(1000, of(124)), text("not read")],
  "7.5.1 a close with a reason that is not UTF-8": [
    websocketFrame(CLOSE, Buffer.from("03e8cebae1bdb9eda080", "hex")),
    text("not read"),
  ],
  ...Object.fromEntries(
    [...CLOSE_CODES, ...INVALID_CLOSE_CODES].map((code) => [
      `7.7-7.13 a close with code ${code}`,
      [text("first"), closeFrame(code), text("not read")],
    ]),
  ),
  "9.1 a message of 1 MiB": [text(of(1_048_576)), text("end")],
  "9.3 a message of 256 KiB in fragments of 4 KiB": [...inFragments(TEXT, Buffer.from(of(262_144)), 4096), text("end")],
  "9.7 a thousand frames of each of three sizes": [0, 16, 256].flatMap((size) =>
    Array.from({ length: 1000 }, () => binary(of(size))),
  ),
  "10.1 64 KiB in fragments of 1300 bytes": [...inFragments(TEXT, Buffer.from(of(65_536)), 1300), text("end")],
  "a message beyond the limit": [binary("first"), Buffer.from([0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1]), binary("not read")],
  "a message beyond the limit in fragments": [
    Buffer.concat([Buffer.from([0x02, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]),
    Buffer.from([0x80, 127, 0, 0, 0, 0, 0, 0xff, 0, 1]),
  ],
  "a message of 2^53 bytes": [binary("first"), Buffer.from([0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0])],
  "a masked frame": [binary("first"), Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1]), binary("not read")],
  "a length that is not written as short as possible": [
    Buffer.from([0x82, 126, 0, 1, 7]),
    Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 8]),
  ],
  "half a header of an invalid frame": [binary("first"), Buffer.from([0x83, 126])],
  "half a header of a fragment": [binary("first"), Buffer.from([0x02, 126, 1])],
  "half a frame": [binary("first"), binary("half").subarray(0, 4)],
};

let server: RawServer;
beforeAll(async () => {
  server = await RawServer.listen();
});
afterAll(() => server.close());

interface Outcome {
  readonly events: readonly string[];
  /** What the client sent after the handshake. */
  readonly sent: string;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Connects, sends the pieces, closes, and returns everything that came of it. */
async function outcomeOf(pieces: readonly Buffer[], websocketParams: object): Promise<Outcome> {
  const events: string[] = [];
  const upgraded = server.upgraded();
  const closed = new Promise<void>((resolve) => {
    connector.connect(
      {
        url: `ws://${server.address}`,
        headers: {},
        websocketParams: { perMessageDeflate: false, generateMask: (mask: Buffer) => mask.fill(0), ...websocketParams },
      },
      {
        opened: () => events.push("opened"),
        frame: (bytes) => events.push(`${bytes.length} ${Buffer.from(bytes.subarray(0, 200)).toString("hex")}`),
        pong: () => events.push("pong"),
        closed: (code, reason, error) => {
          events.push(`closed with ${code} "${reason}" ${error?.message}`);
          resolve();
        },
      },
    );
  });
  const socket = await upgraded;
  const sent: Buffer[] = [];
  socket.on("data", (bytes) => sent.push(bytes));
  socket.setNoDelay();
  const gone = new Promise((resolve) => socket.once("close", resolve));
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await turn();
  }
  socket.end();
  await Promise.all([closed, gone]);
  return { events, sent: Buffer.concat(sent).toString("hex") };
}

/** `ws` alone: with sockets of the user's the transport reads none itself. */
const oracle = { createConnection: connect };

/** The bytes one by one, but for the middle of long payloads. */
function byteByByte(bytes: Buffer): Buffer[] {
  const slow = Array.from(bytes.subarray(0, 400), (_, index) => bytes.subarray(index, index + 1));
  return bytes.length > 400 ? [...slow, bytes.subarray(400, -20), ...byteByByte(bytes.subarray(-20))] : slow;
}

function randomly(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const most = Math.max(8, bytes.length / 10);
  for (let at = 0; at < bytes.length; ) {
    const next = at + random.between(1, random.chance(0.5) ? 5 : most);
    pieces.push(bytes.subarray(at, next));
    at = next;
  }
  return pieces;
}

const cases = Object.entries(CASES).map(([name, frames]) => [name, Buffer.concat(frames)] as const);

describe("the client's transport does what `ws` alone does", () => {
  test.each(cases)("with %s", async (_, bytes) => {
    const random = new Random(bytes.length);
    const expected = await outcomeOf([bytes], oracle);
    expect(expected.events[0]).toBe("opened");
    expect(expected.events.at(-1)).toMatch(/^closed/);
    for (const pieces of [[bytes], byteByByte(bytes), randomly(bytes, random), randomly(bytes, random)]) {
      expect(await outcomeOf(pieces, {})).toEqual(expected);
    }
  });

  test.each([
    ["maxPayload: 100", { maxPayload: 100 }, [binary(of(100)), text(of(100)), binary(of(101)), binary("not read")]],
    ["maxPayload: 0", { maxPayload: 0 }, [binary(of(WIRE_LIMITS.maxServerFrameBytes + 1)), binary("end")]],
    ["maxPayload: undefined", { maxPayload: undefined }, [binary(of(100_000)), binary("end")]],
    [
      "skipUTF8Validation",
      { skipUTF8Validation: true },
      [text(Buffer.from([0xff])), text(Buffer.from([0xfe]), 0), last("x")],
    ],
    [
      "maxFragments: 2",
      { maxFragments: 2 },
      [binary("first"), binary("1", 0), more("2"), last("3"), binary("not read")],
    ],
    ["autoPong: false", { autoPong: false }, [binary("first"), ping("x"), binary("end")]],
    [
      "allowSynchronousEvents: false",
      { allowSynchronousEvents: false },
      [ping(), text("1"), binary("2"), pong(), text("3")],
    ],
  ])("with the parameter %s", async (_, params, frames) => {
    const bytes = Buffer.concat(frames);
    const expected = await outcomeOf([bytes], { ...oracle, ...params });
    for (const pieces of [[bytes], byteByByte(bytes)]) expect(await outcomeOf(pieces, params)).toEqual(expected);
  });
});
