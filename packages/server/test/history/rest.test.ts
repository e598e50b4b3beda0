import { gunzipSync } from "node:zlib";
import { CryptoBar, CryptoQuote, CryptoTrade, Quote, Trade, TradeCancel } from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { bar, quote, SECONDS, trade } from "../../../../verify/shared/records.ts";
import type { GatewayOptions } from "../../src/create-gateway.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { type Answered, KEY, openRest, type Rest } from "./support/rest.ts";

const at = (seconds: number, nanos = 0) => ({ seconds: SECONDS + seconds, nanos });

/** The range that holds all records of these tests. */
const RANGE = "start=2025-01-02T15:00:00Z&end=2025-01-02T16:00:00Z";

async function restWith(records: readonly MarketRecord[], options: Partial<GatewayOptions> = {}): Promise<Rest> {
  const rest = await openRest(options);
  rest.feed.publish(...records);
  return rest;
}

/** The texts of all pages, and the requests' answers. */
async function pagesOf(rest: Rest, target: string): Promise<Answered[]> {
  const pages: Answered[] = [];
  for (let token: unknown = ""; token !== null; token = pages.at(-1)?.json().next_page_token) {
    pages.push(await rest.get(`${target}${token === "" ? "" : `&page_token=${token}`}`));
    if (pages.length > 100) throw new Error("the pages do not end");
  }
  return pages;
}

describe("a range", () => {
  test("a range of many symbols is sorted by symbol, then by time, and its times and ids are exact", async () => {
    const big = new Trade("A", SECONDS, 120_000_000, 2n ** 64n - 1n, "V", 0.0001, 7, [" ", "I"], "C");
    const rest = await restWith([trade("MSFT", 3, at(1, 5)), big, trade("IBM", 9, at(0))]);
    const { status, headers, text } = await rest.get(`/v2/stocks/trades?symbols=MSFT,A&${RANGE}`);
    expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    expect(text).toBe(
      '{"trades":{"A":[{"i":18446744073709551615,"x":"V","p":0.0001,"s":7,"c":[" ","I"],"t":"2025-01-02T15:00:00.12Z","z":"C"}],' +
        '"MSFT":[{"i":3,"x":"V","p":101.25,"s":100,"c":["@"],"t":"2025-01-02T15:00:01.000000005Z","z":"C"}]},"next_page_token":null}',
    );
  });

  test("a range of one symbol in the path has its records in an array", async () => {
    const rest = await restWith([quote("BRK.B", 3), bar("BRK.B")]);
    expect((await rest.get(`/v2/stocks/BRK.B/quotes?${RANGE}`)).json()).toEqual({
      symbol: "BRK.B",
      quotes: [
        {
          bx: "V",
          bp: 101.24,
          bs: 3,
          ax: "Q",
          ap: 101.26,
          as: 200,
          c: ["R"],
          t: "2025-01-02T15:00:00.000000005Z",
          z: "C",
        },
      ],
      next_page_token: null,
    });
    expect((await rest.get(`/v2/stocks/BRK.B/bars?timeframe=1Min&${RANGE}`)).json()).toEqual({
      symbol: "BRK.B",
      bars: [{ o: 1, h: 2, l: 0.5, c: 1.5, v: 1000, t: "2025-01-02T15:00:00Z", n: 12, vw: 1.25 }],
      next_page_token: null,
    });
    expect((await rest.get(`/v2/stocks/IBM/trades?${RANGE}`)).json()).toEqual({
      symbol: "IBM",
      trades: [],
      next_page_token: null,
    });
  });

  test("a range without records of many symbols has an empty object, not null", async () => {
    const rest = await restWith([]);
    for (const kind of ["trades", "quotes", "bars", "auctions"]) {
      const { text } = await rest.get(`/v2/stocks/${kind}?symbols=IBM&timeframe=1Day&${RANGE}`);
      expect(text).toBe(`{"${kind}":{},"next_page_token":null}`);
    }
  });

  test("start and end of a range are inclusive, to the nanosecond", async () => {
    const rest = await restWith([0, 1, 2, 3].map((nanos) => trade("A", nanos + 1, at(0, nanos))));
    const range = "start=2025-01-02T15:00:00.000000001Z&end=2025-01-02T10:00:00.000000002-05:00";
    const { text } = await rest.get(`/v2/stocks/trades?symbols=A&${range}`);
    expect([...text.matchAll(/"i":(\d)/g)].map(([, id]) => id)).toEqual(["2", "3"]);
  });

  test("a date as start or end of a range is a day in New York", async () => {
    const sent = ["2025-01-02T04:59:59Z", "2025-01-02T05:00:00Z", "2025-01-03T04:59:59Z", "2025-01-03T05:00:00Z"];
    const rest = await restWith(sent.map((text, id) => trade("A", id + 1, at(Date.parse(text) / 1000 - SECONDS))));
    const { text } = await rest.get("/v2/stocks/trades?symbols=A&start=2025-01-02&end=2025-01-02");
    expect([...text.matchAll(/"i":(\d)/g)].map(([, id]) => id)).toEqual(["2", "3"]);
  });

  test.each(["asc", "desc"])("the pages of a range in the order %s hold every record once", async (sort) => {
    const rest = await restWith(
      ["B", "A", "C"].flatMap((symbol) => [1, 2, 3, 4, 5].map((id) => trade(symbol, id, at(id)))),
    );
    const target = `/v2/stocks/trades?symbols=A,B,C&sort=${sort}&${RANGE}`;
    for (const limit of [1, 2, 3, 4, 5, 14, 15, 16]) {
      const pages = await pagesOf(rest, `${target}&limit=${limit}`);
      const ids = pages.flatMap(({ json }) =>
        Object.entries(json().trades as Record<string, { i: number }[]>).flatMap(([symbol, trades]) =>
          trades.map(({ i }) => `${symbol}${i}`),
        ),
      );
      const order = sort === "asc" ? [1, 2, 3, 4, 5] : [5, 4, 3, 2, 1];
      expect(ids).toEqual(["A", "B", "C"].flatMap((symbol) => order.map((id) => `${symbol}${id}`)));
      expect(pages).toHaveLength(Math.ceil(15 / limit));
    }
  });

  test("a page of history begins behind the last record of the page before, although a late record came between", async () => {
    const rest = await restWith([1, 2, 3, 4].map((id) => trade("A", id, at(id))));
    const target = `/v2/stocks/trades?symbols=A&limit=2&${RANGE}`;
    const token = (await rest.get(target)).json().next_page_token;
    rest.feed.publish(trade("A", 9, at(1, 5)));
    const { text } = await rest.get(`${target}&page_token=${token}`);
    expect([...text.matchAll(/"i":(\d)/g)].map(([, id]) => id)).toEqual(["3", "4"]);
  });

  test("bars of a longer timeframe have pages, in both orders", async () => {
    const rest = await restWith(Array.from({ length: 50 }, (_, minute) => bar("A", "bars", 1, at(minute * 60))));
    for (const sort of ["asc", "desc"]) {
      const pages = await pagesOf(rest, `/v2/stocks/bars?symbols=A&timeframe=5Min&limit=3&sort=${sort}&${RANGE}`);
      const times = pages.flatMap(({ text }) =>
        [...text.matchAll(/15:(\d\d):00Z/g)].map(([, minute]) => Number(minute)),
      );
      const expected = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45];
      expect(times).toEqual(sort === "asc" ? expected : expected.reverse());
    }
  });

  test("symbols=* asks for all symbols that are held, and a header announces it", async () => {
    const rest = await restWith([trade("C"), trade("A"), quote("B")]);
    const { headers, json } = await rest.get(`/v2/stocks/trades?symbols=*&${RANGE}`);
    expect(Object.keys(json().trades as object)).toEqual(["A", "C"]);
    expect(headers["x-tickerplant-wildcard"]).toBe("symbols=*");
  });

  test("a trade that was cancelled is marked in the history", async () => {
    const cancel = new TradeCancel("A", SECONDS + 5, 0, 2, "V", 101.25, 100, "C", "C");
    const rest = await restWith([trade("A", 1), trade("A", 2), cancel]);
    const { trades } = (await rest.get(`/v2/stocks/A/trades?${RANGE}`)).json();
    expect(trades).toEqual([
      expect.not.objectContaining({ u: expect.anything() }),
      expect.objectContaining({ u: "canceled", i: 2, z: "C" }),
    ]);
  });

  test("the answer of a request for history repeats the currency that the request names", async () => {
    const rest = await restWith([trade("A")]);
    const { currency } = (await rest.get(`/v2/stocks/trades?symbols=A&currency=USD&${RANGE}`)).json();
    expect(currency).toBe("USD");
  });

  test("a page of history has 1000 records by default and 10000 at most", async () => {
    const rest = await restWith(Array.from({ length: 1001 }, (_, id) => trade("A", id + 1)));
    const count = async (query: string): Promise<number> =>
      ((await rest.get(`/v2/stocks/A/trades?${RANGE}${query}`)).json().trades as unknown[]).length;
    expect(await count("")).toBe(1000);
    expect(await count("&limit=10000")).toBe(1001);
  });
});

describe("a request that makes no sense", () => {
  test.each([
    ["trades?symbols=A&limit=10001", "invalid limit: 10001; it must be between 1 and 10000"],
    ["trades?symbols=A&limit=0", "invalid limit: 0; it must be between 1 and 10000"],
    ["trades?start=2025-01-02", "Invalid format for parameter symbols: query parameter 'symbols' is required"],
    ["trades?symbols=A,YZCDE2", "invalid symbol: YZCDE2"],
    ["%2A/trades?x", "invalid symbol: *"],
    ["A,B/trades?x", "invalid symbol: A,B"],
    ["A,B/snapshot?x", "invalid symbol: A,B"],
    ["trades?symbols=A&start=2025-01-03&end=2025-01-02", "end should not be before start"],
    [
      "trades?symbols=A&start=x",
      "Invalid format for parameter start: error parsing 'x' as RFC3339 or 2006-01-02 time: cannot parse 'x'",
    ],
    [
      "trades?symbols=A&end=2025-02-30",
      "Invalid format for parameter end: error parsing '2025-02-30' as RFC3339 or 2006-01-02 time: cannot parse '2025-02-30'",
    ],
    ["bars?symbols=A", "invalid timeframe: "],
    ["bars?symbols=A&timeframe=7Days", "invalid timeframe: 7Days"],
    ["bars?symbols=A&timeframe=1Day&adjustment=none", "invalid adjustment: none"],
    ["trades?symbols=A&sort=up", "invalid sort: up"],
    ["trades?symbols=A&feed=otc", "invalid feed: otc"],
    ["trades?symbols=A&currency=EUR", "invalid currency: EUR"],
    ["trades?symbols=A&page_token=QUFQTHwyMDI1", "invalid page_token"],
    ["meta/conditions/trade?tape=X", "invalid tape: X"],
    ["meta/conditions/bar?tape=A", "invalid ticktype: bar"],
  ])("the request for history %s is answered with 400", async (target, message) => {
    const rest = await restWith([trade("A")]);
    const { status, json } = await rest.get(`/v2/stocks/${target}`);
    expect([status, json()]).toEqual([400, { message }]);
  });

  test("a page token of another kind of request, and a changed one, are answered with 400", async () => {
    const rest = await restWith([trade("A", 1), trade("A", 2), quote("A", 1), quote("A", 2)]);
    const token = (await rest.get(`/v2/stocks/trades?symbols=A&limit=1&${RANGE}`)).json().next_page_token as string;
    const turned = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    for (const target of [
      `quotes?symbols=A&page_token=${token}`,
      `trades?symbols=A&sort=desc&page_token=${token}`,
      `trades?symbols=A&page_token=${turned}`,
    ])
      expect(await rest.get(`/v2/stocks/${target}`)).toMatchObject({ status: 400 });
  });
});

describe("latest records and snapshots", () => {
  const oddLot = new Trade("A", SECONDS + 9, 0, 8, "V", 5, 1, ["@", "I"], "C");

  test("the latest trade is the last one that may set the price of a bar", async () => {
    const rest = await restWith([trade("A", 7, at(1)), oddLot, trade("B", 1, at(2))]);
    expect((await rest.get("/v2/stocks/trades/latest?symbols=A,IBM")).json()).toMatchObject({
      trades: { A: { i: 7 } },
    });
    expect((await rest.get("/v2/stocks/A/trades/latest")).json()).toMatchObject({ symbol: "A", trade: { i: 7 } });
    expect(await rest.get("/v2/stocks/IBM/trades/latest")).toMatchObject({
      status: 404,
      text: '{"message":"no trade found for IBM"}',
    });
  });

  test("the latest quote and bar are the last ones by time", async () => {
    const rest = await restWith([quote("A", 1, at(0)), quote("A", 2, at(5)), bar("A", "bars", 5, at(0))]);
    expect((await rest.get("/v2/stocks/quotes/latest?symbols=A")).json()).toMatchObject({ quotes: { A: { bs: 2 } } });
    expect((await rest.get("/v2/stocks/A/quotes/latest")).json()).toMatchObject({ symbol: "A", quote: { bs: 2 } });
    expect((await rest.get("/v2/stocks/bars/latest?symbols=A")).json()).toMatchObject({ bars: { A: { v: 5 } } });
    expect((await rest.get("/v2/stocks/A/bars/latest")).json()).toMatchObject({ symbol: "A", bar: { v: 5 } });
  });

  test("a snapshot has those of its five members that are held", async () => {
    const daily = (day: number) => bar("A", "dailyBars", day, at(day * 86_400 - 36_000));
    const rest = await restWith([trade("A", 7), quote("A", 2), bar("A", "bars", 5), daily(0), daily(1), quote("B", 3)]);
    const expected = {
      latestTrade: { i: 7 },
      latestQuote: { bs: 2 },
      minuteBar: { v: 5 },
      dailyBar: { t: "2025-01-03T05:00:00Z" },
      prevDailyBar: { t: "2025-01-02T05:00:00Z" },
    };
    const snapshots = (await rest.get("/v2/stocks/snapshots?symbols=A,B,IBM")).json();
    expect(snapshots).toMatchObject({ A: expected, B: { latestQuote: { bs: 3 } } });
    expect([Object.keys(snapshots), Object.keys(snapshots.B as object)]).toEqual([["A", "B"], ["latestQuote"]]);
    expect((await rest.get("/v2/stocks/A/snapshot")).json()).toMatchObject({ symbol: "A", ...expected });
    expect(await rest.get("/v2/stocks/IBM/snapshot")).toMatchObject({ status: 404 });
  });

  test("the history names conditions by tape, and exchanges", async () => {
    const rest = await restWith([]);
    expect((await rest.get("/v2/stocks/meta/conditions/trade?tape=C")).json()).toMatchObject({
      "@": "Regular Sale",
      B: "Bunched Trade",
    });
    expect((await rest.get("/v2/stocks/meta/conditions/trade?tape=A")).json()).toMatchObject({
      " ": "Regular Sale",
      B: "Average Price Trade",
    });
    expect((await rest.get("/v2/stocks/meta/conditions/quote?tape=B")).json()).toMatchObject({ O: "Opening Quote" });
    expect((await rest.get("/v2/stocks/meta/exchanges")).json()).toMatchObject({ V: "IEX", D: "FINRA (off exchange)" });
  });
});

describe("what is no longer held", () => {
  test("a header names the time from which on a range is complete, where records were dropped", async () => {
    const rest = await restWith([], { history: { maxBytes: 4_194_304 } });
    const header = async (query: string): Promise<unknown> =>
      (await rest.get(`/v2/stocks/trades?symbols=A&${query}`)).headers["x-tickerplant-complete-from"];
    expect(await header(RANGE)).toBeUndefined();
    for (let id = 1; id <= 30_000; id++) rest.feed.publish(trade("A", id, at(id / 10 - ((id / 10) % 1))));
    const from = String(await header(RANGE));
    const { text } = await rest.get(`/v2/stocks/trades?symbols=A&limit=1&start=2025-01-02&end=2025-01-03`);
    const first = Date.parse(/"t":"([^"]*)"/.exec(text)?.[1] ?? "");
    expect(Date.parse(from) - first).toBeGreaterThanOrEqual(0);
    expect(Date.parse(from) - first).toBeLessThanOrEqual(1000);
    expect(await header(`start=${from}&end=2025-01-03`)).toBeUndefined();
  });

  test("a gap of the feed counts as missing from the history of its channel", async () => {
    const rest = await restWith([trade("A")]);
    const cause = new Error("lost");
    rest.feed.gap({ channel: "trades", symbols: ["A"], from: new Date(0), to: new Date((SECONDS + 60) * 1000), cause });
    const header = async (kind: string): Promise<unknown> =>
      (await rest.get(`/v2/stocks/${kind}?symbols=A&${RANGE}`)).headers["x-tickerplant-complete-from"];
    expect([await header("trades"), await header("quotes")]).toEqual(["2025-01-02T15:01:00Z", undefined]);
  });

  test("no range is complete where a feed carries only what clients ask for", async () => {
    const feed = Object.assign(new ManualFeed(), { demand: () => {} });
    const rest = await openRest({ feeds: { iex: feed } });
    const { headers } = await rest.get(`/v2/stocks/trades?symbols=A&${RANGE}`);
    expect(Date.parse(String(headers["x-tickerplant-complete-from"]))).toBeGreaterThan(Date.now() - 60_000);
  });

  test("a history that failed on a record answers 500, and not with what it has", async () => {
    const rest = await restWith([trade("A")], { onEvent: () => {} });
    // A feed of one's own that does not keep to the types.
    rest.feed.publish(new Trade("A", SECONDS, 0, 2, "V", 1, 1, null as unknown as string[], "C"));
    expect(await rest.get(`/v2/stocks/trades?symbols=A&${RANGE}`)).toMatchObject({ status: 500 });
  });
});

describe("crypto", () => {
  test("the history of crypto has its paths, by feed", async () => {
    const feed = new ManualFeed();
    const rest = await openRest({ feeds: { "crypto/us": feed } });
    const pair = "BTC/USD";
    feed.publish(
      new CryptoTrade(pair, SECONDS, 1, 65_000.5, 0.0001, 2n ** 60n, "B"),
      new CryptoQuote(pair, SECONDS, 2, 1, 0.5, 2, 0.25),
      new CryptoBar("bars", pair, SECONDS, 0, 1, 2, 0.5, 1.5, 0.125, 3, 1.25),
    );
    const base = "/v1beta3/crypto/us";
    expect((await rest.get(`${base}/trades?symbols=BTC%2FUSD&${RANGE}`)).text).toBe(
      '{"trades":{"BTC/USD":[{"p":65000.5,"s":0.0001,"t":"2025-01-02T15:00:00.000000001Z","i":1152921504606846976,"tks":"B"}]},"next_page_token":null}',
    );
    expect((await rest.get(`${base}/bars?symbols=BTC/USD&timeframe=1Hour&${RANGE}`)).json()).toMatchObject({
      bars: { [pair]: [{ v: 0.125, n: 3 }] },
    });
    expect((await rest.get(`${base}/latest/quotes?symbols=BTC/USD`)).json()).toMatchObject({
      quotes: { [pair]: { bs: 0.5 } },
    });
    expect((await rest.get(`${base}/snapshots?symbols=BTC/USD`)).json()).toMatchObject({
      snapshots: { [pair]: { latestTrade: { tks: "B" }, minuteBar: { c: 1.5 } } },
    });
    expect(await rest.get(`${base}/trades?symbols=AAPL&${RANGE}`)).toMatchObject({
      status: 400,
      text: '{"message":"invalid symbol: AAPL"}',
    });
    expect(await rest.get(`/v2/stocks/trades?symbols=A&${RANGE}`)).toMatchObject({ status: 404 });
  });
});

describe("feeds and keys", () => {
  const keys = [
    { key: "KEY", secret: "SECRET" },
    { key: "IEX", secret: "S", feeds: ["iex"] },
  ];

  test("a request for history with a wrong key or none is answered with 401 and a page of HTML", async () => {
    const rest = await restWith([], { keys });
    for (const headers of [{}, { ...KEY, "apca-api-secret-key": "wrong" }, { authorization: "Bearer x" }]) {
      const { status, headers: answered, text } = await rest.get("/v2/stocks/meta/exchanges", headers);
      expect([status, answered["content-type"]]).toEqual([401, "text/html"]);
      expect(text).toContain("401 Authorization Required");
    }
  });

  test("the history accepts Basic credentials and those of OAuth as the stream does", async () => {
    const rest = await restWith([], { keys: [...keys, { key: "oauth", secret: "TOKEN" }] });
    const basic = Buffer.from("KEY:SECRET").toString("base64");
    for (const authorization of [`Basic ${basic}`, "Bearer TOKEN"])
      expect(await rest.get("/v2/stocks/meta/exchanges", { authorization })).toMatchObject({ status: 200 });
  });

  test("a request for history gets the best feed of its key by default, and 403 for a feed that the key lacks", async () => {
    const [sip, iex] = [new ManualFeed(), new ManualFeed()];
    const rest = await openRest({ feeds: { sip, iex }, keys });
    sip.publish(trade("A", 1));
    iex.publish(trade("A", 2));
    const idOf = async (key: Readonly<Record<string, string>>): Promise<unknown> =>
      (await rest.get(`/v2/stocks/trades?symbols=A&${RANGE}`, key)).json();
    const iexKey = { "apca-api-key-id": "IEX", "apca-api-secret-key": "S" };
    expect(await idOf(KEY)).toMatchObject({ trades: { A: [{ i: 1 }] } });
    expect(await idOf(iexKey)).toMatchObject({ trades: { A: [{ i: 2 }] } });
    const { status, json } = await rest.get(`/v2/stocks/trades?symbols=A&feed=sip&${RANGE}`, iexKey);
    const message = "subscription does not permit querying recent SIP data";
    expect([status, json()]).toEqual([403, { code: 42_210_000, message }]);
  });

  test("the history of the delayed feed is served as sip where there is no sip", async () => {
    const feed = new ManualFeed();
    const rest = await openRest({ feeds: { delayed_sip: feed } });
    for (const name of ["sip", "delayed_sip"])
      expect(await rest.get(`/v2/stocks/trades?symbols=A&feed=${name}&${RANGE}`)).toMatchObject({ status: 200 });
  });

  test("a gateway with history: false has none of the paths of history", async () => {
    const rest = await openRest({ history: false });
    expect(await rest.get(`/v2/stocks/trades?symbols=A&${RANGE}`)).toMatchObject({ status: 404 });
  });

  test.each([
    [{ maxBytes: 1 }, "history.maxBytes must be at least 4194304, got 1"],
    [{ maxMinutes: 0 }, "history.maxMinutes must be a number above 0, got 0"],
    [{ minutes: 5 }, 'history: there is no option "minutes"'],
  ])("the option history: %j is rejected", async (history, message) => {
    await expect(openRest({ history: history as object })).rejects.toThrow(message);
  });
});

describe("over HTTP", () => {
  test("a long answer over HTTP is compressed for a client that accepts gzip, and for no other", async () => {
    const rest = await restWith(Array.from({ length: 100 }, (_, id) => trade("A", id + 1)));
    const target = `/v2/stocks/A/trades?${RANGE}`;
    const plain = await rest.get(target);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const { headers, text } = await rest.get(target, { ...KEY, "accept-encoding": "br, gzip" });
    expect([headers["content-encoding"], headers.vary]).toEqual(["gzip", "Accept-Encoding"]);
    expect(gunzipSync(Buffer.from(text, "base64")).toString()).toBe(plain.text);
    for (const encoding of ["identity", "gzip;q=0", "br;q=1, gzip;q=0.0"])
      expect((await rest.get(target, { ...KEY, "accept-encoding": encoding })).text).toBe(plain.text);
  });

  test("a web page of an allowed origin may read the history, its errors and headers; another may not", async () => {
    const origin = "https://example.com";
    const rest = await restWith([trade("A")], { allowedOrigins: [origin] });
    const target = `/v2/stocks/trades?symbols=A&${RANGE}`;
    const preflight = await rest.get(target, { origin, "access-control-request-method": "GET" }, "OPTIONS");
    expect(preflight).toMatchObject({
      status: 200,
      headers: { "access-control-allow-origin": origin, "access-control-allow-headers": "Authorization, *" },
    });
    for (const headers of [{ ...KEY, origin }, { origin }])
      expect((await rest.get(target, headers)).headers).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-expose-headers": expect.stringContaining("x-tickerplant-complete-from"),
        vary: "Origin",
      });
    for (const method of ["GET", "OPTIONS"]) {
      const other = await rest.get(target, { ...KEY, origin: "https://example.org" }, method);
      expect(other.status).toBe(403);
      expect(other.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("the history answers another method with 405", async () => {
    const rest = await restWith([]);
    expect(await rest.get("/v2/stocks/trades?symbols=A", KEY, "POST")).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD, OPTIONS" },
    });
  });
});

test("a quote without a bid keeps the blank of its exchange in the history", async () => {
  const rest = await restWith([new Quote("A", SECONDS, 0, " ", 0, 0, "Q", 2, 100, ["R"], "C")]);
  expect((await rest.get(`/v2/stocks/quotes?symbols=A&${RANGE}`)).text).toContain('"bx":" ","bp":0,"bs":0');
});
