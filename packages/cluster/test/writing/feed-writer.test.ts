import { decode } from "@msgpack/msgpack";
import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import {
  beginEpoch,
  CLUSTER_LIMITS,
  ClusterError,
  FrameKind,
  type LogWriter,
  type MessageLog,
} from "@tickerplant/cluster";
import { ModelLog } from "@tickerplant/cluster/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { FeedWriter } from "../../src/writing/feed-writer.ts";
import { framesOf, ingest, itemsOf, TestWriter } from "../support/feed.ts";

let clock: VirtualClock;
let log: ModelLog;

beforeEach(() => {
  clock = new VirtualClock();
  log = new ModelLog(() => clock.now());
});

async function items(): Promise<string[]> {
  return itemsOf(await framesOf(log));
}

/** A log whose appends a test answers. */
class ScriptedLog implements MessageLog {
  readonly appends: { readonly number: number; store(): Promise<void>; accept(): void; reject(error: Error): void }[] =
    [];
  readonly #log: ModelLog;
  readonly state: MessageLog["state"];
  readonly get: MessageLog["get"];
  readonly read: MessageLog["read"];

  constructor(model: ModelLog) {
    this.#log = model;
    this.state = () => model.state();
    this.get = (sequence) => model.get(sequence);
    this.read = (...args) => model.read(...args);
  }

  append(bytes: Uint8Array, lastSequence: number, writer: LogWriter): Promise<void> {
    return new Promise((accept, reject) => {
      const store = (): Promise<void> => this.#log.append(bytes, lastSequence, writer);
      this.appends.push({ number: lastSequence + 1, store, accept, reject });
    });
  }
}

/** A writer over `over`, whose epoch begins in the model. */
async function writerOver(over: MessageLog): Promise<TestWriter> {
  return new TestWriter(over, clock, await beginEpoch(log, 1, ingest("first"), clock));
}

const UNREACHABLE = new ClusterError("unreachable", "no answer");

describe("a writer's frames", () => {
  test("a writer publishes the records of a turn in one frame, without waiting for more", async () => {
    const { writer } = await TestWriter.begin(log, clock);
    for (const number of [1, 2, 3]) writer.add(trade(number), undefined, false);
    writer.flush();
    await clock.settle();
    const frames = await framesOf(log);
    expect(frames.map(({ kind, number, recordCount }) => [kind, number, recordCount])).toEqual([
      [FrameKind.EVENT, 1, 0],
      [FrameKind.RECORDS, 2, 3],
    ]);
    expect(decode(frames[1]?.payload ?? new Uint8Array())).toMatchObject([{ s: 1 }, { s: 2 }, { s: 3 }]);
    expect(writer.counts).toMatchObject({ frames: 1, records: 3, resyncs: 0 });
    writer.end();
  });

  test("a writer collects what is added while a frame is under way, and publishes it behind that", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    own.add(1);
    own.writer.flush();
    for (const number of [2, 3]) {
      own.add(number);
      own.writer.flush();
    }
    expect(scripted.appends.length).toBe(1);
    await scripted.appends[0]?.store();
    scripted.appends[0]?.accept();
    await clock.settle();
    await scripted.appends[1]?.store();
    expect((await framesOf(log)).map(({ recordCount }) => recordCount)).toEqual([0, 1, 2]);
    own.writer.end();
  });

  test("live records, records from history and events are in frames of their own, in the order in which they came", async () => {
    const own = await TestWriter.begin(log, clock);
    own.add(1);
    own.add(2, true);
    own.add(3, true);
    own.event(4);
    own.add(5);
    own.event(6);
    own.add(7, true);
    own.writer.flush();
    await clock.settle();
    expect(await items()).toEqual(["E1", "r1", "h2", "h3", "e4", "r5", "e6", "h7"]);
    own.writer.end();
  });

  test("a writer keeps the bytes of a record if they are given, with keys that are not known", async () => {
    const own = await TestWriter.begin(log, clock);
    own.writer.add(trade(1), Uint8Array.of(0x81, 0xa1, 0x78, 0x05), false); // {"x": 5}
    own.writer.flush();
    await clock.settle();
    expect(decode((await framesOf(log)).at(-1)?.payload ?? [])).toEqual([{ x: 5 }]);
    own.writer.end();
  });

  test("a frame is closed when it is full, and full frames do not wait for each other", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    const bytes = new Uint8Array(CLUSTER_LIMITS.maxFrameBytes / 2);
    for (let count = 0; count < 10; count++) own.writer.add(trade(count), bytes, false);
    expect(scripted.appends.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6]);
    own.writer.end();
  });

  test("each frame has the watermark that the feed has behind its last record", async () => {
    const own = await TestWriter.begin(log, clock);
    own.add(1);
    own.watermark = { completeMs: 1_000, isComplete: true };
    own.writer.flush();
    own.add(2);
    own.watermark = { completeMs: 2_000, isComplete: false };
    await own.writer.drained();
    expect((await framesOf(log)).slice(1)).toMatchObject([
      { completeMs: 1_000, isComplete: true },
      { completeMs: 2_000, isComplete: false },
    ]);
    own.writer.end();
  });

  test("a silent feed has a heartbeat each second, and a busy one has none", async () => {
    const own = await TestWriter.begin(log, clock);
    await clock.advance(3 * CLUSTER_LIMITS.heartbeatMs);
    expect((await framesOf(log)).map(({ kind }) => kind)).toEqual([
      FrameKind.EVENT,
      ...new Array(3).fill(FrameKind.HEARTBEAT),
    ]);
    for (let number = 1; number <= 30; number++) {
      own.add(number);
      own.writer.flush();
      await clock.advance(100);
    }
    expect((await framesOf(log)).filter(({ kind }) => kind === FrameKind.HEARTBEAT).length).toBe(3);
    own.writer.end();
  });

  test("a writer that has ended has no timer, writes nothing and holds nothing", async () => {
    const own = await TestWriter.begin(log, clock);
    own.add(1);
    own.writer.end();
    own.add(2);
    own.event(3);
    own.writer.flush();
    await own.writer.drained();
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
    expect(await items()).toEqual(["E1"]);
    expect([own.writer.waitingBytes, own.writer.waitingFrames]).toEqual([0, 0]);
  });
});

describe("a writer and a NATS that fails", () => {
  test("a writer sends at most 256 frames that are not acknowledged", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    for (let number = 0; number < 300; number++) own.event(number);
    expect(scripted.appends.length).toBe(CLUSTER_LIMITS.maxInFlight);
    scripted.appends[9]?.accept(); // ten are in the log
    await clock.settle();
    expect(scripted.appends.length).toBe(CLUSTER_LIMITS.maxInFlight + 10);
    own.writer.end();
  });

  test("an acknowledgement that is faster than the log's end is not taken for a loss", async () => {
    const scripted = new ScriptedLog(log);
    const states: (() => void)[] = [];
    const own = await writerOver(
      Object.assign(scripted, {
        state: async () => {
          const state = await log.state();
          await new Promise<void>((resolve) => states.push(resolve));
          return state;
        },
      }),
    );
    own.event(1);
    own.event(2);
    await scripted.appends[0]?.store();
    scripted.appends[0]?.reject(UNREACHABLE); // stored, and the answer was lost
    await clock.settle(); // the log's end is read: 2
    await scripted.appends[1]?.store();
    scripted.appends[1]?.accept(); // both are in the log
    await clock.settle();
    for (const answer of states) answer();
    await clock.advance(1_000);
    expect(own.failures).toEqual([]);
    expect(own.writer.waitingFrames).toBe(0);
    own.writer.end();
  });

  test("a frame that arrives late, after it was sent again, is in the log once", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    own.event(1);
    scripted.appends[0]?.reject(UNREACHABLE);
    await clock.advance(CLUSTER_LIMITS.retryInitialMs);
    expect(scripted.appends.length).toBe(2);
    await scripted.appends[0]?.store(); // late
    await expect(scripted.appends[1]?.store()).rejects.toThrow();
    scripted.appends[1]?.reject(new ClusterError("fenced", "wrong last sequence"));
    await clock.advance(1_000);
    expect(own.writer.waitingFrames).toBe(0);
    expect(await items()).toEqual(["E1", "e1"]);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test("a writer backs off from a NATS that rejects each frame, reports it once, and tries one frame at a time", async () => {
    let attempts = 0;
    const own = await writerOver(
      Object.assign(new ScriptedLog(log), {
        append: async () => {
          attempts++;
          throw UNREACHABLE;
        },
      }),
    );
    for (let number = 0; number < 100; number++) own.event(number);
    await clock.advance(0);
    expect(attempts).toBe(100); // under way when the first was rejected
    await clock.advance(10_000);
    expect(attempts).toBeLessThan(110);
    expect(own.troubles.map(({ code }) => code)).toEqual(["unreachable"]);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test("a writer outlives a log without room, and goes on when there is", async () => {
    const own = await TestWriter.begin(log, clock);
    log.maxBytes = (await log.state()).byteLength;
    own.event(1);
    own.event(2);
    await clock.advance(5_000);
    expect(own.troubles.map(({ code }) => code)).toEqual(["no_room"]);
    log.maxBytes = Number.POSITIVE_INFINITY;
    await clock.advance(CLUSTER_LIMITS.retryMaxMs);
    expect(await items()).toEqual(["E1", "e1", "e2"]);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test.each(["not_allowed", "failed", "invalid_option"] as const)(
    "a writer fails if NATS rejects its frame as %s",
    async (code) => {
      const own = await writerOver(
        Object.assign(new ScriptedLog(log), { append: () => Promise.reject(new ClusterError(code, "no")) }),
      );
      own.event(1);
      own.event(2);
      await clock.advance(60_000);
      expect(own.failures.map((error) => error.code)).toEqual([code]);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test("a writer fails once, as buffer_full, when more waits than its limit", async () => {
    const own = await writerOver(new ScriptedLog(log));
    const bytes = new Uint8Array(1_048_576);
    expect(own.writer.room()).toBeUndefined();
    for (let count = 0; count < 16; count++) own.writer.add(trade(1), bytes, false);
    const room = own.writer.room();
    expect(room).toBeInstanceOf(Promise);
    for (let count = 0; count < 60; count++) own.writer.add(trade(1), bytes, count % 2 === 0);
    own.event(1);
    expect(own.failures.map(({ code }) => code)).toEqual(["buffer_full"]);
    expect(own.writer.waitingBytes).toBe(0);
    await room;
  });

  test("an event behind records that the buffer has no room for is dropped with them", async () => {
    const own = await writerOver(new ScriptedLog(log));
    for (let count = 0; count < 63; count++) own.writer.add(trade(1), new Uint8Array(1_048_576), false);
    own.writer.add(trade(1), new Uint8Array(1_000_000), false);
    own.writer.add(trade(1), new Uint8Array(60_000), false); // in a frame that is not full
    expect(own.failures).toEqual([]);
    own.event(1);
    expect(own.failures.map(({ code }) => code)).toEqual(["buffer_full"]);
    expect([own.writer.waitingBytes, own.writer.waitingFrames]).toEqual([0, 0]);
  });

  test("a frame that is in the log without an answer costs no pause, and is no trouble", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    own.event(1);
    await scripted.appends[0]?.store();
    own.event(2);
    scripted.appends[0]?.reject(UNREACHABLE);
    await clock.settle();
    expect(scripted.appends.map(({ number }) => number)).toEqual([2, 3, 3]);
    expect(own.troubles).toEqual([]);
    own.writer.end();
  });

  test("room() resolves when NATS has acknowledged enough", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    for (let count = 0; count < 20; count++) own.writer.add(trade(1), new Uint8Array(1_048_576), false);
    let hasRoom = false;
    const room = own.writer.room()?.then(() => {
      hasRoom = true;
    });
    scripted.appends[2]?.accept();
    await clock.settle();
    expect(hasRoom).toBe(false);
    scripted.appends[4]?.accept();
    await room;
    own.writer.end();
  });

  test("drained() resolves when everything is acknowledged", async () => {
    const scripted = new ScriptedLog(log);
    const own = await writerOver(scripted);
    own.add(1);
    let isDrained = false;
    const drained = own.writer.drained().then(() => {
      isDrained = true;
    });
    await clock.settle();
    expect([isDrained, scripted.appends.length]).toEqual([false, 1]);
    scripted.appends[0]?.accept();
    await drained;
    own.writer.end();
  });

  test("a writer fails as log_truncated if the log has lost what it had acknowledged", async () => {
    const own = await TestWriter.begin(log, clock);
    for (const number of [1, 2, 3]) own.event(number);
    await clock.settle();
    log.truncate(2);
    own.event(4);
    await clock.advance(1_000);
    expect(own.failures.map(({ code, message }) => [code, message])).toEqual([
      ["log_truncated", "the stream has lost the frames 3 to 4, which NATS had acknowledged"],
    ]);
  });

  test("of frames under way together, none is accepted behind the first one of another writer", async () => {
    const own = await TestWriter.begin(log, clock);
    own.event(1);
    await clock.settle();
    const other = await TestWriter.begin(log, clock, 2);
    // The first of these has the sequence that was taken; the second one names it, as the one that it follows.
    for (const number of [2, 3, 4]) own.event(number);
    await clock.advance(1_000);
    expect(own.failures.map(({ code }) => code)).toEqual(["fenced"]);
    expect(await items()).toEqual(["E1", "e1", "E2"]);
    other.writer.end();
  });

  test("a writer fails as log_truncated if the log keeps its last frame no more, so that another may have written", async () => {
    const own = await TestWriter.begin(log, clock);
    own.event(1);
    await clock.settle();
    log.removeUpTo(2);
    own.event(2);
    await clock.advance(1_000);
    expect(own.failures.map(({ code }) => code)).toEqual(["log_truncated"]);
    expect(await items()).toEqual([]);
  });
});

function trade(size: number): Trade {
  return new Trade("KO", 1_748_872_800, 0, size, "N", 68.25, size, ["@"], "A");
}

test("a writer takes the schema of its asset class", async () => {
  const writer = new FeedWriter({
    log,
    schema: STOCK_SCHEMA,
    clock,
    ...(await beginEpoch(log, 1, ingest("first"), clock)),
    watermark: () => ({ completeMs: 0, isComplete: true }),
    failed: () => {},
    troubled: () => {},
  });
  writer.add(trade(3), undefined, false);
  await writer.drained();
  writer.end();
  expect(decode((await framesOf(log))[1]?.payload ?? [])).toMatchObject([{ T: "t", S: "KO", p: 68.25, s: 3 }]);
});
