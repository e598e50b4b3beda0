import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bar, quote, SECONDS, trade, trades } from "../../../../verify/shared/records.ts";
import { LagWindow } from "../../src/delivery/lag-window.ts";
import { StockDataStream, type StockDataStreamOptions, Trade, VERSION } from "../../src/index.ts";
import { MemoryNetwork, ScriptedGateway, seededRandom, VirtualClock } from "../../src/testing/index.ts";
import { open } from "../support/stream.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("events", () => {
  test("[V28] events reach every listener, in order, though one of them throws", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const opened = open();
    const told: string[] = [];
    const off = opened.stream.on("status", () => {
      throw new Error("a listener's own fault");
    });
    opened.stream.on("status", ({ state }) => void told.push(state));
    const session = await opened.serving();
    session.records(trade("AAPL"));
    expect(told).toEqual(["connecting", "open", "authenticated"]);
    off();
    expect(console).toHaveBeenCalledWith("a listener of the stream failed:", expect.any(Error));
  });

  test("events no longer reach a listener that was removed", async () => {
    const opened = open();
    const listener = vi.fn();
    const off = opened.stream.on("status", listener);
    off();
    off();
    await opened.serving();
    expect(listener).not.toHaveBeenCalled();
  });

  test("errors go to console.error if the event has no listener, and only then", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const gateway = new ScriptedGateway();
    const clock = new VirtualClock();
    const stream = new StockDataStream({ apiKey: "k", secretKey: "s", connector: gateway.connector, clock });
    stream.subscribeTrades(() => {
      throw new Error("oops");
    }, "AAPL");
    void stream.run();
    const session = await gateway.handshake();
    session.acknowledgeAll();
    session.records(trade("AAPL"));
    await clock.settle();
    expect(console.mock.calls).toEqual([["StreamError [handler_failed]: a handler failed on a record of AAPL: oops"]]);
    stream.on("error", () => {});
    session.records(trade("AAPL"));
    await clock.settle();
    expect(console).toHaveBeenCalledTimes(1);
    await stream.close();
  });

  test("[V28] an async listener that rejects is reported like one that throws", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const opened = open();
    opened.stream.on("status", async () => {
      throw new Error("a listener's own fault");
    });
    await opened.serving();
    await opened.stream.stop();
    await opened.clock.settle();
    expect(console).toHaveBeenCalledTimes(4); // connecting, open, authenticated, closed
  });
});

describe("metrics", () => {
  test("metrics count what came, by channel", async () => {
    const { stream, serving, clock } = open();
    const session = await serving();
    session.records(trade("A"), trade("B"), quote("A"));
    session.records(trade("C"));
    session.frame(new Uint8Array([0xc1]));
    await clock.settle();
    const { metrics } = stream;
    expect(metrics.records).toMatchObject({ trades: 3, quotes: 1, bars: 0, cancelErrors: 0 });
    expect(metrics).toMatchObject({ recordCount: 4, frames: 5, unreadable: 1, reconnects: 0 });
    expect(metrics.events).toMatchObject({ error: 1, status: 3, gap: 0 });
    expect(metrics.bytes).toBeGreaterThan(100);
    expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
  });

  test("metrics are a snapshot", async () => {
    const { stream, serving, clock } = open();
    const before = stream.metrics;
    const session = await serving();
    session.records(trade("A"));
    await clock.settle();
    expect(before.recordCount).toBe(0);
  });

  test("metrics add up: received is handled, dropped, replaced or waiting", async () => {
    const { stream, serving, clock } = open();
    const random = seededRandom(7);
    let handled = 0;
    const later = (): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, random() * 10));
    stream.subscribeTrades(
      async () => {
        handled++;
        await later();
      },
      "*",
      { overflow: "dropOldest", maxQueued: 8, concurrency: 2 },
    );
    stream.subscribeQuotes(
      async () => {
        handled++;
        await later();
      },
      "*",
      { overflow: "conflate", maxQueued: 3, concurrency: 2 },
    );
    const session = await serving();
    for (let turn = 0; turn < 200; turn++) {
      const symbol = "ABCDEF".charAt(Math.floor(random() * 6));
      session.records(...trades(symbol, Math.floor(random() * 4)), quote(symbol), quote(symbol));
      if (random() < 0.3) await clock.advance(random() * 10);
      const { recordCount, dropped, conflated, queued } = stream.metrics;
      expect(handled + dropped + conflated + queued).toBe(recordCount);
    }
    await stream.stop();
    await clock.advance(5000);
    const { recordCount, dropped, conflated, queued } = stream.metrics;
    expect(queued).toBe(0);
    expect(handled + dropped + conflated).toBe(recordCount);
    expect(conflated).toBeGreaterThan(0);
  });

  test("metrics have the lag from the record's time to its receipt", async () => {
    const { stream, serving, clock } = open();
    const session = await serving();
    await clock.advance(1000);
    for (let ms = 0; ms < 100; ms++) {
      session.records(new Trade("A", SECONDS, ms * 1e6, 1, "V", 1, 1, [], "C")); // 1,000 to 901 ms ago
    }
    await clock.settle();
    const { lag } = stream.metrics;
    expect(lag.max).toBeCloseTo(1000, 6);
    expect(lag.p50).toBeGreaterThanOrEqual(949);
    expect(lag.p50).toBeLessThan(951 * 1.07);
    expect(lag.p99).toBeGreaterThanOrEqual(999);
  });

  test("metrics count the lag of a minute bar from its end, and none of bars that were sent before", async () => {
    const { stream, serving, clock } = open();
    const session = await serving();
    await clock.advance(61_000);
    session.records(bar("A"), bar("A", "updatedBars"), bar("A", "dailyBars"));
    await clock.settle();
    expect(stream.metrics).toMatchObject({ recordCount: 3, lag: { p50: 1000, max: 1000 } });
  });
});

describe("the lag", () => {
  test("the lag is right within 6 percent, from microseconds to days", () => {
    for (let ms = 0.001; ms < 1e8; ms *= 1.37) {
      const lags = new LagWindow();
      lags.add(ms);
      lags.add(ms);
      lags.add(ms * 1000);
      const { p50, max } = lags.recent();
      expect(p50).toBeGreaterThanOrEqual(ms * 0.999);
      expect(p50).toBeLessThanOrEqual(ms * 1.0635 + 0.001);
      expect(max).toBe(ms * 1000);
      expect(lags.sinceStart()).toEqual(lags.recent());
    }
  });

  test("the lag has quantiles of many lags where they are", () => {
    const lags = new LagWindow();
    for (let ms = 1; ms <= 10_000; ms++) lags.add(ms);
    const { p50, p99, max } = lags.recent();
    expect(p50 / 5000).toBeGreaterThanOrEqual(1);
    expect(p50 / 5000).toBeLessThan(1.07);
    expect(p99 / 9900).toBeGreaterThanOrEqual(1);
    expect(p99).toBeLessThanOrEqual(max);
    expect(max).toBe(10_000);
  });

  test("the lag is zero while empty, and accepts any value that clocks produce", () => {
    const lags = new LagWindow();
    expect(lags.recent()).toEqual({ p50: 0, p99: 0, max: 0 });
    for (const lag of [-5, 0, 1e15, Number.MAX_VALUE]) lags.add(lag);
    expect(lags.recent().p50).toBeLessThanOrEqual(0.001);
    expect(lags.recent().max).toBe(Number.MAX_VALUE);
    const nothing = new LagWindow();
    nothing.add(Number.NaN);
    expect(nothing.sinceStart()).toEqual({ p50: 0, p99: 0, max: 0 });
  });

  test("the lag of the last minute forgets what is older, the one since the start does not", () => {
    const lags = new LagWindow();
    const startMs = 12_345;
    lags.move(startMs);
    lags.add(5000);
    for (let second = 1; second <= 120; second++) {
      lags.move(startMs + second * 1000);
      lags.add(20);
      const { max } = lags.recent();
      if (second < 50) expect(max).toBe(5000);
      if (second >= 60) expect(max).toBe(20);
    }
    expect(lags.sinceStart().max).toBe(5000);
    expect(lags.recent().p99).toBe(20);
  });

  test("the lag of the last minute is empty after a minute without records", () => {
    const lags = new LagWindow();
    lags.move(0);
    lags.add(70);
    lags.move(3_600_000);
    expect(lags.recent()).toEqual({ p50: 0, p99: 0, max: 0 });
    expect(lags.sinceStart().max).toBe(70);
    lags.add(30);
    lags.move(3_600_000 + 30_000);
    expect(lags.recent().max).toBe(30);
  });
});

test("[R26] keys and secrets appear in nothing that is shown or reported", async () => {
  const options = { apiKey: "KEY-hunter1", secretKey: "SECRET-hunter2" };
  const opened = open(options);
  const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
  const subscription = opened.stream.subscribeTrades(() => {
    throw new Error("fails");
  }, "AAPL");
  const session = await opened.serving();
  session.records(trade("AAPL"));
  session.frame(new TextEncoder().encode('[{"T":"t","S":'));
  session.error(402);
  await opened.clock.settle();
  session.cut();
  await opened.clock.advance(1000);
  const next = await opened.gateway.accept();
  next.welcome();
  await next.expectAuth();
  next.error(402);
  await opened.clock.settle();
  const shown = [
    inspect(opened.stream, { depth: 20, showHidden: true }),
    inspect(subscription, { depth: 20, showHidden: true }),
    JSON.stringify(opened.stream),
    String(opened.stream),
    inspect(opened.errors, { depth: 20, showHidden: true }),
    inspect(opened.statuses, { depth: 20, showHidden: true }),
    inspect(opened.outcome, { depth: 20, showHidden: true }),
    JSON.stringify(opened.errors),
    JSON.stringify(opened.stream.metrics),
    JSON.stringify(session.socket.request),
    inspect(console.mock.calls),
  ].join("\n");
  expect(opened.errors.length).toBeGreaterThan(2);
  expect(shown).not.toMatch(/hunter/);
});

test("[R26] an address is reported without user, password and query, and rejected without being repeated", async () => {
  const urlOverride = "wss://me:hunter1@example.org/v2/iex?token=hunter2";
  const opened = open({ urlOverride });
  void opened.run();
  const session = await opened.gateway.accept();
  expect(session.socket.request.url).toBe(urlOverride);
  session.cut();
  await opened.clock.advance(1000);
  expect(opened.statuses[0]).toMatchObject({ state: "connecting", url: "wss://example.org/v2/iex" });
  expect(inspect([opened.statuses, opened.errors, opened.stream], { depth: 20, showHidden: true })).not.toMatch(
    /hunter/,
  );
  for (const address of ["ftp://me:hunter1@example.org", "me:hunter1@example.org", "//me:hunter1@example.org"]) {
    expect(() => open({ urlOverride: address })).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hunter/) }),
    );
  }
});

test("the version is the package's", () => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"), // the file's shape is npm's
  );
  expect(VERSION).toBe(manifest.version);
});

describe("the constructor", () => {
  const { connector } = new MemoryNetwork();
  const browser = new MemoryNetwork({ setsHeaders: false, pings: false, pauses: false });
  const good = { apiKey: "k", secretKey: "s", connector };

  test("[G56] the constructor reads keys from the environment", async () => {
    vi.stubEnv("APCA_API_KEY_ID", "from-env");
    vi.stubEnv("APCA_API_SECRET_KEY", "also-from-env");
    const gateway = new ScriptedGateway();
    const clock = new VirtualClock();
    const stream = new StockDataStream({ connector: gateway.connector, clock });
    void stream.run();
    const session = await gateway.accept();
    session.welcome();
    expect(await session.expectAuth()).toEqual({ key: "from-env", secret: "also-from-env" });
    await stream.close();
  });

  /** Returns the error of the constructor for options from a caller without types. */
  function rejection(options: object): unknown {
    vi.stubEnv("APCA_API_KEY_ID", "");
    vi.stubEnv("APCA_API_SECRET_KEY", "");
    try {
      new StockDataStream({ ...good, ...options } as StockDataStreamOptions); // what a caller without types may pass
    } catch (error) {
      return error;
    }
    throw new Error("nothing was rejected");
  }

  test.each([
    [{ apiKey: "" }, /apiKey is missing: .*APCA_API_KEY_ID/],
    [{ secretKey: "" }, /secretKey is missing: .*APCA_API_SECRET_KEY/],
  ])("[V10] the constructor rejects the credentials %j", (options, message) => {
    expect(rejection(options)).toBeInstanceOf(TypeError);
    expect(String(rejection(options))).toMatch(message);
  });

  test.each([{ urlOverride: "localhost:8765" }, { urlOverride: "" }, { urlOverride: "ftp://localhost" }])(
    "[G2] rejects the address %j",
    (options) => {
      expect(rejection(options)).toBeInstanceOf(TypeError);
      expect(String(rejection(options))).toMatch(/urlOverride must be an address such as/);
    },
  );

  test.each([
    [{ reconnect: { initialDelayMs: -1 } }, "reconnect.initialDelayMs must be"],
    [{ reconnect: { maxDelayMs: Number.NaN } }, "reconnect.maxDelayMs must be"],
    [{ reconnect: { maxAttempts: -1 } }, "reconnect.maxAttempts must be 0 or more"],
  ])("[K8] the constructor rejects the policy %j", (options, message) => {
    expect(rejection(options)).toBeInstanceOf(TypeError);
    expect(String(rejection(options))).toContain(message);
  });

  test.each([
    [
      { feed: "sipp" },
      'feed must be one of iex, sip, delayed_sip, boats, overnight, otc, test, got "sipp": did you mean "sip"?',
    ],
    [{ codec: "xml" }, 'codec must be one of msgpack, json, got "xml"'],
    [{ codec: "msgpack", connector: browser.connector }, /use json/],
    [{ handshakeTimeoutMs: 0 }, "handshakeTimeoutMs must be a number of milliseconds from 1, or Infinity, got 0"],
    [{ ackTimeoutMs: Number.NaN }, "ackTimeoutMs must be a number of milliseconds from 1, or Infinity, got NaN"],
    [{ pingIntervalMs: -1 }, "pingIntervalMs must be a number of milliseconds from 0, or Infinity, got -1"],
    [{ pongTimeoutMs: Number.POSITIVE_INFINITY }, /pongTimeoutMs must be/],
  ])("the constructor rejects %j", (options, message) => {
    expect(rejection(options)).toBeInstanceOf(TypeError);
    expect(String(rejection(options))).toMatch(message);
  });

  test("the constructor chooses msgpack where headers can be set and JSON where not", async () => {
    for (const [network, codec] of [
      [{}, "msgpack"],
      [{ setsHeaders: false, pings: false, pauses: false }, "json"],
    ] as const) {
      const { gateway, run } = open({}, network);
      void run();
      expect((await gateway.accept()).socket.request.headers["Content-Type"]).toBe(`application/${codec}`);
    }
  });
});

test("[R26] a server that repeats the secret does not get it into an error", async () => {
  const opened = open({ reconnect: false });
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  await session.expectAuth();
  session.send({ T: "error", code: 402, msg: "no such secret: test-secret" });
  await opened.clock.settle();
  expect(String(opened.outcome?.error)).toContain("no such secret: [secret]");
});

test("without listeners the console shows lost connections and gaps, with listeners it does not", async () => {
  const shown = vi.spyOn(globalThis.console, "warn").mockImplementation(() => {});
  const gateway = new ScriptedGateway();
  const clock = new VirtualClock();
  const stream = new StockDataStream({
    apiKey: "k",
    secretKey: "s3cr3t-s3cr3t",
    connector: gateway.connector,
    clock,
  });
  stream.subscribeTrades(() => {}, "AAPL");
  void stream.run();
  const first = await gateway.handshake();
  first.acknowledgeAll();
  first.records(trade("AAPL"));
  await clock.settle();
  first.cut();
  await clock.advance(1000);
  const second = await gateway.handshake();
  second.acknowledgeAll();
  await clock.settle();
  const lines = shown.mock.calls.map(String);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^connection lost, next attempt in \d+ ms \[connection_lost\]/);
  expect(lines[1]).toMatch(/^trades of AAPL may be missing from 2025-01-02T15:00:00.123Z to .*\[connection_lost\]: /);
  stream.on("status", () => {});
  stream.on("gap", () => {});
  second.cut();
  await clock.advance(1000);
  await stream.close();
  expect(shown).toHaveBeenCalledTimes(2);
  shown.mockRestore();
});
