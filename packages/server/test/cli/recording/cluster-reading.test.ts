import { decode } from "@msgpack/msgpack";
import { STOCK_SCHEMA } from "@tickerplant/client";
import * as cluster from "@tickerplant/cluster";
import type { SourcePlace } from "@tickerplant/recorder";
import { expect, onTestFinished, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { encodeFrame } from "../../../../cluster/src/frames/frame.ts";
import { ClusterReading, type NumberedRecorder } from "../../../src/cli/recording/cluster-reading.ts";
import type { NumberedSink } from "../../../src/cli/recording/frame-recorder.ts";
import { CLUSTER_RECORDING_LIMITS } from "../../../src/cli/recording/limits.ts";
import type { FeedGap, SourceEvent } from "../../../src/feeds/feed.ts";
import { ClusterModel, FailingLog, type ModelIngest, STATE } from "../../feeds/cluster/support/cluster-gateway.ts";

/** A recorder without a disk: what it has, as lines. */
class MemoryRecorder implements NumberedRecorder {
  readonly lines: string[] = [];
  place: SourcePlace | undefined;
  problem: NumberedRecorder["problem"];
  /** What the test says, and every frame since. */
  waitingBytes = 0;

  readonly sink: NumberedSink = {
    frame: (frame, recordCount, place) => this.#records("live", frame, recordCount, place),
    history: (frame, recordCount, place) => this.#records("history", frame, recordCount, place),
    reached: (place) => {
      this.place = place;
    },
    gap: ({ channel, symbols, from, to, cause }) =>
      void this.lines.push(`gap of ${channel} ${symbols} ${from.getTime()} ${to.getTime()}: ${cause.message}`),
    filled: ({ channel, symbols, recordCount }) =>
      void this.lines.push(`filled ${channel} ${symbols} with ${recordCount}`),
  };

  get metrics(): NumberedRecorder["metrics"] {
    return { waitingBytes: this.waitingBytes };
  }

  #records(kind: string, frame: Uint8Array, recordCount: number, place: SourcePlace): void {
    const ids = (decode(frame) as { readonly i: number }[]).map(({ i }) => i); // trades
    expect(ids).toHaveLength(recordCount);
    this.lines.push(`${kind} ${ids} at ${place.sequence}`);
    this.place = place;
    this.waitingBytes += frame.length;
  }
}

interface Reading {
  readonly reading: ClusterReading;
  readonly source: SourceEvent[];
  readonly gaps: FeedGap[];
  stop(): Promise<void>;
}

/** Reads a feed into a recorder until it is stopped, or the test ends. */
async function read(
  model: ClusterModel,
  recorder: NumberedRecorder,
  log: cluster.MessageLog = model.log,
): Promise<Reading> {
  const source: SourceEvent[] = [];
  const gaps: FeedGap[] = [];
  const ended = new AbortController();
  const reading = new ClusterReading({
    cluster,
    open: () => Promise.resolve({ log, leases: model.leases, readers: model.readers }),
    identity: { id: "recorder-1", name: "paris", version: "1.2.3", kind: "recorder", feed: "sip" },
    servers: "nats://model",
    recorder,
    schema: STOCK_SCHEMA,
    clock: model.clock,
    source: (event) => void source.push(event),
    gap: (gap) => void gaps.push(gap),
  });
  const running = reading.run(ended.signal);
  const stop = async (): Promise<void> => {
    ended.abort();
    await model.clock.advance(1_000);
    await running;
  };
  onTestFinished(stop);
  await model.clock.advance(200);
  return { reading, source, gaps, stop };
}

/** Writes trades, each as a frame and at its own second of 1970. */
async function write(ingest: ModelIngest, ...ids: readonly number[]): Promise<void> {
  for (const id of ids) await ingest.records([trade("A", id, recordTime(id * 1_000))]);
}

const GAP = { channel: "trades", symbols: ["A"], fromMs: 1_000, toMs: 2_000, cause: "connection_lost" } as const;

test("a reading records everything that NATS keeps and what follows, in order, with the place of each frame", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest(); // an epoch and a state: frames 1 and 2
  await write(ingest, 1, 2);
  const recorder = new MemoryRecorder();
  const { reading } = await read(model, recorder);
  await ingest.event({ type: "gap", ...GAP, message: "the line was cut" });
  await ingest.records([trade("A", 9, recordTime(1_500)), trade("A", 10, recordTime(1_600))], true);
  const { cause: _, ...range } = GAP;
  await ingest.event({ type: "filled", ...range, recordCount: 2 });
  await write(ingest, 3);
  expect(recorder.lines).toEqual([
    "live 1 at 3",
    "live 2 at 4",
    "gap of trades A 1000 2000: the line was cut",
    "history 9,10 at 6",
    "filled trades A with 2",
    "live 3 at 8",
  ]);
  expect(recorder.place).toMatchObject({ source: "1", sequence: 8 });
  expect(reading).toMatchObject({ state: "open", recordCount: 5, openGaps: 1, filledGaps: 1, carried: STATE.carried });
});

test("a reading goes on behind the place of the recording, and repeats nothing", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  await write(ingest, 1);
  const recorder = new MemoryRecorder();
  const first = await read(model, recorder);
  await write(ingest, 2);
  await first.stop();
  await write(ingest, 3, 4);
  await read(model, recorder);
  await write(ingest, 5);
  expect(recorder.lines).toEqual(["live 1 at 3", "live 2 at 4", "live 3 at 5", "live 4 at 6", "live 5 at 7"]);
});

test("frames that NATS has removed while no recorder ran are a gap of each channel that the feed carries", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  await write(ingest, 1);
  const recorder = new MemoryRecorder();
  await (await read(model, recorder)).stop();
  await write(ingest, 2, 3, 4);
  model.log.removeUpTo(5);
  const { reading, gaps } = await read(model, recorder);
  const reason = "2 frames are not in the stream any more: it keeps too little for a reader that was away so long";
  expect(recorder.lines.slice(1)).toEqual([
    `gap of trades A,B 1000 4000: ${reason}`,
    `gap of quotes A 1000 4000: ${reason}`,
    "live 4 at 6",
  ]);
  expect(gaps.map(({ channel, cause }) => [channel, cause])).toEqual([
    ["trades", expect.objectContaining({ code: "log_truncated" })],
    ["quotes", expect.objectContaining({ code: "log_truncated" })],
  ]);
  expect(reading.openGaps).toBe(2);
});

test("frames that are missing of a feed that has not said what it carries are a gap of every channel", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  await write(ingest, 1);
  const recorder = new MemoryRecorder();
  await (await read(model, recorder)).stop();
  await model.leases.remove("sip");
  await write(ingest, 2, 3);
  model.log.removeUpTo(4);
  const { gaps } = await read(model, recorder);
  expect(gaps.map(({ channel, symbols }) => [channel, ...symbols])).toEqual(
    STOCK_SCHEMA.subscribable.map((channel) => [channel, "*"]),
  );
});

test("a stream that was made again is recorded from its begin, and the loss is reported once, across recorders", async () => {
  const model = new ClusterModel();
  const lost = await model.ingest();
  await write(lost, 1);
  const recorder = new MemoryRecorder();
  await (await read(model, recorder)).stop();
  lost.writer.end();
  model.recreate();
  const ingest = await model.ingest(); // nothing says up to which time records are missing yet
  const second = await read(model, recorder);
  await second.stop();
  await write(ingest, 5);
  const third = await read(model, recorder);
  const reason = "the stream was deleted and made again";
  expect(recorder.lines).toEqual([
    "live 1 at 3",
    `gap of trades A,B 1000 5000: ${reason}`,
    `gap of quotes A 1000 5000: ${reason}`,
    "live 5 at 3",
  ]);
  expect([second.gaps.length, third.gaps.length]).toEqual([0, 2]);
  expect(recorder.place?.source).toBe("2");
});

test("a reading stops while the disk does not accept what it has read, and loses and repeats nothing", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const recorder = new MemoryRecorder();
  const { reading } = await read(model, recorder);
  recorder.problem = "disk_full";
  await write(ingest, 1, 2, 3);
  expect(recorder.lines).toEqual(["live 1 at 3"]); // with it the reading noticed
  await model.clock.advance(60_000);
  expect(reading.state).toBe("waiting for the disk");
  await write(ingest, 4);
  recorder.problem = undefined;
  await model.clock.advance(1_000);
  expect(recorder.lines).toEqual(["live 1 at 3", "live 2 at 4", "live 3 at 5", expect.stringMatching(/^live 4 at /)]);
  expect(reading.state).toBe("open");
});

test("a reading of a backlog stops at a limit of what waits for the disk, and goes on when little does", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  await write(ingest, 1, 2, 3);
  const recorder = new MemoryRecorder();
  const { maxWaitingBytes, resumeWaitingBytes, diskCheckMs } = CLUSTER_RECORDING_LIMITS;
  recorder.waitingBytes = maxWaitingBytes - 1;
  const { reading } = await read(model, recorder);
  expect(recorder.lines).toEqual(["live 1 at 3"]);
  recorder.waitingBytes = resumeWaitingBytes;
  await model.clock.advance(10 * diskCheckMs);
  expect(recorder.lines).toEqual(["live 1 at 3"]);
  expect(reading.state).toBe("waiting for the disk");
  recorder.waitingBytes = resumeWaitingBytes - 1;
  await model.clock.advance(diskCheckMs);
  expect(recorder.lines).toEqual(["live 1 at 3", "live 2 at 4", "live 3 at 5"]);
});

test("heartbeats of a silent feed move the place once a minute", async () => {
  const model = new ClusterModel();
  await write(await model.ingest(), 1);
  const recorder = new MemoryRecorder();
  await read(model, recorder);
  const places = new Set<number>();
  for (let second = 0; second < 180; second++) {
    await model.clock.advance(1_000);
    places.add(recorder.place?.sequence ?? 0);
  }
  expect(places.size).toBe(1 + 180_000 / CLUSTER_RECORDING_LIMITS.heartbeatPlaceMs);
});

test("a recorder of a feed reports how far it has read, until it ends", async () => {
  const model = new ClusterModel();
  await write(await model.ingest(), 1);
  const { stop } = await read(model, new MemoryRecorder());
  await model.clock.advance(cluster.CLUSTER_LIMITS.presenceMs);
  expect(await model.readerEntries()).toMatchObject([{ kind: "recorder", name: "paris", feed: "sip", epoch: 1 }]);
  expect((await model.readerEntries())[0]?.number).toBeGreaterThanOrEqual(3);
  await stop();
  expect(await model.readerEntries()).toEqual([]);
});

test("a reading reports who leads, once, and each further leader, also of a stream that was made again", async () => {
  const model = new ClusterModel();
  const london = await model.ingest();
  await write(london, 1);
  const { source } = await read(model, new MemoryRecorder());
  london.writer.end();
  const tokyo = await model.ingest(STATE, "tokyo");
  tokyo.writer.end();
  model.recreate();
  await model.ingest(STATE, "oslo");
  await model.clock.advance(2 * cluster.CLUSTER_LIMITS.silentMs);
  expect(source.filter(({ type }) => type === "leader")).toEqual([
    { type: "leader", name: "london", epoch: 1 },
    { type: "leader", name: "tokyo", epoch: 2 },
    { type: "leader", name: "oslo", epoch: 1 },
  ]);
});

test("a reading reports that NATS cannot be read, and goes on where it was", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const log = new FailingLog(model.log);
  const recorder = new MemoryRecorder();
  const { reading, source } = await read(model, recorder, log);
  await write(ingest, 1);
  log.fail(new cluster.ClusterError("unreachable", "NATS did not answer in time"));
  await write(ingest, 2);
  expect(reading.state).toBe("NATS cannot be read: NATS did not answer in time");
  log.fail(undefined);
  await model.clock.advance(5_000);
  await write(ingest, 3);
  expect(recorder.lines.map((line) => line.split(" ")[1])).toEqual(["1", "2", "3"]);
  const types = source.map(({ type }) => type);
  expect(types).toEqual(["leader", "connected", "lost", "connected"]);
});

test("a reading of a feed without an ingest has a reason for its failure, and none once it has read", async () => {
  const model = new ClusterModel();
  const recorder = new MemoryRecorder();
  const log = new FailingLog(model.log);
  log.fail(new cluster.ClusterError("no_stream", "stream not found"));
  const { reading } = await read(model, recorder, log);
  expect(reading.failure).toBe("no ingest publishes this feed");
  log.fail(undefined);
  await write(await model.ingest(), 1);
  await model.clock.advance(5_000);
  expect(reading.failure).toBeUndefined();
  expect(recorder.lines).toEqual(["live 1 at 3"]);
});

test("a reading goes on behind the place of a gateway that has recorded the feed, which has no note", async () => {
  const model = new ClusterModel();
  await write(await model.ingest(), 1, 2, 3);
  const recorder = new MemoryRecorder();
  recorder.place = { source: "1", sequence: 4 };
  const { gaps } = await read(model, recorder);
  expect(recorder.lines).toEqual(["live 3 at 5"]);
  expect(gaps).toEqual([]);
});

test("frames of a kind that this version does not know are left out, and reported once", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  await write(ingest, 1);
  ingest.writer.end();
  for (const number of [4, 5]) {
    const kind = 9 as cluster.FrameKind; // of a later version
    const header = {
      kind,
      epoch: 1,
      number,
      epochStart: 1,
      completeMs: 1_000,
      isComplete: true,
      madeMs: 0,
      recordCount: 0,
    };
    await model.log.append(encodeFrame(header, new Uint8Array()), number - 1, { epoch: 1, epochStart: 1 });
  }
  const recorder = new MemoryRecorder();
  const { source } = await read(model, recorder);
  const message = "the ingest writes frames of the kind 9, which this version leaves out: update it";
  expect(source.filter(({ type }) => type === "failed")).toMatchObject([{ error: { message } }]);
  expect(recorder.place?.sequence).toBe(5);
});
