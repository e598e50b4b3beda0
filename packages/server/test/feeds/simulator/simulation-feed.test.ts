import type { AnyRecord } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import type { FeedSink } from "../../../src/feeds/feed.ts";
import { simulator } from "../../../src/feeds/simulator/simulator.ts";
import { testFeed } from "../../../src/feeds/simulator/test-feed.ts";
import { collect, ofChannel, START, startingAt } from "../support/collect.ts";

interface Recorder extends FeedSink {
  readonly records: AnyRecord[];
}

function recorder(room: () => Promise<void> | undefined = () => undefined): Recorder {
  const records: AnyRecord[] = [];
  return { records, publish: (record: AnyRecord) => void records.push(record), room };
}

function isTick({ channel }: AnyRecord): boolean {
  return channel === "trades" || channel === "quotes";
}

const never = new AbortController().signal;

describe("a feed with a clock", () => {
  test.each([
    [1, 1],
    [200, 1],
    [100_000, 1],
    [50, 60],
  ])("a feed with a clock keeps a rate of %i records per second at speed %i", async (rate, speed) => {
    const clock = startingAt(START);
    const sink = recorder();
    const seconds = rate === 1 ? 200 : 2;
    const abort = new AbortController();
    const feed = simulator({ rate, speed, symbols: 500, clock });
    expect(feed.paced).toBe(true);
    const run = feed.run(sink, abort.signal);
    await clock.advance(seconds * 1000);
    abort.abort();
    await run;
    const expected = rate * speed * seconds;
    const tolerance = 5 * Math.sqrt(expected);
    expect(Math.abs(sink.records.filter(isTick).length - expected)).toBeLessThan(tolerance);
  });

  test("a feed with a clock starts now, is never ahead of the clock and at most a few milliseconds behind", async () => {
    const clock = startingAt(START);
    const abort = new AbortController();
    const lagsMs: number[] = [];
    const publish = (record: AnyRecord): void => {
      if (record.channel === "quotes") lagsMs.push(clock.now() - (record.seconds * 1000 + record.nanos / 1e6));
    };
    const run = simulator({ clock, rate: 1000 }).run({ publish, room: () => undefined }, abort.signal);
    await clock.advance(3000);
    abort.abort();
    await run;
    expect(Math.min(...lagsMs)).toBeGreaterThan(-0.001);
    expect(Math.max(...lagsMs)).toBeLessThan(5);
  });

  test("a feed with a clock catches up after its process was suspended, and loses nothing", async () => {
    const options = { rate: 500, symbols: 50, start: START, durationS: 60 };
    const clock = startingAt(START);
    const sink = recorder();
    const run = simulator({ ...options, clock }).run(sink, never);
    await clock.advance(1000);
    clock.sleep(60_000);
    await clock.advance(10);
    await run;
    expect(sink.records).toEqual(await collect(options));
  });

  test("a feed publishes the same records with and without a clock", async () => {
    const options = { start: START, symbols: 100, count: 3_000 };
    const clock = startingAt(new Date("2030-01-01"));
    const sink = recorder();
    const run = simulator({ ...options, speed: 10, clock }).run(sink, never);
    await clock.advance(10_000);
    await run;
    expect(sink.records).toEqual(await collect(options));
  });

  test("a feed stops at once when aborted, and leaves no timer", async () => {
    const clock = startingAt(START);
    const abort = new AbortController();
    const sink = recorder();
    const run = simulator({ clock, rate: 1 }).run(sink, abort.signal);
    await clock.advance(1);
    abort.abort();
    await run;
    expect(clock.pendingTimers).toBe(0);
  });

  test("a feed that its sink aborts publishes nothing more", async () => {
    const clock = startingAt(START);
    const abort = new AbortController();
    let published = 0;
    const publish = (): void => {
      if (++published === 10) abort.abort();
    };
    const run = simulator({ clock }).run({ publish, room: () => undefined }, abort.signal);
    await clock.advance(5000);
    await run;
    expect(published).toBe(10);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a feed publishes nothing if the signal is already aborted", async () => {
    const clock = startingAt(START);
    const sink = recorder();
    await simulator({ clock }).run(sink, AbortSignal.abort());
    expect(sink.records).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a second run of a feed starts from the beginning", async () => {
    const clock = startingAt(START);
    const feed = simulator({ start: START, symbols: 30, count: 200, clock });
    const [first, second] = [recorder(), recorder()];
    const run = feed.run(first, never);
    await clock.advance(5000);
    await run;
    const again = feed.run(second, never);
    await clock.advance(5000);
    await again;
    expect(second.records).toEqual(first.records);
  });

  test("a feed ends after its number of records, or after its simulated seconds", async () => {
    expect(await collect({ count: 123 })).toHaveLength(123);
    const records = await collect({ durationS: 2, rate: 1000 });
    const last = Math.max(...records.filter(isTick).map(({ timestamp }) => timestamp.getTime()));
    expect(last - START.getTime()).toBeGreaterThan(1900);
    expect(last - START.getTime()).toBeLessThan(2000);
  });

  test("the run of a feed rejects when its sink throws", async () => {
    const clock = startingAt(START);
    const broken = new Error("broken sink");
    const publish = (): void => {
      throw broken;
    };
    const run = simulator({ clock }).run({ publish, room: () => undefined }, never);
    const outcome = expect(run).rejects.toBe(broken);
    await clock.advance(1000);
    await outcome;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a feed without a clock", () => {
  test("a feed without a clock waits until its sink has room", async () => {
    const clock = startingAt(START);
    let open: () => void = () => {};
    let isFull = false;
    const sink = recorder(() => (isFull ? new Promise((resolve) => (open = resolve)) : undefined));
    const abort = new AbortController();
    const feed = simulator({ speed: "max", count: 5_000, clock });
    expect(feed.paced).toBe(false);
    isFull = true;
    const run = feed.run(sink, abort.signal);
    await clock.advance(60_000);
    expect(sink.records).toEqual([]);
    isFull = false;
    open();
    await Promise.resolve();
    await clock.advance(0);
    await run;
    expect(sink.records).toHaveLength(5_000);
  });

  test("a feed that waits for room stops at once when aborted", async () => {
    const clock = startingAt(START);
    const sink = recorder(() => new Promise(() => {}));
    const abort = new AbortController();
    const run = simulator({ speed: "max", clock }).run(sink, abort.signal);
    await clock.advance(0);
    abort.abort();
    await run;
    expect(sink.records).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("the run of a feed rejects when the wait for room rejects", async () => {
    const clock = startingAt(START);
    const gone = new Error("gone");
    const run = simulator({ speed: "max", clock }).run(
      recorder(() => Promise.reject(gone)),
      never,
    );
    const outcome = expect(run).rejects.toBe(gone);
    await clock.advance(0);
    await outcome;
  });
});

describe("the test feed", () => {
  test("the test feed publishes only FAKEPACA: a trade and a quote about every five seconds, and minute bars", async () => {
    const clock = startingAt(START);
    const abort = new AbortController();
    const sink = recorder();
    const run = testFeed({ clock, seed: 4 }).run(sink, abort.signal);
    await clock.advance(3_600_000);
    abort.abort();
    await run;
    expect(new Set(sink.records.map(({ symbol }) => symbol))).toEqual(new Set(["FAKEPACA"]));
    expect(new Set(sink.records.map(({ channel }) => channel))).toEqual(new Set(["trades", "quotes", "bars"]));
    for (const channel of ["trades", "quotes"] as const) {
      expect(Math.abs(ofChannel(sink.records, channel).length - 720)).toBeLessThan(100);
    }
    expect(ofChannel(sink.records, "bars").length).toBeGreaterThan(50);
  });

  test("testFeed throws a TypeError for a seed that is not a whole number", () => {
    expect(() => testFeed({ seed: 1.5 })).toThrow(TypeError);
  });
});
