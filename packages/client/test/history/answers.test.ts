import { describe, expect, test } from "vitest";
import { StockHistory, type StockHistoryOptions, StreamError } from "../../src/index-history.ts";
import * as LIMITS from "../../src/limits.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { type Answer, HistoryServer, pageOf, serving, tradeAt } from "../support/history-server.ts";

const SECRET = "a-secret-of-forty-characters-0123456789";

interface Opened {
  readonly clock: VirtualClock;
  readonly history: StockHistory;
}

function open(server: HistoryServer, options: StockHistoryOptions = {}): Opened {
  const clock = new VirtualClock({ random: () => 1 });
  const keys = { apiKey: "PKTEST0123456789", secretKey: SECRET };
  return { clock, history: new StockHistory({ ...keys, fetch: server.fetch, clock, ...options }) };
}

/** The error of a request that is answered so, every time, however long it takes. */
async function errorOf(answer: Answer): Promise<StreamError> {
  const { clock, history } = open(new HistoryServer(() => answer));
  const failed = history
    .trades("AAPL", "X1")
    .toArray()
    .catch((error: unknown) => error);
  await clock.advance(1_000_000);
  const error = await failed;
  if (!(error instanceof StreamError)) throw new Error(`no StreamError but ${String(error)}`);
  return error;
}

const message = (text: string, code?: number): string => JSON.stringify({ message: text, code });

describe("a status becomes a code, with the server's words and what to do", () => {
  test.each<[number, string, string, boolean, RegExp]>([
    [400, message("end should not be before start"), "invalid_request", true, /400 "end should not.*Check the times/],
    [400, message("invalid symbol: X1"), "invalid_symbol", true, /rejects the whole request: leave it out/],
    [401, message("unauthorized."), "auth_failed", true, /Check the key and the secret/],
    [
      403,
      message("subscription does not permit querying recent SIP data", 42210000),
      "not_entitled",
      true,
      /15 minutes ago.*earlier end/,
    ],
    [404, message("not found"), "http_rejected", true, /urlOverride/],
    [302, "", "http_rejected", true, /redirects to another address, to which no keys are sent/],
    [418, "", "http_rejected", true, /answered 418\. /],
    [429, message("too many requests."), "rate_limited", false, /429 "too many requests\."/],
    [500, message("internal server error occurred"), "server_error", false, /Try again later/],
    [504, "", "server_error", false, /answered 504/],
  ])(
    "the answer %i %s to a request for history is an error with its own code and advice",
    async (status, body, code, terminal, expected) => {
      const error = await errorOf({ status, body });
      expect(error).toMatchObject({ code, terminal, status, message: expect.stringMatching(expected) });
      expect(error.message).toContain("https://data.alpaca.markets/v2/stocks/trades answered");
    },
  );

  test("the error for an invalid symbol names it by its channel, and keeps the server's code", async () => {
    expect((await errorOf({ status: 400, body: message("invalid symbol: X1") })).symbols).toEqual({ trades: ["X1"] });
    expect((await errorOf({ status: 403, body: message("no", 42210000) })).serverCode).toBe(42210000);
  });
});

describe("the text of an error", () => {
  test("the error for a bad key does not repeat the web page that nginx sends", async () => {
    const body = "<html><head><title>401 Authorization Required</title></head></html>";
    const error = await errorOf({ status: 401, body, headers: { "content-type": "text/html" } });
    expect(error.code).toBe("auth_failed");
    expect(error.message).not.toMatch(/html|Authorization Required/);
  });

  test.each([
    ["cut off", '{"message":"too'],
    ["null", "null"],
    ["an array", "[1]"],
    ["a message that is none", '{"message":5,"code":"x"}'],
    ["larger than an error may be", JSON.stringify({ message: "x".repeat(LIMITS.maxErrorBytes) })],
  ])("the error for an answer of JSON that is %s has no text of the server", async (_what, body) => {
    expect((await errorOf({ status: 403, body })).message).toMatch(/answered 403\. /);
  });

  test("the error for an answer never has the secret or most of the key, and is cut", async () => {
    const echo = `key PKTEST0123456789 secret ${SECRET} `;
    const error = await errorOf({ status: 403, body: message(echo + "x".repeat(1_000)) });
    expect(JSON.stringify(error) + error.stack).not.toMatch(/PKTEST01|a-secret-of/);
    expect(error.message).toContain("key PKTE… secret [secret]");
    expect(error.message.length).toBeLessThan(700);
  });
});

describe("a server in trouble", () => {
  test("a server of history in trouble is asked again with growing delays, and the loop goes on", async () => {
    const fine = { body: pageOf("trades", { AAPL: [tradeAt(0)] }) };
    const server = serving({ status: 500 }, { status: 503 }, fine);
    const { clock, history } = open(server);
    const trades = history.trades("AAPL").toArray();
    await clock.advance(LIMITS.historyRetryInitialMs - 1);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    expect(server.requests).toHaveLength(2);
    await clock.advance(2 * LIMITS.historyRetryInitialMs);
    expect(await trades).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([
    [500, LIMITS.historyAttempts],
    [429, LIMITS.rateLimitedAttempts],
    [403, 1],
    [400, 1],
    [401, 1],
  ])("a server of history that answers %i is asked %i times", async (status, attempts) => {
    const server = new HistoryServer(() => ({ status }));
    const { clock, history } = open(server);
    const failed = expect(history.latestTrades("AAPL")).rejects.toThrow(StreamError);
    await clock.advance(1_000_000);
    await failed;
    expect(server.requests).toHaveLength(attempts);
  });

  test("a server of history that asks to wait is not asked before", async () => {
    const server = serving({ status: 503, headers: { "retry-after": "9" } }, pageOf("trades", {}));
    const { clock, history } = open(server);
    const trades = history.trades("AAPL").toArray();
    await clock.advance(8_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await trades).toEqual([]);
  });

  test("an aborted request for history does not wait for a server in trouble", async () => {
    const { clock, history } = open(new HistoryServer(() => ({ status: 500 })));
    const controller = new AbortController();
    const failed = expect(history.latestTrades("AAPL", { signal: controller.signal })).rejects.toThrow("enough");
    await clock.settle();
    controller.abort(new Error("enough"));
    await failed;
    expect(clock.pendingTimers).toBe(0);
  });

  test("a request for history ends after requestTimeoutMs without an answer", async () => {
    const server = new HistoryServer(() => undefined);
    const { clock, history } = open(server, { requestTimeoutMs: 1_000 });
    const failed = history.latestTrades("AAPL").catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(server.aborted).toBe(1);
    await clock.advance(100_000);
    expect(await failed).toMatchObject({ code: "timeout", message: /within 1000 ms \(requestTimeoutMs\)/ });
  });
});

test("a request for history without a connection is connection_lost, with the cause of the platform", async () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" });
  const server = new HistoryServer(() => Promise.reject(new TypeError("fetch failed", { cause })));
  const { clock, history } = open(server, { urlOverride: "http://127.0.0.1:9" });
  const failed = history.exchanges().catch((error: unknown) => error);
  await clock.advance(1_000_000);
  expect(await failed).toMatchObject({
    code: "connection_lost",
    message: expect.stringContaining("no answer from http://127.0.0.1:9/v2/stocks/meta/exchanges: ECONNREFUSED"),
  });
});

test("the rate limit of history is learnt from the server's answers", async () => {
  const answer = { body: '{"N":"New York Stock Exchange"}', headers: { "x-ratelimit-limit": "10000" } };
  const server = new HistoryServer(() => answer);
  const { clock, history } = open(server, { requestsPerMinute: 1 });
  void history.exchanges();
  await clock.settle();
  const many = Array.from({ length: 500 }, () => history.exchanges());
  await clock.settle();
  expect(await Promise.all(many)).toHaveLength(500);
});
