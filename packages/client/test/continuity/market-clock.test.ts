import { describe, expect, test } from "vitest";
import { recordTime, SECONDS, trade } from "../../../../verify/shared/records.ts";
import { Bar, type GapEvent, type Trade } from "../../src/index.ts";
import type { ScriptedSession } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** When virtual time begins, in milliseconds since the epoch. */
const START_MS = SECONDS * 1000;
const TO_2099_MS = Date.UTC(2099, 0, 1) - START_MS;
const TO_YEAR_1_MS = Date.parse("0001-01-01T00:00:00Z") - START_MS;

/** A trade whose time is `ms` after virtual time began. */
function tradeAt(ms: number, symbol = "AAPL"): Trade {
  return trade(symbol, 1, recordTime(START_MS + ms));
}

interface Tried {
  readonly opened: Opened;
  readonly gaps: GapEvent[];
  session: ScriptedSession;
}

async function subscribed(options: Parameters<typeof open>[0] = {}): Promise<Tried> {
  const opened = open(options);
  const gaps: GapEvent[] = [];
  opened.stream.on("gap", (gap) => gaps.push(gap));
  opened.stream.subscribeTrades(() => {}, "*");
  return { opened, gaps, session: await opened.serving() };
}

/** Sends trades every 100 ms for a while; their times are made of the time since the start. */
async function send(tried: Tried, forMs: number, timeOf: (ms: number) => number): Promise<void> {
  const { clock } = tried.opened;
  for (let passed = 0; passed < forMs; passed += 100) {
    tried.session.records(tradeAt(timeOf(clock.monotonic())));
    await clock.advance(100);
  }
}

/** Cuts the connection and comes back `afterMs` later, subscribed. */
async function cut(tried: Tried, afterMs = 1000): Promise<void> {
  const { clock, gateway } = tried.opened;
  tried.session.cut();
  await clock.advance(afterMs);
  tried.session = await gateway.handshake();
  tried.session.acknowledgeAll();
  await clock.settle();
}

/** A gap in milliseconds since virtual time began. */
const range = (gap: GapEvent | undefined): [from: number, to: number] => [
  (gap?.from.getTime() ?? Number.NaN) - START_MS,
  (gap?.to.getTime() ?? Number.NaN) - START_MS,
];

test("marketMs is the newest certain time of a stream's records", async () => {
  const tried = await subscribed();
  const { stream } = tried.opened;
  expect(stream.marketMs).toBe(Number.NEGATIVE_INFINITY);
  await send(tried, 1_000, (ms) => ms - DAY_MS);
  expect(stream.marketMs).toBe(START_MS + 900 - DAY_MS);
  tried.session.records(tradeAt(DAY_MS));
  await tried.opened.clock.settle();
  expect(stream.marketMs).toBe(START_MS + 900 - DAY_MS);
});

describe("an outlying time", () => {
  test.each([
    ["of 2099", TO_2099_MS],
    ["of year 1", TO_YEAR_1_MS],
    ["of 1970", -START_MS],
    ["a day ahead", DAY_MS],
    ["an hour ahead", 3_600_000],
    ["a year back", -YEAR_MS],
  ])("an outlying time %s is delivered, counted and reported once, and moves no gap", async (_, outlierMs) => {
    const tried = await subscribed();
    const { opened, gaps } = tried;
    await send(tried, 2000, (ms) => ms);
    tried.session.records(tradeAt(outlierMs));
    await send(tried, 1000, (ms) => ms);
    tried.session.records(tradeAt(outlierMs));
    await send(tried, 1000, (ms) => ms);
    expect(opened.stream.metrics).toMatchObject({ outliers: 2, recordCount: 42 });
    expect(opened.errors).toMatchObject([{ code: "time_outlier", terminal: false, symbols: { trades: ["AAPL"] } }]);
    await cut(tried);
    expect(gaps).toHaveLength(1);
    const [from, to] = range(gaps[0]);
    expect(from).toBe(3900);
    expect(to).toBe(opened.clock.monotonic());
    expect(opened.stream.metrics.lagSinceStart.max).toBeLessThan(DAY_MS);
  });

  test("an outlying time that is the last before the cut moves no gap either, and is counted where it is far off", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms);
    tried.session.records(tradeAt(TO_2099_MS));
    await tried.opened.clock.settle();
    await cut(tried);
    expect(range(tried.gaps[0])).toEqual([1900, tried.opened.clock.monotonic()]);
    expect(tried.opened.stream.metrics.outliers).toBe(1);
  });

  test.each([
    ["of 2099", TO_2099_MS],
    ["of year 1", TO_YEAR_1_MS],
  ])("an outlying time %s as the very first is not believed", async (_, outlierMs) => {
    const tried = await subscribed();
    tried.session.records(tradeAt(outlierMs));
    await send(tried, 2000, (ms) => ms);
    await cut(tried);
    expect(range(tried.gaps[0])).toEqual([1900, tried.opened.clock.monotonic()]);
    expect(tried.opened.stream.metrics.outliers).toBe(1);
  });

  test.each([
    ["of 2099", TO_2099_MS],
    ["of 1970", -START_MS],
    ["five hours ahead", 5 * 3_600_000],
    ["three days back", -3 * DAY_MS],
  ])("an outlying time %s moves no gap where several records in a row have it", async (_, outlierMs) => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms);
    for (let count = 0; count < 5; count++) tried.session.records(tradeAt(outlierMs));
    await tried.opened.clock.settle();
    await cut(tried);
    expect(range(tried.gaps[0])).toEqual([1900, tried.opened.clock.monotonic()]);
    await send(tried, 500, (ms) => ms);
    expect(tried.opened.stream.metrics.outliers).toBe(5);
  });

  test("this machine's time is an outlier in a replay", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    tried.session.records(tradeAt(tried.opened.clock.monotonic()));
    await tried.opened.clock.settle();
    await cut(tried);
    const backMs = tried.opened.clock.monotonic();
    await send(tried, 500, (ms) => ms - YEAR_MS);
    expect(range(tried.gaps[0])).toEqual([1900 - YEAR_MS, backMs - YEAR_MS]);
    expect(tried.opened.stream.metrics.outliers).toBe(1);
  });

  test.each([
    ["five hours ahead", 5 * 3_600_000],
    ["200 days ahead", 200 * DAY_MS],
    ["of this machine", YEAR_MS],
  ])("an outlying time %s as the first after a cut does not end a replay's gap", async (_, aheadMs) => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    await cut(tried);
    const backMs = tried.opened.clock.monotonic();
    tried.session.records(tradeAt(backMs - YEAR_MS + aheadMs));
    await tried.opened.clock.settle();
    expect(tried.gaps).toEqual([]);
    await send(tried, 500, (ms) => ms - YEAR_MS);
    expect(range(tried.gaps[0])).toEqual([1900 - YEAR_MS, backMs - YEAR_MS]);
  });

  test("an outlying time of 1970 as the very first is not believed in a replay either", async () => {
    const tried = await subscribed();
    tried.session.records(tradeAt(-START_MS));
    await send(tried, 2000, (ms) => ms + 2 * DAY_MS);
    await cut(tried);
    await send(tried, 1000, (ms) => ms + 2 * DAY_MS);
    const [from] = range(tried.gaps[0]);
    expect(from).toBeGreaterThan(DAY_MS);
    expect(tried.opened.stream.metrics.outliers).toBe(1);
  });

  test("an outlying time does not stretch what a stalled subscription missed", async () => {
    const tried = await subscribed();
    const { opened } = tried;
    opened.stream.subscribeTrades(() => new Promise(() => {}), "*", { overflow: "dropOldest", maxQueued: 1 });
    await opened.clock.settle();
    await send(tried, 500, (ms) => ms);
    tried.session.records(tradeAt(TO_2099_MS), tradeAt(-200 * DAY_MS));
    await send(tried, 2000, (ms) => ms);
    const missed = opened.slows.flatMap((slow) => slow.missed);
    expect(missed.length).toBeGreaterThan(0);
    for (const { from, to } of missed) {
      expect(from.getTime() - START_MS).toBeGreaterThanOrEqual(0);
      expect(to.getTime() - START_MS).toBeLessThan(3000);
    }
  });
});

describe("a market with a time of its own", () => {
  test.each([
    ["a clock that is 5 s behind", 5000],
    ["a clock that is 5 s ahead", -5000],
  ])(
    "in a market with a time of its own, %s gives gaps that end after they begin, and cover the outage",
    async (_, offsetMs) => {
      const tried = await subscribed();
      await send(tried, 2000, (ms) => ms + offsetMs);
      await cut(tried);
      const backMs = tried.opened.clock.monotonic();
      await send(tried, 500, (ms) => ms + offsetMs);
      expect(tried.gaps).toHaveLength(1);
      const [from, to] = range(tried.gaps[0]);
      expect(from).toBe(1900 + offsetMs);
      expect(to).toBeGreaterThanOrEqual(backMs + offsetMs);
      expect(to - from).toBeLessThan(10_000);
    },
  );

  test("a replay of last year has gaps of last year, as long as the outage", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    await cut(tried);
    expect(tried.gaps).toEqual([]); // the next record tells when it ended
    const backMs = tried.opened.clock.monotonic();
    await send(tried, 500, (ms) => ms - YEAR_MS);
    expect(tried.gaps).toHaveLength(1);
    expect(range(tried.gaps[0])).toEqual([1900 - YEAR_MS, backMs - YEAR_MS]);
    expect(tried.opened.stream.metrics.outliers).toBe(0);
  });

  test("a simulator at 1,800 times the pace has gaps that cover what the market went through", async () => {
    const pace = 1800;
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms * pace);
    await cut(tried);
    const backMs = tried.opened.clock.monotonic();
    await send(tried, 500, (ms) => ms * pace);
    const [from, to] = range(tried.gaps[0]);
    expect(from).toBeLessThanOrEqual(1900 * pace);
    expect(from).toBeGreaterThan(1600 * pace); // three records have to agree on a jump
    expect(to).toBeGreaterThanOrEqual(backMs * pace);
    expect(to).toBeLessThan((backMs + 500) * pace);
    expect(tried.opened.stream.metrics.outliers).toBe(0);
  });

  test.each([
    [1, 800],
    [1800, 12_000],
  ])(
    "in a replay at %s times the pace, a gap covers the outage although a trade that is %s ms late comes first",
    async (pace, lateMs) => {
      const tried = await subscribed();
      await send(tried, 2000, (ms) => ms * pace - YEAR_MS);
      await cut(tried);
      const backMs = tried.opened.clock.monotonic();
      for (let count = 0; count < 3; count++) tried.session.records(tradeAt(backMs * pace - lateMs - YEAR_MS)); // three agree on a jump
      await tried.opened.clock.settle();
      expect(tried.gaps).toHaveLength(1);
      const [, to] = range(tried.gaps[0]);
      expect(to).toBeGreaterThanOrEqual(backMs * pace - YEAR_MS);
      expect(to).toBeLessThanOrEqual(backMs * pace - YEAR_MS + 3_000);
    },
  );

  test("a gap is reported after ten seconds without a record, with an estimated end", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    await cut(tried);
    await tried.opened.clock.advance(10_000);
    expect(tried.gaps).toHaveLength(1);
    expect(range(tried.gaps[0])[1]).toBe(tried.opened.clock.monotonic() - YEAR_MS);
  });

  test("a gap in a market that is faster than the clock waits for a record, however long", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms * 10 - YEAR_MS);
    await cut(tried);
    await tried.opened.clock.advance(60_000);
    expect(tried.gaps).toEqual([]);
    await send(tried, 1000, (ms) => ms * 10 - YEAR_MS);
    expect(tried.gaps).toHaveLength(1);
    expect(range(tried.gaps[0])[1]).toBeGreaterThanOrEqual(63_000 * 10 - YEAR_MS);
  });

  test("a gap whose end is awaited is reported at the next loss and at a stop", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    await cut(tried);
    await cut(tried, 3000);
    expect(tried.gaps).toHaveLength(1);
    void tried.opened.stream.stop();
    await tried.opened.clock.settle();
    expect(tried.gaps).toHaveLength(2);
    for (const gap of tried.gaps) expect(range(gap)[0]).toBe(1900 - YEAR_MS);
    expect(range(tried.gaps[1])[1]).toBeGreaterThan(range(tried.gaps[0])[1]);
  });

  test("a replay that begins again is followed back", async () => {
    const tried = await subscribed();
    await send(tried, 2000, (ms) => ms - YEAR_MS);
    await send(tried, 2000, (ms) => ms - 2 * YEAR_MS);
    await cut(tried);
    await send(tried, 500, (ms) => ms - 2 * YEAR_MS);
    const [from, to] = range(tried.gaps[0]);
    expect(from).toBe(3900 - 2 * YEAR_MS);
    expect(to - from).toBeLessThan(5000);
    expect(tried.opened.stream.metrics.outliers).toBe(0);
  });
});

test("a replay that begins after this machine's time does not keep that time", async () => {
  const tried = await subscribed();
  await send(tried, 2000, (ms) => ms);
  await send(tried, 2000, (ms) => ms - YEAR_MS);
  await cut(tried);
  await send(tried, 500, (ms) => ms - YEAR_MS);
  const [from, to] = range(tried.gaps[0]);
  expect(from).toBe(3900 - YEAR_MS);
  expect(to - from).toBeLessThan(5000);
});

test("a trade that was reported late, as the first, does not make the market seem fast", async () => {
  const tried = await subscribed();
  tried.session.records(tradeAt(-10_000));
  await tried.opened.clock.advance(100);
  await send(tried, 3000, (ms) => ms);
  await cut(tried);
  expect(range(tried.gaps[0])).toEqual([3000, tried.opened.clock.monotonic()]); // at once, by this machine's clock
});

test("records that come late at first do not make the market seem fast for ever", async () => {
  const tried = await subscribed();
  await send(tried, 1000, (ms) => ms - 5_000);
  await send(tried, 130_000, (ms) => ms);
  await cut(tried);
  expect(range(tried.gaps[0])).toEqual([130_900, tried.opened.clock.monotonic()]);
});

test("a stale record of a quiet symbol, as the first, does not keep this machine's time from being believed", async () => {
  const tried = await subscribed();
  tried.session.records(tradeAt(-30 * DAY_MS));
  await send(tried, 100, (ms) => ms);
  await cut(tried);
  await send(tried, 500, (ms) => ms);
  expect(range(tried.gaps[0])[0]).toBe(0);
  expect(tried.opened.stream.metrics.outliers).toBe(0);
});

test("the first record after a quiet night is not an outlier, because as much time has passed as its time has advanced", async () => {
  const tried = await subscribed();
  await send(tried, 2000, (ms) => ms);
  await tried.opened.clock.advance(17 * 3_600_000);
  await send(tried, 300, (ms) => ms);
  await cut(tried);
  expect(tried.opened.stream.metrics.outliers).toBe(0);
  expect(range(tried.gaps[0])[0]).toBe(17 * 3_600_000 + 2000 + 200);
});

test("late trades, bars and a daily bar of this morning are no outliers", async () => {
  const tried = await subscribed();
  tried.opened.stream.subscribe({ bars: ["*"], dailyBars: ["*"], updatedBars: ["*"] }, () => {});
  await tried.opened.clock.settle();
  const bar = (channel: "bars" | "dailyBars" | "updatedBars", ms: number): Bar =>
    new Bar(channel, "AAPL", SECONDS + ms / 1000, 0, 1, 2, 1, 2, 100, 3, 1.5);
  await send(tried, 1000, (ms) => ms);
  for (let minute = 0; minute < 5; minute++) {
    tried.session.records(
      tradeAt(-3_600_000),
      bar("bars", (minute - 1) * 60_000),
      bar("updatedBars", (minute - 4) * 60_000),
      bar("dailyBars", -10 * 3_600_000),
    );
    await send(tried, 60_000, (ms) => ms);
  }
  expect(tried.opened.stream.metrics.outliers).toBe(0);
  expect(tried.opened.errors).toEqual([]);
});

test("the gap of a loss before the first record of a fast replay begins before the loss, by the pace measured since", async () => {
  const tried = await subscribed();
  const { opened, gaps } = tried;
  const authenticatedMs = opened.clock.monotonic();
  const fast = (ms: number): number => ms * 1000 - YEAR_MS;
  await opened.clock.advance(2000);
  tried.session.cut();
  await opened.clock.advance(1000);
  tried.session = await opened.gateway.handshake();
  await tried.session.expectSubscribe();
  await send(tried, 300, fast); // the server subscribes first, and confirms later
  tried.session.acknowledge();
  const acknowledgedMs = opened.clock.monotonic();
  await send(tried, 500, fast);
  expect(gaps).toEqual([]); // too early to tell how fast the market is
  await send(tried, 1000, fast);
  const [from, to] = range(gaps[0]);
  expect(gaps).toHaveLength(1);
  expect(from).toBeLessThanOrEqual(fast(authenticatedMs));
  expect(from).toBeGreaterThan(fast(authenticatedMs - acknowledgedMs));
  expect(to).toBeGreaterThanOrEqual(fast(acknowledgedMs));
});
