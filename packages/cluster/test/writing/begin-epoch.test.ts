import { VirtualClock } from "@tickerplant/client/testing";
import { beginEpoch, ClusterError, decodeEvent, type MessageLog } from "@tickerplant/cluster";
import { ModelLog } from "@tickerplant/cluster/testing";
import { beforeEach, expect, test } from "vitest";
import { emptyFrame, framesOf, ingest, itemsOf, TestWriter } from "../support/feed.ts";

let clock: VirtualClock;
let log: ModelLog;

beforeEach(() => {
  clock = new VirtualClock();
  log = new ModelLog(() => clock.now());
});

test("an epoch begins with a frame that names its ingest and has the watermark of the epoch before", async () => {
  const first = await TestWriter.begin(log, clock);
  first.watermark = { completeMs: 5_000, isComplete: true };
  first.event(1);
  await clock.settle();
  first.writer.end();
  expect(await beginEpoch(log, 2, ingest("b", "id of b"), clock)).toEqual({
    epoch: 2,
    epochStart: 3,
    completeMs: 5_000,
  });
  const frame = (await framesOf(log)).at(-1);
  expect(frame).toMatchObject({ epoch: 2, number: 3, epochStart: 3, completeMs: 5_000, isComplete: false });
  expect(decodeEvent(frame?.payload ?? new Uint8Array())).toEqual({
    type: "epoch",
    ingest: ingest("b", "id of b"),
    previousEpoch: 1,
  });
});

test("the first epoch of a log has no watermark", async () => {
  expect(await beginEpoch(log, 1, ingest("a"), clock)).toEqual({
    epoch: 1,
    epochStart: 1,
    completeMs: Number.NEGATIVE_INFINITY,
  });
});

test("an epoch is raised above those of the log, where the leases were removed", async () => {
  await beginEpoch(log, 7, ingest("a"), clock);
  expect(await beginEpoch(log, 1, ingest("b"), clock)).toMatchObject({ epoch: 8, epochStart: 2 });
});

test("an epoch begins behind a frame that the leader before writes at the same time", async () => {
  const first = await TestWriter.begin(log, clock);
  let isRacing = true;
  const racing: MessageLog = {
    append: (...args) => log.append(...args),
    read: (...args) => log.read(...args),
    state: () => log.state(),
    get: async (sequence) => {
      const message = await log.get(sequence);
      if (isRacing) first.event(1);
      isRacing = false;
      return message;
    },
  };
  expect(await beginEpoch(racing, 2, ingest("b"), clock)).toMatchObject({ epoch: 2, epochStart: 3 });
  expect(itemsOf(await framesOf(log))).toEqual(["E1", "e1", "E2"]);
  first.writer.end();
});

test("an attempt whose answer was lost has begun the epoch, as the next attempt finds", async () => {
  const answerless: MessageLog = {
    append: async (...args) => {
      await log.append(...args);
      throw new ClusterError("unreachable", "no answer");
    },
    read: (...args) => log.read(...args),
    state: () => log.state(),
    get: (sequence) => log.get(sequence),
  };
  await expect(beginEpoch(answerless, 1, ingest("a"), clock)).rejects.toMatchObject({ code: "unreachable" });
  expect(await beginEpoch(log, 1, ingest("a"), clock)).toEqual({
    epoch: 1,
    epochStart: 1,
    completeMs: Number.NEGATIVE_INFINITY,
  });
  expect(await beginEpoch(log, 1, ingest("a", "its next process"), clock)).toMatchObject({ epoch: 2, epochStart: 2 });
});

test("an epoch does not begin once the lease is lost: it would fence off the process that has it", async () => {
  await beginEpoch(log, 2, ingest("b"), clock);
  const late = beginEpoch(log, 1, ingest("a"), clock, () => false);
  await expect(late).rejects.toMatchObject({ code: "lease_lost" });
  expect(itemsOf(await framesOf(log))).toEqual(["E2"]);
});

test("an epoch does not begin behind a message of another program or of a later version", async () => {
  const writer = { epoch: 1, epochStart: 1 };
  await log.append(new Uint8Array([1, 2, 3]), 0, writer);
  await expect(beginEpoch(log, 1, ingest("a"), clock)).rejects.toMatchObject({ code: "not_a_frame" });
  const later = emptyFrame({ number: 2 });
  later[1] = 9;
  await log.append(later, 1, writer);
  await expect(beginEpoch(log, 1, ingest("a"), clock)).rejects.toMatchObject({ code: "unknown_version" });
  await log.append(emptyFrame({ number: 9 }), 2, writer);
  await expect(beginEpoch(log, 1, ingest("a"), clock)).rejects.toThrow("message 3 of the stream has the frame 9");
});
