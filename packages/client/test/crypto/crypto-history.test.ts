import { expect, test } from "vitest";
import { CryptoBar, CryptoQuote, CryptoTrade, OrderBook } from "../../src/index.ts";
import { CryptoHistory, type CryptoHistoryOptions } from "../../src/index-history.ts";
import { type HistoryServer, pageOf, serving } from "../support/history-server.ts";

function open(server: HistoryServer, options: CryptoHistoryOptions = {}): CryptoHistory {
  return new CryptoHistory({ apiKey: "k", secretKey: "s", fetch: server.fetch, ...options });
}

const TRADE = '{"t":"2025-11-14T14:30:00.123456789Z","p":95000.5,"s":0.001,"i":4611686018427387905,"tks":"B"}';
const QUOTE = '{"t":"2025-11-14T14:30:00Z","bp":95000,"bs":1.5,"ap":95001,"as":0.25}';
const BAR = '{"t":"2025-11-14T14:30:00Z","o":1,"h":3,"l":0.5,"c":2,"v":1.5,"n":12,"vw":1.75}';

test("past records of crypto are those of the stream, exact, from the paths of crypto", async () => {
  const server = serving(
    pageOf("trades", { "BTC/USD": [TRADE] }),
    pageOf("quotes", { "BTC/USD": [QUOTE] }),
    pageOf("bars", { "BTC/USD": [BAR] }),
  );
  const history = open(server);
  const range = { start: "2025-11-14T14:30:00Z", limit: 5 };
  const [trade] = await history.trades("BTC/USD", "ETH/USD", range).toArray();
  const [quote] = await history.quotes("BTC/USD", range).toArray();
  const [bar] = await history.bars("BTC/USD", { ...range, timeframe: "1Day" }).toArray();
  expect(trade).toBeInstanceOf(CryptoTrade);
  expect(trade).toMatchObject({ symbol: "BTC/USD", nanos: 123456789, id: 4611686018427387905n, takerSide: "B" });
  expect(quote).toBeInstanceOf(CryptoQuote);
  expect(bar).toBeInstanceOf(CryptoBar);
  expect(bar?.channel).toBe("dailyBars");
  expect(server.requests.map(({ url }) => url.pathname)).toEqual([
    "/v1beta3/crypto/us/trades",
    "/v1beta3/crypto/us/quotes",
    "/v1beta3/crypto/us/bars",
  ]);
  expect(server.queries).toEqual([
    { symbols: "BTC/USD,ETH/USD", start: "2025-11-14T14:30:00Z", limit: "5" },
    { symbols: "BTC/USD", start: "2025-11-14T14:30:00Z", limit: "5" },
    { symbols: "BTC/USD", start: "2025-11-14T14:30:00Z", limit: "5", timeframe: "1Day" },
  ]);
});

test("the newest records of crypto come by pair, and order books are whole", async () => {
  const server = serving(
    `{"trades":{"BTC/USD":${TRADE}}}`,
    `{"quotes":{"BTC/USD":${QUOTE}}}`,
    `{"bars":{"BTC/USD":${BAR}}}`,
    `{"snapshots":{"BTC/USD":{"latestTrade":${TRADE},"latestQuote":${QUOTE},"minuteBar":${BAR},"dailyBar":${BAR}}}}`,
    '{"orderbooks":{"BTC/USD":{"t":"2025-11-14T14:30:00Z","b":[{"p":95000,"s":1}],"a":[{"p":95001,"s":2}]}}}',
  );
  const history = open(server, { feed: "eu-1" });
  expect((await history.latestTrades("BTC/USD")).get("BTC/USD")?.price).toBe(95000.5);
  expect((await history.latestQuotes("BTC/USD")).get("BTC/USD")?.askSize).toBe(0.25);
  expect((await history.latestBars("BTC/USD")).get("BTC/USD")?.volume).toBe(1.5);
  expect((await history.snapshots("BTC/USD")).get("BTC/USD")).toMatchObject({
    latestTrade: { takerSide: "B" },
    dailyBar: { channel: "dailyBars" },
    previousDailyBar: undefined,
  });
  const book = new OrderBook();
  const record = (await history.latestOrderbooks("BTC/USD")).get("BTC/USD");
  expect(record && book.apply(record)).toBe(true);
  expect(book.bestAsk).toEqual({ price: 95001, size: 2 });
  expect(server.requests.map(({ url }) => url.pathname)).toEqual([
    "/v1beta3/crypto/eu-1/latest/trades",
    "/v1beta3/crypto/eu-1/latest/quotes",
    "/v1beta3/crypto/eu-1/latest/bars",
    "/v1beta3/crypto/eu-1/snapshots",
    "/v1beta3/crypto/eu-1/latest/orderbooks",
  ]);
});

test("a stream of crypto fills its gaps from pages without the parameters of stocks", async () => {
  const server = serving(pageOf("bars", { "BTC/USD": [BAR] }));
  const { fillSource } = open(server);
  const request = { channel: "bars", symbols: ["BTC/USD"], fromNs: 0n, toNs: 1n, token: undefined, raw: false };
  const { groups } = await fillSource.page(request, new AbortController().signal);
  expect(groups[0]?.records[0]).toBeInstanceOf(CryptoBar);
  expect([fillSource.feed, fillSource.channels]).toEqual([
    "us",
    ["trades", "quotes", "bars", "updatedBars", "dailyBars"],
  ]);
  expect(server.queries).toEqual([
    {
      symbols: "BTC/USD",
      start: "1970-01-01T00:00:00Z",
      end: "1970-01-01T00:00:00.000000001Z",
      timeframe: "1Min",
      limit: "10000",
    },
  ]);
});

test("options of stocks, and feeds that are none of crypto, are rejected", () => {
  expect(() => open(serving()).trades("BTC/USD", { asof: "-" } as never)).toThrow(/neither a symbol nor options/);
  expect(() => open(serving(), { feed: "iex" as never })).toThrow(/feed must be one of us, us-1/);
});
