import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { StatusEvent, StockDataStreamOptions, StreamError } from "../../src/index.ts";
import { httpRejection, ScriptedSession } from "../../src/testing/index.ts";
import { codecs, type Opened, open, states } from "../support/stream.ts";

type Reconnecting = Extract<StatusEvent, { state: "reconnecting" }>;

function reconnects({ statuses }: { readonly statuses: readonly StatusEvent[] }): Reconnecting[] {
  return statuses.filter((status) => status.state === "reconnecting");
}

/** Rejects `count` connections in a row and returns the delays that the stream chose. */
async function delaysOf(opened: Opened, count: number, rejection: StreamError): Promise<number[]> {
  opened.gateway.network.rejection = rejection;
  void opened.run();
  await opened.clock.settle();
  for (let failures = 1; failures < count; failures++)
    await opened.clock.advance(reconnects(opened).at(-1)?.delayMs ?? 0);
  return reconnects(opened).map(({ delayMs }) => delayMs);
}

describe.each(codecs)("in %s", (codec) => {
  test("[PU11] [D5] a subscription survives three reconnects", async () => {
    const { stream, authenticated, gateway, clock } = open({ codec });
    const got: unknown[] = [];
    const subscription = stream.subscribeTrades((record) => void got.push(record.id), "AAPL");
    let session = await authenticated();
    for (let connection = 1; connection <= 4; connection++) {
      expect(await session.expectSubscribe()).toEqual({ trades: ["AAPL"] });
      session.acknowledge();
      session.records(trade("AAPL", connection));
      await clock.settle();
      if (connection === 4) break;
      if (connection % 2 === 0) session.close(1001, "going away");
      else session.cut();
      await clock.advance(1000);
      session = await gateway.handshake();
    }
    await subscription.ready;
    expect(got).toEqual([1, 2, 3, 4]);
    expect(stream.metrics.reconnects).toBe(3);
  });

  test("[G21] [G22] [G23] what the server had is requested first, then alone what was pending", async () => {
    const { stream, authenticated, gateway, clock } = open({ codec });
    const session = await authenticated();
    stream.subscribeTrades(() => {}, "HAD");
    stream.subscribeBars(() => {}, "*");
    await session.expectSubscribe();
    session.acknowledge();
    await session.expectSubscribe();
    session.acknowledge();
    const pending = stream.subscribeTrades(() => {}, "PENDING");
    await session.expectSubscribe();
    session.cut();
    await clock.settle();
    const meanwhile = stream.subscribeQuotes(() => {}, "MEANWHILE");
    await stream.unsubscribeBars("*"); // while down: nothing to wait for
    await clock.advance(1000);
    const next = await gateway.handshake();
    expect(await next.expectSubscribe()).toEqual({ trades: ["HAD"] });
    expect(pending.states[0]?.state).toBe("wanted");
    next.acknowledge();
    expect(await next.expectSubscribe()).toEqual({ trades: ["PENDING"], quotes: ["MEANWHILE"] });
    next.acknowledge();
    await Promise.all([pending.ready, meanwhile.ready]);
  });
});

test("[G25] a change that was never answered is made again on the next connection", async () => {
  const { stream, authenticated, gateway, clock } = open({ ackTimeoutMs: 3000 });
  const session = await authenticated();
  const subscription = stream.subscribeTrades(() => {}, "AAPL");
  await session.expectSubscribe();
  await clock.advance(3000);
  await expect(subscription.ready).rejects.toMatchObject({ code: "ack_timeout" });
  session.cut();
  await clock.advance(1000);
  const next = await gateway.handshake();
  await next.expectSubscribe();
  next.acknowledge();
  await subscription.ready;
});

test("[R5] a symbol that the server rejects does not sink the others when they are requested again", async () => {
  const { stream, authenticated, gateway, clock } = open();
  const session = await authenticated();
  session.acknowledgeAll();
  const one = stream.subscribeTrades(() => {}, "ONE");
  const two = stream.subscribeTrades(() => {}, "TWO");
  await Promise.all([one.ready, two.ready]);
  session.cut();
  await clock.advance(1000);
  const next = await gateway.handshake();
  expect(await next.expectSubscribe()).toEqual({ trades: ["ONE", "TWO"] });
  next.error(405); // the plan has shrunk
  expect(await next.expectSubscribe()).toEqual({ trades: ["ONE"] });
  next.acknowledge({ trades: ["ONE"] });
  expect(await next.expectSubscribe()).toEqual({ trades: ["TWO"] });
  next.error(405);
  await one.ready;
  await expect(two.ready).rejects.toMatchObject({ code: "symbol_limit" });
});

describe("the reconnect delay", () => {
  const lost = httpRejection(503);

  test("[PU13] [V18] [K8] the reconnect delay doubles from 1 s to 30 s and stays there", async () => {
    const opened = open();
    opened.clock.random = () => 1 - Number.EPSILON;
    const delays = await delaysOf(opened, 8, lost);
    expect(delays.map(Math.round)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("[PU13] [K8] the reconnect delay is at least half of that", async () => {
    const opened = open();
    opened.clock.random = () => 0;
    expect(await delaysOf(opened, 6, lost)).toEqual([500, 1000, 2000, 4000, 8000, 15_000]);
  });

  test("[K8] the reconnect delay has the limits of the options", async () => {
    const opened = open({ reconnect: { initialDelayMs: 10, maxDelayMs: 25 } });
    opened.clock.random = () => 0;
    expect(await delaysOf(opened, 4, lost)).toEqual([5, 10, 12.5, 12.5]);
  });

  test("[PU13] the reconnect delay does not overflow after a thousand failures", async () => {
    const opened = open({ reconnect: { initialDelayMs: 0.001, maxDelayMs: 1 } });
    const delays = await delaysOf(opened, 1025, lost);
    expect(delays).toHaveLength(1025);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1);
    expect(delays.at(-1)).toBeGreaterThanOrEqual(0.5);
  });

  test("[R6] [PU14] the reconnect delay is longer after 'connection limit exceeded', and the slot is released each time", async () => {
    const opened = open();
    opened.clock.random = () => 0;
    void opened.run();
    for (let attempt = 1; attempt <= 4; attempt++) {
      const session = await opened.gateway.accept();
      session.welcome();
      await session.expectAuth();
      session.error(406);
      await opened.clock.settle();
      expect(session.closed).toEqual({ code: 1000, reason: "connection_limit" });
      await opened.clock.advance(reconnects(opened).at(-1)?.delayMs ?? 0);
    }
    expect(reconnects(opened).map(({ delayMs }) => delayMs)).toEqual([4000, 8000, 15_000, 15_000]);
    expect(reconnects(opened)[0]?.cause).toMatchObject({ code: "connection_limit", serverCode: 406 });
  });

  test("[R23] the reconnect delay is at least the server's Retry-After", async () => {
    const opened = open();
    expect(await delaysOf(opened, 2, httpRejection(429, 120_000))).toEqual([120_000, 120_000]);
  });

  test("[PU15] [PU16] [PU17] the reconnect delay is reset by market data and by nothing else", async () => {
    const opened = open();
    opened.clock.random = () => 0;
    opened.stream.subscribeTrades(() => {}, "AAPL");
    let session = await opened.authenticated();
    for (let connection = 1; connection <= 4; connection++) {
      await session.expectSubscribe();
      session.acknowledge();
      session.error(500);
      session.send({ T: "n", headline: "no market data" }, {}, { T: "t" });
      if (connection === 3) session.records(trade("AAPL"));
      await opened.clock.settle();
      session.cut();
      await opened.clock.settle();
      await opened.clock.advance(reconnects(opened).at(-1)?.delayMs ?? 0);
      session = await opened.gateway.handshake();
    }
    expect(reconnects(opened).map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 500],
      [2, 1000],
      [1, 500],
      [2, 500],
    ]);
    const connecting = opened.statuses.filter(({ state }) => state === "connecting");
    expect(connecting.map((status) => "attempt" in status && status.attempt)).toEqual([0, 1, 2, 1, 2]);
  });

  test.each([
    ["429", 60_000, 60_000],
    ["503 for a day", 86_400_000, 300_000],
    ["503 for ever", Number.MAX_VALUE, 300_000],
  ])("[R23] the reconnect delay is the Retry-After of HTTP %s, up to five minutes", async (_, askedMs, delayMs) => {
    const opened = open();
    expect(await delaysOf(opened, 1, httpRejection(503, askedMs))).toEqual([delayMs]);
  });

  test("[R24] the reconnect delay is not shortened or prolonged by a wall clock that jumps", async () => {
    const opened = open();
    opened.clock.random = () => 0;
    opened.gateway.network.rejection = lost;
    void opened.run();
    await opened.clock.settle();
    opened.clock.jump(-86_400_000);
    await opened.clock.advance(499);
    expect(opened.gateway.network.attempts).toBe(1);
    opened.clock.jump(172_800_000);
    await opened.clock.advance(1);
    expect(opened.gateway.network.attempts).toBe(2);
  });
});

/** Runs a stream whose first connection brings a trade and lives for `ageMs`. */
async function afterMarketData(
  ageMs: number,
  options: StockDataStreamOptions = {},
): Promise<[Opened, ScriptedSession]> {
  const opened = open(options);
  opened.clock.random = () => 0;
  opened.stream.subscribeTrades(() => {}, "AAPL");
  const session = await opened.serving();
  session.records(trade("AAPL"));
  await opened.clock.advance(ageMs);
  return [opened, session];
}

describe("after a connection that brought market data", () => {
  test.each<[cause: string, end: (session: ScriptedSession) => void]>([
    ["a cut", (session) => session.cut()],
    ["a close with code 1000", (session) => session.close(1000)],
    ["a close with code 1001", (session) => session.close(1001, "going away")],
    ["a close with code 1012", (session) => session.close(1012, "service restart")],
    [
      "407 and its close",
      (session) => {
        session.error(407);
        session.close(1008, "slow client");
      },
    ],
  ])("the next attempt follows %s at once", async (_, end) => {
    const [opened, session] = await afterMarketData(2000);
    end(session);
    const next = opened.gateway.handshake();
    await opened.clock.advance(1);
    await next;
    expect(reconnects(opened)).toMatchObject([{ attempt: 1, delayMs: 0 }]);
  });

  test.each([
    [0, 0],
    [40, 9],
    [150, 37],
    [1000, 49],
  ])("attempts at once are spread over a quarter of a handshake, 50 ms at most: %i ms", async (handshakeMs, mostMs) => {
    const opened = open();
    opened.clock.random = () => 1 - Number.EPSILON;
    opened.stream.subscribeTrades(() => {}, "AAPL");
    void opened.run();
    const session = await opened.gateway.accept();
    await opened.clock.advance(handshakeMs);
    session.welcome();
    session.authenticated();
    session.records(trade("AAPL"));
    await opened.clock.advance(2000);
    session.cut();
    await opened.clock.settle();
    expect(reconnects(opened)).toMatchObject([{ delayMs: mostMs }]);
  });

  test("the next attempt follows at once when a ping finds the connection dead, or silence is stale", async () => {
    const [dead, session] = await afterMarketData(2000);
    session.socket.mute();
    await dead.clock.advance(10_000);
    const [silent] = await afterMarketData(2000, { staleAfterMs: 3000 });
    await silent.clock.advance(3000);
    expect([...reconnects(dead), ...reconnects(silent)]).toMatchObject([
      { delayMs: 0, cause: { code: "ping_timeout" } },
      { delayMs: 0, cause: { code: "stale" } },
    ]);
  });

  test("the back-off begins with the second failure", async () => {
    const [opened, session] = await afterMarketData(2000);
    opened.gateway.network.rejection = httpRejection(500);
    session.cut();
    await opened.clock.advance(5000);
    expect(reconnects(opened).map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 0],
      [2, 500],
      [3, 1000],
      [4, 2000],
      [5, 4000],
    ]);
  });

  test("close code 1013, Retry-After and 406 delay the next attempt even after market data", async () => {
    const [opened, session] = await afterMarketData(2000);
    session.close(1013, "try again later");
    await opened.clock.settle();
    opened.gateway.network.rejection = httpRejection(429, 10_000);
    await opened.clock.advance(500);
    opened.gateway.network.rejection = undefined;
    await opened.clock.advance(10_000);
    const next = await opened.gateway.accept();
    next.welcome();
    await next.expectAuth();
    next.error(406);
    await opened.clock.settle();
    expect(reconnects(opened).map(({ delayMs }) => delayMs)).toEqual([500, 10_000, 8000]);
  });

  test("a connection that lived shorter than initialDelayMs is not replaced before that has passed", async () => {
    for (const [ageMs, delayMs] of [
      [0, 2500],
      [2000, 1500],
      [4900, 50],
      [5000, 0],
      [60_000, 0],
    ] as const) {
      const [opened, session] = await afterMarketData(ageMs, { reconnect: { initialDelayMs: 5000 } });
      session.cut();
      await opened.clock.settle();
      expect(reconnects(opened)).toMatchObject([{ delayMs }]);
    }
  });

  test("a server that repeatedly sends one record and closes is not flooded with attempts", async () => {
    const opened = open();
    opened.stream.subscribeTrades(() => {}, "AAPL");
    opened.gateway.network.onsocket = (socket) => {
      const session = new ScriptedSession(socket);
      session.acknowledgeAll();
      session.welcome();
      session.authenticated();
      session.records(trade("AAPL"));
      session.close(1000);
    };
    void opened.run();
    await opened.clock.advance(60_000);
    expect(opened.stream.metrics.recordCount).toBeGreaterThan(60);
    expect(opened.gateway.network.attempts).toBeLessThanOrEqual(120);
  });

  test("the cap of maxAttempts counts the attempt at once", async () => {
    const [opened, session] = await afterMarketData(2000, { reconnect: { maxAttempts: 0 } });
    session.cut();
    await opened.clock.settle();
    expect(opened.outcome?.error).toMatchObject({ code: "reconnect_limit" });
  });
});

describe("the number of attempts", () => {
  test("[G26] [K8] attempts continue without limit by default", async () => {
    const opened = open();
    opened.gateway.network.rejection = httpRejection(500);
    void opened.run();
    await opened.clock.advance(86_400_000);
    expect(opened.gateway.network.attempts).toBeGreaterThan(86_400 / 30);
    expect(opened.outcome).toBeUndefined();
  });

  test("[R13] [V19] [K8] maxAttempts ends the run with reconnect_limit and rejects all waiters", async () => {
    const opened = open({ reconnect: { maxAttempts: 2 } });
    opened.gateway.network.rejection = httpRejection(500);
    const subscription = opened.stream.subscribeTrades(() => {}, "AAPL");
    const ready = subscription.ready;
    const run = opened.run();
    await opened.clock.advance(60_000);
    await run;
    expect(opened.gateway.network.attempts).toBe(3);
    expect(opened.outcome?.error).toMatchObject({
      code: "reconnect_limit",
      terminal: true,
      cause: { code: "http_rejected", status: 500 },
    });
    await expect(ready).rejects.toMatchObject({ code: "reconnect_limit" });
    expect(states(opened).at(-1)).toBe("closed");
    expect(opened.errors).toEqual([]); // run() rejects with it
  });

  test("[V17] [K4] [K8] reconnect: false ends the run with the first loss", async () => {
    const opened = open({ reconnect: false });
    const session = await opened.serving();
    session.cut();
    await opened.clock.settle();
    expect(opened.outcome?.error).toMatchObject({ code: "connection_lost" });
    await opened.clock.advance(3_600_000);
    expect(opened.gateway.network.attempts).toBe(1);
  });

  test("reconnect: false ends the run without an error when the server closes normally", async () => {
    const opened = open({ reconnect: false });
    const session = await opened.serving();
    session.close(1000, "end of the replay");
    await opened.clock.settle();
    expect(opened.outcome).toEqual({ error: undefined });
    expect(opened.statuses.at(-1)).toEqual({ state: "closed", reason: undefined });
  });

  test("records that wait when the server closes are handled before the run ends, however long they take", async () => {
    const opened = open({ reconnect: false });
    const handled: unknown[] = [];
    opened.stream.subscribeTrades(
      (record) =>
        new Promise<void>((resolve) => {
          opened.clock.setTimer(() => {
            handled.push(record.id);
            resolve();
          }, 3000);
        }),
      "AAPL",
    );
    const session = await opened.serving();
    for (let id = 1; id <= 10; id++) session.records(trade("AAPL", id));
    session.close();
    await opened.clock.advance(29_000);
    expect(opened.outcome).toBeUndefined();
    await opened.clock.advance(1000);
    expect(handled).toHaveLength(10);
    expect(opened.outcome).toEqual({ error: undefined });
  });

  test("a handler that never settles does not delay the end forever", async () => {
    const opened = open({ reconnect: false });
    opened.stream.subscribeTrades(() => new Promise(() => {}), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    session.close();
    await opened.clock.advance(10_000);
    expect(opened.outcome).toEqual({ error: undefined });
    expect(opened.stream.metrics.dropped).toBe(1);
  });
});

describe("terminal errors", () => {
  test.each([
    [402, "auth_failed"],
    [409, "insufficient_subscription"],
    [410, "invalid_subscribe_action"],
    [411, "insufficient_scope"],
  ])("[G3] [G37] [V20] [V27] [R7] error %i in answer to the credentials ends the run", async (number, code) => {
    const opened = open();
    const connected = opened.stream.connect();
    const run = opened.run();
    const session = await opened.gateway.accept();
    session.welcome();
    await session.expectAuth();
    session.error(number);
    await run;
    expect(opened.outcome?.error).toMatchObject({ code, serverCode: number, terminal: true });
    await expect(connected).rejects.toMatchObject({ code });
    await opened.clock.advance(3_600_000);
    expect(opened.gateway.network.attempts).toBe(1);
    expect(session.closed?.reason).toBe(code);
    expect(opened.statuses.at(-1)).toMatchObject({ state: "closed", reason: { code } });
  });

  test.each([400, 401, 404, 405, 406, 408, 500, 777])(
    "[R7] error %i in answer to the credentials is tried again",
    async (number) => {
      const opened = open();
      void opened.run();
      const session = await opened.gateway.accept();
      session.welcome();
      await session.expectAuth();
      session.error(number);
      await opened.clock.advance(10_000);
      expect(opened.outcome).toBeUndefined();
      expect(opened.gateway.network.attempts).toBeGreaterThan(1);
    },
  );

  test("an error in place of the welcome is handled as one in answer to the credentials", async () => {
    const opened = open();
    const run = opened.run();
    const session = await opened.gateway.accept();
    session.error(402);
    await run;
    expect(opened.outcome?.error).toMatchObject({ code: "auth_failed" });
  });

  test.each([401, 403, 404])("[R23] HTTP %i ends the run", async (status) => {
    const opened = open();
    opened.gateway.network.rejection = httpRejection(status);
    await opened.run();
    expect(opened.outcome?.error).toMatchObject({ code: "http_rejected", status, terminal: true });
  });

  test.each([400, 429, 500, 502, 503])("[R23] HTTP %i is retried", async (status) => {
    const opened = open();
    opened.gateway.network.rejection = httpRejection(status);
    void opened.run();
    await opened.clock.advance(10_000);
    expect(opened.gateway.network.attempts).toBeGreaterThan(1);
    opened.gateway.network.rejection = undefined;
    await opened.clock.advance(30_000);
    expect(states(opened).at(-1)).toBe("open");
  });

  test("407 is the cause of the reconnect after the close that it announces", async () => {
    const opened = open();
    const session = await opened.serving();
    session.error(407);
    session.close(1008, "slow client");
    await opened.clock.settle();
    expect(opened.errors).toMatchObject([{ code: "slow_client" }]);
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "slow_client", serverCode: 407 } }]);
    await opened.clock.advance(1000);
    await opened.gateway.handshake();
  });
});

describe("an error that announces a close", () => {
  test.each([
    [404, "auth_timeout"],
    [406, "connection_limit"],
    [407, "slow_client"],
  ])(
    "an error that announces a close ends the connection by itself when the server then stays open and silent: %i",
    async (number, code) => {
      const opened = open();
      const session = await opened.serving();
      session.error(number);
      await opened.clock.advance(999);
      expect(session.closed).toBeUndefined();
      await opened.clock.advance(1);
      expect(session.closed).toEqual({ code: 1000, reason: code });
      expect(opened.errors).toMatchObject([{ code }]);
      expect(reconnects(opened)).toMatchObject([{ cause: { code, serverCode: number, terminal: false } }]);
    },
  );

  test("an error that announces a close is not lifted by a pong", async () => {
    const opened = open({ pingIntervalMs: 2000, pongTimeoutMs: 1500 });
    const session = await opened.serving();
    session.error(407);
    await opened.clock.advance(1000);
    expect(session.socket.pings).toBe(1);
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "slow_client" } }]);
  });

  test("an error that announces a close is forgotten when the server goes on, and no cause of a later end", async () => {
    const opened = open();
    const session = await opened.serving();
    session.error(407);
    await opened.clock.advance(500);
    session.records(trade("AAPL"));
    await opened.clock.advance(5000);
    expect(session.closed).toBeUndefined();
    session.close(1001, "going away");
    await opened.clock.settle();
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "closed_by_server", closeCode: 1001 } }]);
  });

  test("an error that announces a close is the cause of the close, though records came between", async () => {
    const opened = open();
    const session = await opened.serving();
    session.error(407);
    await opened.clock.advance(500);
    session.records(trade("AAPL"));
    session.close(1008, "slow client");
    await opened.clock.settle();
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "slow_client" } }]);
  });

  test("of two errors that announce a close, the first is the cause", async () => {
    const opened = open();
    const session = await opened.serving();
    session.error(407);
    session.error(406);
    session.close();
    await opened.clock.settle();
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "slow_client" } }]);
  });

  test("an error that announces a close does not end a connection that is not read", async () => {
    const opened = open();
    let release = (): void => {};
    opened.stream.subscribeTrades(() => new Promise<void>((resolve) => (release = resolve)), "AAPL", { maxQueued: 1 });
    const session = await opened.serving();
    session.error(407);
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    await opened.clock.settle();
    expect(session.socket.isPaused).toBe(true);
    await opened.clock.advance(3000);
    expect(session.closed).toBeUndefined();
    session.records(trade("AAPL", 3));
    session.close(1008, "slow client");
    release();
    await opened.clock.settle();
    release();
    await opened.clock.settle();
    expect(opened.stream.metrics.recordCount).toBe(3);
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "slow_client" } }]);
  });

  test.each([404, 406, 407])(
    "an error that announces a close does not concern the symbols: those requested are requested again: %i",
    async (number) => {
      const { stream, authenticated, gateway, clock } = open();
      const session = await authenticated();
      const subscription = stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"] }, () => {});
      await session.expectSubscribe();
      session.error(number);
      session.close(1008);
      await clock.advance(8000);
      const next = await gateway.handshake();
      expect(await next.expectSubscribe()).toEqual({ trades: ["AAPL"], quotes: ["AAPL"] });
      next.acknowledge();
      await clock.settle();
      expect(subscription.states.map(({ state }) => state)).toEqual(["active", "active"]);
    },
  );
});

describe("pings", () => {
  test("[V24] [V31] pings go out every ten seconds once the socket is open", async () => {
    const opened = open();
    opened.gateway.network.isUnreachable = true;
    void opened.run();
    await opened.clock.advance(9000);
    opened.gateway.network.isUnreachable = false;
    await opened.clock.advance(2000); // the first attempt was given up
    const session = await opened.gateway.handshake();
    await opened.clock.advance(60_000);
    expect(session.socket.pings).toBe(6);
    expect(session.closed).toBeUndefined();
  });

  test("[V24] a connection without data is found dead within seconds", async () => {
    const opened = open();
    const session = await opened.serving();
    session.socket.mute();
    await opened.clock.advance(10_000);
    expect(reconnects(opened)).toMatchObject([{ cause: { code: "ping_timeout" } }]);
    await opened.clock.advance(1000);
    await opened.gateway.handshake();
  });

  test("[V24] any frame shows that the connection lives, pong or not", async () => {
    const opened = open();
    const session = await opened.serving();
    session.socket.answersPings = false;
    for (let second = 0; second < 60; second++) {
      session.records(trade("AAPL"));
      await opened.clock.advance(1000);
    }
    expect(session.closed).toBeUndefined();
    await opened.clock.advance(15_000);
    expect(session.closed?.reason).toBe("ping_timeout");
  });

  test("[V24] a pingIntervalMs of 0 sends none, and a browser cannot", async () => {
    for (const opened of [open({ pingIntervalMs: 0 }), open({}, { setsHeaders: false, pings: false, pauses: false })]) {
      const session = await opened.serving();
      await opened.clock.advance(600_000);
      expect(session.socket.pings).toBe(0);
      expect(session.closed).toBeUndefined();
    }
  });

  test("a socket that is not read is not counted as dead", async () => {
    const opened = open();
    let release = (): void => {};
    opened.stream.subscribeTrades(() => new Promise<void>((resolve) => (release = resolve)), "AAPL", { maxQueued: 1 });
    const session = await opened.serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    await opened.clock.settle();
    expect(session.socket.isPaused).toBe(true);
    await opened.clock.advance(300_000);
    expect(session.closed).toBeUndefined();
    release();
    await opened.clock.settle();
    expect(session.socket.isPaused).toBe(false);
    await opened.clock.advance(300_000);
    expect(session.closed).toBeUndefined();
  });

  test("[R24] wall clock jumps and sleeps do not make a live connection dead", async () => {
    const opened = open();
    const session = await opened.serving();
    for (let turn = 0; turn < 20; turn++) {
      opened.clock.jump((turn % 2 === 0 ? 1 : -1) * 7_200_000);
      await opened.clock.advance(3000);
    }
    expect(session.closed).toBeUndefined();
  });
});

test("[R25] late events of an old socket change nothing", async () => {
  const opened = open();
  const got: unknown[] = [];
  opened.stream.subscribeTrades((record) => void got.push(record), "AAPL");
  const old = await opened.serving();
  old.socket.mute();
  await opened.clock.advance(10_000); // found dead; its close is not answered
  await opened.clock.advance(1000);
  const session = await opened.gateway.handshake();
  session.acknowledgeAll();
  await opened.clock.settle();
  const before = states(opened);
  old.records(trade("AAPL"));
  old.error(402);
  old.cut();
  await opened.clock.advance(1000);
  expect(states(opened)).toEqual(before);
  expect(got).toEqual([]);
  expect(session.closed).toBeUndefined();
  session.records(trade("AAPL"));
  await opened.clock.settle();
  expect(got).toHaveLength(1);
});

test("subscribing while down waits for the next connection", async () => {
  const opened = open();
  const session = await opened.serving();
  session.cut();
  await opened.clock.settle();
  const subscription = opened.stream.subscribeTrades(() => {}, "AAPL");
  await opened.clock.advance(1000);
  const next = await opened.gateway.handshake();
  next.acknowledgeAll();
  await subscription.ready;
});
