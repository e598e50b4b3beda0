import { describe, expect, test } from "vitest";
import { bar, cancel, correction, imbalance, luld, quote, status, trade } from "../../../../verify/shared/records.ts";
import { type AnyRecord, type Channel, StockDataStream } from "../../src/index.ts";
import { WIRE_LIMITS } from "../../src/wire/index.ts";
import { codecs, open } from "../support/stream.ts";
import { manySymbols, watched } from "../support/watched.ts";

/** Every channel with its methods on the stream, and a record of it. */
const CHANNELS = [
  ["trades", "subscribeTrades", "unsubscribeTrades", trade("AAPL")],
  ["quotes", "subscribeQuotes", "unsubscribeQuotes", quote("AAPL")],
  ["bars", "subscribeBars", "unsubscribeBars", bar("AAPL")],
  ["updatedBars", "subscribeUpdatedBars", "unsubscribeUpdatedBars", bar("AAPL", "updatedBars")],
  ["dailyBars", "subscribeDailyBars", "unsubscribeDailyBars", bar("AAPL", "dailyBars")],
  ["statuses", "subscribeTradingStatuses", "unsubscribeTradingStatuses", status("AAPL")],
  ["lulds", "subscribeLulds", "unsubscribeLulds", luld("AAPL")],
  ["imbalances", "subscribeImbalances", "unsubscribeImbalances", imbalance("AAPL")],
] as const;

describe.each(codecs)("in %s", (codec) => {
  test.each(CHANNELS)(
    "[G11] [G29] [G46] [P1] [V5] %s are subscribed, delivered and unsubscribed",
    async (channel, subscribe, unsubscribe, record) => {
      const { stream, authenticated, clock } = open({ codec });
      const got: AnyRecord[] = [];
      const subscription = stream[subscribe]((received: AnyRecord) => void got.push(received), "AAPL", "MSFT");
      const session = await authenticated();
      expect(await session.expectSubscribe()).toEqual({ [channel]: ["AAPL", "MSFT"] });
      session.acknowledge();
      await subscription.ready;
      session.records(record);
      await clock.settle();
      expect(got).toEqual([record]);

      const gone = stream[unsubscribe]("AAPL");
      expect(await session.expectUnsubscribe()).toEqual({ [channel]: ["AAPL"] });
      session.records(record);
      session.acknowledge();
      await gone;
      expect(got).toHaveLength(1);
      expect(subscription.symbols).toEqual(["MSFT"]);
    },
  );

  test("[G27] [G28] [G57] corrections and cancels come with the trades and are never requested", async () => {
    const { stream, serving, clock, gateway } = open({ codec });
    const got: AnyRecord[] = [];
    const corrections = stream.registerTradeCorrections((record) => void got.push(record));
    stream.registerTradeCancels((record) => void got.push(record));
    await corrections.ready;
    expect(corrections.states).toEqual([{ channel: "corrections", symbol: "*", state: "active", error: undefined }]);
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await serving();
    session.records(trade("AAPL"), correction("AAPL"), cancel("AAPL"));
    await clock.settle();
    expect(got).toEqual([trade("AAPL"), correction("AAPL"), cancel("AAPL")]);
    await corrections.unsubscribe();
    session.records(correction("AAPL"));
    await clock.settle();
    expect(got).toHaveLength(3);
    expect(gateway.sessions[0]?.frameSizes).toHaveLength(2); // credentials and one request
  });

  test("[G27] [K7] several channels in one call are one request, and their records come in arrival order", async () => {
    const { stream, authenticated, clock } = open({ codec });
    const got: Channel[] = [];
    const subscription = stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL", "*"], corrections: ["*"] }, (record) => {
      got.push(record.channel);
    });
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"], quotes: ["AAPL", "*"] });
    session.acknowledge();
    await subscription.ready;
    session.records(quote("AAPL"), trade("AAPL"), correction("AAPL"), quote("MSFT"), trade("AAPL"));
    await clock.settle();
    expect(got).toEqual(["quotes", "trades", "corrections", "quotes", "trades"]);
  });

  test("[R20] [D4] 10,000 symbols go out in small requests, one at a time, and settle as one call", async () => {
    const { stream, authenticated, clock } = open({ codec });
    const symbols = manySymbols(10_000);
    const subscription = stream.subscribeQuotes(() => {}, ...symbols);
    const ready = watched(subscription.ready);
    const session = await authenticated();
    const asked: string[] = [];
    while (asked.length < symbols.length) {
      expect(ready.state).toBe("pending");
      asked.push(...((await session.expectSubscribe()).quotes ?? []));
      await clock.settle();
      expect(session.unread).toBe(0);
      session.acknowledge();
      await clock.settle();
    }
    expect(asked).toEqual(symbols);
    expect(ready.state).toBe("resolved");
    expect(Math.max(...session.frameSizes)).toBeLessThanOrEqual(WIRE_LIMITS.maxRequestBytes);
    expect(session.frameSizes.length).toBeLessThan(10);
  });

  test("[P2] raw records have the wire's keys and every one of them", async () => {
    const { stream, serving, clock } = open({ codec, rawData: true });
    const got: unknown[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await serving();
    session.send({
      T: "t",
      S: "AAPL",
      i: 1,
      x: "V",
      p: 1.5,
      s: 2,
      c: ["@"],
      z: "C",
      t: "2025-01-02T15:00:00.123456789Z",
      new: 1,
    });
    session.records(trade("AAPL"));
    await clock.settle();
    expect(got[0]).toEqual({
      T: "t",
      S: "AAPL",
      i: 1,
      x: "V",
      p: 1.5,
      s: 2,
      c: ["@"],
      z: "C",
      t: "2025-01-02T15:00:00.123456789Z",
      new: 1,
    });
    expect(got[1]).toMatchObject({ T: "t", S: "AAPL", t: "2025-01-02T15:00:00.123456789Z" });
  });
});

describe("requests", () => {
  test("[V4] a later subscribe sends the new symbols alone", async () => {
    const { stream, serving, gateway } = open();
    stream.subscribeTrades(() => {}, "AAPL");
    await serving();
    const session = gateway.sessions[0];
    const frames = session?.frameSizes.length;
    await stream.subscribeTrades(() => {}, "AAPL").ready;
    expect(session?.frameSizes).toHaveLength(frames ?? 0); // nothing to ask for
    await stream.subscribeTrades(() => {}, "AAPL", "MSFT").ready;
    expect(session?.frameSizes).toHaveLength((frames ?? 0) + 1);
  });

  test("[G14] [R14] calls made while an answer is awaited merge into the next request", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const outcomes = ["A", "B", "C"].map((symbol) => watched(stream.subscribeTrades(() => {}, symbol).ready));
    outcomes.push(watched(stream.subscribeBars(() => {}, "D").ready));
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    await clock.settle();
    expect(session.unread).toBe(0);
    session.acknowledge();
    expect(await session.expectSubscribe()).toEqual({ trades: ["B", "C"], bars: ["D"] });
    expect(outcomes.map(({ state }) => state)).toEqual(["resolved", "pending", "pending", "pending"]);
    session.acknowledge();
    await clock.settle();
    expect(outcomes.map(({ state }) => state)).toEqual(Array(4).fill("resolved"));
  });

  test("[R16] unsubscribing what is not subscribed is harmless and sends nothing", async () => {
    const { stream, authenticated, clock } = open();
    await stream.unsubscribeTrades("AAPL");
    const session = await authenticated();
    await stream.unsubscribeQuotes("AAPL", "*");
    await clock.settle();
    expect(session.unread).toBe(0);
  });

  test("[G11] [V6] a symbol that is unsubscribed before the server was asked is not requested", async () => {
    const { stream, authenticated } = open();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    stream.subscribeTrades(() => {}, "MSFT");
    await first.unsubscribe();
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual({ trades: ["MSFT"] });
  });

  test("a symbol that is unsubscribed while its answer is awaited is unsubscribed afterwards", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    const gone = subscription.unsubscribe();
    session.acknowledge();
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
    await gone;
  });

  test("a symbol unsubscribed and wanted again while its answer is awaited becomes active without another request", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    void first.unsubscribe();
    const second = stream.subscribeTrades(() => {}, "AAPL");
    session.acknowledge();
    await second.ready;
    await clock.settle();
    expect(session.unread).toBe(0);
  });

  test("a symbol unsubscribed, acknowledged, and wanted again before the unsubscribe is sent stays active", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "A");
    await session.expectSubscribe();
    const other = stream.subscribeTrades(() => {}, "OLD");
    session.acknowledge();
    await session.expectSubscribe();
    void first.unsubscribe();
    session.acknowledge(); // A is listed and unwanted: the unsubscribe is sent
    await other.ready;
    const again = stream.subscribeTrades(() => {}, "A");
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge();
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge();
    await again.ready;
  });

  test("a symbol wanted again while its unsubscribe is not answered is subscribed afterwards", async () => {
    const { stream, serving, gateway, clock } = open();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    const session = await serving();
    await first.ready;
    const gone = first.unsubscribe();
    const second = stream.subscribeTrades(() => {}, "AAPL");
    expect(second.states[0]?.state).toBe("wanted");
    await gone;
    await second.ready;
    await clock.settle();
    expect(gateway.sessions[0]).toBe(session);
    expect(session.frameSizes).toHaveLength(4); // auth, subscribe, unsubscribe, subscribe
  });

  test("[J3] a symbol that two subscriptions hold is unsubscribed with the second", async () => {
    const { stream, authenticated, clock } = open();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    const second = stream.subscribeTrades(() => {}, "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    session.acknowledge();
    await second.ready;
    await first.unsubscribe();
    await clock.settle();
    expect(session.unread).toBe(0);
    const gone = second.unsubscribe();
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
    await gone;
    await second.unsubscribe(); // again: nothing to do
  });

  test("[G47] channels that an acknowledgement leaves out are empty", async () => {
    const { stream, authenticated, clock } = open();
    stream.subscribeBars(() => {}, "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    session.send({ T: "subscription", bars: ["AAPL"] });
    await clock.settle();
    expect(stream.subscribeBars(() => {}, "AAPL").states[0]?.state).toBe("active");
  });

  test("`await using` unsubscribes at the end of the block", async () => {
    const { stream, serving } = open();
    const session = await serving();
    {
      await using subscription = stream.subscribeTrades(() => {}, "AAPL");
      await subscription.ready;
    }
    expect(session.frameSizes).toHaveLength(3);
  });
});

describe("inside a handler", () => {
  test("[R1] [D1] subscribe and unsubscribe can be awaited", async () => {
    const { stream, serving, clock } = open();
    const done: string[] = [];
    stream.subscribeTrades(async () => {
      const subscription = stream.subscribeQuotes(() => {}, "AAPL");
      await subscription.ready;
      done.push("subscribed");
      await subscription.unsubscribe();
      done.push("unsubscribed");
      await stream.unsubscribeTrades("AAPL");
      done.push("and left");
    }, "AAPL");
    const session = await serving();
    session.records(trade("AAPL"));
    await clock.settle();
    expect(done).toEqual(["subscribed", "unsubscribed", "and left"]);
  });

  test("[R1] [R2] subscribe can be awaited when the handler's own queue is full and reading has stopped", async () => {
    const { stream, serving, clock } = open();
    const handled: number[] = [];
    const asked: string[] = [];
    stream.subscribeTrades(
      async (record) => {
        await clock.settle();
        await stream.subscribeQuotes(() => {}, `NEW${record.id}`).ready;
        asked.push(`NEW${record.id}`);
        handled.push(Number(record.id));
      },
      "AAPL",
      { maxQueued: 2, concurrency: 1 },
    );
    const session = await serving();
    for (let id = 1; id <= 12; id++) session.records(trade("AAPL", id));
    await clock.advance(100);
    for (let turn = 0; turn < 100; turn++) await clock.settle();
    expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(asked).toHaveLength(12);
    expect(clock.monotonic()).toBe(100); // no deadline had to pass
  });

  test("inside a handler, unsubscribing forgets the records that wait for it", async () => {
    const { stream, serving, clock } = open();
    const handled: unknown[] = [];
    let release = (): void => {};
    const subscription = stream.subscribeTrades((record) => {
      handled.push(record.id);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    }, "AAPL");
    const session = await serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2), trade("AAPL", 3));
    await clock.settle();
    await subscription.unsubscribe();
    release();
    await clock.settle();
    expect(handled).toEqual([1]);
    expect(stream.metrics).toMatchObject({ recordCount: 3, queued: 0, dropped: 2 });
  });

  test("inside a handler, unsubscribing one symbol forgets its waiting records and keeps those of others", async () => {
    const { stream, serving, clock } = open();
    const handled: string[] = [];
    const releases: (() => void)[] = [];
    stream.subscribeTrades(
      (record) => {
        handled.push(`${record.symbol}${record.id}`);
        return new Promise<void>((resolve) => releases.push(resolve));
      },
      "A",
      "B",
      { concurrency: 1 },
    );
    const session = await serving();
    session.records(trade("A", 1), trade("B", 2), trade("A", 3), trade("B", 4), trade("A", 5));
    await clock.settle();
    await stream.unsubscribeTrades("A");
    for (let turn = 0; turn < 5; turn++) {
      releases.shift()?.();
      await clock.settle();
    }
    expect(handled).toEqual(["A1", "B2", "B4"]);
  });

  test("a handler that ends another subscription to the same record comes first and last", async () => {
    const { stream, serving, clock } = open();
    const got: string[] = [];
    stream.subscribeTrades(() => {
      got.push("first");
      void second.unsubscribe();
    }, "AAPL");
    const second = stream.subscribeTrades(() => void got.push("second"), "AAPL");
    const session = await serving();
    session.records(trade("AAPL"), trade("AAPL"));
    await clock.settle();
    expect(got).toEqual(["first", "first"]);
  });
});

describe("the signal of a subscription", () => {
  test("the signal of a subscription ends it", async () => {
    const { stream, serving, clock } = open();
    const controller = new AbortController();
    const got: unknown[] = [];
    const subscription = stream.subscribeTrades((record) => void got.push(record), "AAPL", {
      signal: controller.signal,
    });
    const session = await serving();
    session.records(trade("AAPL"));
    await clock.settle();
    controller.abort();
    session.records(trade("AAPL"));
    await clock.settle();
    expect(got).toHaveLength(1);
    expect(subscription.symbols).toEqual([]);
    expect(session.frameSizes).toHaveLength(3);
  });

  test("the signal of a subscription that is aborted already makes a subscribe throw", () => {
    const { stream } = open();
    const signal = AbortSignal.abort(new Error("too late"));
    expect(() => stream.subscribeTrades(() => {}, "AAPL", { signal })).toThrow("too late");
  });
});

describe("wrong arguments", () => {
  test.each([
    ["", /got ""/],
    [" ", /got " "/],
    ["A B", /got "A B"/],
    ["X".repeat(33), /got "XXX/],
    [7, /got 7/],
    [undefined, /got undefined/],
  ])("[V9] a TypeError is thrown at once for the symbol %j", (symbol, message) => {
    const { stream } = open();
    // what a caller without types may pass
    expect(() => stream.subscribeTrades(() => {}, symbol as string, "AAPL")).toThrow(TypeError);
    expect(() => stream.subscribeTrades(() => {}, symbol as string, "AAPL")).toThrow(message);
    expect(() => stream.unsubscribeTrades(symbol as string)).toThrow(message);
  });

  test.each([
    [{ maxQueued: 0 }, "maxQueued must be a whole number above 0, got 0"],
    [{ concurrency: 1.5 }, "concurrency must be a whole number above 0, got 1.5"],
    [
      { overflow: "explode" as "block" },
      'overflow must be one of block, dropOldest, conflate, disconnect, got "explode"',
    ],
    [{ overflow: "conflate" as const }, "conflate would lose trades, where every record counts"],
  ])("a TypeError is thrown at once for the options %j", (options, message) => {
    expect(() => open().stream.subscribeTrades(() => {}, "AAPL", options)).toThrow(new TypeError(message));
    expect(() => open().stream.trades("AAPL", options)).toThrow(new TypeError(message));
  });

  test("[R16] a TypeError is thrown at once for a handler that is none, and a channel that is none", () => {
    const { stream } = open();
    expect(() => stream.subscribeTrades("AAPL" as never)).toThrow("handler must be a function, got string");
    expect(() => stream.subscribe({ trade: ["AAPL"] } as object, () => {})).toThrow('got "trade"');
  });

  test("wrong arguments leave nothing behind", async () => {
    const { stream, authenticated, clock } = open();
    expect(() => stream.subscribe({ trades: ["AAPL"], quotes: ["A B"] }, () => {})).toThrow(TypeError);
    const session = await authenticated();
    await clock.settle();
    expect(session.unread).toBe(0);
  });
});

test("the class has every method of the seed", () => {
  const methods = CHANNELS.flatMap(([, subscribe, unsubscribe]) => [subscribe, unsubscribe]);
  for (const name of [
    ...methods,
    "registerTradeCorrections",
    "registerTradeCancels",
    "run",
    "stop",
    "stopWs",
    "close",
  ]) {
    expect(StockDataStream.prototype).toHaveProperty(name);
  }
});

test("the JSON of a subscription has the state of each symbol, and the error of a rejected one", async () => {
  const { stream, authenticated, clock } = open();
  const subscription = stream.subscribe({ trades: ["AAPL"], corrections: ["*"] }, () => {});
  const corrections = { channel: "corrections", symbol: "*", state: "active" };
  expect(JSON.parse(JSON.stringify({ subscription }))).toEqual({
    subscription: { states: [{ channel: "trades", symbol: "AAPL", state: "wanted" }, corrections] },
  });
  const session = await authenticated();
  await session.expectSubscribe();
  session.error(405);
  await clock.settle();
  const error = { code: "symbol_limit", message: expect.stringContaining("symbol limit exceeded") };
  expect(JSON.parse(JSON.stringify(subscription))).toMatchObject({
    states: [{ channel: "trades", symbol: "AAPL", state: "rejected", error }, corrections],
  });
});
