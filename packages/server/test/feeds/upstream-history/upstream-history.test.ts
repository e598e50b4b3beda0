import { StockHistory } from "@tickerplant/client/history";
import { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { type Answer, HistoryServer } from "../../../../client/test/support/history-server.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream-history/limits.ts";
import { upstreamHistory } from "../../../src/feeds/upstream-history/upstream-history.ts";
import {
  UpstreamRequests,
  type UpstreamRequestsOptions,
} from "../../../src/feeds/upstream-history/upstream-requests.ts";

const KEYS = { apiKey: "PKUPSTREAM123456", secretKey: "the-secret-of-upstream-0123456789" };

function setUp(answer: (url: URL, index: number) => Answer | undefined, options: UpstreamRequestsOptions = {}) {
  const clock = new VirtualClock({ random: () => 1 });
  const server = new HistoryServer(({ url }, index) => answer(url, index));
  const requests = new UpstreamRequests({ clock, ...options });
  const past = new StockHistory({ ...KEYS, feed: "sip", budget: requests.budget, fetch: server.fetch, clock });
  const history = upstreamHistory(past, requests);
  const get = (target: string, client = "reader", keepMs = 0) => history.get({ target, client, keepMs });
  const targets = (): string[] => server.requests.map(({ url }) => url.pathname + url.search);
  return { clock, server, past, history, get, targets };
}

const outcome = (answer: Promise<unknown>): Promise<unknown> => answer.catch((error: unknown) => error);
const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe("answers that are passed on", () => {
  test("a request is sent as it is with the gateway's key, and its answer passed on as it came, without other headers", async () => {
    const headers = {
      "x-tickerplant-complete-from": "2025-01-02T15:00:00Z",
      "x-ratelimit-limit": "10000",
      "set-cookie": "a",
    };
    const { server, get } = setUp(() => ({ body: '{"trades" : {} }', headers }));
    const answer = await get("/v2/stocks/trades?symbols=A&feed=sip");
    expect(text(answer.body)).toBe('{"trades" : {} }');
    expect(answer.headers).toEqual({ "x-tickerplant-complete-from": "2025-01-02T15:00:00Z" });
    expect(server.requests[0]?.url.search).toBe("?symbols=A&feed=sip");
    expect(server.requests[0]?.headers).toMatchObject({ "APCA-API-KEY-ID": KEYS.apiKey });
  });

  test.each([
    [400, '{"message":"invalid symbol: X1"}'],
    [403, '{"code":42210000,"message":"subscription does not permit querying recent SIP data"}'],
    [404, '{"message":"no trade found for A"}'],
    [422, '{"message":"wrong"}'],
  ])("an error %i about the request is passed on with its body", async (status, body) => {
    const { get } = setUp(() => ({ status, body }));
    expect(text((await get("/x")).body)).toBe(body);
  });

  test("the page of a proxy in front of upstream is not passed on", async () => {
    const { get } = setUp(() => ({
      status: 404,
      body: "<html>nginx</html>",
      headers: { "content-type": "text/html" },
    }));
    expect(text((await get("/x")).body)).toBe('{"message":"upstream answered 404"}');
  });

  test("that upstream accepts * as a symbol is known from its answers", async () => {
    const { history, get } = setUp(() => ({ headers: { "x-tickerplant-wildcard": "symbols=*" } }));
    expect(history.acceptsWildcard).toBe(false);
    await get("/x");
    expect(history.acceptsWildcard).toBe(true);
  });
});

describe("answers that are not passed on", () => {
  test.each<[string, Answer, number]>([
    ["401", { status: 401, body: "<html>", headers: { "content-type": "text/html" } }, 502],
    ["403 about the key", { status: 403, body: '{"message":"forbidden."}' }, 502],
    ["a redirect", { status: 302, headers: { location: "https://example.com" } }, 502],
    ["200 with a web page", { body: "<html>", headers: { "content-type": "text/html" } }, 502],
    ["429", { status: 429 }, 504],
    ["500", { status: 500 }, 503],
    ["500 with Retry-After", { status: 500, headers: { "retry-after": "3" } }, 503],
  ])("upstream's %s becomes an error of the gateway, without a secret", async (_what, answer, status) => {
    const { clock, get } = setUp(() => answer);
    const failed = outcome(get("/x"));
    await clock.advance(UPSTREAM_LIMITS.timeoutMs);
    const error = await failed;
    expect(error).toMatchObject({ name: "UpstreamError", status });
    expect(String(error) + JSON.stringify(error)).not.toMatch(/PKUPSTREAM|the-secret/);
    if (status !== 502) expect(error).toMatchObject({ retryAfterSeconds: expect.any(Number) });
  });

  test("an upstream that cannot be reached becomes 503", async () => {
    const { clock, get } = setUp(() => {
      throw new Error("connect ECONNREFUSED");
    });
    const failed = outcome(get("/x"));
    await clock.advance(UPSTREAM_LIMITS.timeoutMs - 1);
    expect(await failed).toMatchObject({ status: 503, message: "upstream cannot be reached" });
  });

  test("an upstream in trouble is asked again, within the client's time", async () => {
    const { clock, get, server } = setUp((_, index) => (index < 2 ? { status: 500 } : { body: '{"a":1}' }));
    const answer = get("/x");
    await clock.advance(5_000);
    expect(text((await answer).body)).toBe('{"a":1}');
    expect(server.requests).toHaveLength(3);
  });

  test("a request that upstream does not answer ends with 504, also one that waits for its turn", async () => {
    const { clock, get, server } = setUp(() => undefined);
    const answers = ["/1", "/2", "/3", "/4"].map((target) => outcome(get(target)));
    await clock.advance(UPSTREAM_LIMITS.timeoutMs);
    expect(await Promise.all(answers)).toMatchObject(Array(4).fill({ status: 504 }));
    expect(server.aborted).toBeGreaterThanOrEqual(UPSTREAM_LIMITS.maxOpen);
    expect(clock.pendingTimers).toBe(0);
  });

  test("the requests that are under way or wait end when the gateway closes", async () => {
    const { clock, get, history, server } = setUp(() => undefined);
    const answers = ["/1", "/2", "/3", "/4"].map((target) => outcome(get(target)));
    const newest = outcome(history.newest({ quotes: ["A"] }));
    await clock.settle();
    history.close();
    expect(await Promise.all([...answers, newest])).toMatchObject(Array(5).fill({ status: 503 }));
    expect(server.aborted).toBe(UPSTREAM_LIMITS.maxOpen);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a key with too many requests gets 429, and the others go on", async () => {
    const { get } = setUp(() => undefined);
    const { maxOpen, maxWaitingPerKey } = UPSTREAM_LIMITS;
    for (let sent = 0; sent < maxOpen + maxWaitingPerKey; sent++) void outcome(get(`/${sent}`, "greedy"));
    await expect(get("/more", "greedy")).rejects.toMatchObject({ status: 429, message: "too many requests." });
    let isRejected = false;
    get("/other", "modest").catch(() => {
      isRejected = true;
    });
    await Promise.resolve();
    expect(isRejected).toBe(false);
  });
});

describe("fewer requests", () => {
  test("the same request, while one is under way, is sent once", async () => {
    const { get, targets } = setUp(() => ({ body: "{}" }));
    await Promise.all([get("/x", "a"), get("/x", "b"), get("/y", "b")]);
    expect(targets()).toEqual(["/x", "/y"]);
    await get("/x");
    expect(targets()).toEqual(["/x", "/y", "/x"]);
  });

  test("the same request a moment before the first one's time is over still gets its answer", async () => {
    const { clock, get, targets } = setUp((_url, index) => (index < 2 ? undefined : { body: "{}" }));
    const first = outcome(get("/x", "a"));
    await clock.advance(UPSTREAM_LIMITS.timeoutMs - 1);
    const second = outcome(get("/x", "b"));
    await clock.advance(UPSTREAM_LIMITS.timeoutMs);
    expect(await first).toMatchObject({ status: 504 });
    expect(await second).toMatchObject({ status: 200 });
    expect(targets()).toHaveLength(3); // attempts of one request
  });

  test("an answer is kept as long as the request says, and an error is not", async () => {
    const { clock, get, targets } = setUp((url) => ({ status: url.pathname === "/wrong" ? 400 : 200 }));
    await get("/x", "a", 1_000);
    await get("/x", "b", 1_000);
    await get("/wrong", "a", 1_000);
    await get("/wrong", "a", 1_000);
    expect(targets()).toEqual(["/x", "/wrong", "/wrong"]);
    await clock.advance(1_000);
    await get("/x", "b", 1_000);
    expect(targets()).toHaveLength(4);
  });

  test("the first page is forgotten when upstream no longer knows a token, so that a client can begin again", async () => {
    const { get, targets } = setUp((url) => ({ status: url.searchParams.has("page_token") ? 400 : 200 }));
    await get("/x?symbols=A%2CB&feed=sip", "a", 1_000);
    await get("/y?feed=sip", "a", 1_000);
    await get("/x?symbols=A%2CB&page_token=t&feed=sip", "a", 1_000);
    await get("/x?symbols=A%2CB&feed=sip", "a", 1_000);
    await get("/y?feed=sip", "a", 1_000);
    expect(targets()).toHaveLength(4);
  });
});

describe("the budget", () => {
  test("keys share the requests of a minute in turn, whatever one of them asks for", async () => {
    const { clock, get, targets } = setUp(() => ({ body: "{}" }), { requestsPerMinute: 60 });
    for (let sent = 0; sent < 90; sent++) void outcome(get(`/greedy/${sent}`, "greedy"));
    await clock.settle();
    const before = targets().length;
    expect(before).toBe(30); // the other half is that of fills
    for (let sent = 0; sent < 5; sent++) void outcome(get(`/modest/${sent}`, "modest"));
    await clock.advance(14_010);
    const later = targets().slice(before);
    expect(later.filter((target) => target.startsWith("/modest"))).toHaveLength(5);
    expect(later.length).toBeLessThanOrEqual(15);
  });

  test("a stream that fills a gap goes before the clients' requests, and has half of the budget", async () => {
    const { clock, get, past, targets } = setUp(() => ({ body: '{"trades":{},"next_page_token":null}' }), {
      requestsPerMinute: 60,
    });
    for (let sent = 0; sent < 90; sent++) void outcome(get(`/client/${sent}`));
    await clock.settle();
    const before = targets().length;
    const fill = { channel: "trades", symbols: ["A"], fromNs: 0n, toNs: 1n, token: undefined, raw: false };
    const fills = Array.from({ length: 20 }, () => past.fillSource.page(fill, new AbortController().signal));
    await clock.settle();
    await Promise.all(fills);
    expect(
      targets()
        .slice(before)
        .every((target) => target.startsWith("/v2/stocks/trades")),
    ).toBe(true);
  });
});

describe("newest quotes", () => {
  const latest = (...symbols: string[]): string => {
    const quote = '{"t":"2025-01-02T15:00:00Z","bx":"V","bp":1,"bs":2,"ax":"Q","ap":3,"as":4,"c":["R"],"z":"C"}';
    return `{"quotes":{${symbols.map((symbol) => `"${symbol}":${quote}`).join(",")}}}`;
  };

  test("newest quotes are requested a hundred symbols at a time, of the feed, and other channels ignored", async () => {
    const { history, targets } = setUp((url) => ({
      body: latest(url.searchParams.get("symbols")?.split(",")[0] ?? ""),
    }));
    const quotes = Array.from({ length: 101 }, (_, index) => `S${index}`);
    const found = await history.newest({ quotes, statuses: ["A"] });
    expect(found.map(({ channel, symbol }) => [channel, symbol])).toEqual([
      ["quotes", "S0"],
      ["quotes", "S100"],
    ]);
    expect(targets()[1]).toBe("/v2/stocks/quotes/latest?feed=sip&symbols=S100");
    expect(await history.newest({ statuses: ["A"] })).toEqual([]);
  });

  test("clients that ask for the same newest quotes within a second share one request", async () => {
    const { clock, history, targets } = setUp(() => ({ body: latest("A") }));
    await Promise.all([history.newest({ quotes: ["A"] }), history.newest({ quotes: ["A"] })]);
    await clock.advance(999);
    await history.newest({ quotes: ["A"] });
    expect(targets()).toHaveLength(1);
    await clock.advance(1);
    await history.newest({ quotes: ["A"] });
    expect(targets()).toHaveLength(2);
  });

  test("a symbol that upstream rejects does not cost the others their newest quotes", async () => {
    const { history } = setUp((url) => {
      const isWrong = url.searchParams.get("symbols")?.includes("X1");
      return isWrong ? { status: 400, body: '{"message":"invalid symbol: X1"}' } : { body: latest("A") };
    });
    expect((await history.newest({ quotes: ["A", "X1"] })).map(({ symbol }) => symbol)).toEqual(["A"]);
  });

  test("a request for newest quotes ends after a second", async () => {
    const { clock, history } = setUp(() => undefined);
    const failed = outcome(history.newest({ quotes: ["A"] }));
    await clock.advance(UPSTREAM_LIMITS.newestTimeoutMs);
    expect(await failed).toMatchObject({ status: 504 });
  });
});
