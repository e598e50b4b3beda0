import { CLUSTER_LIMITS, Lease, readEntry } from "@tickerplant/cluster";
import { FaultyEntries, Link, type LinkFaults, ModelEntries, ProcessClock } from "@tickerplant/cluster/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ingest, seededClock } from "../support/feed.ts";

const LEASE_MS = 1_000;
const COUNT = 3;

const part = fc.constantFrom(0, 0, 0.1, 0.5);

const faults: fc.Arbitrary<Partial<LinkFaults>> = fc.record({
  maxDelayMs: fc.constantFrom(0, 10, 300, 2_000),
  lostRequests: part,
  lostAnswers: part,
  reordered: part,
  timeoutMs: fc.constantFrom(300, 3_000),
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ advanceMs: fc.constantFrom(50, 400, 1_000, 2_500) }) },
  { weight: 2, arbitrary: fc.record({ faults }) },
  { weight: 2, arbitrary: fc.record({ isPaused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ isConnected: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ givesUp: fc.constantFrom("release", "drop") }) },
);

test("a lease has one holder at a time, and a new epoch for each, whatever happens to the processes and to their ways to NATS", async () => {
  let terms = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(fc.tuple(fc.nat({ max: COUNT - 1 }), step), { maxLength: 40 }),
      async (seed, steps) => {
        const clock = seededClock(seed);
        const entries = new ModelEntries();
        const ending = new AbortController();
        const epochs: number[] = [];
        const processes = Array.from({ length: COUNT }, (_, index) => {
          const own = new ProcessClock(clock);
          const link = new Link(clock, own);
          const lease = new Lease({
            entries: new FaultyEntries(entries, link),
            key: "sip",
            ingest: ingest(`ingest ${index}`),
            leaseMs: LEASE_MS,
            clock: own,
            state: () => ({ carried: {}, isOnDemand: false }),
            failed: () => {},
          });
          /** Ends the term. */
          let end: () => void = () => {};
          const lead = async (): Promise<void> => {
            while (!ending.signal.aborted) {
              const ended = new Promise<void>((resolve) => (end = resolve));
              if (!(await lease.take(() => end(), ending.signal))) return;
              epochs.push(lease.epoch);
              await ended;
            }
          };
          const running = lead();
          return { clock: own, link, lease, running, end: () => end() };
        });
        const holders = (): number => processes.filter(({ lease }) => lease.isHeld).length;
        const advance = async (ms: number): Promise<void> => {
          for (let passedMs = 0; passedMs < ms; passedMs += 10) {
            await clock.advance(10);
            expect(holders()).toBeLessThanOrEqual(1);
          }
        };
        for (const [index, each] of steps) {
          const own = processes[index] as (typeof processes)[number]; // one of them
          if ("advanceMs" in each) await advance(each.advanceMs);
          else if ("faults" in each) own.link.set(each.faults);
          else if ("isPaused" in each) each.isPaused ? own.clock.pause() : own.clock.resume();
          else if ("isConnected" in each) each.isConnected ? own.link.connect() : own.link.disconnect();
          else if (own.lease.isHeld) {
            if (each.givesUp === "release") void own.lease.release();
            else own.lease.drop();
            own.end();
          }
        }
        for (const { link, clock: own } of processes) {
          link.set({});
          link.connect();
          own.resume();
        }
        // What was asked for before has been answered, or has timed out.
        await advance(CLUSTER_LIMITS.requestTimeoutMs + 2_000);
        await advance(2 * LEASE_MS);
        expect(holders()).toBe(1);
        const { epoch } = readEntry((await entries.get("sip"))?.value ?? "");
        expect(epoch).toBe(processes.find(({ lease }) => lease.isHeld)?.lease.epoch);
        expect(new Set(epochs).size).toBe(epochs.length);
        terms += epochs.length;
        ending.abort();
        for (const { lease, end } of processes) {
          lease.drop();
          end();
        }
        await clock.advance(10_000);
        for (const { running } of processes) await running;
        expect(clock.pendingTimers).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
  expect(terms).toBeGreaterThan(30);
});
