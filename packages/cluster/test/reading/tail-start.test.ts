import { tailStart } from "@tickerplant/cluster";
import { ModelLog } from "@tickerplant/cluster/testing";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { emptyFrame } from "../support/feed.ts";

let log: ModelLog;

beforeEach(() => {
  log = new ModelLog(() => 0);
});

async function append(completeMs: number, isComplete = true): Promise<void> {
  const { lastSequence } = await log.state();
  const bytes = emptyFrame({ number: lastSequence + 1, completeMs, isComplete });
  await log.append(bytes, lastSequence, { epoch: 1, epochStart: 1 });
}

test("the tail of a log begins at the last frame whose watermark is early enough", async () => {
  for (const completeMs of [1_000, 2_000, 3_000, 4_000, 5_000]) await append(completeMs);
  expect(await tailStart(log, 0)).toBe(5);
  expect(await tailStart(log, 1_500)).toBe(3);
  expect(await tailStart(log, 60_000)).toBe(1);
});

test("the tail of an empty log, and of one whose frames were removed, begins behind its end", async () => {
  expect(await tailStart(log, 1_000)).toBe(1);
  await append(1_000);
  log.removeUpTo(1);
  expect(await tailStart(log, 1_000)).toBe(2);
});

test("the tail of a log without a watermark begins at its first frame: some records are in no watermark yet", async () => {
  for (let count = 0; count < 3; count++) await append(Number.NEGATIVE_INFINITY);
  expect(await tailStart(log, 60_000)).toBe(1);
});

test("the tail includes every record of its time, of frames with an open gap as well, whatever the log is", async () => {
  const frame = fc.record({ afterMs: fc.nat({ max: 3 }), isComplete: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 40 }),
      fc.nat({ max: 20 }),
      fc.nat({ max: 10 }),
      async (frames, lookBackMs, removed) => {
        log = new ModelLog(() => 0);
        let timeMs = 0;
        let completeMs = 0;
        /** The newest record of each frame. */
        const times: number[] = [];
        for (const { afterMs, isComplete } of frames) {
          timeMs += afterMs;
          if (isComplete) completeMs = timeMs;
          times.push(timeMs);
          await append(completeMs, isComplete);
        }
        log.removeUpTo(Math.min(removed, frames.length - 1));
        const { firstSequence } = await log.state();
        const start = await tailStart(log, lookBackMs);
        expect(start).toBeGreaterThanOrEqual(firstSequence);
        // At the time itself, nothing is promised.
        const isLate = (sequence: number): boolean => (times[sequence - 1] ?? 0) > completeMs - lookBackMs;
        for (let sequence = firstSequence; sequence < start; sequence++)
          expect([sequence, isLate(sequence)]).toEqual([sequence, false]);
      },
    ),
    { numRuns: 300 },
  );
});
