import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { quote, trade } from "../../../../../verify/shared/records.ts";
import { Outbox } from "../../../src/gateway/fan-out/outbox.ts";
import { GATEWAY_LIMITS } from "../../../src/gateway/limits.ts";

const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);

/** An outbox over a network that accepts bytes on demand. */
function outbox(options: Partial<ConstructorParameters<typeof Outbox>[2]> = {}) {
  const frames: { T: string; S: string; i?: number; bs?: number }[][] = [];
  const dones: (() => void)[] = [];
  const subject = new Outbox(
    Codec.JSON,
    (frame, done) => {
      frames.push(JSON.parse(Buffer.from(frame).toString()));
      dones.push(done);
    },
    {
      maxBufferedBytes: 4096,
      conflated: [],
      maxRecordsPerFrame: () => Number.POSITIVE_INFINITY,
      drained: () => {},
      ...options,
    },
  );
  return {
    subject,
    frames,
    takeAll: (): void => {
      while (dones.length > 0) dones.shift()?.();
    },
    add: (record: ReturnType<typeof trade> | ReturnType<typeof quote>): void => {
      const { buffer, byteOffset, length } = encoder.record(record);
      subject.add(Buffer.from(buffer, byteOffset, length), record); // a view, as upstream's frames are of a socket's memory
    },
  };
}

describe("Outbox", () => {
  test("an outbox joins added records into one frame per flush, and sends none without records", () => {
    const { subject, frames, add } = outbox();
    subject.flush();
    for (let id = 1; id <= 5; id++) add(trade("A", id));
    expect(frames).toEqual([]);
    subject.flush();
    subject.flush();
    expect(frames.map((frame) => frame.map(({ i }) => i))).toEqual([[1, 2, 3, 4, 5]]);
  });

  test("an outbox sends a separate frame after the records before it, and before later ones", () => {
    const { subject, frames, add } = outbox();
    add(trade("A", 1));
    subject.sendFrame(encoder.serverFrame({ type: "success", message: "connected" }));
    add(trade("A", 2));
    subject.flush();
    expect(frames.map((frame) => frame.map(({ T }) => T))).toEqual([["t"], ["success"], ["t"]]);
  });

  test("an outbox counts the bytes that the network has not accepted yet", () => {
    const { subject, takeAll, add } = outbox();
    expect(subject.bufferedBytes).toBe(0);
    add(trade("A", 1));
    expect(subject.bufferedBytes).toBeGreaterThan(0);
    subject.flush();
    expect(subject.bufferedBytes).toBeGreaterThan(0);
    takeAll();
    expect(subject.bufferedBytes).toBe(0);
  });

  test("an outbox reports every frame that the network has accepted, after it was counted", () => {
    const seen: number[] = [];
    const { subject, takeAll, add } = outbox({ drained: () => seen.push(subject.bufferedBytes) });
    add(trade("A", 1));
    subject.flush();
    add(trade("A", 2));
    subject.flush();
    const both = subject.bufferedBytes;
    expect(seen).toEqual([]);
    takeAll();
    expect(seen).toEqual([both / 2, 0]);
  });

  test("an outbox is full by bytes that the network has not accepted, not by unsent records", () => {
    const { subject, add } = outbox();
    for (let id = 0; id < 100; id++) add(trade("A", id));
    expect(subject.bufferedBytes).toBeGreaterThan(4096);
    expect(subject.isFull).toBe(false);
    subject.flush();
    expect(subject.isFull).toBe(true);
  });

  test("an outbox splits frames by size, and by records if a limit is set", () => {
    const large = outbox({ maxBufferedBytes: 1e9 });
    for (let id = 0; id < 2000; id++) large.add(trade("A", id));
    large.subject.flush();
    expect(large.frames.length).toBeGreaterThan(1);
    expect(large.frames.flat().map(({ i }) => i)).toEqual(Array.from({ length: 2000 }, (_, id) => id));
    for (const frame of large.frames)
      expect(JSON.stringify(frame).length).toBeLessThan(GATEWAY_LIMITS.maxFrameBytes + 200);

    const single = outbox({ maxRecordsPerFrame: () => 2 });
    for (let id = 0; id < 5; id++) single.add(trade("A", id));
    single.subject.flush();
    expect(single.frames.map((frame) => frame.length)).toEqual([2, 2, 1]);
  });

  test("an outbox keeps the newest quote of each symbol and every trade while a conflating client is behind", () => {
    const { subject, frames, takeAll, add } = outbox({ conflated: ["quotes"] });
    for (let id = 0; subject.bufferedBytes <= 2048; id++) {
      add(trade("A", id));
      subject.flush();
    }
    frames.length = 0;
    for (let size = 1; size <= 50; size++) {
      add(quote("A", size));
      add(quote("B", size * 10));
      if (size % 10 === 0) add(trade("B", size));
    }
    subject.flush();
    expect(frames.flat().map(({ T, i }) => [T, i])).toEqual([10, 20, 30, 40, 50].map((id) => ["t", id]));
    expect(subject.bufferedBytes).toBeGreaterThan(0);
    takeAll();
    expect(
      frames
        .flat()
        .slice(5)
        .map(({ T, S, bs }) => [T, S, bs]),
    ).toEqual([
      ["q", "A", 50],
      ["q", "B", 500],
    ]);
    takeAll();
    expect(subject.bufferedBytes).toBe(0);
    add(quote("A", 51));
    add(quote("A", 52));
    subject.flush();
    expect(frames.at(-1)?.map(({ bs }) => bs)).toEqual([51, 52]);
  });

  test("an outbox sends held quotes in frames of the normal size", () => {
    const { subject, frames, takeAll, add } = outbox({ conflated: ["quotes"] });
    for (let id = 0; subject.bufferedBytes <= 2048; id++) {
      add(trade("A", id));
      subject.flush();
    }
    for (let index = 0; index < 2000; index++) add(quote(`S${index}`, 1));
    frames.length = 0;
    takeAll();
    expect(frames.flat()).toHaveLength(2000);
    for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(GATEWAY_LIMITS.maxFrameBytes + 200);
  });
});
