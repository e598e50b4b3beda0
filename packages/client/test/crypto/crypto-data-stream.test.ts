import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type AnyCryptoRecord,
  CryptoBar,
  CryptoDataStream,
  CryptoFeed,
  CryptoOrderBook,
  CryptoQuote,
  CryptoTrade,
  cryptoFeedUrl,
  OrderBook,
  type RawRecord,
  type WarningEvent,
} from "../../src/index.ts";
import { openCrypto } from "../support/crypto-stream.ts";
import { codecs } from "../support/stream.ts";

const t = "2024-03-12T10:38:50.796132217Z";
const bar = { o: 100, h: 101, l: 99.5, c: 100.25, v: 0.5, n: 12, vw: 100.125 };
const longBar = { open: 100, high: 101, low: 99.5, close: 100.25, volume: 0.5, tradeCount: 12, vwap: 100.125 };
const sides = {
  b: [
    { p: 99, s: 1.5 },
    { p: 98, s: 2 },
  ],
  a: [
    { p: 101, s: 0.25 },
    { p: 102, s: 3 },
  ],
};
const levels = {
  bids: [
    { price: 99, size: 1.5 },
    { price: 98, size: 2 },
  ],
  asks: [
    { price: 101, size: 0.25 },
    { price: 102, size: 3 },
  ],
};

/** Each type of record: its JSON with an unknown key, its class and its long names. */
const RECORDS: readonly (readonly [object, abstract new (...args: never[]) => AnyCryptoRecord, object])[] = [
  [{ T: "b", S: "BTC/USD", ...bar, t }, CryptoBar, { channel: "bars", ...longBar }],
  [{ T: "d", S: "BTC/USD", ...bar, t }, CryptoBar, { channel: "dailyBars", ...longBar }],
  [{ T: "u", S: "BTC/USD", ...bar, t }, CryptoBar, { channel: "updatedBars", ...longBar }],
  [
    { T: "q", S: "BTC/USD", x: "CBSE", bp: 99, bs: 0.5, ap: 101, as: 1e-9, t },
    CryptoQuote,
    { bidPrice: 99, bidSize: 0.5, askPrice: 101, askSize: 1e-9 },
  ],
  [
    { T: "t", S: "BTC/USD", p: 100.0001, s: 0.125, t, i: 3_447_222_699_101_865_076n, tks: "B" },
    CryptoTrade,
    { price: 100.0001, size: 0.125, id: 3_447_222_699_101_865_076n, takerSide: "B" },
  ],
  [{ T: "o", S: "BTC/USD", t, ...sides, r: true }, CryptoOrderBook, { ...levels, isSnapshot: true }],
];

describe.each(codecs)("CryptoDataStream in %s", (codec) => {
  test(`[G31] [G54] every type of crypto record in ${codec} reaches its own handler with its class, names and values`, async () => {
    const { stream, serving, clock, errors } = openCrypto({ codec });
    const got: [by: string, record: AnyCryptoRecord][] = [];
    const by =
      (name: string) =>
      (record: AnyCryptoRecord): void =>
        void got.push([name, record]);
    stream.subscribeBars(by("bars"), "BTC/USD");
    stream.subscribeDailyBars(by("dailyBars"), "BTC/USD");
    stream.subscribeUpdatedBars(by("updatedBars"), "BTC/USD");
    stream.subscribeQuotes(by("quotes"), "BTC/USD");
    stream.subscribeTrades(by("trades"), "BTC/USD");
    stream.subscribeOrderbooks(by("orderbooks"), "BTC/USD");
    const session = await serving();
    for (const [message] of RECORDS) session.send(message);
    await clock.settle();
    expect(errors).toEqual([]);
    expect(got).toHaveLength(RECORDS.length);
    for (const [index, [, type, long]] of RECORDS.entries()) {
      const [name, record] = got[index] ?? [];
      expect(record).toBeInstanceOf(type);
      expect(record).toMatchObject({ symbol: "BTC/USD", nanos: 796_132_217, ...long });
      expect(name).toBe(record?.channel);
    }
  });

  test(`[G54] a crypto stream in ${codec} skips statuses and LULD bands, and reports errors, without losing a record`, async () => {
    const { stream, serving, clock, errors } = openCrypto({ codec });
    const ids: unknown[] = [];
    stream.subscribeTrades(({ id }) => ids.push(id), "BTC/USD");
    const session = await serving();
    const trade = { T: "t", S: "BTC/USD", p: 1, s: 1, t, tks: "S" };
    session.send({ ...trade, i: 1 }, { T: "s", S: "BTC/USD", t }, { T: "l", S: "BTC/USD", t }, { ...trade, i: 2 });
    session.error(500);
    session.send({ ...trade, i: 3 });
    await clock.settle();
    expect(ids).toEqual([1, 2, 3]);
    expect(errors.map(({ code }) => code)).toEqual(["internal_error"]);
  });
});

test("an order book follows the snapshots and updates of a crypto stream across a reconnect", async () => {
  const { stream, serving, gateway, clock } = openCrypto();
  const book = new OrderBook();
  stream.subscribeOrderbooks((record) => void book.apply(record), "BTC/USD");
  const session = await serving();
  session.send(
    { T: "o", S: "BTC/USD", t, ...sides, r: true },
    { T: "o", S: "BTC/USD", t, b: [{ p: 99, s: 0 }], a: [] },
  );
  await clock.settle();
  expect([book.bestBid?.price, book.bestAsk?.price]).toEqual([98, 101]);
  session.socket.cut();
  await clock.advance(5_000);
  const next = await gateway.handshake();
  next.acknowledgeAll();
  await clock.settle();
  next.send({ T: "o", S: "BTC/USD", t, b: [{ p: 50, s: 1 }], a: [], r: true });
  await clock.settle();
  expect([book.bids, book.asks]).toEqual([[{ price: 50, size: 1 }], []]);
});

test("[G12] a crypto stream requests the subscriptions made before it connects, without those that were removed again", async () => {
  const { stream, gateway } = openCrypto();
  for (const subscribe of ["Trades", "Quotes", "Orderbooks", "Bars", "UpdatedBars", "DailyBars"] as const)
    stream[`subscribe${subscribe}`](() => {}, "BTC/USD", "ETH/USD");
  for (const unsubscribe of ["Trades", "Quotes", "Orderbooks", "Bars", "UpdatedBars", "DailyBars"] as const)
    await stream[`unsubscribe${unsubscribe}`]("ETH/USD");
  void stream.run();
  const session = await gateway.handshake();
  const channels = ["trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars"];
  expect(await session.expectSubscribe()).toEqual(Object.fromEntries(channels.map((name) => [name, ["BTC/USD"]])));
});

test("a crypto stream iterates, subscribes to several channels at once, and unsubscribes", async () => {
  const { stream, serving, clock } = openCrypto();
  const channels: string[] = [];
  stream.subscribe({ trades: ["BTC/USD"], quotes: ["*"] }, (record) => void channels.push(record.channel));
  const books = stream.orderbooks("BTC/USD");
  const bars = stream.bars("BTC/USD").batches();
  const session = await serving();
  session.send(...RECORDS.map(([message]) => message));
  const { value } = await books.next();
  expect(value).toBeInstanceOf(CryptoOrderBook);
  expect((await bars.next()).value?.map(({ channel }) => channel)).toEqual(["bars"]);
  await stream.unsubscribeQuotes("*");
  session.send(...RECORDS.map(([message]) => message));
  await clock.settle();
  expect(channels).toEqual(["quotes", "trades", "trades"]);
});

test("[V2] the address of a crypto stream follows from its feed", async () => {
  const { stream, gateway } = openCrypto();
  void stream.run().catch(() => {});
  const session = await gateway.accept();
  expect(session.socket.request.url).toBe("wss://stream.data.alpaca.markets/v1beta3/crypto/us");
  expect(cryptoFeedUrl(CryptoFeed.US_1)).toBe("wss://stream.data.alpaca.markets/v1beta3/crypto/us-1");
  expect(() => cryptoFeedUrl("sip" as CryptoFeed)).toThrow(
    'feed must be one of us, us-1, us-2, eu-1, bs-1, global, got "sip"',
  );
});

test.each([
  [{ feed: "iex" as never }, "feed must be one of us"],
  [{ urlOverride: "localhost:8765" }, "such as ws://localhost:8765/v1beta3/crypto/us"],
  [{ apiKey: " " }, "pass it to CryptoDataStream or set APCA_API_KEY_ID"],
])("a crypto stream rejects the options %j", (options, message) => {
  expect(() => new CryptoDataStream({ apiKey: "k", secretKey: "s", ...options })).toThrow(message);
});

test.each([
  ["BTCUSD", "BTC/USD"],
  ["eth-usdt", "ETH/USDT"],
])("a crypto stream hints at the spelling of %s when it stays silent", async (symbol, likely) => {
  const { stream, serving, clock } = openCrypto();
  const warnings: WarningEvent[] = [];
  stream.on("warning", (warning) => warnings.push(warning));
  stream.subscribeTrades(() => {}, symbol, "SOL/USD");
  await serving();
  await clock.advance(11_000);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.message).toContain(`"${likely}"`);
  expect(warnings[0]?.message).toContain('such as "BTC/USD"');
});

test("a crypto stream is stale at any hour without quotes, and never without trades", async () => {
  for (const channel of ["quotes", "trades"] as const) {
    const { stream, serving, clock } = openCrypto();
    const states: string[] = [];
    stream.on("status", ({ state }) => states.push(state));
    stream.subscribe({ [channel]: ["*"] }, () => {});
    await serving();
    await clock.advance(45_000);
    expect(states.includes("reconnecting")).toBe(channel === "quotes");
  }
});

test("handlers of a crypto stream have the types of their channels", () => {
  const { stream } = openCrypto();
  stream.subscribe({ trades: ["BTC/USD"], orderbooks: ["BTC/USD"] }, (record) => {
    expectTypeOf(record).toEqualTypeOf<CryptoTrade | CryptoOrderBook>();
  });
  const raw = openCrypto({ rawData: true }).stream;
  raw.subscribeQuotes((record) => expectTypeOf(record).toEqualTypeOf<RawRecord>(), "BTC/USD");
});
