import {
  type AnyCryptoRecord,
  CRYPTO_CHANNELS,
  type CryptoChannel,
  type CryptoRecordByChannel,
  OrderBook,
} from "@tickerplant/client";
import { beforeAll, describe, expect, test } from "vitest";
import { type CryptoSimulatorOptions, cryptoSimulator } from "../../../src/feeds/crypto-simulator/crypto-simulator.ts";
import { collectFrom, startingAt } from "../support/collect.ts";

/** A Saturday night, ten seconds before midnight UTC: the market never closes. */
const START = new Date("2025-11-15T23:59:50.5Z");

function collect(options: CryptoSimulatorOptions): Promise<AnyCryptoRecord[]> {
  const clock = startingAt(START);
  return collectFrom<AnyCryptoRecord>(cryptoSimulator({ speed: "max", start: START, clock, ...options }), clock);
}

function ofChannel<C extends CryptoChannel>(
  records: readonly AnyCryptoRecord[],
  channel: C,
): CryptoRecordByChannel[C][] {
  // The channel determines the class, as CryptoRecordByChannel states.
  return records.filter((record) => record.channel === channel) as CryptoRecordByChannel[C][];
}

test("the same seed gives the same crypto records, another seed gives others", async () => {
  const lines = async (seed: number): Promise<string[]> =>
    (await collect({ seed, count: 3_000 })).map((record) => JSON.stringify(record));
  expect(await lines(7)).toEqual(await lines(7));
  expect(await lines(7)).not.toEqual(await lines(8));
});

describe("five minutes of simulated crypto", () => {
  let records: AnyCryptoRecord[];
  beforeAll(async () => {
    records = await collect({ durationS: 300, rate: 100, symbols: ["BTC/USD", "SHIB/USD", "SUSHI/USD"] });
  });

  test("five minutes of simulated crypto have every channel and every pair", () => {
    expect(new Set(records.map(({ channel }) => channel))).toEqual(new Set(CRYPTO_CHANNELS));
    for (const channel of CRYPTO_CHANNELS) {
      const pairs = new Set(ofChannel(records, channel).map(({ symbol }) => symbol));
      if (channel !== "updatedBars") expect([...pairs].sort()).toEqual(["BTC/USD", "SHIB/USD", "SUSHI/USD"]);
    }
  });

  test("simulated crypto begins with the whole book of each pair, and each quote is the best of the book at its time", () => {
    const books = new Map<string, OrderBook>();
    for (const record of records) {
      const book = books.get(record.symbol) ?? new OrderBook();
      if (record.channel === "orderbooks") {
        expect(record.isSnapshot).toBe(!books.has(record.symbol));
        books.set(record.symbol, book);
        book.apply(record);
      } else if (record.channel === "quotes") {
        const { bestBid, bestAsk } = book;
        expect([record.bidPrice, record.bidSize]).toEqual([bestBid?.price ?? 0, bestBid?.size ?? 0]);
        expect([record.askPrice, record.askSize]).toEqual([bestAsk?.price ?? 0, bestAsk?.size ?? 0]);
        if (bestBid !== undefined && bestAsk !== undefined) expect(bestBid.price).toBeLessThan(bestAsk.price);
      }
    }
    for (const { bids, asks } of books.values()) expect(Math.min(bids.length, asks.length)).toBeGreaterThan(5);
  });

  test("simulated crypto trades have a taker, fractional sizes and different ids beyond 2^53", () => {
    const trades = ofChannel(records, "trades");
    expect(new Set(trades.map(({ takerSide }) => takerSide))).toEqual(new Set(["B", "S"]));
    expect(trades.every(({ id, size, price }) => id > 2n ** 53n && size > 0 && price > 0)).toBe(true);
    expect(trades.some(({ size }) => !Number.isInteger(size))).toBe(true);
    expect(new Set(trades.map(({ id }) => id)).size).toBe(trades.length);
  });

  test("simulated crypto has a bar for each pair and minute, with the trades of that minute", () => {
    const bars = ofChannel(records, "bars");
    expect(bars).toHaveLength(3 * 5);
    for (const { symbol, seconds, open, high, low, close, volume, tradeCount } of bars) {
      expect(seconds % 60).toBe(0);
      expect(low).toBeLessThanOrEqual(Math.min(open, close));
      expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
      expect(volume > 0).toBe((tradeCount ?? 0) > 0);
      const sentAt = records.findIndex(
        (record) => record.channel === "bars" && record.symbol === symbol && record.seconds === seconds,
      );
      const trades = ofChannel(records.slice(0, sentAt), "trades").filter(
        (trade) => trade.symbol === symbol && trade.seconds >= seconds && trade.seconds < seconds + 60,
      );
      expect(tradeCount).toBe(trades.length);
      const sum = trades.reduce((total, { size }) => total + size, 0);
      expect(Math.abs(volume - sum)).toBeLessThanOrEqual(1e-9 * sum); // added up in another way
    }
  });

  test("simulated daily bars of crypto start again at midnight UTC", () => {
    const days = new Set(ofChannel(records, "dailyBars").map(({ timestamp }) => timestamp.toISOString()));
    expect([...days]).toEqual(["2025-11-15T00:00:00.000Z", "2025-11-16T00:00:00.000Z"]);
  });
});

test("a pair without a trade has bars of volume 0, at the midpoint of its quotes", async () => {
  const records = await collect({ durationS: 200, rate: 0.001, symbols: ["BTC/USD"] });
  const [bar] = ofChannel(records, "bars");
  const [quote] = ofChannel(records, "quotes");
  expect(bar).toMatchObject({ volume: 0, tradeCount: 0, vwap: 0 });
  expect(bar?.close).toBe(((quote?.bidPrice ?? 0) + (quote?.askPrice ?? 0)) / 2);
});

test.each([
  [{ symbols: 5 as never }, "cryptoSimulator: symbols must be an array of pairs, got 5"],
  [{ symbols: [] }, "cryptoSimulator: symbols must have 1 to 1000 pairs, got 0"],
  [{ symbols: ["BTCUSD"] }, 'cryptoSimulator: each symbol must be a pair such as "BTC/USD", got "BTCUSD"'],
  [{ symbols: ["BTC/USD", "BTC/USD"] }, 'cryptoSimulator: symbols must be different, got "BTC/USD" twice'],
  [{ rate: 0 }, "cryptoSimulator: rate must be above 0"],
  [{ seed: 1.5 }, "cryptoSimulator: seed must be a whole number"],
])("the simulator of crypto rejects %j", (options, message) => {
  expect(() => cryptoSimulator(options)).toThrow(message);
});
