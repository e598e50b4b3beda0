import { describe, expect, test } from "vitest";
import { open } from "../support/stream.ts";
import { manySymbols, watched } from "../support/watched.ts";

describe("unanswered requests", () => {
  test("[G17] [G18] a request that is not answered in time rejects, is reported, and is made again with the next change", async () => {
    const { stream, authenticated, clock, errors } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    const outcome = watched(first.ready);
    await session.expectSubscribe();
    await clock.advance(2999);
    expect(outcome.state).toBe("pending");
    await clock.advance(1);
    expect(outcome).toMatchObject({ state: "rejected", error: { code: "ack_timeout", symbols: { trades: ["AAPL"] } } });
    expect(errors).toMatchObject([{ code: "ack_timeout" }]);
    expect(first.states).toMatchObject([{ state: "wanted", error: { code: "ack_timeout" } }]);

    const second = stream.subscribeTrades(() => {}, "MSFT");
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL", "MSFT"] });
    session.acknowledge();
    await Promise.all([first.ready, second.ready]);
  });

  test("a request that is not answered is made again by itself after a minute, for subscribe and unsubscribe", async () => {
    const { stream, authenticated, clock, errors } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    await clock.advance(3000 + 59_999);
    expect(session.unread).toBe(0);
    await clock.advance(1);
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
    await subscription.ready;
    void subscription.unsubscribe().catch(() => {});
    await session.expectUnsubscribe();
    await clock.advance(3000 + 60_000);
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge({ trades: [] });
    await clock.advance(120_000);
    expect(errors.map(({ code }) => code)).toEqual(["ack_timeout", "ack_timeout"]);
  });

  test("[V8] [R4] a late answer confirms what it lists and removes no later request", async () => {
    const { stream, authenticated, clock } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    await clock.advance(3000);
    const second = stream.subscribeTrades(() => {}, "MSFT");
    await session.expectSubscribe();
    const outcome = watched(second.ready);
    session.acknowledge({ trades: ["AAPL"] }); // to the first request
    await clock.settle();
    expect(first.states[0]?.state).toBe("active");
    expect(outcome.state).toBe("pending");
    session.acknowledge({ trades: ["AAPL", "MSFT"] });
    await clock.settle();
    expect(outcome.state).toBe("resolved");
  });

  test("after a lost answer, each later request is settled by its own answer", async () => {
    const { stream, authenticated, clock, errors } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "A");
    await session.expectSubscribe();
    session.acknowledge({ trades: ["A"] });
    await first.ready;
    void first.unsubscribe().catch(() => {});
    await session.expectUnsubscribe();
    await clock.advance(3000); // the answer is lost
    for (const symbols of [["B"], ["B", "C"], ["B", "C", "D"]]) {
      const next = watched(stream.subscribeTrades(() => {}, symbols.at(-1) ?? "").ready);
      if (symbols.length === 1) {
        expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
        session.acknowledge({ trades: [] });
      }
      await session.expectSubscribe();
      session.acknowledge({ trades: symbols });
      await clock.settle();
      expect(next.state).toBe("resolved");
    }
    await clock.advance(120_000);
    expect(session.unread).toBe(0);
    expect(errors.map(({ code }) => code)).toEqual(["ack_timeout"]);
  });

  test("a late answer that a repeated request fits settles it, and its own answer settles no later request", async () => {
    const { stream, authenticated, clock, errors } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "A");
    await session.expectSubscribe();
    session.acknowledge({ trades: ["A"] });
    void first.unsubscribe().catch(() => {});
    await session.expectUnsubscribe();
    await clock.advance(3000);
    const second = stream.subscribeTrades(() => {}, "B");
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge({ trades: [] }); // to the first unsubscribe
    expect(await session.expectSubscribe()).toEqual({ trades: ["B"] });
    session.acknowledge({ trades: [] }); // to the second one
    await clock.settle();
    expect(second.states[0]?.state).toBe("requested");
    session.acknowledge({ trades: ["B"] });
    await second.ready;
    expect(errors.map(({ code }) => code)).toEqual(["ack_timeout"]);
  });

  test.each(["before", "after"])(
    "[R3] an answer in the instant of its deadline, and %s it, leaves the stream usable",
    async (order) => {
      const { stream, authenticated, clock } = open({ ackTimeoutMs: 3000 });
      const session = await authenticated();
      await clock.settle();
      // Timers of one instant fire in the order in which they were set; the request sets the deadline.
      const answer = (): void => session.acknowledge({ trades: ["AAPL"] });
      if (order === "before") clock.setTimer(answer, 3000);
      const subscription = stream.subscribeTrades(() => {}, "AAPL");
      const outcome = watched(subscription.ready);
      await session.expectSubscribe();
      if (order === "after") clock.setTimer(answer, 3000);
      await clock.advance(3000);
      expect(outcome.state).toBe(order === "before" ? "resolved" : "rejected");
      expect(subscription.states[0]?.state).toBe("active");
      const next = stream.subscribeTrades(() => {}, "MSFT");
      expect((await session.expectSubscribe()).trades).toContain("MSFT");
      session.acknowledge({ trades: ["AAPL", "MSFT"] });
      await next.ready;
    },
  );

  test("[G18] two changes that time out one after the other do not hang the third", async () => {
    const { stream, authenticated, clock } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    for (const symbol of ["A", "B"]) {
      const outcome = watched(stream.subscribeTrades(() => {}, symbol).ready);
      await session.expectSubscribe();
      await clock.advance(3000);
      expect(outcome.state).toBe("rejected");
    }
    const third = stream.subscribeTrades(() => {}, "C");
    expect(await session.expectSubscribe()).toEqual({ trades: ["A", "B", "C"] });
    session.acknowledge();
    await third.ready;
  });

  test("an unsubscribe that is not answered rejects, and a symbol wanted again is requested again", async () => {
    const { stream, authenticated, clock } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    session.acknowledge();
    await first.ready;
    const gone = watched(first.unsubscribe());
    await session.expectUnsubscribe();
    await clock.advance(3000);
    expect(gone).toMatchObject({ state: "rejected", error: { code: "ack_timeout" } });
    const second = stream.subscribeTrades(() => {}, "AAPL");
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
    await second.ready;
  });

  test("[G47] an answer that does not list what was requested rejects it", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const outcome = watched(stream.subscribeTrades(() => {}, "AAPL", "MSFT").ready);
    await session.expectSubscribe();
    session.acknowledge({ trades: ["MSFT"] });
    await clock.settle();
    expect(outcome).toMatchObject({
      state: "rejected",
      error: { code: "not_confirmed", symbols: { trades: ["AAPL"] } },
    });
  });

  test("a symbol that a later answer no longer lists is requested again", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const first = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    session.acknowledge();
    await first.ready;
    session.acknowledge({ trades: [] });
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge({ trades: ["AAPL"] });
    await first.ready;
  });
});

describe("acknowledgements", () => {
  test("[G28] [J2] an acknowledgement names corrections and cancels too, and makes active exactly what was requested", async () => {
    const { stream, authenticated, clock, errors } = open();
    const session = await authenticated();
    const subscription = stream.subscribe({ trades: ["AAPL", "MSFT"], bars: ["*"] }, () => {});
    await session.expectSubscribe();
    session.send({
      T: "subscription",
      trades: ["AAPL", "MSFT"],
      quotes: [],
      bars: ["*"],
      corrections: ["AAPL", "MSFT"],
      cancelErrors: ["AAPL", "MSFT"],
    });
    await subscription.ready;
    expect(subscription.states.map(({ channel, symbol, state }) => [channel, symbol, state])).toEqual([
      ["trades", "AAPL", "active"],
      ["trades", "MSFT", "active"],
      ["bars", "*", "active"],
    ]);
    await clock.settle();
    expect(session.unread).toBe(0);
    expect(errors).toEqual([]);
  });

  test("[V7] an acknowledgement is returned as a copy, which never changes", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    const { states, symbols } = subscription;
    (symbols as string[]).push("MSFT"); // what a caller without types may do
    (states as unknown[]).length = 0; // likewise
    expect(subscription.symbols).toEqual(["AAPL"]);
    expect(subscription.states).toHaveLength(1);
    const before = subscription.states;
    await session.expectSubscribe();
    session.acknowledge();
    await subscription.ready;
    expect(before[0]?.state).toBe("requested");
  });
});

describe("rejections", () => {
  test("[R5] 405 rejects the call that exceeded the limit and no other", async () => {
    const { stream, authenticated, errors } = open();
    const session = await authenticated();
    stream.subscribeTrades(() => {}, "FIRST");
    await session.expectSubscribe();
    const small = stream.subscribeTrades(() => {}, "A");
    const large = stream.subscribeTrades(() => {}, "B", "C", "D");
    const outcome = watched(large.ready);
    session.acknowledge();
    expect(await session.expectSubscribe()).toEqual({ trades: ["A", "B", "C", "D"] });
    session.error(405);
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge({ trades: ["FIRST", "A"] });
    expect(await session.expectSubscribe()).toEqual({ trades: ["B", "C", "D"] });
    session.error(405);
    await small.ready;
    await expect(large.ready).rejects.toMatchObject({ code: "symbol_limit", serverCode: 405 });
    expect(outcome).toMatchObject({
      state: "rejected",
      error: { symbols: { trades: ["B", "C", "D"] }, terminal: false },
    });
    expect(large.states.map(({ state }) => state)).toEqual(["rejected", "rejected", "rejected"]);
    // The first rejection rejected no symbol: the request was split.
    expect(errors).toMatchObject([{ code: "symbol_limit", symbols: { trades: ["B", "C", "D"] } }]);
  });

  test("[R5] a rejected symbol is not requested again on the next connection", async () => {
    const { stream, authenticated, gateway, clock } = open();
    const session = await authenticated();
    stream.subscribeTrades(() => {}, "GOOD");
    await session.expectSubscribe();
    session.acknowledge();
    const rejected = stream.subscribeTrades(() => {}, "BAD");
    await session.expectSubscribe();
    session.error(405);
    await expect(rejected.ready).rejects.toMatchObject({ code: "symbol_limit" });
    session.cut();
    await clock.advance(1000);
    const next = await gateway.handshake();
    expect(await next.expectSubscribe()).toEqual({ trades: ["GOOD"] });
    next.acknowledge();
    await clock.settle();
    expect(next.unread).toBe(0);
    expect(rejected.states[0]).toMatchObject({ state: "rejected", error: { code: "symbol_limit" } });
  });

  test("a rejected symbol can be requested again, and unsubscribed without an error", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const rejected = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    session.error(405);
    await expect(rejected.ready).rejects.toMatchObject({ code: "symbol_limit" });
    const again = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    session.error(405);
    await expect(again.ready).rejects.toMatchObject({ code: "symbol_limit" });
    await again.unsubscribe();
    await rejected.unsubscribe();
    await clock.settle();
    expect(session.unread).toBe(0);
  });

  test("[R5] 400 finds the malformed symbol by halves and subscribes the others", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const symbols = manySymbols(100);
    symbols[37] = "bad/one";
    const subscription = stream.subscribeBars(() => {}, ...symbols);
    const outcome = watched(subscription.ready);
    const good = new Set<string>();
    let requests = 0;
    while (outcome.state === "pending" && requests < 50) {
      const { bars = [] } = await session.expectSubscribe();
      requests++;
      if (bars.includes("bad/one")) session.error(400);
      else {
        for (const symbol of bars) good.add(symbol);
        session.acknowledge({ bars: [...good] });
      }
      await clock.settle();
    }
    expect(outcome).toMatchObject({ error: { code: "invalid_syntax", symbols: { bars: ["bad/one"] } } });
    expect(good.size).toBe(99);
    expect(requests).toBeLessThan(20);
  });

  test("410 rejects the channel that the feed does not offer, in a call for several", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const subscription = stream.subscribe({ trades: ["AAPL"], lulds: ["AAPL"] }, () => {});
    const outcome = watched(subscription.ready);
    await session.expectSubscribe();
    session.error(410);
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge({ trades: ["AAPL"] });
    expect(await session.expectSubscribe()).toEqual({ lulds: ["AAPL"] });
    session.error(410);
    await expect(subscription.ready).rejects.toMatchObject({ code: "invalid_subscribe_action" });
    expect(outcome.error?.symbols).toEqual({ lulds: ["AAPL"] });
    expect(subscription.states.map(({ state }) => state)).toEqual(["active", "rejected"]);
  });

  test("[G19] [G20] errors 405, 407 and 410 each fail their own call, and the next goes out on the same connection", async () => {
    const { stream, authenticated, gateway } = open();
    const session = await authenticated();
    for (const [number, code] of [
      [405, "symbol_limit"],
      [407, "slow_client"],
      [410, "invalid_subscribe_action"],
      [418, "server_error"],
    ] as const) {
      const subscription = stream.subscribeTrades(() => {}, `S${number}`);
      await session.expectSubscribe();
      session.error(number);
      await expect(subscription.ready).rejects.toMatchObject({ code, serverCode: number, terminal: false });
      void subscription.unsubscribe();
    }
    const last = stream.subscribeTrades(() => {}, "AAPL");
    await session.expectSubscribe();
    session.acknowledge({ trades: ["AAPL"] });
    await last.ready;
    expect(gateway.sessions).toHaveLength(1);
  });

  test("the promise of a rejected unsubscribe rejects", async () => {
    const { stream, authenticated, clock } = open();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    session.acknowledge();
    const gone = watched(subscription.unsubscribe());
    await session.expectUnsubscribe();
    session.error(410);
    await clock.settle();
    expect(gone).toMatchObject({
      state: "rejected",
      error: { code: "invalid_subscribe_action", symbols: { trades: ["AAPL"] } },
    });
  });

  test("413 rejects the wildcard and keeps the named symbols", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    const subscription = stream.subscribeQuotes(() => {}, "AAPL", "*");
    void subscription.ready;
    await session.expectSubscribe();
    session.error(413);
    expect(await session.expectSubscribe()).toEqual({ quotes: ["AAPL"] });
    session.acknowledge({ quotes: ["AAPL"] });
    expect(await session.expectSubscribe()).toEqual({ quotes: ["*"] });
    session.error(413);
    await expect(subscription.ready).rejects.toMatchObject({ code: "wildcard_rejected", symbols: { quotes: ["*"] } });
  });

  test("an error that answers nothing is reported and changes nothing", async () => {
    const { stream, serving, clock, errors } = open();
    const session = await serving();
    session.error(500);
    await clock.settle();
    expect(errors).toMatchObject([{ code: "internal_error" }]);
    await stream.subscribeTrades(() => {}, "AAPL").ready;
  });

  test("[G52] an error that is not documented reaches the listener with its number and text", async () => {
    const { serving, clock, errors } = open();
    const session = await serving();
    session.error(322, "come back tomorrow");
    await clock.settle();
    expect(errors).toMatchObject([{ code: "server_error", serverCode: 322, terminal: false }]);
    expect(errors[0]?.message).toContain("come back tomorrow");
  });
});
