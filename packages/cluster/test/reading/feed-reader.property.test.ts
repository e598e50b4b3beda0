import { type FeedEvent, FeedReader, type Frame, FrameKind, type SkippedFrames } from "@tickerplant/cluster";
import { FaultyLog, Link, type LinkFaults, ModelLog } from "@tickerplant/cluster/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeEvent } from "../../src/frames/feed-event.ts";
import { decodeFrame } from "../../src/frames/frame.ts";
import { emptyFrame, ingest, seededClock } from "../support/feed.ts";

const part = fc.constantFrom(0, 0, 0.1, 0.4);

const faults: fc.Arbitrary<Partial<LinkFaults>> = fc.record({
  maxDelayMs: fc.constantFrom(0, 5, 400),
  lostRequests: part,
  lostAnswers: part,
  leftOut: part,
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ frames: fc.integer({ min: 1, max: 6 }), isComplete: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ advanceMs: fc.constantFrom(1, 100, 2_000, 12_000) }) },
  { weight: 2, arbitrary: fc.constant({ isNewLeader: true }) },
  { weight: 2, arbitrary: fc.record({ removed: fc.nat({ max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ truncatedBy: fc.nat({ max: 8 }) }) },
  { weight: 1, arbitrary: fc.constant({ isRecreated: true }) },
  { weight: 2, arbitrary: fc.record({ isConnected: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ faults }) },
);

test("a reader has every frame of the log once and in order, or reports the times of those that are gone", async () => {
  let skips = 0;
  let rewinds = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 40 }), async (seed, steps) => {
      const clock = seededClock(seed);
      const log = new ModelLog(() => clock.now());
      const link = new Link(clock);
      /** When each frame was made, which is its name. */
      let timeMs = 0;
      let completeMs = Number.NEGATIVE_INFINITY;
      let writer = { epoch: 1, epochStart: 1 };
      const write = async (isComplete: boolean, event?: FeedEvent): Promise<void> => {
        timeMs += 1_000;
        if (isComplete) completeMs = timeMs;
        const { lastSequence } = await log.state();
        const header = { number: lastSequence + 1, ...writer, madeMs: timeMs, completeMs, isComplete };
        const fields = event === undefined ? header : { ...header, kind: FrameKind.EVENT };
        await log.append(emptyFrame(fields, event && encodeEvent(event)), lastSequence, writer);
      };
      const lead = async (): Promise<void> => {
        const { lastSequence } = await log.state();
        writer = { epoch: writer.epoch + 1, epochStart: lastSequence + 1 };
        const last = await log.get(lastSequence);
        const frame = last && decodeFrame(last.bytes);
        completeMs = frame?.completeMs ?? Number.NEGATIVE_INFINITY;
        await write(false, { type: "epoch", ingest: ingest("next"), previousEpoch: frame?.epoch });
      };

      /** What the reader has of the log as it is, by number. */
      let has = new Map<number, number>();
      const delivered = new Set<number>();
      const deliveredHere = new Set<number>();
      const skipped: SkippedFrames[] = [];
      let next = 1;
      let logId: string | undefined;
      const reader = new FeedReader({
        log: new FaultyLog(log, link),
        clock,
        start: { sequence: 1 },
        events: {
          frame({ number, madeMs }: Frame): void {
            if (reader.position?.logId !== logId) {
              logId = reader.position?.logId;
              has = new Map();
              next = 1;
              // A stream that is made again while it is being opened may be read twice.
              deliveredHere.clear();
            }
            expect(number).toBeGreaterThanOrEqual(next);
            expect(deliveredHere.has(madeMs)).toBe(false); // not even behind a rewind
            deliveredHere.add(madeMs);
            delivered.add(madeMs);
            has.set(number, madeMs);
            next = number + 1;
          },
          skipped(each): void {
            skips++;
            expect(each.fromMs).toBeLessThanOrEqual(each.toMs);
            skipped.push(each);
          },
          rewound(number): void {
            rewinds++;
            expect(number).toBeLessThan(next);
            for (const each of has.keys()) if (each >= number) has.delete(each);
            next = number;
          },
          caughtUp(): void {},
          lost(): void {},
        },
      });
      const ending = new AbortController();
      const running = reader.run(ending.signal);
      /** Frames that were removed or deleted without having been delivered, by the time of each. */
      const gone = new Set<number>();
      const loseUndelivered = async (upTo: number): Promise<void> => {
        const { firstSequence } = await log.state();
        for (let sequence = firstSequence; sequence <= upTo; sequence++) {
          const message = await log.get(sequence);
          if (message !== undefined) gone.add(decodeFrame(message.bytes).madeMs);
        }
      };
      for (const each of steps) {
        const { firstSequence, lastSequence } = await log.state();
        if ("frames" in each) for (let count = 0; count < each.frames; count++) await write(each.isComplete);
        else if ("advanceMs" in each) await clock.advance(each.advanceMs);
        else if ("isNewLeader" in each) await lead();
        else if ("removed" in each) {
          // The last one stays, as it does in a feed with heartbeats.
          const upTo = Math.min(firstSequence + each.removed, lastSequence) - 1;
          await loseUndelivered(upTo);
          log.removeUpTo(upTo);
        } else if ("truncatedBy" in each) {
          log.truncate(Math.max(firstSequence, lastSequence - each.truncatedBy));
          await lead();
        } else if ("isRecreated" in each) {
          await loseUndelivered(lastSequence);
          log.recreate();
          await lead();
        } else if ("isConnected" in each) each.isConnected ? link.connect() : link.disconnect();
        else link.set(each.faults);
      }
      link.set({});
      link.connect();
      await clock.advance(30_000);
      await write(true);
      await clock.advance(30_000);
      ending.abort();
      await clock.advance(0);
      await running;
      expect(clock.pendingTimers).toBe(0);

      const isReported = (timeMs: number): boolean =>
        skipped.some(({ fromMs, toMs }) => fromMs <= timeMs && timeMs <= toMs);
      const { firstSequence, lastSequence } = await log.state();
      expect(next).toBe(lastSequence + 1);
      const begin = Math.min(...delivered);
      // Where a log has lost its beginning, the first message that comes is taken for the first one that is kept.
      const beginning = Math.max(firstSequence, Math.min(...has.keys()));
      for (let sequence = beginning; sequence <= lastSequence; sequence++) {
        const message = await log.get(sequence);
        const { madeMs } = decodeFrame(message?.bytes ?? new Uint8Array());
        if (has.get(sequence) !== madeMs) expect([sequence, isReported(madeMs)]).toEqual([sequence, true]);
      }
      const missing = [...gone].filter((timeMs) => !delivered.has(timeMs) && timeMs > begin);
      for (const timeMs of missing) expect([timeMs, isReported(timeMs)]).toEqual([timeMs, true]);
      for (const { fromMs, toMs, cause } of skipped)
        if (!cause.message.includes("made again"))
          expect([...gone].some((timeMs) => !delivered.has(timeMs) && fromMs <= timeMs && timeMs <= toMs)).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect([skips > 0, rewinds > 0]).toEqual([true, true]);
});
