import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { jsonFastPath as cryptoFastPath } from "../../../src/crypto/json-fast-path.ts";
import * as LIMITS from "../../../src/limits.ts";
import { connector } from "../../../src/platform/transport/web.ts";
import { jsonFastPath as stocksFastPath } from "../../../src/stocks/json-fast-path.ts";

/** The part of a browser's WebSocket through which messages come. */
class FakeWebSocket {
  static readonly CLOSING = 2;
  readonly readyState = 1;
  onmessage: (event: { data: unknown }) => void = () => {};
  close(): void {}
}

/** A connection whose socket receives what it is given, and the bytes of its frames with their buffers. */
function connected(): { receive(data: unknown): Uint8Array; close(): void } {
  const frames: Uint8Array[] = [];
  let socket = new FakeWebSocket();
  vi.stubGlobal(
    "WebSocket",
    class extends FakeWebSocket {
      constructor() {
        super();
        socket = this;
      }
    },
  );
  const events = { opened() {}, frame: (bytes: Uint8Array) => frames.push(bytes), pong() {}, closed() {} };
  const transport = connector.connect({ url: "wss://example.com", headers: {}, websocketParams: {} }, events);
  return {
    receive: (data) => {
      socket.onmessage({ data });
      return frames.at(-1) ?? new Uint8Array();
    },
    close: () => transport.close(1000, ""),
  };
}

let connection: ReturnType<typeof connected>;
beforeEach(() => {
  connection = connected();
});
afterEach(() => {
  connection.close();
  vi.unstubAllGlobals();
});

/** Bytes in the buffer of a frame behind it. */
function slack(frame: Uint8Array): number {
  return frame.buffer.byteLength - frame.byteOffset - frame.byteLength;
}

test("text frames are encoded into one buffer, with room for the fast path behind each", () => {
  const encoder = new TextEncoder();
  const first = connection.receive("x".repeat(1000));
  for (const text of ["", "[]", "é€😀", "x".repeat(1000), "€".repeat(800)]) {
    const frame = connection.receive(text);
    expect(frame).toEqual(encoder.encode(text));
    expect(frame.buffer).toBe(first.buffer);
    expect(slack(frame)).toBeGreaterThanOrEqual(LIMITS.frameSlackBytes);
  }
});

test("a text frame larger than the buffer gets a larger one, which is kept", () => {
  const small = connection.receive("x");
  const large = connection.receive("€".repeat(50_000));
  expect(large.length).toBe(150_000);
  expect(large.buffer).not.toBe(small.buffer);
  expect(connection.receive("x").buffer).toBe(large.buffer);
});

test("no buffer beyond the limit is kept", () => {
  const huge = connection.receive("x".repeat(2 * LIMITS.maxKeptFrameBytes));
  expect(huge.length).toBe(2 * LIMITS.maxKeptFrameBytes);
  const next = connection.receive("x");
  expect(next.buffer).not.toBe(huge.buffer);
  expect(next.buffer.byteLength).toBeLessThanOrEqual(LIMITS.maxKeptFrameBytes);
});

test("the room behind text frames is enough for the longest message of every fast path of JSON", () => {
  for (const fastPath of [stocksFastPath?.(), cryptoFastPath?.()]) {
    expect(fastPath?.maxBytes).toBeLessThanOrEqual(LIMITS.frameSlackBytes);
  }
});
