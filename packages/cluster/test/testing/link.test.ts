import { VirtualClock } from "@tickerplant/client/testing";
import { FaultyEntries, FaultyLog, Link, ModelEntries, ModelLog, ProcessClock } from "@tickerplant/cluster/testing";
import { beforeEach, expect, test } from "vitest";

const WRITER = { epoch: 1, epochStart: 1 };

let clock: VirtualClock;
let log: ModelLog;

beforeEach(() => {
  clock = new VirtualClock();
  log = new ModelLog(() => clock.now());
});

/** Resolves to what became of a call; `pending` while it has not settled. */
function outcomeOf(call: Promise<unknown>): () => string {
  let outcome = "pending";
  call.then(
    () => (outcome = "done"),
    (error: { code: string }) => (outcome = error.code),
  );
  return () => outcome;
}

async function lengthOf(): Promise<number> {
  return (await log.state()).lastSequence;
}

test("a request over a link without faults is answered without delay", async () => {
  const outcome = outcomeOf(new FaultyLog(log, new Link(clock)).append(new Uint8Array(1), 0, WRITER));
  await clock.advance(0);
  expect([outcome(), await lengthOf()]).toEqual(["done", 1]);
});

test.each([
  ["lostRequests", 0],
  ["lostAnswers", 1],
] as const)(
  "with %s, a request is rejected as unreachable after its time, and %i messages are stored",
  async (fault, stored) => {
    const link = new Link(clock);
    link.set({ [fault]: 1, timeoutMs: 500 });
    const outcome = outcomeOf(new FaultyLog(log, link).append(new Uint8Array(1), 0, WRITER));
    await clock.advance(499);
    expect(outcome()).toBe("pending");
    await clock.advance(1);
    expect([outcome(), await lengthOf()]).toEqual(["unreachable", stored]);
  },
);

test("a request that is slower than its time is rejected, and arrives later", async () => {
  clock.random = () => 0.9;
  const link = new Link(clock);
  link.set({ maxDelayMs: 1_000, timeoutMs: 500 });
  const outcome = outcomeOf(new FaultyLog(log, link).append(new Uint8Array(1), 0, WRITER));
  await clock.advance(500);
  expect([outcome(), await lengthOf()]).toEqual(["unreachable", 0]);
  await clock.advance(500);
  expect([outcome(), await lengthOf()]).toEqual(["unreachable", 1]);
});

test("requests arrive in the order in which they were sent, unless they are reordered", async () => {
  const delays = [0.9, 0.1, 0.5];
  const arrivals: number[] = [];
  for (const reordered of [0, 1]) {
    const link = new Link(clock);
    link.set({ maxDelayMs: 1_000, reordered, timeoutMs: 10_000 });
    for (const [index, delay] of delays.entries()) {
      clock.random = () => delay;
      void link.call(async () => arrivals.push(index));
    }
    await clock.advance(2_000);
  }
  expect(arrivals).toEqual([0, 1, 2, 1, 2, 0]);
});

test("a link that is disconnected rejects what is under way and what is called, until it is connected", async () => {
  const link = new Link(clock);
  link.set({ maxDelayMs: 100 });
  const entries = new FaultyEntries(new ModelEntries(), link);
  const underWay = outcomeOf(entries.get("a"));
  const read = outcomeOf(new FaultyLog(log, link).read({ sequence: 1 }, () => {}, new AbortController().signal));
  link.disconnect();
  const later = outcomeOf(entries.get("a"));
  await clock.advance(0);
  expect([underWay(), read(), later(), link.isConnected]).toEqual(["unreachable", "unreachable", "unreachable", false]);
  link.connect();
  const again = outcomeOf(entries.get("a"));
  await clock.advance(1_000);
  expect(again()).toBe("done");
});

test("a read leaves messages out, and passes the others on in order", async () => {
  const link = new Link(clock);
  const read: number[] = [];
  const ending = new AbortController();
  const outcome = outcomeOf(
    new FaultyLog(log, link).read({ sequence: 1 }, ({ sequence }) => read.push(sequence), ending.signal),
  );
  await clock.advance(1);
  link.set({ maxDelayMs: 50, leftOut: 0.3 });
  for (let count = 0; count < 100; count++) await log.append(new Uint8Array(1), count, WRITER);
  await clock.advance(1_000);
  expect(read).toEqual([...read].sort((a, b) => a - b));
  expect(read.length).toBeGreaterThan(50);
  expect(read.length).toBeLessThan(90);
  ending.abort();
  await clock.advance(0);
  expect(outcome()).toBe("done");
});

test("a paused process gets no answers and no timers, and all of them when it resumes", async () => {
  const own = new ProcessClock(clock);
  const faulty = new FaultyLog(log, new Link(clock, own));
  const outcome = outcomeOf(faulty.append(new Uint8Array(1), 0, WRITER));
  const fired: number[] = [];
  for (const ms of [200, 100]) own.setTimer(() => fired.push(ms), ms);
  const cleared = own.setTimer(() => fired.push(0), 50);
  own.pause();
  await clock.advance(1_000);
  expect([outcome(), await lengthOf(), fired]).toEqual(["pending", 1, []]);
  own.clearTimer(cleared);
  own.resume();
  await clock.advance(0);
  expect([outcome(), fired]).toEqual(["done", [100, 200]]);
});

test("a model log that is full rejects messages as no_room until old ones are removed", async () => {
  log.maxBytes = 20;
  await log.append(new Uint8Array(10), 0, WRITER);
  await log.append(new Uint8Array(10), 1, WRITER);
  await expect(log.append(new Uint8Array(10), 2, WRITER)).rejects.toMatchObject({ code: "no_room" });
  log.removeUpTo(1);
  await log.append(new Uint8Array(10), 2, WRITER);
  expect(await log.state()).toMatchObject({ firstSequence: 2, lastSequence: 3, byteLength: 20 });
});
