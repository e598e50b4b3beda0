import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { httpRejection } from "../../src/testing/index.ts";
import { type Opened, open, states } from "../support/stream.ts";

/** Every state that a stream can be stopped in, and how to get there. */
const STATES: readonly [name: string, reach: (opened: Opened) => Promise<void>][] = [
  ["before it ran", async () => {}],
  [
    "in the instant of running",
    async (opened) => {
      void opened.run();
    },
  ],
  [
    "while the socket opens",
    async (opened) => {
      opened.gateway.network.isUnreachable = true;
      void opened.run();
      await opened.clock.settle();
    },
  ],
  [
    "while the welcome is awaited",
    async (opened) => {
      void opened.run();
      await opened.gateway.accept();
    },
  ],
  [
    "while the answer to the credentials is awaited",
    async (opened) => {
      void opened.run();
      const session = await opened.gateway.accept();
      session.welcome();
      await session.expectAuth();
    },
  ],
  [
    "while an acknowledgement is awaited",
    async (opened) => {
      opened.stream.subscribeTrades(() => {}, "AAPL");
      const session = await opened.authenticated();
      await session.expectSubscribe();
    },
  ],
  [
    "while records come",
    async (opened) => {
      opened.stream.subscribeTrades(() => {}, "AAPL");
      const session = await opened.serving();
      session.records(trade("AAPL"));
    },
  ],
  [
    "while reading is paused",
    async (opened) => {
      opened.stream.subscribeTrades(() => opened.clock.settle(), "AAPL", { maxQueued: 1 });
      const session = await opened.serving();
      for (let id = 0; id < 10; id++) session.records(trade("AAPL", id));
    },
  ],
  [
    "in the back-off",
    async (opened) => {
      opened.gateway.network.rejection = httpRejection(503, 60_000);
      void opened.run();
      await opened.clock.advance(1);
      expect(states(opened).at(-1)).toBe("reconnecting");
    },
  ],
  [
    "after a terminal error",
    async (opened) => {
      opened.gateway.network.rejection = httpRejection(401);
      await opened.run();
    },
  ],
];

describe.each(STATES)("%s", (_, reach) => {
  test.each(["stop", "stopWs", "close"] as const)(
    "[G8] [G41] [PU20] [V16] [K6] [R27] %s ends it at once and leaves no timer",
    async (how) => {
      const opened = open();
      await reach(opened);
      const startedMs = opened.clock.monotonic();
      await opened.stream[how]();
      await opened.stream[how](); // twice is harmless
      await opened.clock.settle();
      expect(opened.clock.monotonic()).toBe(startedMs);
      expect(opened.clock.pendingTimers).toBe(0);
      if (opened.statuses.length > 0) expect(states(opened).at(-1)).toBe("closed");
      expect(states(opened).filter((state) => state === "closed").length).toBeLessThanOrEqual(1);
      await opened.clock.advance(3_600_000);
      expect(opened.gateway.network.attempts).toBeLessThanOrEqual(1);
    },
  );

  test("[G16] [PU21] [K6] [D8] it runs again afterwards", async () => {
    const opened = open();
    await reach(opened);
    await opened.stream.stop();
    opened.gateway.network.isUnreachable = false;
    opened.gateway.network.rejection = undefined;
    const sessionsBefore = opened.gateway.sessions.length;
    const got: unknown[] = [];
    opened.stream.subscribeTrades((record) => void got.push(record), "MSFT");
    const connected = opened.stream.connect();
    await opened.clock.settle();
    const session = opened.gateway.sessions.at(-1);
    expect(opened.gateway.sessions).toHaveLength(sessionsBefore + 1);
    session?.welcome();
    session?.authenticated();
    session?.acknowledgeAll();
    await connected;
    session?.records(trade("MSFT"));
    await opened.clock.settle();
    expect(got).toHaveLength(1);
  });
});

test("[G8] [V15] a stop is reported by the status closed, without a reason, and nothing else", async () => {
  const opened = open();
  const session = await opened.serving();
  await opened.stream.stop();
  await opened.clock.settle();
  expect(opened.outcome).toEqual({ error: undefined });
  expect(states(opened)).toEqual(["connecting", "open", "authenticated", "closed"]);
  expect(opened.statuses.at(-1)).toEqual({ state: "closed", reason: undefined });
  expect(opened.errors).toEqual([]);
  expect(session.closed).toEqual({ code: 1000, reason: "stopped" });
});

test("[G15] [V27] stop rejects all waiters for a connection or an acknowledgement", async () => {
  const { stream, gateway } = open();
  const subscription = stream.subscribeTrades(() => {}, "AAPL");
  const waits = [subscription.ready, stream.connect()];
  const session = await gateway.handshake();
  await session.expectSubscribe();
  void stream.stop();
  for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: "stopped" });
});

test("an unsubscribe that is awaited during a stop resolves: the connection is gone", async () => {
  const { stream, authenticated } = open();
  const subscription = stream.subscribeTrades(() => {}, "AAPL");
  const session = await authenticated();
  await session.expectSubscribe();
  session.acknowledge();
  await subscription.ready;
  const gone = subscription.unsubscribe();
  await session.expectUnsubscribe();
  await stream.stop();
  await gone;
});

test("a dead peer delays a stop by at most a second", async () => {
  const opened = open();
  const session = await opened.serving();
  session.socket.mute();
  let isStopped = false;
  const stop = opened.stream.stop().then(() => {
    isStopped = true;
  });
  await opened.clock.advance(999);
  expect(isStopped).toBe(false);
  expect(opened.outcome).toEqual({ error: undefined }); // the run does not wait for the socket
  await opened.clock.advance(1);
  await stop;
});

describe("running handler calls", () => {
  test("running handler calls may finish after a stop, which delivers no further record", async () => {
    const opened = open();
    const handled: unknown[] = [];
    let release = (): void => {};
    opened.stream.subscribeTrades(async (record) => {
      await new Promise<void>((resolve) => (release = resolve));
      handled.push(record.id);
    }, "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    await opened.clock.settle();
    await opened.stream.stop();
    await opened.clock.settle();
    expect(opened.outcome).toBeUndefined();
    release();
    await opened.clock.settle();
    expect(handled).toEqual([1]);
    expect(opened.outcome).toEqual({ error: undefined });
    expect(opened.stream.metrics).toMatchObject({ queued: 0, dropped: 1 });
  });

  test("running handler calls that never settle delay the run for five seconds after a stop", async () => {
    const opened = open();
    opened.stream.subscribeTrades(() => new Promise(() => {}), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL"));
    await opened.clock.settle();
    await opened.stream.stop();
    await opened.clock.advance(4999);
    expect(opened.outcome).toBeUndefined();
    await opened.clock.advance(1);
    expect(opened.outcome).toEqual({ error: undefined });
  });

  test("running handler calls are not waited for after a close, not even by a stop before it", async () => {
    const opened = open();
    opened.stream.subscribeTrades(() => new Promise(() => {}), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL"));
    await opened.clock.settle();
    await opened.stream.stop();
    await opened.clock.settle();
    expect(opened.outcome).toBeUndefined();
    await opened.stream.close();
    await opened.clock.settle();
    expect(opened.outcome).toEqual({ error: undefined });
  });

  test("[R27] running handler calls may stop the stream themselves and wait for it", async () => {
    const opened = open();
    const handled: unknown[] = [];
    opened.stream.subscribeTrades(async (record) => {
      handled.push(record.id);
      await opened.stream.stop();
      handled.push("stopped");
    }, "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2), trade("AAPL", 3));
    await opened.clock.settle();
    expect(handled).toEqual([1, "stopped"]);
    expect(opened.outcome).toEqual({ error: undefined });
  });

  test("running handler calls that stop the stream inline get no further record of the frame", async () => {
    const opened = open();
    const handled: unknown[] = [];
    opened.stream.subscribeTrades((record) => {
      handled.push(record.id);
      void opened.stream.close();
    }, "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL", 1), trade("AAPL", 2));
    await opened.clock.settle();
    expect(handled).toEqual([1]);
  });

  test("running handler calls that wait for the server when the stream ends are rejected, and do not delay it", async () => {
    const opened = open();
    const codes: unknown[] = [];
    opened.stream.subscribeTrades(async () => {
      const wait = async (symbol: string): Promise<void> => {
        await opened.stream.subscribeQuotes(() => {}, symbol).ready.catch(({ code }) => void codes.push(code));
      };
      await wait("FIRST");
      await wait("SECOND"); // asked for when nothing can come any more
    }, "AAPL");
    const session = await opened.authenticated();
    await session.expectSubscribe();
    session.acknowledge();
    session.records(trade("AAPL"));
    await session.expectSubscribe();
    void opened.stream.stop();
    await opened.clock.settle();
    expect(codes).toEqual(["stopped", "stopped"]);
    expect(opened.outcome).toEqual({ error: undefined });
  });

  test("running handler calls that wait for the server are rejected with the terminal error that ends the stream", async () => {
    const opened = open({ reconnect: { maxAttempts: 0 } });
    const codes: unknown[] = [];
    opened.stream.subscribeTrades(async () => {
      await opened.stream.subscribeQuotes(() => {}, "AAPL").ready.catch(({ code }) => void codes.push(code));
    }, "AAPL");
    const session = await opened.authenticated();
    await session.expectSubscribe();
    session.acknowledge();
    session.records(trade("AAPL"));
    await session.expectSubscribe();
    session.cut();
    await opened.clock.settle();
    expect(codes).toEqual(["reconnect_limit"]);
    expect(opened.outcome?.error).toMatchObject({ code: "reconnect_limit" });
  });
});

describe("a listener", () => {
  test.each(["connecting", "open", "authenticated", "reconnecting"] as const)(
    "[R27] may stop the stream at the status %s",
    async (state) => {
      const opened = open();
      opened.stream.on("status", (status) => {
        if (status.state === state) void opened.stream.stop();
      });
      const run = opened.run();
      await opened.clock.settle();
      const session = opened.gateway.sessions[0];
      session?.welcome();
      session?.authenticated();
      await opened.clock.settle();
      if (state === "reconnecting") session?.cut();
      await run;
      expect(opened.outcome).toEqual({ error: undefined });
      expect(opened.clock.pendingTimers).toBe(0);
      expect(states(opened).slice(-2)).toEqual([state, "closed"]);
    },
  );

  test("a listener may run the stream again at the status closed", async () => {
    const opened = open();
    opened.gateway.network.rejection = httpRejection(401);
    let again: Promise<void> | undefined;
    opened.stream.on("status", ({ state }) => {
      if (state !== "closed" || again !== undefined) return;
      opened.gateway.network.rejection = undefined;
      again = opened.stream.connect();
    });
    await opened.run();
    expect(opened.outcome?.error).toMatchObject({ status: 401 });
    await opened.gateway.handshake();
    await again;
  });
});

describe("running", () => {
  test("[G6] [V21] [K6] running twice is one run, and one socket", async () => {
    const opened = open();
    const first = opened.run();
    const second = opened.stream.run();
    await opened.serving();
    expect(opened.gateway.sessions).toHaveLength(1);
    await opened.stream.stop();
    await Promise.all([first, second]);
  });

  test("running during a stop begins when the old run has ended", async () => {
    const opened = open();
    let release = (): void => {};
    opened.stream.subscribeTrades(() => new Promise<void>((resolve) => (release = resolve)), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL"));
    await opened.clock.settle();
    void opened.stream.stop();
    const connected = opened.stream.connect();
    void opened.stream.run();
    await opened.clock.settle();
    expect(opened.gateway.network.attempts).toBe(1);
    release();
    const next = await opened.gateway.handshake();
    next.acknowledgeAll();
    await connected;
    expect(states(opened).filter((state) => state === "closed")).toHaveLength(1);
  });

  test("running during a stop and stopping again leaves the stream stopped", async () => {
    const opened = open();
    await opened.serving();
    void opened.stream.stop();
    const run = opened.stream.run();
    const connected = opened.stream.connect();
    void opened.stream.stop();
    await run;
    await expect(connected).rejects.toMatchObject({ code: "stopped" });
    await opened.clock.advance(60_000);
    expect(opened.gateway.network.attempts).toBe(1);
  });

  test("an error that ends a run requested during a stop is reported once", async () => {
    const opened = open();
    await opened.serving();
    void opened.stream.stop();
    opened.gateway.network.rejection = httpRejection(403);
    await expect(opened.stream.run()).rejects.toMatchObject({ status: 403 });
    expect(opened.errors).toEqual([]);
  });

  test("an error that ends a stream that is not awaited is reported by the event", async () => {
    const opened = open();
    const connected = opened.stream.connect();
    const session = await opened.gateway.handshake();
    await connected;
    opened.gateway.network.rejection = httpRejection(403);
    session.cut();
    await opened.clock.advance(1000);
    expect(opened.errors).toMatchObject([{ code: "http_rejected" }]);
    expect(opened.statuses.at(-1)).toMatchObject({ state: "closed", reason: { code: "http_rejected" } });
  });

  test("a handler of an earlier run that ends late does not disturb the next run's stop", async () => {
    const opened = open();
    let release = (): void => {};
    opened.stream.subscribeTrades(() => new Promise<void>((resolve) => (release = resolve)), "AAPL");
    const session = await opened.serving();
    session.records(trade("AAPL"));
    await opened.clock.settle();
    await opened.stream.stop();
    await opened.clock.advance(5000);
    opened.gateway.network.rejection = httpRejection(503, 60_000);
    const run = opened.run();
    await opened.clock.settle();
    expect(states(opened).at(-1)).toBe("reconnecting");
    release();
    await opened.clock.settle();
    await opened.stream.stop();
    await run;
    expect(opened.clock.pendingTimers).toBe(0);
  });

  test("[PU21] [D8] subscriptions are not doubled by a second run", async () => {
    const opened = open();
    const got: unknown[] = [];
    opened.stream.subscribeTrades((record) => void got.push(record), "AAPL");
    for (let round = 0; round < 2; round++) {
      const session = await opened.serving();
      session.records(trade("AAPL"));
      await opened.clock.settle();
      await opened.stream.stop();
      await opened.clock.settle();
    }
    expect(got).toHaveLength(2);
  });
});

describe("the signal of a run", () => {
  test("the signal of a run stops it", async () => {
    const opened = open();
    const controller = new AbortController();
    const run = opened.run({ signal: controller.signal });
    await opened.gateway.handshake();
    controller.abort();
    await run;
    expect(opened.outcome).toEqual({ error: undefined });
    await opened.clock.settle();
    expect(opened.clock.pendingTimers).toBe(0);
  });

  test("the signal of a run ends the wait for a connection with its reason", async () => {
    const opened = open();
    const controller = new AbortController();
    const connected = opened.stream.connect({ signal: controller.signal });
    await opened.gateway.accept();
    controller.abort(new Error("no longer wanted"));
    await expect(connected).rejects.toThrow("no longer wanted");
    expect(states(opened).at(-1)).toBe("closed");
  });

  test("[G4] the signal of a run that is aborted already connects to nothing", async () => {
    const opened = open();
    const signal = AbortSignal.abort();
    await expect(opened.stream.run({ signal })).rejects.toThrow(/abort/);
    await expect(opened.stream.connect({ signal })).rejects.toThrow(/abort/);
    expect(opened.gateway.network.attempts).toBe(0);
  });

  test("the signal of `connect` stops the stream after it has resolved, too", async () => {
    const opened = open();
    const controller = new AbortController();
    const connected = opened.stream.connect({ signal: controller.signal });
    const session = await opened.gateway.handshake();
    await connected;
    controller.abort();
    await opened.clock.settle();
    expect(session.closed?.reason).toBe("stopped");
    expect(opened.statuses.at(-1)).toEqual({ state: "closed", reason: undefined });
  });

  test("the signal of `connect` stops the stream while it waits to reconnect", async () => {
    const opened = open();
    const controller = new AbortController();
    const connected = opened.stream.connect({ signal: controller.signal });
    const session = await opened.gateway.handshake();
    await connected;
    session.cut();
    await opened.clock.settle();
    controller.abort();
    await opened.clock.advance(60_000);
    expect(states(opened).at(-1)).toBe("closed");
    expect(opened.gateway.network.attempts).toBe(1);
  });

  test.each(["run", "connect"] as const)("the signal of a `%s` that has ended stops no later one", async (method) => {
    const opened = open();
    const controller = new AbortController();
    void opened.stream[method]({ signal: controller.signal }).catch(() => {});
    await opened.gateway.handshake();
    await opened.stream.stop();
    await opened.clock.settle();
    void opened.run();
    const session = await opened.gateway.handshake();
    controller.abort();
    await opened.clock.settle();
    expect(session.closed).toBeUndefined();
  });

  test("a signal aborted while an older run ends keeps the new one from starting", async () => {
    const opened = open();
    await opened.serving();
    void opened.stream.stop();
    const controller = new AbortController();
    const run = opened.stream.run({ signal: controller.signal });
    controller.abort();
    await run;
    await opened.clock.advance(60_000);
    expect(opened.gateway.network.attempts).toBe(1);
  });
});

test.each(["stop", "close"] as const)(
  "a handler that calls `%s` is the last to be called, even for its own record",
  async (how) => {
    const opened = open();
    let calls = 0;
    opened.stream.subscribeTrades(() => void opened.stream[how](), "AAPL");
    opened.stream.subscribeTrades(() => {
      calls++;
    }, "*");
    const session = await opened.serving();
    session.records(trade("AAPL"));
    await opened.clock.settle();
    expect(calls).toBe(0);
  },
);

test("`await using` closes the stream at the end of the block", async () => {
  const opened = open();
  {
    await using stream = opened.stream;
    const connected = stream.connect();
    await opened.gateway.handshake();
    await connected;
  }
  await opened.clock.settle();
  expect(opened.gateway.sessions[0]?.closed?.code).toBe(1000);
});
