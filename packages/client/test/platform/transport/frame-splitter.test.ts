import { expect, test } from "vitest";
import { FrameSplitter } from "../../../src/platform/transport/node/frame-splitter.ts";
import { closeFrame, Opcode, websocketFrame } from "../../support/raw-server.ts";

const MAX = 1000;
const bytes = (length: number): Buffer => Buffer.alloc(length, "x");

interface Split {
  /** Payloads of plain frames, and the bytes between them, in their order. */
  readonly found: { plain?: string; other?: string }[];
  /** Bytes of an incomplete frame. */
  readonly kept: number;
}

/** Splits what arrives in pieces, and keeps what is incomplete for the next piece, as a reader does. */
function split(pieces: readonly Buffer[]): Split {
  const splitter = new FrameSplitter(MAX);
  const found: Split["found"] = [];
  let kept = Buffer.alloc(0);
  for (const piece of pieces) {
    const buffer = Buffer.concat([kept, piece]);
    let start = 0;
    for (;;) {
      const next = splitter.next(buffer, start, buffer.length);
      if (next === undefined) break;
      expect(next.end).toBeGreaterThan(start);
      const last = found.at(-1);
      const other = buffer.toString("latin1", start, next.end);
      if (next.isPlain) found.push({ plain: buffer.toString("latin1", next.payload, next.end) });
      else if (last?.other !== undefined) last.other += other;
      else found.push({ other });
      start = next.end;
    }
    kept = Buffer.from(buffer.subarray(start));
  }
  return { found, kept: kept.length };
}

const plain = [
  websocketFrame(Opcode.BINARY, bytes(3)),
  websocketFrame(Opcode.TEXT, Buffer.from("žluťoučký")),
  websocketFrame(Opcode.BINARY),
  websocketFrame(Opcode.BINARY, bytes(125)),
  websocketFrame(Opcode.BINARY, bytes(126)),
  websocketFrame(Opcode.TEXT, bytes(MAX)),
];
const others = [
  websocketFrame(Opcode.PING, Buffer.from("ping")),
  websocketFrame(Opcode.PONG),
  websocketFrame(Opcode.TEXT, bytes(200), 0),
  websocketFrame(Opcode.PING),
  websocketFrame(Opcode.CONTINUATION, bytes(3), 0),
  websocketFrame(Opcode.CONTINUATION, bytes(300)),
  websocketFrame(Opcode.BINARY, bytes(MAX + 1)),
  websocketFrame(Opcode.TEXT, Buffer.from([0xff])),
  closeFrame(1000),
];
const latin1 = (frames: readonly Buffer[]): string => Buffer.concat(frames).toString("latin1");
const payloads = [
  "xxx",
  Buffer.from("žluťoučký").toString("latin1"),
  "",
  "x".repeat(125),
  "x".repeat(126),
  "x".repeat(MAX),
];
/** A stream of every kind of frame: all plain ones, all others, all plain ones. */
const stream = Buffer.concat([...plain, ...others, ...plain]);
const expected = [
  ...payloads.map((payload) => ({ plain: payload })),
  { other: latin1(others) },
  ...payloads.map((payload) => ({ plain: payload })),
];

test("plain frames are found, and everything else is left as it came", () => {
  expect(split([stream])).toEqual({ found: expected, kept: 0 });
});

test("frames are the same wherever the bytes are cut", () => {
  for (let cut = 1; cut < stream.length; cut++) {
    expect(split([stream.subarray(0, cut), stream.subarray(cut)]).found).toEqual(expected);
  }
});

test("frames are the same byte by byte", () => {
  const pieces = Array.from(stream, (_, index) => stream.subarray(index, index + 1));
  expect(split(pieces)).toEqual({ found: expected, kept: 0 });
});

test("an incomplete plain frame is kept, and one of another kind is not", () => {
  for (const frame of plain) {
    for (let length = 1; length < frame.length; length++)
      expect(split([frame.subarray(0, length)])).toEqual({ found: [], kept: length });
  }
  for (const frame of [websocketFrame(Opcode.PING, bytes(9)), websocketFrame(Opcode.BINARY, bytes(MAX + 1))]) {
    for (let length = 4; length < frame.length; length++) expect(split([frame.subarray(0, length)]).kept).toBe(0);
  }
});

test.each([
  ["with RSV1", [0xc2, 126]],
  ["with RSV2", [0xa2, 126]],
  ["with RSV3", [0x92, 126]],
  ["with a reserved opcode", [0x83, 126]],
  ["with a mask", [0x82, 0xfe]],
  ["that continues nothing", [0x80, 126]],
  ["that is a ping of 126 bytes", [0x89, 126]],
])("an invalid frame %s is left to the other parser from its first two bytes on", (_, header) => {
  expect(split([Buffer.from(header)]).kept).toBe(0);
});

test("a frame of more than 64 KiB is left to the other parser, wherever its header is cut", () => {
  const frames = [websocketFrame(Opcode.BINARY, bytes(70_000)), websocketFrame(Opcode.BINARY, bytes(3))];
  const both = Buffer.concat(frames);
  for (let cut = 1; cut < 12; cut++) {
    const { found } = split([both.subarray(0, cut), both.subarray(cut)]);
    expect(found).toEqual([{ other: latin1(frames.slice(0, 1)) }, { plain: "xxx" }]);
  }
});

test("a message between the fragments of another is left to the other parser", () => {
  const frames = [websocketFrame(Opcode.TEXT, bytes(3), 0), websocketFrame(Opcode.TEXT, bytes(3))];
  expect(split(frames).found).toEqual([{ other: latin1(frames) }]);
});

test("a claimed length of 2^63 bytes is kept nowhere", () => {
  const header = Buffer.from([0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  expect(split([header, bytes(5000)])).toEqual({ found: [{ other: latin1([header, bytes(5000)]) }], kept: 0 });
});
