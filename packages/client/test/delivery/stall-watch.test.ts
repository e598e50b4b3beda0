import { describe, expect, test, vi } from "vitest";
import { quote, recordTime, SECONDS, trade, trades } from "../../../../verify/shared/records.ts";
import { Overflow, type Quote, StockDataStream, type Trade } from "../../src/index.ts";
import { ScriptedGateway, VirtualClock } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";

const never = (): Promise<never> => new Promise(() => {});

/** A trade `ms` after virtual time began. */
function tradeAt(ms: number, symbol: string, id: number): Trade {
  return trade(symbol, id, recordTime(SECONDS * 1000 + ms));
}

/** Sends one trade of each symbol every 100 ms. */
async function send(opened: Opened, session: Session, symbols: readonly string[], forMs: number): Promise<void> {
  const { clock } = opened;
  const endMs = clock.monotonic() + forMs;
  while (clock.monotonic() < endMs) {
    for (const symbol of symbols) session.records(tradeAt(clock.now() - SECONDS * 1000, symbol, clock.monotonic()));
    await clock.advance(100);
  }
}

type Session = Awaited<ReturnType<Opened["serving"]>>;

const codes = ({ errors }: Opened): string[] => errors.map(({ code }) => code);

describe("with every option at its default", () => {
  test("a handler that never settles does not block another subscription", async () => {
    const opened = open();
    const { stream, clock, slows } = opened;
    const healthy = vi.fn();
    stream.subscribeTrades(never, "AAPL");
    stream.subscribeTrades((record) => void healthy(record.id), "MSFT");
    const session = await opened.serving();
    for (let sent = 0; sent < 10_001; sent += 137) session.records(...trades("AAPL", 137, sent));
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    session.records(trade("MSFT", 1));
    await clock.advance(12_500);
    expect(session.socket.isPaused).toBe(false);
    expect(healthy).toHaveBeenCalledWith(1);
    expect(opened.errors).toMatchObject([
      { code: "subscription_stalled", terminal: false, symbols: { trades: ["AAPL"] } },
    ]);
    expect(opened.errors[0]?.message).toContain("handler calls on AAPL have not settled for 10 s");
    expect(slows.at(-1)).toMatchObject({ isIsolated: true, overflow: Overflow.BLOCK });
    expect(slows.at(-1)?.stalledMs).toBeGreaterThanOrEqual(10_000);
    expect(stream.metrics.stalled).toBe(1);
  });

  test("an iterator that is read once and forgotten does not block another subscription", async () => {
    const opened = open();
    const { stream, clock } = opened;
    const healthy = vi.fn();
    const forgotten = stream.trades("AAPL");
    stream.subscribeTrades((record) => void healthy(record.id), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL", 0));
    await expect(forgotten.next()).resolves.toMatchObject({ value: { id: 0 } });
    session.records(...trades("AAPL", 10_000, 1));
    session.records(trade("AAPL", 10_001));
    await clock.advance(12_500);
    expect(healthy).toHaveBeenLastCalledWith(10_001);
    expect(opened.errors).toMatchObject([{ code: "subscription_stalled" }]);
    expect(opened.errors[0]?.message).toContain("no record has been pulled");
  });
});

describe("a stalled subscription", () => {
  test("a stalled subscription is reported again and again while it lasts, with what it missed, and adds up", async () => {
    const opened = open({ stalledAfterMs: 2000 });
    const { stream, clock, slows } = opened;
    stream.subscribeTrades(never, "A", { maxQueued: 5 });
    const healthy = vi.fn();
    stream.subscribeTrades((record) => void healthy(record.id), "A");
    const session = await opened.serving();
    await send(opened, session, ["A"], 20_000);
    await clock.advance(1000); // the last second's losses are reported at its end
    const stalls = codes(opened).filter((code) => code === "subscription_stalled").length;
    expect(stalls).toBeGreaterThanOrEqual(7);
    expect(stalls).toBeLessThanOrEqual(10);
    expect(healthy).toHaveBeenCalledTimes(200);
    const { dropped, queued, recordCount } = stream.metrics;
    expect({ dropped, queued, recordCount }).toEqual({ dropped: 194, queued: 5, recordCount: 200 });
    const missed = slows.flatMap((slow) => slow.missed);
    expect(missed.reduce((sum, { count }) => sum + count, 0)).toBe(dropped);
    const times = missed.flatMap(({ from, to }) => [from.getTime(), to.getTime()]);
    expect(times).toEqual([...times].sort((a, b) => a - b)); // one range after the other
    expect(times[0]).toBe(SECONDS * 1000 + 100); // the first is at the handler, the second was dropped first
    expect(times.at(-1)).toBe(SECONDS * 1000 + 19_400); // the newest five wait
  });

  test("a stalled subscription recovers when the call settles: it gets what waits, and the policy holds again", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock, slows } = opened;
    let release = (): void => {};
    const got: number[] = [];
    stream.subscribeTrades(
      async ({ id }) => {
        got.push(Number(id));
        if (got.length === 1)
          await new Promise<void>((resolve) => {
            release = resolve;
          });
      },
      "A",
      { maxQueued: 4 },
    );
    const session = await opened.serving();
    session.records(...trades("A", 5));
    await clock.advance(1250);
    expect(slows.at(-1)?.isIsolated).toBe(true);
    session.records(...trades("A", 10, 6));
    await clock.settle();
    release();
    await clock.settle();
    expect(got).toEqual([1, 12, 13, 14, 15]);
    expect(slows.at(-1)).toMatchObject({ isIsolated: false, stalledMs: 0 });
    const missed = slows.flatMap((slow) => slow.missed);
    expect(missed.reduce((sum, { count }) => sum + count, 0)).toBe(10);
    expect(stream.metrics).toMatchObject({ dropped: 10, queued: 0, stalled: 0 });
    session.records(...trades("A", 3, 16));
    await clock.settle();
    expect(got).toEqual([1, 12, 13, 14, 15, 16, 17, 18]);
  });

  test("a stalled subscription recovers when the iterator is read again, and then stops the reading again where it is full", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock, slows } = opened;
    const iterator = stream.trades("A", { maxQueued: 3 });
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    await clock.advance(1250);
    expect(session.socket.isPaused).toBe(false);
    session.records(...trades("A", 2, 4));
    await clock.settle();
    await expect(iterator.next()).resolves.toMatchObject({ value: { id: 3 } });
    expect(slows.at(-1)).toMatchObject({ isIsolated: false, missed: [{ count: 1 }] });
    expect(slows.flatMap(({ missed }) => missed)).toMatchObject([{ count: 1 }, { count: 1 }]);
    expect(session.socket.isPaused).toBe(true); // two of three wait: more than half
    await expect(iterator.next()).resolves.toMatchObject({ value: { id: 4 } });
    expect(session.socket.isPaused).toBe(false);
  });

  test("a stalled subscription recovers when a batch is read, and has reported what it missed before", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock, slows } = opened;
    const batches = stream.trades("A", { maxQueued: 3 }).batches();
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await clock.advance(1250);
    expect(slows.at(-1)).toMatchObject({ isIsolated: true });
    session.records(...trades("A", 2, 4));
    await clock.settle();
    const { value = [] } = await batches.next();
    expect(value.map(({ id }) => id)).toEqual([3, 4, 5]);
    expect(slows.at(-1)).toMatchObject({ isIsolated: false });
    expect(slows.flatMap(({ missed }) => missed).reduce((sum, { count }) => sum + count, 0)).toBe(2);
    session.records(...trades("A", 3, 6));
    await clock.settle();
    expect(session.socket.isPaused).toBe(true); // the policy block holds again
  });

  test("a stalled iterator whose queue an unsubscribe emptied recovers when its next record goes straight to a pull", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock, slows } = opened;
    const iterator = stream.trades("A", "B", { maxQueued: 3 });
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await clock.settle();
    await clock.advance(1250);
    expect(slows.at(-1)).toMatchObject({ isIsolated: true });
    void stream.unsubscribeTrades("A");
    const pulled = iterator.next();
    session.records(trade("B", 9));
    await clock.settle();
    await expect(pulled).resolves.toMatchObject({ value: { id: 9 } });
    expect(slows.at(-1)).toMatchObject({ isIsolated: false });
    session.records(...trades("B", 3));
    await clock.settle();
    expect(session.socket.isPaused).toBe(true); // the policy block holds again
  });

  test("a stalled subscription keeps its other symbols going while one of them hangs", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream } = opened;
    const got: string[] = [];
    const handler = async ({ symbol }: Trade): Promise<void> => {
      got.push(symbol);
      if (symbol === "HUNG") await never();
    };
    stream.subscribeTrades(handler, "*", { maxQueued: 40 });
    const session = await opened.serving();
    let pauses = 0;
    let wasPaused = false;
    opened.clock.setTimer(function look() {
      const { isPaused } = session.socket;
      if (isPaused && !wasPaused) pauses++;
      wasPaused = isPaused;
      if (opened.clock.monotonic() < 20_000) opened.clock.setTimer(look, 50);
    }, 50);
    await send(opened, session, ["HUNG", "B", "C"], 20_000);
    expect(got.filter((symbol) => symbol === "HUNG")).toHaveLength(1);
    expect(got.filter((symbol) => symbol !== "HUNG")).toHaveLength(400);
    expect(pauses).toBe(1); // before the isolation, and then not again
    // The calls of B and C settle all the time: that does not end the isolation, which would pause again.
    expect(opened.slows.filter(({ isIsolated }) => isIsolated).length).toBeGreaterThan(5);
    expect(opened.slows.slice(-3).every(({ isIsolated }) => isIsolated)).toBe(true);
  });

  test("a subscription that makes progress is not stalled, however slow it is", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock } = opened;
    const got: number[] = [];
    const handler = ({ id }: Trade): Promise<void> => {
      got.push(Number(id));
      return new Promise((resolve) => clock.setTimer(resolve, 900));
    };
    stream.subscribeTrades(handler, "A", { maxQueued: 3 });
    const session = await opened.serving();
    for (let id = 1; id <= 60; id++) session.records(trade("A", id));
    await clock.advance(60_000);
    expect(got).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(opened.errors).toEqual([]);
    expect(stream.metrics.dropped).toBe(0);
  });

  test.each([Overflow.DROP_OLDEST, Overflow.CONFLATE])(
    "under %s is reported, too, and keeps to its policy",
    async (overflow) => {
      const opened = open({ stalledAfterMs: 1000 });
      const { stream, clock, slows } = opened;
      stream.subscribeQuotes(never, "*", { overflow, maxQueued: 1 });
      const session = await opened.serving();
      session.records(quote("A"), quote("B"), quote("A", 2), quote("C"));
      await clock.advance(1250);
      expect(codes(opened)).toContain("subscription_stalled");
      expect(slows.at(-1)).toMatchObject({ overflow, isIsolated: false });
      expect(slows.at(-1)?.stalledMs).toBeGreaterThanOrEqual(1000);
    },
  );

  test("a stalled subscription below its limit is an event slow and no error: it harms nothing but itself", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    opened.stream.subscribeTrades(never, "A");
    const session = await opened.serving();
    session.records(...trades("A", 2));
    await opened.clock.advance(1250);
    expect(opened.errors).toEqual([]);
    expect(opened.slows).toMatchObject([{ queued: 1, isIsolated: false, missed: [] }]);
    expect(opened.slows[0]?.stalledMs).toBeGreaterThanOrEqual(1000);
  });

  test("a stalled subscription below its limit is shown by the console where nothing listens to slow", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const gateway = new ScriptedGateway();
    const clock = new VirtualClock();
    const options = {
      apiKey: "k",
      secretKey: "s",
      connector: gateway.connector,
      clock,
      staleAfterMs: false,
    } as const;
    const stream = new StockDataStream(options);
    stream.subscribeTrades(never, "AAPL");
    void stream.run();
    const session = await gateway.handshake();
    session.acknowledgeAll();
    session.records(...trades("AAPL", 2));
    await clock.advance(12_500);
    const text = "handler calls on AAPL have not settled for 10 s, records waiting: 1; nothing is lost yet";
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(text));
    warn.mockRestore();
    await stream.close();
  });

  test.each(Object.values(Overflow).filter((overflow) => overflow !== Overflow.DISCONNECT))(
    "is reported where one symbol hangs and the others go on, under %s",
    async (overflow) => {
      const opened = open({ stalledAfterMs: 2000 });
      const { stream, clock, slows } = opened;
      const handler = ({ symbol }: Quote): Promise<void> => (symbol === "A" ? never() : Promise.resolve());
      const options = { overflow, maxQueued: 100 };
      stream.subscribe({ quotes: ["*"] }, handler, options);
      const session = await opened.serving();
      for (let second = 0; second < 10; second++) {
        session.records(quote("A"), quote("B"), quote("A", 2), quote("C"));
        await clock.advance(1000);
      }
      const stalls = slows.filter(({ stalledMs }) => stalledMs > 0);
      expect(stalls.length).toBeGreaterThanOrEqual(3);
      expect(stalls.length).toBeLessThanOrEqual(4);
      expect(stalls.at(-1)).toMatchObject({ isIsolated: false });
      expect(stream.metrics.stalled).toBe(1);
    },
  );

  test("a stalled subscription at its limit names the symbol that hangs, and no other, while the others go on", async () => {
    const opened = open({ stalledAfterMs: 2000 });
    const { stream, clock } = opened;
    const handler = ({ symbol }: Trade): Promise<void> =>
      symbol === "A" ? never() : new Promise((resolve) => clock.setTimer(resolve, 500));
    stream.subscribe({ trades: ["*"] }, handler, { overflow: "dropOldest", maxQueued: 3 });
    const session = await opened.serving();
    await send(opened, session, ["A", "B"], 3000);
    expect(opened.errors).toMatchObject([{ code: "subscription_stalled" }]);
    expect(opened.errors[0]?.message).toContain("handler calls on A have not settled for 2");
    expect(opened.errors[0]?.message).toContain("it loses records by its overflow policy");
  });

  test("a stalled subscription that fills up after it was reported is isolated at the next check, not at the next report", async () => {
    const opened = open({ stalledAfterMs: 4000 });
    opened.stream.subscribeTrades(never, "A", { maxQueued: 5 });
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await opened.clock.advance(5000);
    expect(opened.slows).toMatchObject([{ queued: 2, isIsolated: false }]);
    session.records(...trades("A", 3, 4));
    await opened.clock.advance(0);
    expect(session.socket.isPaused).toBe(true);
    await opened.clock.advance(1000);
    expect(session.socket.isPaused).toBe(false);
    expect(codes(opened)).toEqual(["subscription_stalled"]);
  });

  test("a stalled subscription is left waiting forever where stalledAfterMs is false", async () => {
    const opened = open({ stalledAfterMs: false });
    opened.stream.subscribeTrades(never, "A", { maxQueued: 2 });
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await opened.clock.advance(60_000);
    expect(session.socket.isPaused).toBe(true);
    expect(opened.errors).toEqual([]);
    expect(opened.stream.metrics.stalled).toBe(0);
  });

  test("a stalled subscription has its own limit where the subscription names one", async () => {
    const opened = open({ stalledAfterMs: false });
    opened.stream.subscribeTrades(never, "A", { maxQueued: 2, stalledAfterMs: 400 });
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await opened.clock.advance(500);
    expect(codes(opened)).toEqual(["subscription_stalled"]);
    expect(session.socket.isPaused).toBe(false);
  });

  test("a stalled subscription is forgotten with its subscription: the others do not notice", async () => {
    const opened = open({ stalledAfterMs: 1000 });
    const { stream, clock } = opened;
    const stuck = stream.subscribeTrades(never, "A", { maxQueued: 2 });
    const healthy = vi.fn();
    stream.subscribeTrades((record) => void healthy(record.id), "A");
    const session = await opened.serving();
    session.records(...trades("A", 3));
    await clock.advance(1250);
    await stuck.unsubscribe();
    session.records(...trades("A", 3, 4));
    await clock.advance(5000);
    expect(healthy).toHaveBeenCalledTimes(6);
    expect(codes(opened)).toEqual(["subscription_stalled"]);
    expect(stream.metrics.stalled).toBe(0);
  });
});

test.each([0, -1, Number.NaN, "10", true])("stalledAfterMs of %s is a TypeError", (stalledAfterMs) => {
  expect(() => open({ stalledAfterMs: stalledAfterMs as number })).toThrow(TypeError);
});

test("handlers that are still running long after a stop are reported as such", async () => {
  const opened = open();
  opened.stream.subscribeTrades(never, "A");
  const session = await opened.serving();
  session.records(trade("A"));
  await opened.clock.settle();
  void opened.stream.stop();
  await opened.clock.advance(5000);
  expect(opened.outcome).toEqual({ error: undefined });
  expect(opened.errors).toMatchObject([{ code: "subscription_stalled", symbols: { trades: ["A"] } }]);
  expect(opened.errors[0]?.message).toContain("5 s after the stop");
});
