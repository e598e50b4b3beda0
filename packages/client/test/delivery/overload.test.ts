import { describe, expect, test, vi } from "vitest";
import { quote, recordTime, trade, trades } from "../../../../verify/shared/records.ts";
import { type AnyRecord, Overflow, type Quote, type SlowEvent, type Trade } from "../../src/index.ts";
import type { VirtualClock } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";

/** Limit of the queue of one subscription. */
const MAX_QUEUED = 20;
/** Records in one frame of the server; it sends one each time that a slow consumer has worked on one record. */
const FRAME = 7;
/** How long a slow consumer works on a record. */
const WORK_MS = 10;
const SYMBOLS = ["A", "B", "C", "D", "E"];

const policies = Object.values(Overflow);
const kinds = ["handler", "iterator"] as const;
type Kind = (typeof kinds)[number] | "batches";

/** A quote of a moment before now; its bid's size tells it apart. */
function quoteOf(clock: VirtualClock, number: number, ageMs = 0): Quote {
  const timeMs = clock.now() - ageMs;
  const symbol = SYMBOLS[number % SYMBOLS.length] ?? "";
  return quote(symbol, number, recordTime(timeMs));
}

const work = (clock: VirtualClock, count = 1): Promise<void> =>
  new Promise((resolve) => clock.setTimer(resolve, count * WORK_MS));

/** A slow consumer of all quotes: works for 10 ms on each, in arrival order. Returns the quotes that it received. */
function slowly(opened: Opened, kind: Kind, overflow: Overflow, maxQueued = MAX_QUEUED): Quote[] {
  const { stream, clock } = opened;
  const received: Quote[] = [];
  const workOn = (...records: Quote[]): Promise<void> => {
    received.push(...records);
    return work(clock, records.length);
  };
  const options = { overflow, maxQueued };
  if (kind === "handler") stream.subscribeQuotes((record) => workOn(record), "*", { ...options, concurrency: 1 });
  else {
    const records = stream.quotes("*", options);
    const ended = kind === "iterator" ? pull(records, workOn) : pull(records.batches(), (batch) => workOn(...batch));
    ended.catch(() => {}); // the end of the run is tested
  }
  return received;
}

async function pull<T>(values: AsyncIterable<T>, workOn: (value: T) => Promise<void>): Promise<void> {
  for await (const value of values) await workOn(value);
}

/** Each `slow` event, when it came, and the stream's counts at that moment. */
function listen({ stream, clock }: Opened<boolean>): { atMs: number; event: SlowEvent; counts: object }[] {
  const reported: { atMs: number; event: SlowEvent; counts: object }[] = [];
  stream.on("slow", (event) => {
    const { queued, dropped, conflated } = stream.metrics;
    reported.push({ atMs: clock.monotonic(), event, counts: { queued, dropped, conflated } });
  });
  return reported;
}

/** Records of one consumer: received, dropped, replaced and waiting. */
function accounted({ stream }: Opened, received: readonly unknown[]): number {
  const { dropped, conflated, queued } = stream.metrics;
  return received.length + dropped + conflated + queued;
}

const numbers = (quotes: readonly Quote[]): number[] => quotes.map(({ bidSize }) => bidSize);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

const lasting = policies.filter((overflow) => overflow !== "disconnect");

describe.each([...kinds, "batches"] as const)("a slow %s", (kind) => {
  describe.each(lasting)("under %s", (overflow) => {
    test("a slow consumer has every record that came handled, dropped, replaced or waiting, at every step", async () => {
      const opened = open();
      const received = slowly(opened, kind, overflow);
      const session = await opened.serving();
      const mostQueued = overflow === "block" ? MAX_QUEUED + FRAME - 1 : MAX_QUEUED; // a frame is received whole
      for (let sent = 0; sent < 300 * FRAME; sent += FRAME) {
        session.records(...upTo(FRAME).map((index) => quoteOf(opened.clock, sent + index)));
        await opened.clock.advance(WORK_MS);
        expect(accounted(opened, received)).toBe(opened.stream.metrics.recordCount);
        expect(opened.stream.metrics.queued).toBeLessThanOrEqual(mostQueued);
      }
      await opened.clock.advance(300 * FRAME * WORK_MS);
      const { recordCount, queued, dropped, conflated } = opened.stream.metrics;
      expect(recordCount).toBe(300 * FRAME);
      expect(queued).toBe(0);
      expect(received.length + dropped + conflated).toBe(recordCount);
      if (overflow === "block") expect(numbers(received)).toEqual(upTo(recordCount));
      else expect(received.length).toBeLessThan(recordCount / 2);
      expect({ dropped: dropped > 0, conflated: conflated > 0 }).toEqual({
        dropped: overflow === "dropOldest",
        conflated: overflow === "conflate", // five symbols: never more than five wait
      });
    });
  });
});

describe.each(kinds)("a slow %s", (kind) => {
  describe.each(lasting)("under %s", (overflow) => {
    test("a slow consumer is reported when its queue is full, then at most once a second, with the numbers of that moment", async () => {
      const opened = open();
      const maxQueued = 3; // fewer than there are symbols, so that conflate is full, too
      slowly(opened, kind, overflow, maxQueued);
      const reported = listen(opened);
      const session = await opened.serving();
      session.records(...upTo(3).map((number) => quoteOf(opened.clock, number)));
      await opened.clock.settle();
      expect(reported).toEqual([]); // one is at work, two wait
      for (let number = 3; number < 500; number++) {
        session.records(quoteOf(opened.clock, number), quoteOf(opened.clock, number + 1));
        await opened.clock.advance(WORK_MS);
      }
      expect(reported[0]).toMatchObject({ atMs: 0, event: { overflow, queued: maxQueued, dropped: 0, conflated: 0 } });
      expect(reported.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000]);
      for (const { event, counts } of reported) expect(event).toMatchObject(counts);
      const { event } = reported[4] ?? {};
      expect((event?.dropped ?? 0) > 0).toBe(overflow === "dropOldest" || overflow === "conflate");
    });
  });

  test("a slow consumer under block stops the reading, has it go on at half its limit, and loses nothing", async () => {
    const opened = open();
    const received = slowly(opened, kind, "block");
    const session = await opened.serving();
    for (const number of upTo(200)) session.records(quoteOf(opened.clock, number));
    const changes: { isPaused: boolean; queued: number }[] = [];
    let wasPaused = false;
    for (let step = 0; step < 200; step++) {
      await opened.clock.advance(step === 0 ? 0 : WORK_MS);
      const { isPaused } = session.socket;
      const { queued } = opened.stream.metrics;
      if (isPaused !== wasPaused || session.socket.bufferedBytes > 0) expect(queued).toBeGreaterThan(MAX_QUEUED / 2);
      if (isPaused !== wasPaused) changes.push({ isPaused, queued });
      wasPaused = isPaused;
      expect(queued).toBeLessThanOrEqual(MAX_QUEUED);
    }
    expect(changes[0]).toEqual({ isPaused: true, queued: MAX_QUEUED });
    expect(session.socket.isPaused).toBe(false);
    expect(session.socket.bufferedBytes).toBe(0);
    expect(numbers(received)).toEqual(upTo(200));
  });

  test("a slow consumer under disconnect ends the stream, and what came is handled or dropped", async () => {
    const opened = open();
    const received = slowly(opened, kind, "disconnect");
    const reported = listen(opened);
    const ended = opened.run();
    const session = await opened.gateway.handshake();
    session.acknowledgeAll();
    await opened.clock.settle();
    session.records(...upTo(MAX_QUEUED + 1).map((number) => quoteOf(opened.clock, number)));
    await opened.clock.settle();
    expect(opened.stream.metrics).toMatchObject({ queued: MAX_QUEUED, dropped: 0, recordCount: MAX_QUEUED + 1 });
    expect(reported).toMatchObject([{ event: { overflow: "disconnect", queued: MAX_QUEUED } }]);
    expect(session.closed).toBeUndefined();
    // The first of these is one too many; the rest of its frame is not delivered, and counts as not received.
    session.records(...upTo(10).map((number) => quoteOf(opened.clock, number)));
    await opened.clock.settle();
    expect(session.closed?.reason).toBe("slow_consumer");
    await opened.clock.advance(5000); // the limit for running handlers
    await ended;
    expect(opened.outcome?.error).toMatchObject({ code: "slow_consumer", terminal: true });
    const { recordCount, dropped, queued } = opened.stream.metrics;
    expect({ recordCount, queued }).toEqual({ recordCount: MAX_QUEUED + 2, queued: 0 });
    expect(received.length + dropped).toBe(recordCount);
    expect(received).toHaveLength(kind === "handler" ? 1 : MAX_QUEUED + 1); // an iterator keeps what it holds
    expect(reported).toHaveLength(1);
  });
});

test.each(policies)("a handler that returns nothing never has a queue, whatever comes: %s", async (overflow) => {
  const { stream, serving, clock, slows } = open();
  const handler = vi.fn();
  stream.subscribeQuotes((record) => void handler(record), "*", { overflow, maxQueued: 1 });
  const session = await serving();
  for (let sent = 0; sent < 10_000; sent += 1000) {
    session.records(...upTo(1000).map((index) => quoteOf(clock, sent + index)));
    await clock.settle();
    expect(stream.metrics).toMatchObject({ queued: 0, dropped: 0, conflated: 0, recordCount: sent + 1000 });
  }
  expect(handler).toHaveBeenCalledTimes(10_000);
  expect(session.socket.isPaused).toBe(false);
  expect(slows).toEqual([]);
});

describe("the event `slow`", () => {
  test("the event `slow` reports at the end of the second what a burst lost, though nothing came after it", async () => {
    const opened = open();
    opened.stream.subscribeTrades(() => new Promise(() => {}), "A", { overflow: "dropOldest", maxQueued: 10 });
    const reported = listen(opened);
    const session = await opened.serving();
    session.records(...trades("A", 1000));
    await opened.clock.advance(9_000); // later it is stalled
    expect(reported).toMatchObject([
      { atMs: 0, event: { queued: 10, dropped: 0 } },
      { atMs: 1000, event: { queued: 10, dropped: 989 } },
    ]);
  });

  test("the event `slow` comes for a queue that fills again within the second, and stays full", async () => {
    const opened = open();
    const releases: (() => void)[] = [];
    const handler = (): Promise<void> => new Promise((resolve) => releases.push(resolve));
    opened.stream.subscribeTrades(handler, "A", { maxQueued: 2 });
    const reported = listen(opened);
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await opened.clock.advance(500);
    for (let done = 0; done < 3; done++) {
      releases.shift()?.();
      await opened.clock.settle();
    }
    expect(opened.stream.metrics.queued).toBe(0);
    session.records(...trades("A", 3));
    await opened.clock.advance(9_000); // later it is stalled
    expect(session.socket.isPaused).toBe(true);
    expect(reported.map(({ atMs, event }) => [atMs, event.queued])).toEqual([
      [0, 2],
      [1000, 2],
    ]);
  });
});

test("the event `slow` of raw records names the channels of those that were dropped, and a key `channel` of the server is none", async () => {
  const opened = open({ rawData: true });
  const { stream, serving, clock } = opened;
  void stream.records({ bars: ["*"], updatedBars: ["*"] }, { overflow: "dropOldest", maxQueued: 1 });
  const reported = listen(opened);
  const session = await serving();
  const fields = { S: "A", o: 1, h: 1, l: 1, c: 1, v: 1, t: "2025-01-02T15:00:00Z", channel: "none" };
  for (const T of ["b", "u", "u", "b"]) session.send({ T, ...fields });
  await clock.advance(1000);
  expect(reported.at(-1)?.event.missed).toMatchObject([
    { channel: "bars", count: 1 },
    { channel: "updatedBars", count: 2 },
  ]);
});

describe("metrics.lag", () => {
  test.each(policies)(
    "metrics.lag shows how old the records were at receipt, whatever happens to them: %s",
    async (overflow) => {
      const opened = open();
      slowly(opened, "handler", overflow, 5000);
      const session = await opened.serving();
      const ages = upTo(1000).map((index) => (index < 600 ? 40 : index < 980 ? 200 : 900 + index));
      session.records(...ages.map((ageMs, number) => quoteOf(opened.clock, number, ageMs)));
      await opened.clock.advance(3000); // the time that they wait here is not the network's
      expectLags(opened, ages);
    },
  );

  test("metrics.lag grows with what waits in the socket while reading is stopped", async () => {
    const opened = open();
    const { stream, clock } = opened;
    slowly(opened, "handler", "block", 5);
    const session = await opened.serving();
    const sentAt: number[] = [];
    const lags: number[] = [];
    for (let step = 0; step < 2000; step++) {
      // Three times as many as the handler can work on, for half of the time; all are new when they are sent.
      for (let index = 0; step < 600 && index < 3; index++) {
        session.records(quoteOf(clock, sentAt.length));
        sentAt.push(clock.now());
      }
      await clock.settle();
      while (lags.length < stream.metrics.recordCount) lags.push(clock.now() - (sentAt[lags.length] ?? 0));
      await clock.advance(WORK_MS - 1);
      expect(stream.metrics.recordCount).toBe(lags.length); // nothing is read between two turns of the handler
      await clock.advance(1);
      while (lags.length < stream.metrics.recordCount) lags.push(clock.now() - (sentAt[lags.length] ?? 0));
    }
    expect(lags).toHaveLength(1800);
    expect(lags[0]).toBe(0);
    expect(lags.at(-1)).toBeGreaterThan(11_000); // the last waited for two thirds of all
    expectLags(opened, lags);
  });
});

/** Quantiles are right within the 6.3 % of a histogram's step; the largest is exact. */
function expectLags({ stream }: Opened, lags: readonly number[]): void {
  const sorted = lags.toSorted((a, b) => a - b);
  const { p50, p99, max } = stream.metrics.lag;
  expect(max).toBeCloseTo(sorted.at(-1) ?? Number.NaN, 3);
  for (const [shown, share] of [
    [p50, 0.5],
    [p99, 0.99],
  ] as const) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
    expect(shown / exact).toBeGreaterThan(0.999);
    expect(shown / exact).toBeLessThan(1.064);
  }
}

describe("two subscriptions to one symbol", () => {
  const losing = ["dropOldest", "conflate"] as const;

  /** The numbers that slow handlers with these policies are called with while a server sends too much. */
  async function receivedBy(overflows: readonly Overflow[]): Promise<{ received: number[][]; opened: Opened }> {
    const opened = open();
    const all = overflows.map((overflow) => slowly(opened, "handler", overflow, 4));
    const session = await opened.serving();
    for (let sent = 0; sent < 700; sent += FRAME) {
      session.records(...upTo(FRAME).map((index) => quoteOf(opened.clock, sent + index)));
      await opened.clock.advance(WORK_MS);
    }
    await opened.clock.advance(700 * WORK_MS);
    return { received: all.map(numbers), opened };
  }

  test("two subscriptions to one symbol with different policies get what each would get alone, and their losses add up", async () => {
    const { received, opened } = await receivedBy(losing);
    for (const [index, overflow] of losing.entries()) {
      const alone = await receivedBy([overflow]);
      expect(received[index]).toEqual(alone.received[0]);
    }
    expect(accounted(opened, received.flat())).toBe(losing.length * opened.stream.metrics.recordCount);
  });

  test.each(losing)(
    "two subscriptions to one symbol with block and %s: the one gets every record, and only the other loses some",
    async (overflow) => {
      const { received, opened } = await receivedBy(["block", overflow]);
      const [blocked = [], other = []] = received;
      expect(blocked).toEqual(upTo(700));
      expect(other.length).toBeLessThan(700);
      expect(accounted(opened, other)).toBe(700);
      expect(other).toEqual(other.toSorted((a, b) => a - b));
    },
  );

  test("two subscriptions to one symbol with disconnect and another: what ended the stream was reported to both", async () => {
    const opened = open();
    slowly(opened, "handler", "disconnect", 2);
    const records = opened.stream.quotes("*", { overflow: "dropOldest", maxQueued: 100 });
    void opened.run();
    const session = await opened.gateway.handshake();
    session.acknowledgeAll();
    await opened.clock.settle();
    session.records(...upTo(3).map((number) => quoteOf(opened.clock, number)));
    session.records(...upTo(3).map((number) => quoteOf(opened.clock, number)));
    await opened.clock.advance(5000);
    const held: Quote[] = [];
    const loop = pull(records, (record) => Promise.resolve(void held.push(record)));
    await expect(loop).rejects.toMatchObject({ code: "slow_consumer" });
    expect(held).toHaveLength(3);
    expect(opened.outcome?.error).toMatchObject({ code: "slow_consumer" });
  });
});

test("the rest of a frame whose handler stopped the stream counts as not received", async () => {
  const { stream, serving, clock } = open();
  const handled: AnyRecord[] = [];
  stream.subscribeTrades((record: Trade) => {
    handled.push(record);
    if (record.id === 3) void stream.stop();
  }, "A");
  const session = await serving();
  session.records(...trades("A", 5), trade("B"));
  await clock.settle();
  expect(handled).toHaveLength(3);
  expect(stream.metrics).toMatchObject({ recordCount: 3, queued: 0, dropped: 0 });
});
