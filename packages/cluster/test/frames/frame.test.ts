import { ClusterError, FrameKind, hasCode } from "@tickerplant/cluster";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEvent } from "../../src/frames/feed-event.ts";
import { decodeFrame, encodeFrame, FRAME_VERSION } from "../../src/frames/frame.ts";
import { emptyFrame } from "../support/feed.ts";

const HEADER_BYTES = 48;

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ClusterError) return error.code;
    throw error;
  }
  return undefined;
}

test("a frame is read as it was written, whatever its fields are", () => {
  const header = fc.record({
    kind: fc.constantFrom(...Object.values(FrameKind)),
    epoch: fc.nat({ max: 2 ** 32 - 1 }),
    number: fc.maxSafeNat(),
    epochStart: fc.maxSafeNat(),
    completeMs: fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer(), fc.double({ noNaN: true })),
    isComplete: fc.boolean(),
    madeMs: fc.maxSafeNat(),
    recordCount: fc.nat({ max: 2 ** 32 - 1 }),
  });
  fc.assert(
    fc.property(header, fc.uint8Array(), (fields, payload) => {
      const { payload: read, ...rest } = decodeFrame(encodeFrame(fields, payload));
      expect(rest).toEqual(fields);
      expect([...read]).toEqual([...payload]);
    }),
  );
});

test("a frame within a larger buffer is read from where it begins", () => {
  const bytes = emptyFrame({ number: 7 }, new Uint8Array([1, 2]));
  const buffer = new Uint8Array(bytes.length + 10);
  buffer.set(bytes, 5);
  expect(decodeFrame(buffer.subarray(5, 5 + bytes.length))).toMatchObject({
    number: 7,
    payload: new Uint8Array([1, 2]),
  });
});

test("a frame of an unknown kind is read", () => {
  const bytes = emptyFrame({ number: 7 });
  bytes[3] = 99;
  expect(decodeFrame(bytes).kind).toBe(99);
});

test("a frame with a longer header is read, without the fields that are not known", () => {
  const bytes = emptyFrame({ number: 7 });
  const longer = new Uint8Array([...bytes, 1, 2, 3, 4, 9]);
  longer[2] = HEADER_BYTES + 4;
  expect(decodeFrame(longer)).toMatchObject({ number: 7, payload: new Uint8Array([9]) });
});

test("a frame of a later version is rejected as unknown_version", () => {
  const bytes = emptyFrame({ number: 7 });
  bytes[1] = FRAME_VERSION + 1;
  expect(codeOf(() => decodeFrame(bytes))).toBe("unknown_version");
});

test("bytes that are no frame are rejected as not_a_frame", () => {
  const ofAnother = fc.uint8Array().filter((bytes) => bytes[0] !== 0x54);
  fc.assert(fc.property(ofAnother, (bytes) => codeOf(() => decodeFrame(bytes)) === "not_a_frame"));
});

test("a frame that is cut off anywhere in its header is rejected as not_a_frame", () => {
  const bytes = emptyFrame({ number: 7 });
  for (let length = 0; length < HEADER_BYTES; length++)
    expect(codeOf(() => decodeFrame(bytes.subarray(0, length)))).toBe("not_a_frame");
});

test("an event that is not an object with a type is rejected as not_a_frame", () => {
  for (const text of ["", "{", "null", "7", "{}", '{"type":7}'])
    expect(codeOf(() => decodeEvent(Buffer.from(text)))).toBe("not_a_frame");
});

test("an event of an unknown type is returned", () => {
  expect(decodeEvent(Buffer.from('{"type":"later","x":1}'))).toEqual({ type: "later", x: 1 });
});

test("an error has a code to branch on, and hasCode knows errors of the cluster alone", () => {
  expect(hasCode(new ClusterError("fenced", "another leads"), "fenced")).toBe(true);
  expect(hasCode(new ClusterError("fenced", "another leads"), "no_room")).toBe(false);
  expect(hasCode(Object.assign(new Error(), { code: "fenced" }), "fenced")).toBe(false);
});
