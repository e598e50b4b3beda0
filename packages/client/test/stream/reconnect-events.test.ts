import { describe, expect, test, vi } from "vitest";
import { bar, quote, trade } from "../../../../verify/shared/records.ts";
import { httpRejection } from "../../src/testing/index.ts";
import { open, states } from "../support/stream.ts";
import { watched } from "../support/watched.ts";

describe("a dead connection", () => {
  test("[G9] a dead connection is dropped and retried, and when that fails the end names the failure", async () => {
    const opened = open({ reconnect: { maxAttempts: 1 } });
    const session = await opened.serving();
    opened.gateway.network.rejection = httpRejection(502);
    session.socket.answersPings = false;
    await opened.clock.advance(60_000);
    expect(session.closed?.reason).toBe("ping_timeout");
    expect(opened.gateway.network.attempts).toBe(2);
    expect(opened.outcome?.error).toMatchObject({ code: "reconnect_limit", cause: { status: 502 } });
  });
});

describe("the events of a reconnect", () => {
  test("[V26] [K4] the events of a reconnect report the delay when it begins, the attempt when it is made, and success when the server says so", async () => {
    const opened = open();
    const session = await opened.serving();
    expect(states(opened)).toEqual(["connecting", "open", "authenticated"]);
    session.cut();
    await opened.clock.settle();
    const told = opened.statuses.splice(0).at(-1);
    expect(told).toMatchObject({ state: "reconnecting", attempt: 1, cause: { code: "connection_lost" } });
    const delayMs = told?.state === "reconnecting" ? told.delayMs : 0;
    await opened.clock.advance(delayMs - 1);
    expect(opened.statuses).toEqual([]);
    await opened.clock.advance(1);
    expect(states(opened)).toEqual(["connecting", "open"]);
    expect(opened.statuses[0]).toMatchObject({ attempt: 1 });
    const next = await opened.gateway.accept();
    next.welcome();
    await next.expectAuth();
    await opened.clock.settle();
    expect(states(opened)).toEqual(["connecting", "open"]);
    next.authenticated();
    await opened.clock.settle();
    expect(states(opened)).toEqual(["connecting", "open", "authenticated"]);
  });

  test("[K4] the events of a reconnect distinguish a proper close by its code from a failed transport, which has none", async () => {
    const opened = open();
    const session = await opened.serving();
    session.close(1001, "going away");
    await opened.clock.advance(1000);
    const next = await opened.gateway.handshake();
    next.cut();
    await opened.clock.settle();
    const causes = opened.statuses.flatMap((status) => (status.state === "reconnecting" ? [status.cause] : []));
    expect(causes).toMatchObject([{ code: "closed_by_server", closeCode: 1001 }, { code: "connection_lost" }]);
    expect(causes[1]?.closeCode).toBeUndefined();
  });

  test("[K2] a listener that throws at authentication does not hold the requests back", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const { stream, authenticated } = open();
    stream.on("status", ({ state }) => {
      if (state === "authenticated") throw new Error("a listener's own fault");
    });
    stream.subscribeTrades(() => {}, "AAPL");
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    expect(console).toHaveBeenCalledTimes(1);
    console.mockRestore();
  });

  test("[V33] the server's close in the instant of a stop is reported once and followed by nothing", async () => {
    for (const isServerFirst of [true, false]) {
      const opened = open();
      const session = await opened.serving();
      if (isServerFirst) session.close(1001, "going away");
      const stop = opened.stream.stop();
      if (!isServerFirst) session.close(1001, "going away");
      await stop;
      await opened.clock.advance(600_000);
      expect(states(opened)).toEqual(["connecting", "open", "authenticated", "closed"]);
      expect(opened.outcome).toEqual({ error: undefined });
      expect(opened.gateway.network.attempts).toBe(1);
    }
  });

  test("[V27] a caller that stops waiting for the connection does not affect other callers", async () => {
    const { stream, gateway, clock } = open();
    const patient = watched(stream.connect());
    const impatient = Promise.race([
      stream.connect(),
      new Promise((_, reject) => clock.setTimer(() => reject(new Error("too slow")), 1000)),
    ]);
    const rejected = expect(impatient).rejects.toThrow("too slow");
    await clock.advance(1000);
    await rejected;
    expect(patient.state).toBe("pending");
    await gateway.handshake();
    await clock.settle();
    expect(patient.state).toBe("resolved");
  });
});

describe("subscriptions", () => {
  test("[V25] subscriptions of every channel are requested again, as one request, and deliver", async () => {
    const { stream, authenticated, gateway, clock } = open();
    const got: string[] = [];
    const wanted = { trades: ["AAPL", "MSFT"], quotes: ["*"], bars: ["KO"], statuses: ["*"], lulds: ["FIZZ"] };
    stream.subscribe(wanted, ({ channel }) => got.push(channel));
    const session = await authenticated();
    expect(await session.expectSubscribe()).toEqual(wanted);
    session.acknowledge();
    await clock.settle();
    session.cut();
    await clock.advance(1000);
    const next = await gateway.handshake();
    expect(await next.expectSubscribe()).toEqual(wanted);
    next.acknowledge();
    next.records(trade("MSFT"), quote("IBM"), bar("KO"));
    await clock.settle();
    expect(got).toEqual(["trades", "quotes", "bars"]);
    expect(next.unread).toBe(0);
  });

  test("[G24] subscriptions changed while reconnects fail wait for the connection, however long, and are made on it", async () => {
    const opened = open({ ackTimeoutMs: 3000 });
    const session = await opened.serving();
    opened.gateway.network.rejection = httpRejection(503);
    session.cut();
    await opened.clock.settle();
    const first = watched(opened.stream.subscribeTrades(() => {}, "AAPL").ready);
    await opened.clock.advance(60_000);
    const second = watched(opened.stream.subscribeQuotes(() => {}, "MSFT").ready);
    await opened.clock.advance(60_000);
    expect(opened.gateway.network.attempts).toBeGreaterThan(3);
    expect([first.state, second.state]).toEqual(["pending", "pending"]);
    opened.gateway.network.rejection = undefined;
    await opened.clock.advance(30_000);
    const next = opened.gateway.sessions[1];
    next?.welcome();
    await next?.expectAuth();
    next?.authenticated();
    expect(await next?.expectSubscribe()).toEqual({ trades: ["AAPL"], quotes: ["MSFT"] });
    next?.acknowledge();
    await opened.clock.settle();
    expect([first.state, second.state]).toEqual(["resolved", "resolved"]);
  });

  test("[R4] all subscriptions come back after a loss that follows a late answer", async () => {
    const { stream, authenticated, gateway, clock } = open({ ackTimeoutMs: 3000 });
    const session = await authenticated();
    const outcomes = [watched(stream.subscribeTrades(() => {}, "A").ready)];
    await session.expectSubscribe();
    await clock.advance(3000);
    outcomes.push(watched(stream.subscribeTrades(() => {}, "B").ready));
    await session.expectSubscribe();
    session.acknowledge({ trades: ["A"] }); // to the first request
    await clock.settle();
    stream.subscribeTrades(() => {}, "C");
    session.cut();
    await clock.advance(1000);
    const next = await gateway.handshake();
    const asked = new Set<string>();
    next.acknowledgeAll();
    await clock.settle();
    for (const { symbol, state } of stream.subscribeTrades(() => {}, "A", "B", "C").states) {
      if (state === "active") asked.add(symbol);
    }
    expect([...asked]).toEqual(["A", "B", "C"]);
    expect(outcomes.map(({ state }) => state)).toEqual(["rejected", "resolved"]);
  });
});

describe("[R24] a machine that sleeps for a night", () => {
  const NIGHT_MS = 8 * 3_600_000;

  test("a machine that sleeps for a night finds a live connection alive, and keeps it", async () => {
    const { clock, gateway, stream } = open({ ackTimeoutMs: 3000 });
    const got: unknown[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const run = stream.run();
    const session = await gateway.handshake();
    session.acknowledgeAll();
    for (let turn = 0; turn < 20; turn++) {
      await clock.advance(1700); // at different points between pings
      clock.sleep(NIGHT_MS);
      await clock.advance(0);
      session.records(trade("AAPL", turn));
    }
    await clock.advance(60_000);
    expect(session.closed).toBeUndefined();
    expect(got).toHaveLength(20);
    await stream.close();
    await run;
  });

  test("a machine that sleeps for a night finds a dead connection dead within seconds of waking", async () => {
    const { clock, gateway, stream } = open({ ackTimeoutMs: 3000 });
    const run = stream.run();
    const session = await gateway.handshake();
    await clock.advance(1000);
    session.socket.mute();
    clock.sleep(NIGHT_MS);
    await clock.advance(12_000);
    expect(stream.metrics.reconnects).toBe(1);
    await gateway.handshake();
    await stream.close();
    await run;
  });

  test("a machine that sleeps for a night wakes in a back-off and connects once", async () => {
    const { clock, gateway, stream } = open({ ackTimeoutMs: 3000 });
    gateway.network.rejection = httpRejection(503, 10_000);
    const run = stream.run();
    await clock.advance(5000);
    gateway.network.rejection = undefined;
    clock.sleep(NIGHT_MS);
    await clock.advance(5000);
    expect(gateway.network.attempts).toBe(2);
    await gateway.handshake();
    await stream.close();
    await run;
  });

  test("a machine that sleeps for a night wakes with a request unanswered, and neither hangs nor loses the request", async () => {
    const { clock, gateway, stream } = open({ ackTimeoutMs: 3000 });
    const run = stream.run();
    const session = await gateway.handshake();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    const ready = watched(subscription.ready);
    await session.expectSubscribe();
    clock.sleep(NIGHT_MS);
    await clock.advance(3000);
    expect(ready).toMatchObject({ state: "rejected", error: { code: "ack_timeout" } });
    const next = stream.subscribeTrades(() => {}, "MSFT");
    expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL", "MSFT"] });
    session.acknowledge();
    await Promise.all([next.ready, subscription.ready]);
    await stream.close();
    await run;
  });
});

describe("[R24] the staleness watch", () => {
  const DAY_MS = 86_400_000;

  test("the staleness watch does not mistake a jump of the wall clock for silence", async () => {
    const opened = open({ staleAfterMs: 60_000 });
    opened.stream.subscribeTrades(() => {}, "AAPL");
    const session = await opened.serving();
    for (let turn = 0; turn < 20; turn++) {
      session.records(trade("AAPL", turn));
      opened.clock.jump(turn % 2 === 0 ? DAY_MS : -DAY_MS);
      await opened.clock.advance(30_000);
    }
    expect(session.closed).toBeUndefined();
    expect(states(opened)).not.toContain("stale");
  });

  test.each([DAY_MS, -DAY_MS])(
    "the staleness watch is not delayed by a jump of the wall clock of %i ms",
    async (jumpMs) => {
      const opened = open({ staleAfterMs: 60_000 });
      opened.stream.subscribeTrades(() => {}, "AAPL");
      const session = await opened.serving();
      await opened.clock.advance(30_000);
      opened.clock.jump(jumpMs);
      await opened.clock.advance(29_999);
      expect(session.closed).toBeUndefined();
      await opened.clock.advance(1);
      expect(session.closed).toBeDefined();
      expect(states(opened)).toContain("reconnecting");
    },
  );
});
