import { describe, expect, test } from "vitest";
import { CryptoHistory, RequestBudget, StockHistory } from "../../src/index-history.ts";
import * as LIMITS from "../../src/limits.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { type Answer, HistoryServer, serving } from "../support/history-server.ts";

const KEYS = { apiKey: "PKTEST0123456789", secretKey: "a-secret-of-forty-characters-0123456789" };

function open(server: HistoryServer): { readonly clock: VirtualClock; readonly history: StockHistory } {
  const clock = new VirtualClock({ random: () => 1 });
  return { clock, history: new StockHistory({ ...KEYS, fetch: server.fetch, clock }) };
}

const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe("requests for any path", () => {
  test("a path is requested as it is, with the keys in headers alone, and the answer is returned as it came", async () => {
    const server = serving({ body: '{"news" : []}', headers: { "x-more": "1" } });
    const { history } = open(server);
    const answer = await history.request("/v1/corporate-actions?symbols=A%2CB&x=1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-more")).toBe("1");
    expect(text(answer.body)).toBe('{"news" : []}');
    expect(server.requests[0]?.url.href).toBe("https://data.alpaca.markets/v1/corporate-actions?symbols=A%2CB&x=1");
    expect(server.requests[0]?.headers).toEqual({
      "APCA-API-KEY-ID": KEYS.apiKey,
      "APCA-API-SECRET-KEY": KEYS.secretKey,
    });
  });

  test.each([400, 401, 403, 404, 422, 302])(
    "an answer with the status %i is returned with its body",
    async (status) => {
      const { history } = open(new HistoryServer(() => ({ status, body: '{"message":"no"}' })));
      const answer = await history.request("/v2/stocks/trades");
      expect(answer).toMatchObject({ status });
      expect(text(answer.body)).toBe('{"message":"no"}');
    },
  );

  test("the body of an error never has the secret or most of the key", async () => {
    const body = `{"message":"${KEYS.apiKey} and ${KEYS.secretKey}"}`;
    const { history } = open(serving({ status: 400, body }));
    expect(text((await history.request("/v2/stocks/trades")).body)).toBe('{"message":"PKTE… and [secret]"}');
  });

  test.each<[number, string, number]>([
    [429, "rate_limited", LIMITS.rateLimitedAttempts],
    [500, "server_error", LIMITS.historyAttempts],
    [504, "server_error", LIMITS.historyAttempts],
  ])(
    "a path that is answered with %i is requested again, and fails with %s at last",
    async (status, code, attempts) => {
      const server = new HistoryServer(() => ({ status, headers: { "retry-after": "7" } }));
      const { clock, history } = open(server);
      const failed = history.request("/v2/stocks/trades").catch((error: unknown) => error);
      await clock.advance(1_000_000);
      expect(await failed).toMatchObject({ code, retryAfterMs: 7_000 });
      expect(server.requests).toHaveLength(attempts);
    },
  );

  test("a request for a path ends with its signal", async () => {
    const controller = new AbortController();
    const { clock, history } = open(new HistoryServer(() => undefined));
    const answer = history.request("/v2/stocks/trades", { signal: controller.signal });
    await clock.settle();
    controller.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
  });

  test("what is no path is rejected", () => {
    const { history } = open(serving());
    expect(() => history.request("https://example.com")).toThrow(/the path must be a path such as/);
  });
});

describe("a budget of several histories", () => {
  test("histories with the same budget share its requests", async () => {
    const answer: Answer = { body: "{}" };
    const server = new HistoryServer(() => answer);
    const clock = new VirtualClock();
    const budget = new RequestBudget({ requestsPerMinute: 3, clock });
    const stocks = new StockHistory({ ...KEYS, fetch: server.fetch, clock, budget });
    const crypto = new CryptoHistory({ ...KEYS, fetch: server.fetch, clock, budget });
    const requests = [stocks, crypto, stocks, crypto].map((history) => history.request("/x"));
    await clock.settle();
    expect(server.requests).toHaveLength(3);
    await clock.advance(20_001);
    await Promise.all(requests);
    expect(server.requests).toHaveLength(4);
  });

  test("a budget and a limit of requests together are rejected", () => {
    const budget = new RequestBudget();
    expect(() => new StockHistory({ ...KEYS, budget, requestsPerMinute: 5 })).toThrow(/pass either/);
    expect(() => new StockHistory({ ...KEYS, budget: {} as RequestBudget })).toThrow(/budget must be a RequestBudget/);
  });
});
