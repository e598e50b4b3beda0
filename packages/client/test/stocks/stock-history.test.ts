import { describe, expect, test } from "vitest";
import { Bar, type MarketRecord, Quote, STOCK_SCHEMA, Trade } from "../../src/index.ts";
import {
  Auction,
  isFromHistory,
  StockHistory,
  type StockHistoryOptions,
  type StreamError,
  tradeUpdate,
} from "../../src/index-history.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { FrameDecoder } from "../../src/wire/index.ts";
import { HistoryServer, pageOf, serving, tradeAt } from "../support/history-server.ts";

function open(server: HistoryServer, options: StockHistoryOptions = {}): StockHistory {
  return new StockHistory({ apiKey: "k", secretKey: "s", fetch: server.fetch, clock: new VirtualClock(), ...options });
}

const QUOTE =
  '{"t":"2025-11-14T14:30:00.123456789Z","ax":"V","ap":101.2,"as":200,"bx":" ","bp":0,"bs":0,"c":["R"],"z":"C"}';
const BAR = '{"t":"2025-11-14T14:30:00Z","o":1,"h":3,"l":0.5,"c":2,"v":1000,"n":12,"vw":1.75}';

describe("requests", () => {
  test("a request for history names the feed, both ends exactly, the symbols in order and the largest page", async () => {
    const server = serving(pageOf("trades", {}));
    const options = { start: 1_763_130_600_123_456_789n, end: new Date("2025-11-14T15:00:00.5Z"), asof: "-" };
    await open(server, { feed: "sip" }).trades("MSFT", "AAPL", options).toArray();
    const [request] = server.requests;
    expect(request?.url.href.split("?")[0]).toBe("https://data.alpaca.markets/v2/stocks/trades");
    expect(server.queries).toEqual([
      {
        feed: "sip",
        start: "2025-11-14T14:30:00.123456789Z",
        end: "2025-11-14T15:00:00.5Z",
        asof: "-",
        symbols: "AAPL,MSFT",
        limit: "10000",
      },
    ]);
    expect(request?.headers).toEqual({ "APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s" });
  });

  test("a request for history carries a token of OAuth in place of keys", async () => {
    const server = serving("{}");
    await new StockHistory({ oauthToken: " token\n", fetch: server.fetch }).exchanges();
    expect(server.requests[0]?.headers).toEqual({ Authorization: "Bearer token" });
  });

  test.each([
    ["http://localhost:8765", "http://localhost:8765"],
    ["ws://localhost:8765/", "http://localhost:8765"],
    ["https://proxy.example/alpaca/", "https://proxy.example/alpaca"],
  ])("a request for history goes to urlOverride %s", async (urlOverride, base) => {
    const server = serving("{}");
    await open(server, { urlOverride }).exchanges();
    expect(server.requests[0]?.url.href).toBe(`${base}/v2/stocks/meta/exchanges`);
  });

  test.each([
    ["iex", undefined, "iex", "iex"],
    ["delayed_sip", undefined, "sip", "delayed_sip"],
    ["boats", undefined, "boats", "boats"],
    ["test", "http://localhost:1", "test", "test"],
  ] as const)(
    "history of the feed %s at %s is that of %s, and its newest records are those of %s",
    async (feed, urlOverride, range, latest) => {
      const server = serving(pageOf("trades", {}), '{"trades":{}}');
      const history = open(server, { feed, urlOverride });
      await history.trades("AAPL").toArray();
      await history.latestTrades("AAPL");
      expect(server.queries.map((query) => query.feed)).toEqual([range, latest]);
    },
  );
});

describe("records", () => {
  test("past trades are those of the stream, exact to the nanosecond and beyond 2^53", async () => {
    const server = serving(pageOf("trades", { AAPL: [tradeAt(0, 9223372036854775811n)] }));
    const [trade] = await open(server).trades("AAPL").toArray();
    expect(trade).toBeInstanceOf(Trade);
    expect(trade?.toJSON()).toEqual({
      channel: "trades",
      symbol: "AAPL",
      timestamp: "2025-11-14T14:30:00.000000001Z",
      id: "9223372036854775811",
      exchange: "V",
      price: 101.5,
      size: 100,
      conditions: ["@", "I"],
      tape: "C",
    });
    expect(trade?.id).toBe(9223372036854775811n);
    expect(trade?.timestampNs).toBe(1_763_130_600_000_000_001n);
  });

  test("past quotes and bars are those of the stream", async () => {
    const server = serving(pageOf("quotes", { AAPL: [QUOTE] }), pageOf("bars", { AAPL: [BAR] }));
    const history = open(server);
    const [quote] = await history.quotes("AAPL").toArray();
    expect(quote).toBeInstanceOf(Quote);
    expect(quote).toMatchObject({ symbol: "AAPL", askPrice: 101.2, bidExchange: " ", bidPrice: 0, nanos: 123456789 });
    const [bar] = await history.bars("AAPL").toArray();
    expect(bar).toBeInstanceOf(Bar);
    expect(bar).toMatchObject({ channel: "bars", open: 1, high: 3, low: 0.5, close: 2, volume: 1000, vwap: 1.75 });
    expect(server.queries[1]).toMatchObject({ timeframe: "1Min", adjustment: "raw" });
  });

  test("past bars of a day have the channel dailyBars, and all others bars", async () => {
    const server = new HistoryServer(() => ({ body: pageOf("bars", { AAPL: [BAR] }) }));
    const history = open(server);
    const channels: string[] = [];
    for (const timeframe of ["1Day", "1D", "5Min", "1Week"] as const) {
      const [bar] = await history.bars("AAPL", { timeframe, adjustment: ["split", "dividend"] }).toArray();
      channels.push(bar?.channel ?? "none");
    }
    expect(channels).toEqual(["dailyBars", "dailyBars", "bars", "bars"]);
    expect(server.queries[0]).toMatchObject({ timeframe: "1Day", adjustment: "split,dividend" });
  });

  test("records of history are recognised, and those of a stream keep their shape", async () => {
    const [trade] = await open(serving(pageOf("trades", { AAPL: [tradeAt(0)] })))
      .trades("AAPL")
      .toArray();
    const live: MarketRecord[] = [];
    const frame = new TextEncoder().encode(`[${tradeAt(0).replace("{", '{"T":"t","S":"AAPL",')}]`);
    new FrameDecoder(STOCK_SCHEMA).decode(frame, {
      record: (record) => live.push(record as MarketRecord), // not raw
      control: () => {},
      fault: () => {},
    });
    expect(trade && isFromHistory(trade)).toBe(true);
    expect(live.map((record) => isFromHistory(record))).toEqual([false]);
    expect(Reflect.ownKeys(live[0] ?? {}).filter((key) => typeof key === "symbol")).toEqual([]);
    expect(JSON.stringify(trade)).toBe(JSON.stringify(live[0]));
    expect(structuredClone(trade?.toObject())).toEqual(structuredClone((live[0] as Trade).toObject()));
  });

  test("past trades that were changed later report it, wherever its key stands", async () => {
    const records = [
      tradeAt(0, 1),
      tradeAt(1, 2, ',"u":"canceled"'),
      tradeAt(2, 3).replace("{", '{"u":"incorrect","new":[{"deep":1}],'),
      tradeAt(3, 4, ',"u":"corrected"'),
      tradeAt(4, 5, ',"u":"of a time to come"'),
      tradeAt(5, 6),
    ];
    const trades = await open(serving(pageOf("trades", { AAPL: records })))
      .trades("AAPL")
      .toArray();
    expect(trades.map((trade) => tradeUpdate(trade))).toEqual([
      undefined,
      "canceled",
      "incorrect",
      "corrected",
      undefined,
      undefined,
    ]);
    expect(trades.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test("past auctions come by day, with times to the nanosecond", async () => {
  const opening = '[{"t":"2022-01-03T14:30:00.037105507Z","x":"P","c":"Q","p":178.26,"s":100}]';
  const closing =
    '[{"t":"2022-01-03T21:00:00.1Z","x":"Q","c":"M","p":182.01},{"t":"2022-01-03T21:00:01Z","x":"P","p":182}]';
  const server = serving(
    pageOf("auctions", {
      AAPL: [`{"d":"2022-01-03","o":${opening},"c":${closing}}`, '{"d":"2022-01-04","o":null}'],
    }),
  );
  const days = await open(server, { feed: "sip" }).auctions("AAPL", { start: "2022-01-03" }).toArray();
  expect(
    days.map(({ symbol, date, opening: open, closing: close }) => [symbol, date, open.length, close.length]),
  ).toEqual([
    ["AAPL", "2022-01-03", 1, 2],
    ["AAPL", "2022-01-04", 0, 0],
  ]);
  expect(days[0]?.opening[0]).toBeInstanceOf(Auction);
  expect(days[0]?.opening[0]?.toJSON()).toMatchObject({
    channel: "auctions",
    symbol: "AAPL",
    timestamp: "2022-01-03T14:30:00.037105507Z",
    exchange: "P",
    price: 178.26,
    size: 100,
    condition: "Q",
  });
  expect(days[0]?.closing[1]).toMatchObject({ size: undefined, condition: "" });
  expect(server.queries[0]?.start).toBe("2022-01-03");
});

test("a day of auctions that cannot be read is an error", async () => {
  const server = serving(pageOf("auctions", { AAPL: ['{"d":"2022-01-03","o":[{"p":1}]}'] }));
  await expect(open(server).auctions("AAPL").toArray()).rejects.toMatchObject({
    code: "bad_page",
    message: /auctions .* expected a time t/,
  });
});

describe("the newest", () => {
  test("the newest trades, quotes and bars come by symbol", async () => {
    const server = serving(
      `{"trades":{"AAPL":${tradeAt(1, 1)},"MSFT":${tradeAt(2, 2)},"NONE":null}}`,
      `{"quotes":{"AAPL":${QUOTE}}}`,
      `{"bars":{"AAPL":${BAR}}}`,
    );
    const history = open(server);
    const trades = await history.latestTrades("AAPL", "MSFT", "NONE");
    expect([...trades].map(([symbol, trade]) => [symbol, trade.symbol, trade.id])).toEqual([
      ["AAPL", "AAPL", 1],
      ["MSFT", "MSFT", 2],
    ]);
    expect((await history.latestQuotes("AAPL", { currency: "EUR" })).get("AAPL")?.askPrice).toBe(101.2);
    expect((await history.latestBars(["AAPL"])).get("AAPL")?.channel).toBe("bars");
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      "/v2/stocks/trades/latest",
      "/v2/stocks/quotes/latest",
      "/v2/stocks/bars/latest",
    ]);
    expect(server.queries[1]).toEqual({ feed: "iex", symbols: "AAPL", currency: "EUR" });
  });

  test("the newest records of more than 100 symbols come from several requests", async () => {
    const server = new HistoryServer(({ url }) => {
      const symbols = url.searchParams.get("symbols")?.split(",") ?? [];
      return { body: `{"trades":{${symbols.map((symbol) => `"${symbol}":${tradeAt(1)}`).join(",")}}}` };
    });
    const symbols = Array.from({ length: 250 }, (_, index) => `S${index}`);
    expect((await open(server).latestTrades(symbols)).size).toBe(250);
    expect(server.requests).toHaveLength(3);
  });

  test("snapshots have what there is", async () => {
    const full = `{"latestTrade":${tradeAt(1)},"latestQuote":${QUOTE},"minuteBar":${BAR},"dailyBar":${BAR},"prevDailyBar":${BAR}}`;
    const server = serving(`{"AAPL":${full},"MSFT":{"latestTrade":${tradeAt(2)},"dailyBar":null,"new":{}},"X":null}`);
    const snapshots = await open(server).snapshots("AAPL", "MSFT", "X");
    expect([...snapshots.keys()]).toEqual(["AAPL", "MSFT"]);
    expect(snapshots.get("AAPL")).toMatchObject({
      symbol: "AAPL",
      latestTrade: { id: 1 },
      latestQuote: { askPrice: 101.2 },
      minuteBar: { channel: "bars", symbol: "AAPL" },
      dailyBar: { channel: "dailyBars" },
      previousDailyBar: { channel: "dailyBars" },
    });
    expect(snapshots.get("MSFT")).toMatchObject({ latestQuote: undefined, dailyBar: undefined });
    expect(server.queries[0]).toEqual({ feed: "iex", symbols: "AAPL,MSFT,X" });
  });
});

test("conditions and exchanges are tables of names by codes", async () => {
  const server = serving('{"@":"Regular Sale"," ":"Regular Trade","__proto__":"none"}', '{"V":"IEX"}');
  const history = open(server);
  const conditions = await history.conditions("trade", "C");
  expect([conditions.get("@"), conditions.get(" "), conditions.size]).toEqual(["Regular Sale", "Regular Trade", 3]);
  expect(await history.exchanges()).toEqual(new Map([["V", "IEX"]]));
  expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual([
    "/v2/stocks/meta/conditions/trade?tape=C",
    "/v2/stocks/meta/exchanges",
  ]);
});

describe("a mistake throws at once", () => {
  const history = open(serving());
  test.each<[string, () => unknown, RegExp]>([
    ["no symbols", () => history.trades(), /no symbols of trades/],
    ["several tickers in one string", () => history.latestTrades("AAPL,MSFT"), /write "AAPL", "MSFT"/],
    ["a misspelt option alone", () => history.trades("AAPL", { from: 1n } as object), /neither a symbol nor options/],
    [
      "milliseconds",
      () => history.trades("AAPL", { start: 1 as never }),
      /start .* got 1: for milliseconds write new Date/,
    ],
    ["a time without a zone", () => history.trades("AAPL", { start: "2025-11-14T09:30" }), /start needs its zone/],
    ["no time at all", () => history.trades("AAPL", { end: "yesterday" }), /end must be a Date, .* got "yesterday"/],
    ["a day that does not exist", () => history.trades("AAPL", { end: "2025-02-30" }), /end must be/],
    ["an invalid date", () => history.trades("AAPL", { end: new Date("x") }), /end is an invalid Date/],
    ["nanoseconds out of range", () => history.trades("AAPL", { end: 10n ** 30n }), /years 0 to 9999/],
    ["a limit of 0", () => history.quotes("AAPL", { limit: 0 }), /limit must be a whole number above 0/],
    ["a sort", () => history.quotes("AAPL", { sort: "ascending" as never }), /one of asc, desc/],
    ["a timeframe of 60 minutes", () => history.bars("AAPL", { timeframe: "60Min" }), /timeframe such as 1Min/],
    ["a timeframe of 5 months", () => history.bars("AAPL", { timeframe: "5Month" }), /timeframe such as/],
    ["a timeframe of 0", () => history.bars("AAPL", { timeframe: "0Min" }), /timeframe such as/],
    ["an adjustment", () => history.bars("AAPL", { adjustment: ["splits"] as never }), /raw, split, dividend/],
    ["a kind of conditions", () => history.conditions("bar" as never, "C"), /one of trade, quote/],
    [
      "a signal in place of options",
      () => history.exchanges(new AbortController().signal as never),
      /write { signal }/,
    ],
    [
      "keys that are missing",
      () => new StockHistory({ apiKey: "", secretKey: "s" }),
      /apiKey is missing: pass it to StockHistory/,
    ],
    ["keys and a token", () => new StockHistory({ apiKey: "k", oauthToken: "t" }), /pass either/],
    [
      "an address of a stream",
      () => open(serving(), { urlOverride: "ws://a:1/v2/iex" }),
      /without a path, such as http:\/\/a:1/,
    ],
    ["an address of a file", () => open(serving(), { urlOverride: "file:///a" }), /none of HTTP/],
    [
      "an address with a password",
      () => open(serving(), { urlOverride: "http://me:pass@a" }),
      /neither a user nor a query/,
    ],
    ["an unknown feed", () => open(serving(), { feed: "sipp" as never }), /did you mean "sip"/],
    ["the overnight feed's past", () => open(serving(), { feed: "overnight" }).trades("AAPL"), /has no history/],
    ["the test feed's past", () => open(serving(), { feed: "test" }).bars("FAKEPACA"), /has no history/],
  ])("%s is a TypeError of StockHistory at once", (_what, make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

describe("what a stream fills its gaps from", () => {
  const signal = new AbortController().signal;
  const request = {
    symbols: ["AAPL", "MSFT"],
    fromNs: 1n,
    toNs: 1_763_130_600_000_000_001n,
    token: undefined,
    raw: false,
  };

  test("a fill gets one page for a request, by today's symbols, with numbers that routing knows", async () => {
    const page = pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)], MSFT: [tradeAt(0, 5, ',"u":"canceled"')] }, "next");
    const server = serving(page);
    const source = open(server, { feed: "delayed_sip" }).fillSource;
    expect([source.feed, source.url]).toEqual(["delayed_sip", "https://data.alpaca.markets"]);
    expect(source.channels).toEqual(["trades", "quotes", "bars", "updatedBars", "dailyBars"]);
    const { groups, nextToken } = await source.page({ ...request, channel: "trades", token: "t" }, signal);
    expect(nextToken).toBe("next");
    expect(groups.map(({ symbol, records }) => [symbol, records.length])).toEqual([
      ["AAPL", 2],
      ["MSFT", 1],
    ]);
    expect(groups.every(({ symbolNumber }) => symbolNumber > 0)).toBe(true);
    expect(groups[0]?.symbolNumber).not.toBe(groups[1]?.symbolNumber);
    expect(server.queries).toEqual([
      {
        feed: "sip",
        start: "1970-01-01T00:00:00.000000001Z",
        end: "2025-11-14T14:30:00.000000001Z",
        asof: "-",
        symbols: "AAPL,MSFT",
        limit: "10000",
        page_token: "t",
      },
    ]);
  });

  test.each([false, true])("a stream gets the newest quote of each symbol in one request (raw: %s)", async (raw) => {
    const entry = (bidSize: number): string =>
      `{"t":"2025-11-14T14:30:00.000000001Z","bx":"Q","bp":1,"bs":${bidSize},"ax":"Q","ap":2,"as":1,"c":["R"],"z":"C"}`;
    const server = serving(`{"quotes":{"AAPL":${entry(3)},"MSFT":${entry(4)},"ZZZZ":null}}`);
    const { fillSource } = open(server, { feed: "delayed_sip" });
    const groups = await fillSource.latest({ channel: "quotes", symbols: ["AAPL", "MSFT", "ZZZZ"], raw }, signal);
    expect(server.queries).toEqual([{ feed: "delayed_sip", symbols: "AAPL,MSFT,ZZZZ" }]);
    expect(groups.map(({ symbol, records }) => [symbol, records.length])).toEqual([
      ["AAPL", 1],
      ["MSFT", 1],
    ]);
    expect(
      groups.every(({ symbolNumber, records: [record] }) => symbolNumber > 0 && record && isFromHistory(record)),
    ).toBe(true);
    expect(groups[1]?.records[0]).toMatchObject(raw ? { T: "q", S: "MSFT", bs: 4 } : { symbol: "MSFT", bidSize: 4 });
  });

  test("a fill gets raw records with the type and the symbol of a stream", async () => {
    const server = serving(pageOf("trades", { AAPL: [tradeAt(0, 2n ** 60n, ',"u":"canceled"')] }));
    const { groups } = await open(server).fillSource.page({ ...request, channel: "trades", raw: true }, signal);
    const [record] = groups[0]?.records ?? [];
    expect(record).toMatchObject({ T: "t", S: "AAPL", i: 2n ** 60n, u: "canceled", c: ["@", "I"] });
    expect(record && isFromHistory(record)).toBe(true);
  });

  test("a fill gets minute and daily bars in the channels of a stream", async () => {
    const server = new HistoryServer(() => ({ body: pageOf("bars", { AAPL: [BAR] }) }));
    const { fillSource } = open(server);
    for (const channel of ["bars", "updatedBars", "dailyBars"]) {
      const { groups } = await fillSource.page({ ...request, channel }, signal);
      expect(groups[0]?.records[0]).toMatchObject({ channel });
    }
    expect(server.queries.map(({ timeframe }) => timeframe)).toEqual(["1Min", "1Min", "1Day"]);
  });

  test("a fill gets the error of its request at once, without a retry", async () => {
    const server = serving({ status: 500 });
    const failed = open(server).fillSource.page({ ...request, channel: "trades" }, signal);
    await expect(failed).rejects.toMatchObject({ code: "server_error" } satisfies Partial<StreamError>);
    expect(server.requests).toHaveLength(1);
  });

  test("a fill gets an error for records of a symbol whose time goes back", async () => {
    for (const raw of [true, false]) {
      const server = serving(pageOf("trades", { AAPL: [tradeAt(1), tradeAt(0)] }));
      const failed = open(server).fillSource.page({ ...request, channel: "trades", raw }, signal);
      await expect(failed).rejects.toMatchObject({ code: "bad_page" });
    }
  });

  test("fills leave half of the budget of a StockHistory to the user", async () => {
    const server = new HistoryServer(() => ({ body: pageOf("trades", {}) }));
    const history = open(server, { requestsPerMinute: 4 });
    const fills = Array.from({ length: 4 }, () => history.fillSource.page({ ...request, channel: "trades" }, signal));
    await fills[1];
    await history.trades("AAPL").toArray();
    await history.trades("AAPL").toArray();
    expect(server.requests).toHaveLength(4); // two fills wait for the refill
  });

  test("a fill learns that the server accepts the wildcard from any answer", async () => {
    const server = serving(pageOf("trades", {}), { headers: { "x-tickerplant-wildcard": "symbols=*" } });
    const history = open(server);
    const { fillSource } = history;
    await fillSource.page({ ...request, channel: "trades" }, signal);
    expect(fillSource.acceptsWildcard).toBe(false);
    await history.exchanges();
    expect(fillSource.acceptsWildcard).toBe(true);
  });

  test("a fill has no channels for a feed without history", () => {
    expect(open(serving(), { feed: "overnight" }).fillSource.channels).toEqual([]);
  });
});
