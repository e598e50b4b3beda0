import type { VirtualClock } from "@tickerplant/client/testing";
import { beginEpoch, CLUSTER_LIMITS, type Epoch, hasCode } from "@tickerplant/cluster";
import { FaultyLog, Link, type LinkFaults, ModelLog } from "@tickerplant/cluster/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { framesOf, ingest, itemsOf, seededClock, TestWriter } from "../support/feed.ts";

const part = fc.constantFrom(0, 0, 0.05, 0.3);

const faults: fc.Arbitrary<Partial<LinkFaults>> = fc.record({
  maxDelayMs: fc.constantFrom(0, 5, 200, 3_000),
  lostRequests: part,
  lostAnswers: part,
  reordered: part,
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ records: fc.integer({ min: 1, max: 5 }), isFromHistory: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ events: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ advanceMs: fc.constantFrom(1, 10, 300, 4_000) }) },
  { weight: 1, arbitrary: fc.record({ faults }) },
  { weight: 1, arbitrary: fc.record({ isConnected: fc.boolean() }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let counter = 0;

async function take(clock: VirtualClock, own: TestWriter, link: Link, each: Step): Promise<void> {
  if ("records" in each) {
    for (let count = 0; count < each.records; count++) own.add(++counter, each.isFromHistory);
    own.writer.flush();
  } else if ("events" in each) for (let count = 0; count < each.events; count++) own.event(++counter);
  else if ("advanceMs" in each) await clock.advance(each.advanceMs);
  else if ("faults" in each) link.set(each.faults);
  else if (each.isConnected) link.connect();
  else link.disconnect();
}

function heal(link: Link): void {
  link.set({});
  link.connect();
}

const LONG_MS = 30_000;

test("a log has what was written, in order and once, whatever the way to NATS does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 40 }), async (seed, steps) => {
      const clock = seededClock(seed);
      const log = new ModelLog(() => clock.now());
      const link = new Link(clock);
      const own = new TestWriter(new FaultyLog(log, link), clock, await beginEpoch(log, 1, ingest("first"), clock));
      for (const each of steps) await take(clock, own, link, each);
      heal(link);
      let isDrained = false;
      void own.writer.drained().then(() => {
        isDrained = true;
      });
      await clock.advance(LONG_MS);
      expect(own.failures).toEqual([]);
      expect(isDrained).toBe(true);
      expect(itemsOf(await framesOf(log))).toEqual(["E1", ...own.added]);
      own.writer.end();
    }),
    { numRuns: 150 },
  );
});

test("of what a writer had not finished when it ended, the log has the first part, and all that was acknowledged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 30 }), async (seed, steps) => {
      const clock = seededClock(seed);
      const log = new ModelLog(() => clock.now());
      const link = new Link(clock);
      const own = new TestWriter(new FaultyLog(log, link), clock, await beginEpoch(log, 1, ingest("first"), clock));
      for (const each of steps) await take(clock, own, link, each);
      const acknowledged = own.writer.lastNumber - own.writer.waitingFrames;
      own.writer.end();
      await clock.advance(LONG_MS);
      const { lastSequence } = await log.state();
      expect(lastSequence).toBeGreaterThanOrEqual(acknowledged);
      const written = itemsOf(await framesOf(log)).slice(1);
      expect(written).toEqual(own.added.slice(0, written.length));
    }),
    { numRuns: 100 },
  );
});

test("behind the first frame of an epoch, the log has no frame of an earlier one", async () => {
  let fenced = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(fc.tuple(fc.nat({ max: 1 }), step), { maxLength: 60 }),
      fc.nat({ max: 30 }),
      async (seed, steps, secondAt) => {
        const clock = seededClock(seed);
        const log = new ModelLog(() => clock.now());
        const links = [new Link(clock), new Link(clock)] as const;
        const logs = links.map((link) => new FaultyLog(log, link));
        const first = new TestWriter(logs[0] as FaultyLog, clock, await beginEpoch(log, 1, ingest("first"), clock));
        let second: TestWriter | undefined;
        const lead = async (): Promise<void> => {
          let begun: Epoch | undefined;
          while (begun === undefined)
            try {
              begun = await beginEpoch(logs[1] as FaultyLog, 2, ingest("second"), clock);
            } catch (error) {
              if (!hasCode(error, "unreachable")) throw error;
              await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
            }
          second = new TestWriter(logs[1] as FaultyLog, clock, begun);
        };
        let leading: Promise<void> | undefined;
        for (const [index, [by, each]] of steps.entries()) {
          if (index === secondAt) leading = lead();
          const own = by === 0 ? first : (second ?? first);
          await take(clock, own, by === 0 ? links[0] : links[1], each);
        }
        for (const link of links) heal(link);
        leading ??= lead();
        await clock.advance(LONG_MS);
        await leading;
        await clock.advance(LONG_MS);
        const frames = await framesOf(log);
        const own = frames.findIndex(({ epoch }) => epoch > 1);
        // An epoch whose first frame was stored without an answer is followed by the next one.
        expect(frames.slice(own).every(({ epoch }, index, all) => epoch >= (all[index - 1]?.epoch ?? 2))).toBe(true);
        const before = itemsOf(frames.slice(0, own)).slice(1);
        expect(before).toEqual(first.added.slice(0, before.length));
        expect(itemsOf(frames.slice(own)).filter((item) => !item.startsWith("E"))).toEqual(second?.added);
        expect(first.failures.map(({ code }) => code)).toEqual(["fenced"]); // its heartbeats alone show it
        expect(second?.failures).toEqual([]);
        fenced++;
        first.writer.end();
        second?.writer.end();
      },
    ),
    { numRuns: 100 },
  );
  expect(fenced).toBeGreaterThan(0);
});

test("a writer fails when the log has lost frames that were acknowledged, and writes nothing behind the loss", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 30 }), fc.nat({ max: 5 }), async (seed, steps, lost) => {
      const clock = seededClock(seed);
      const log = new ModelLog(() => clock.now());
      const link = new Link(clock);
      const own = new TestWriter(new FaultyLog(log, link), clock, await beginEpoch(log, 1, ingest("first"), clock));
      for (const each of steps) await take(clock, own, link, each);
      heal(link);
      await clock.advance(LONG_MS);
      const { lastSequence } = await log.state();
      const kept = Math.max(1, lastSequence - 1 - lost);
      log.truncate(kept);
      await clock.advance(CLUSTER_LIMITS.heartbeatMs + LONG_MS);
      expect(own.failures.map(({ code }) => code)).toEqual(["log_truncated"]);
      expect((await log.state()).lastSequence).toBe(kept);
    }),
    { numRuns: 60 },
  );
});
