import { describe, expect, test, vi } from "vitest";
import { bar, quote, trade, trades } from "../../../../verify/shared/records.ts";
import { type Bar, Overflow, type Quote, type Trade } from "../../src/index.ts";
import { seededRandom } from "../../src/testing/index.ts";
import { codecs, open } from "../support/stream.ts";

/** A handler whose calls end when the test says so. */
function held<R>(): {
  readonly handler: (record: R) => Promise<void>;
  readonly calls: R[];
  release(count?: number): void;
} {
  const calls: R[] = [];
  const releases: (() => void)[] = [];
  return {
    calls,
    handler: (record) => {
      calls.push(record);
      return new Promise((resolve) => releases.push(resolve));
    },
    release(count = Number.POSITIVE_INFINITY) {
      for (const release of releases.splice(0, count)) release();
    },
  };
}

const idsOf = (records: readonly Trade[]): unknown[] => records.map(({ id }) => id);

describe.each(codecs)("in %s", (codec) => {
  test("[R15] the wildcard and a name both get the record, and one handler gets it once", async () => {
    const { stream, serving, clock } = open({ codec });
    const got: string[] = [];
    const both = (record: Trade): void => void got.push(`both ${record.symbol}`);
    stream.subscribeTrades(both, "AAPL");
    stream.subscribeTrades(both, "AAPL", "*");
    stream.subscribeTrades((record) => void got.push(`all ${record.symbol}`), "*");
    stream.subscribeTrades((record) => void got.push(`named ${record.symbol}`), "AAPL");
    const session = await serving();
    session.records(trade("AAPL"), trade("MSFT"));
    await clock.settle();
    expect(got).toEqual(["both AAPL", "named AAPL", "all AAPL", "both MSFT", "all MSFT"]);
  });

  test("[R15] unsubscribing the name leaves the wildcard, and the other way round", async () => {
    const { stream, serving, clock } = open({ codec });
    const got: string[] = [];
    const named = stream.subscribeTrades((record) => void got.push(`named ${record.symbol}`), "AAPL");
    const all = stream.subscribeTrades((record) => void got.push(`all ${record.symbol}`), "*");
    const session = await serving();
    await named.unsubscribe();
    session.records(trade("AAPL"));
    await clock.settle();
    expect(got.splice(0)).toEqual(["all AAPL"]);
    stream.subscribeTrades((record) => void got.push(`again ${record.symbol}`), "AAPL");
    await all.unsubscribe();
    session.records(trade("AAPL"), trade("MSFT"));
    await clock.settle();
    expect(got).toEqual(["again AAPL"]);
  });

  test("[K5] [R9] one unreadable message loses itself alone", async () => {
    const { stream, serving, clock, errors } = open({ codec });
    const got: Trade[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await serving();
    const good = { T: "t", S: "AAPL", t: "2025-01-02T15:00:00Z", i: 1, x: "V", p: 1, s: 1, c: [], z: "C" };
    const { S: _, ...withoutSymbol } = good;
    session.send(
      { T: "new" },
      null,
      good,
      withoutSymbol,
      { ...good, p: "dear" },
      {},
      7,
      { T: "n", headline: "?" },
      good,
    );
    await clock.settle();
    expect(got).toHaveLength(2);
    expect(errors.every(({ code }) => code === "bad_message")).toBe(true);
    expect(errors).toHaveLength(5);
    expect(stream.metrics.unreadable).toBe(5);
  });
});

describe("handlers", () => {
  test("[PU19] [D6] [R10] handlers that throw or reject are reported and get the next record", async () => {
    const { stream, serving, clock, errors } = open();
    const got: Trade[] = [];
    stream.subscribeTrades(() => {
      throw new Error("thrown");
    }, "AAPL");
    stream.subscribeTrades(async () => {
      throw new Error("rejected");
    }, "AAPL");
    stream.subscribeTrades(() => {
      throw "a text";
    }, "AAPL");
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    await clock.settle();
    expect(idsOf(got)).toEqual([1, 2]);
    expect(errors).toHaveLength(6);
    expect(errors[0]).toMatchObject({ code: "handler_failed", cause: { message: "thrown" }, terminal: false });
    expect(errors.map(({ message }) => message).sort()[0]).toBe("a handler failed on a record of AAPL: a text");
    expect(stream.metrics.handlerFailures).toBe(6);
    expect(stream.metrics.reconnects).toBe(0);
  });

  test("handlers may return anything with a `then`, even a broken one", async () => {
    const { stream, serving, clock, errors } = open();
    const broken = (): never => {
      throw new Error("broken then");
    };
    // biome-ignore lint/suspicious/noThenProperty: what a handler may return by mistake
    stream.subscribeTrades(() => Object.fromEntries([["then", broken]]), "AAPL");
    stream.subscribeTrades(() => "a text", "AAPL");
    const session = await serving();
    session.records(trade("AAPL"), trade("AAPL"));
    await clock.settle();
    expect(errors.map(({ code }) => code)).toEqual(["handler_failed", "handler_failed"]);
  });

  test("[R10] handlers that never settle delay their own symbol and nothing else", async () => {
    const { stream, serving, clock } = open();
    const got: string[] = [];
    stream.subscribeTrades((record) => {
      got.push(`${record.symbol}${record.id}`);
      return record.symbol === "STUCK" ? new Promise<void>(() => {}) : Promise.resolve();
    }, "*");
    const session = await serving();
    session.records(trade("STUCK", 1), trade("AAPL", 2), trade("STUCK", 3), trade("AAPL", 4), trade("MSFT", 5));
    await clock.settle();
    expect(got).toEqual(["STUCK1", "AAPL2", "MSFT5", "AAPL4"]);
    expect(stream.metrics.queued).toBe(1);
  });

  test("[K7] handlers that return nothing are called inline, in arrival order", async () => {
    const { stream, serving, clock } = open();
    const got: string[] = [];
    stream.subscribeTrades((record) => void got.push(`${record.symbol}${record.id}`), "*");
    const session = await serving();
    session.records(trade("B", 1), trade("A", 2), trade("B", 3));
    await clock.settle();
    expect(got).toEqual(["B1", "A2", "B3"]);
  });

  test("[R12] handlers are awaited per symbol: each symbol in order, different symbols concurrently", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "*");
    const session = await serving();
    session.records(trade("A", 1), trade("A", 2), trade("B", 1), trade("B", 2), trade("C", 1));
    await clock.settle();
    expect(calls.map(({ symbol, id }) => `${symbol}${id}`)).toEqual(["A1", "B1", "C1"]);
    release(1);
    await clock.settle();
    expect(calls.map(({ symbol, id }) => `${symbol}${id}`)).toEqual(["A1", "B1", "C1", "A2"]);
    release();
    await clock.settle();
    expect(calls.at(-1)).toMatchObject({ symbol: "B", id: 2 });
  });

  test("[R11] handlers work concurrently up to the limit and no further", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "*", { concurrency: 3 });
    const session = await serving();
    session.records(...["A", "B", "C", "D", "E"].map((symbol) => trade(symbol)));
    await clock.settle();
    expect(calls).toHaveLength(3);
    release(1);
    await clock.settle();
    expect(calls).toHaveLength(4);
    release();
    await clock.settle();
    expect(calls).toHaveLength(5);
  });

  test("handlers with a concurrency of 1 get all symbols one by one in arrival order", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "*", { concurrency: 1 });
    const session = await serving();
    session.records(trade("A", 1), trade("B", 2), trade("A", 3), trade("C", 4));
    for (let done = 1; done <= 4; done++) {
      await clock.settle();
      expect(calls).toHaveLength(done);
      release();
    }
    expect(idsOf(calls)).toEqual([1, 2, 3, 4]);
  });

  test("[R12] handlers get each symbol's records in order whatever they do and however long they take", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const { stream, serving, clock } = open();
      const got = new Map<string, number[]>();
      let inFlight = 0;
      let most = 0;
      stream.subscribeTrades(
        (record) => {
          got.set(record.symbol, [...(got.get(record.symbol) ?? []), Number(record.id)]);
          if (random() < 0.3) return undefined;
          most = Math.max(most, ++inFlight);
          return new Promise<void>((resolve, reject) => {
            clock.setTimer(() => {
              inFlight--;
              if (random() < 0.1) reject(new Error("now and then"));
              else resolve();
            }, random() * 20);
          });
        },
        "*",
        { concurrency: 4, maxQueued: 16 },
      );
      const session = await serving();
      for (let id = 0; id < 300; id++) {
        session.records(trade("ABCDEFG".charAt(Math.floor(random() * 7)), id));
        if (random() < 0.2) await clock.advance(random() * 30);
      }
      await clock.advance(60_000);
      const all = [...got.values()];
      expect(all.flat(), `seed ${seed}`).toHaveLength(300);
      for (const ids of all) expect(ids, `seed ${seed}`).toEqual(ids.toSorted((a, b) => a - b));
      expect(most, `seed ${seed}`).toBeLessThanOrEqual(4);
      await stream.close();
    }
  });
});

describe("the policy block", () => {
  test("the policy block stops reading at the limit, resumes reading at half of it, and drops nothing", async () => {
    const { stream, serving, clock, slows } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "AAPL", { maxQueued: 4, concurrency: 1 });
    const session = await serving();
    for (const record of trades("AAPL", 20)) session.records(record);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    expect(stream.metrics).toMatchObject({ queued: 4, dropped: 0, recordCount: 5 });
    expect(slows).toMatchObject([{ overflow: "block", queued: 4, dropped: 0, conflated: 0 }]);
    release(1);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    for (let turn = 0; turn < 30; turn++) {
      release(1);
      await clock.settle();
    }
    expect(idsOf(calls)).toEqual(trades("AAPL", 20).map(({ id }) => id));
    expect(session.socket.isPaused).toBe(false);
    expect(stream.metrics).toMatchObject({ queued: 0, dropped: 0, recordCount: 20 });
  });

  test("the policy block resumes reading when the full subscription is unsubscribed", async () => {
    const { stream, serving, clock } = open();
    const subscription = stream.subscribeTrades(held<Trade>().handler, "AAPL", { maxQueued: 2 });
    const session = await serving();
    for (const record of trades("AAPL", 5)) session.records(record);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    await subscription.unsubscribe();
    await clock.settle();
    expect(session.socket.isPaused).toBe(false);
  });

  test("[R2] the policy block keeps reading while an answer is awaited, up to ten times the limit", async () => {
    const { stream, authenticated, clock } = open();
    stream.subscribeTrades(held<Trade>().handler, "AAPL", { maxQueued: 2 });
    const session = await authenticated();
    await session.expectSubscribe();
    for (const record of trades("AAPL", 30)) session.records(record);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    expect(stream.metrics.queued).toBe(20);
  });

  test("the policy block stops reading again once the answer has come", async () => {
    const { stream, serving, clock } = open();
    stream.subscribeTrades(held<Trade>().handler, "AAPL", { maxQueued: 2 });
    const session = await serving();
    for (const record of trades("AAPL", 5)) session.records(record);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    await stream.subscribeQuotes(() => {}, "AAPL").ready;
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
  });

  test("the policy block does not delay the handshake of the next connection", async () => {
    const { stream, serving, gateway, clock, statuses } = open();
    stream.subscribeTrades(held<Trade>().handler, "AAPL", { maxQueued: 2 });
    const session = await serving();
    for (const record of trades("AAPL", 5)) session.records(record);
    await clock.settle();
    session.cut();
    await clock.advance(1000);
    const next = await gateway.handshake();
    await next.expectSubscribe();
    expect(next.socket.isPaused).toBe(false);
    next.acknowledge();
    await clock.settle();
    expect(next.socket.isPaused).toBe(true);
    expect(statuses.at(-1)?.state).toBe("authenticated");
  });

  test("the policy block on a platform that cannot stop reading isolates the subscription at ten times the limit", async () => {
    const opened = open({}, { setsHeaders: false, pings: false, pauses: false });
    const { stream, clock, errors, slows } = opened;
    const slow = held<Trade>();
    const others = vi.fn();
    stream.subscribeTrades(slow.handler, "AAPL", { maxQueued: 2 });
    stream.subscribeTrades((trade) => void others(trade), "AAPL");
    const session = await opened.serving();
    session.records(...trades("AAPL", 20));
    await clock.settle();
    expect(errors).toEqual([]);
    session.records(...trades("AAPL", 20, 21));
    await clock.settle();
    expect(errors).toMatchObject([{ code: "subscription_stalled", terminal: false, symbols: { trades: ["AAPL"] } }]);
    expect(session.closed).toBeUndefined();
    expect(others).toHaveBeenCalledTimes(40);
    expect(stream.metrics).toMatchObject({ queued: 2, dropped: 37 });
    expect(slows.at(-1)).toMatchObject({ isIsolated: true });
    for (let settled = 0; settled < 3; settled++) {
      slow.release();
      await clock.settle();
    }
    expect(slows.at(-1)).toMatchObject({ isIsolated: false, missed: [{ channel: "trades" }] });
    expect(stream.metrics.queued).toBe(0);
  });
});

describe("the other policies", () => {
  test("[R11] dropOldest drops what has waited longest, and counts it", async () => {
    const { stream, serving, clock, slows } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "*", { overflow: Overflow.DROP_OLDEST, maxQueued: 3, concurrency: 1 });
    const session = await serving();
    session.records(trade("A", 1), trade("B", 2), trade("A", 3), trade("B", 4), trade("A", 5), trade("C", 6));
    await clock.settle();
    expect(session.socket.isPaused).toBe(false);
    expect(stream.metrics).toMatchObject({ queued: 3, dropped: 2 });
    expect(slows).toHaveLength(1);
    for (let turn = 0; turn < 6; turn++) {
      release();
      await clock.settle();
    }
    expect(idsOf(calls)).toEqual([1, 4, 5, 6]);
    const { recordCount, dropped, queued } = stream.metrics;
    expect(calls.length + dropped + queued).toBe(recordCount);
  });

  test("[G35] [R11] dropOldest works for a second burst, and reports once a second", async () => {
    const { stream, serving, clock, slows } = open();
    const { handler, calls, release } = held<Trade>();
    stream.subscribeTrades(handler, "A", { overflow: "dropOldest", maxQueued: 2 });
    const session = await serving();
    for (let burst = 1; burst <= 2; burst++) {
      session.records(...trades("A", 10, burst * 100));
      await clock.settle();
      expect(slows).toHaveLength(burst);
      for (let turn = 0; turn < 3; turn++) {
        release();
        await clock.settle();
      }
      await clock.advance(1000);
    }
    expect(idsOf(calls)).toEqual([100, 108, 109, 200, 208, 209]);
    expect(stream.metrics).toMatchObject({ recordCount: 20, dropped: 14, queued: 0 });
    expect(slows[1]).toMatchObject({ overflow: "dropOldest" });
  });

  test("slow events still come after the clock was set back", async () => {
    const { stream, serving, clock, slows } = open();
    stream.subscribeTrades(held<Trade>().handler, "A", { overflow: "dropOldest", maxQueued: 2 });
    const session = await serving();
    session.records(...trades("A", 10));
    await clock.settle();
    clock.jump(-3_600_000);
    session.records(...trades("A", 10));
    await clock.advance(1000);
    expect(slows).toHaveLength(2);
  });

  test("conflate keeps the newest of each symbol in the symbol's turn, and counts the others", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Quote>();
    stream.subscribeQuotes(handler, "*", { overflow: Overflow.CONFLATE, maxQueued: 10, concurrency: 2 });
    const session = await serving();
    session.records(quote("A", 1), quote("B", 1));
    for (let size = 2; size <= 9; size++) session.records(quote("A", size), quote("B", size), quote("C", size));
    await clock.settle();
    expect(stream.metrics).toMatchObject({ queued: 3, conflated: 21, dropped: 0 });
    for (let turn = 0; turn < 5; turn++) {
      release();
      await clock.settle();
    }
    expect(calls.map(({ symbol, bidSize }) => `${symbol}${bidSize}`).sort()).toEqual(["A1", "A9", "B1", "B9", "C9"]);
    expect(stream.metrics.recordCount).toBe(calls.length + stream.metrics.conflated);
  });

  test("conflate distinguishes channels of one symbol", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Bar | Quote>();
    stream.subscribe({ quotes: ["A"], bars: ["A"] }, handler as never, { overflow: "conflate" });
    const session = await serving();
    session.records(quote("A", 1), quote("A", 2), bar("A"), quote("A", 3));
    await clock.settle();
    for (let turn = 0; turn < 3; turn++) {
      release();
      await clock.settle();
    }
    expect(calls).toEqual([quote("A", 1), quote("A", 3), bar("A")]);
  });

  test("conflate drops and counts when more symbols wait than the limit allows", async () => {
    const { stream, serving, clock } = open();
    stream.subscribeQuotes(held<Quote>().handler, "*", { overflow: "conflate", maxQueued: 2, concurrency: 1 });
    const session = await serving();
    session.records(...["A", "B", "C", "D"].map((symbol) => quote(symbol)));
    await clock.settle();
    expect(stream.metrics).toMatchObject({ queued: 2, dropped: 1, conflated: 0 });
  });

  test("at a concurrency of 1, conflate keeps the newest of each symbol, not of all", async () => {
    const { stream, serving, clock } = open();
    const { handler, calls, release } = held<Quote>();
    stream.subscribeQuotes(handler, "*", { overflow: "conflate", concurrency: 1 });
    const session = await serving();
    session.records(quote("A", 1), quote("A", 2), quote("B", 1), quote("A", 3), quote("B", 2));
    for (let turn = 0; turn < 5; turn++) {
      await clock.settle();
      release();
    }
    expect(calls).toEqual([quote("A", 1), quote("A", 3), quote("B", 2)]);
  });

  test("disconnect ends the stream with the error slow_consumer", async () => {
    const opened = open();
    const { stream, clock, slows } = opened;
    stream.subscribeTrades(held<Trade>().handler, "A", { overflow: Overflow.DISCONNECT, maxQueued: 2 });
    const ended = opened.run();
    const session = await opened.gateway.handshake();
    session.acknowledgeAll();
    session.records(...trades("A", 10));
    await clock.settle();
    expect(session.closed?.reason).toBe("slow_consumer");
    await clock.advance(5000); // the handler at work is given that long
    await ended;
    expect(opened.outcome?.error).toMatchObject({ code: "slow_consumer", terminal: true });
    expect(slows).toHaveLength(1);
    expect(stream.metrics.queued).toBe(0);
  });
});

test("[R10] a slow handler delays no other", async () => {
  const { stream, serving, clock } = open();
  const got: Trade[] = [];
  stream.subscribeTrades(held<Trade>().handler, "A", { overflow: "dropOldest", maxQueued: 1 });
  stream.subscribeTrades((record) => void got.push(record), "A");
  const session = await serving();
  session.records(...trades("A", 100));
  await clock.settle();
  expect(got).toHaveLength(100);
});

test("records of symbols without a subscription reach no handler", async () => {
  const { stream, serving, clock } = open();
  const handler = vi.fn();
  stream.subscribeTrades(handler, "A");
  const session = await serving();
  session.records(trade("B"), quote("A"));
  await clock.settle();
  expect(handler).not.toHaveBeenCalled();
  expect(stream.metrics.recordCount).toBe(2);
});

test("a handler that removes another channel of its symbol is not called for the symbol while it is running", async () => {
  const { stream, serving, clock } = open();
  let atWork = 0;
  let most = 0;
  stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"] }, async (record) => {
    most = Math.max(most, ++atWork);
    if (record.channel === "trades" && record.id === 2) void stream.unsubscribeQuotes("AAPL");
    await new Promise<void>((resolve) => clock.setTimer(resolve, 10));
    atWork--;
  });
  const session = await serving();
  // The second waits, and is handled from the queue, where the unsubscribe finds its symbol's lane empty.
  session.records(trade("AAPL", 1), trade("AAPL", 2));
  await clock.advance(10);
  session.records(trade("AAPL", 3));
  await clock.advance(100);
  expect(most).toBe(1);
});

test("a handler that removes a symbol from another subscription keeps its own record from that one's handler", async () => {
  const { stream, serving, clock } = open();
  const calls: string[] = [];
  stream.subscribeTrades(() => {
    calls.push("first");
    void stream.unsubscribeTrades("AAPL");
  }, "AAPL");
  stream.subscribeTrades(() => calls.push("second"), "AAPL", "MSFT");
  stream.subscribeTrades(() => calls.push("third"), "*");
  const session = await serving();
  session.records(trade("AAPL"));
  await clock.settle();
  expect(calls).toEqual(["first", "third"]);
});
