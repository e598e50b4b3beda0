import { type AnyRecord, type Bar, CHANNELS, type Trade } from "@tickerplant/client";
import { beforeAll, describe, expect, test } from "vitest";
import { Random, WeightedIndex } from "../../../src/feeds/simulator/random.ts";
import { simulator } from "../../../src/feeds/simulator/simulator.ts";
import { naiveBar } from "../../bars/support/naive-bars.ts";
import { collect, ofChannel, START } from "../support/collect.ts";

const lines = (records: readonly AnyRecord[]): string[] => records.map((record) => JSON.stringify(record));

describe("the seed", () => {
  test("the same seed gives the same records in the same order", async () => {
    const options = { seed: 7, count: 5_000, symbols: 300 };
    expect(lines(await collect(options))).toEqual(lines(await collect(options)));
  });

  test("the same seed gives the same random numbers on every engine", () => {
    const random = new Random(42);
    const drawn = [random.bits(), random.bits(), random.integer(1000), random.exponential(), random.uniform()];
    expect(drawn).toEqual([1849552023, 4223452576, 27, 0.08563206093342708, 0.03377833683043718]);
  });

  test("different seeds give different records", async () => {
    const [one, other] = await Promise.all([collect({ seed: 1, count: 500 }), collect({ seed: 2, count: 500 })]);
    expect(lines(one)).not.toEqual(lines(other));
  });
});

test("an index is drawn in proportion to its weight", () => {
  const random = new Random(3);
  const index = new WeightedIndex([1, 0.5, 6, 2.5]);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 100_000; draw++) {
    const drawn = index.draw(random);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  expect(counts.map((count) => Math.round(count / 1000))).toEqual([10, 5, 60, 25]);
});

describe("a run of two and a half minutes at the default rate", () => {
  let records: AnyRecord[];
  /** Trades that are not late, and quotes: those with a later time than all records before. */
  let ticks: Set<AnyRecord>;

  beforeAll(async () => {
    records = await collect({ durationS: 150 });
    ticks = new Set();
    let lastNs = 0n;
    for (const record of records) {
      if (record.channel !== "trades" && record.channel !== "quotes") continue;
      if (record.timestampNs <= lastNs) continue;
      lastNs = record.timestampNs;
      ticks.add(record);
    }
  });

  test("two and a half minutes have every type of record", () => {
    for (const channel of CHANNELS) expect(ofChannel(records, channel), channel).not.toEqual([]);
  });

  test("there are about 88 quotes to 12 trades, 200 per second", () => {
    expect(ticks.size / 150).toBeGreaterThan(190);
    expect(ticks.size / 150).toBeLessThan(210);
    const tradeShare = ofChannel(records, "trades").length / ticks.size;
    expect(tradeShare).toBeGreaterThan(0.09);
    expect(tradeShare).toBeLessThan(0.13);
  });

  test("bars are exactly those that follow from the trades sent before them", () => {
    const tradesBySymbol = new Map<string, Trade[]>();
    const due = new Map<string, number>();
    const check = (bar: Bar, from: number, to: number, kind: "minute" | "daily"): void => {
      const trades = (tradesBySymbol.get(bar.symbol) ?? []).filter(({ seconds }) => seconds >= from && seconds < to);
      const { open, high, low, close, volume, tradeCount, vwap } = bar;
      expect({ open, high, low, close, volume, tradeCount, vwap }, bar.symbol).toEqual(naiveBar(trades, kind));
    };
    for (const record of records) {
      if (record.channel === "trades") {
        const trades = tradesBySymbol.get(record.symbol) ?? [];
        tradesBySymbol.set(record.symbol, trades);
        trades.push(record);
        const key = `${record.symbol} ${Math.floor(record.seconds / 60) * 60}`;
        due.set(key, (due.get(key) ?? 0) + 1);
      } else if (record.channel === "bars" || record.channel === "updatedBars") {
        check(record, record.seconds, record.seconds + 60, "minute");
        due.delete(`${record.symbol} ${record.seconds}`);
      } else if (record.channel === "dailyBars") {
        check(record, record.seconds, record.seconds + 86_400, "daily");
      }
    }
    const lastMinute = Math.max(...ofChannel(records, "bars").map(({ seconds }) => seconds));
    for (const key of due.keys()) {
      const [symbol = "", minute = ""] = key.split(" ");
      if (Number(minute) > lastMinute - 60) continue;
      const trades = tradesBySymbol.get(symbol) ?? [];
      const ofMinute = trades.filter(({ seconds }) => Math.floor(seconds / 60) * 60 === Number(minute));
      expect(naiveBar(ofMinute, "minute"), key).toBeUndefined();
    }
  });

  test("corrections and cancels name trades that were sent seconds before, each once", () => {
    const trades = new Map<string, Trade>();
    for (const record of records) {
      if (record.channel === "trades") {
        const key = `${record.symbol} ${record.exchange} ${record.id}`;
        expect(trades.has(key), key).toBe(false);
        trades.set(key, record);
      }
      if (record.channel !== "corrections" && record.channel !== "cancelErrors") continue;
      const isCorrection = record.channel === "corrections";
      const key = `${record.symbol} ${record.exchange} ${isCorrection ? record.originalId : record.id}`;
      const trade = trades.get(key);
      trades.delete(key);
      expect(trade, key).toBeDefined();
      expect(trade?.price).toBe(isCorrection ? record.originalPrice : record.price);
      expect(trade?.size).toBe(isCorrection ? record.originalSize : record.size);
      expect(trade?.tape).toBe(record.tape);
      if (isCorrection) expect(record.originalConditions).toEqual(trade?.conditions);
      expect(record.seconds).toBeGreaterThan(trade?.seconds ?? 0);
    }
  });

  test("trade ids increase for each symbol and exchange", () => {
    const lastIds = new Map<string, number>();
    for (const { symbol, exchange, id } of ofChannel(records, "trades")) {
      const key = `${symbol} ${exchange}`;
      expect(Number(id), key).toBeGreaterThan(lastIds.get(key) ?? 0);
      lastIds.set(key, Number(id));
    }
  });

  test("a halted symbol has no quotes and trades until it resumes", () => {
    const halted = new Set<string>();
    let resumed = 0;
    for (const record of records) {
      if (record.channel === "statuses") {
        const isCta = record.tape !== "C"; // tapes A and B
        expect(isCta ? ["2", "3"] : ["H", "P", "Q", "T"]).toContain(record.statusCode);
        if (record.statusCode === (isCta ? "3" : "T")) resumed += halted.delete(record.symbol) ? 1 : 0;
        else halted.add(record.symbol);
      } else if (record.channel === "imbalances") {
        expect(halted.has(record.symbol), record.symbol).toBe(true);
      } else if (record.channel === "trades" || record.channel === "quotes") {
        expect(halted.has(record.symbol), record.symbol).toBe(false);
      }
    }
    expect(resumed).toBeGreaterThan(1);
  });

  test("quotes and trades are within the last price bands, and trades within the last quote", () => {
    const bands = new Map<string, { up: number; down: number }>();
    const quotes = new Map<string, { low: number; high: number }>();
    const outside = records.filter((record) => {
      const { up, down } = bands.get(record.symbol) ?? { up: Number.POSITIVE_INFINITY, down: 0 };
      if (record.channel === "lulds") {
        bands.set(record.symbol, { up: record.limitUpPrice, down: record.limitDownPrice });
        return record.limitUpPrice <= record.limitDownPrice;
      }
      if (record.channel === "quotes") {
        const prices = [record.bidPrice, record.askPrice];
        quotes.set(record.symbol, { low: Math.min(...prices), high: Math.max(...prices) });
        return prices.some((price) => price > up || (price !== 0 && price < down));
      }
      if (record.channel !== "trades" || !ticks.has(record)) return false;
      const quote = quotes.get(record.symbol);
      const { price } = record;
      return quote === undefined || price < quote.low || price > quote.high || price < down || price > up;
    });
    expect(outside).toEqual([]);
  });

  test("quotes are in ticks and rarely locked or crossed, and odd lots have their condition", () => {
    const quotes = ofChannel(records, "quotes");
    const offTick = quotes.filter(({ bidPrice, askPrice }) => {
      const ticks = [bidPrice, askPrice].map((price) => price * (price >= 1 ? 100 : 10_000));
      return ticks.some((count) => Math.abs(count - Math.round(count)) > 1e-6);
    });
    expect(offTick).toEqual([]);
    const uncommon = quotes.filter(({ bidPrice, askPrice }) => bidPrice >= askPrice);
    expect(uncommon.length / quotes.length).toBeGreaterThan(0.002);
    expect(uncommon.length / quotes.length).toBeLessThan(0.02);
    const mismarked = ofChannel(records, "trades").filter(({ size, conditions, price }) => {
      // The round lot depends on the price at the start, which may have crossed 250 dollars since.
      if (price > 240 && price < 260) return false;
      return conditions.includes("I") !== size < (price < 250 ? 100 : 40);
    });
    expect(mismarked).toEqual([]);
  });

  test("trades share frozen arrays of conditions", () => {
    const trades = ofChannel(records, "trades");
    expect(new Set(trades.map(({ conditions }) => conditions)).size).toBeLessThan(60);
    expect(trades.every(({ conditions }) => Object.isFrozen(conditions))).toBe(true);
  });

  test("times have nanoseconds, and only late trades go back in time", () => {
    const late = ofChannel(records, "trades").filter((trade) => !ticks.has(trade));
    expect(late.length).toBeGreaterThan(10);
    expect(late.length).toBeLessThan(200);
    const nanos = [...ticks].map((record) => record.nanos % 1000);
    expect(new Set(nanos).size).toBeGreaterThan(900);
  });
});

describe("the simulated stocks", () => {
  test("stocks have valid tickers, well-known ones among them, and few make much of the traffic", async () => {
    const records = ofChannel(await collect({ count: 30_000 }), "quotes");
    const counts = new Map<string, number>();
    for (const { symbol } of records) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    for (const symbol of counts.keys()) expect(symbol).toMatch(/^[A-Z]{1,5}(\.[A-Z]{1,3})?$/);
    const descending = [...counts.values()].sort((one, other) => other - one);
    const top = descending.slice(0, 80).reduce((sum, count) => sum + count, 0) / records.length;
    expect(top).toBeGreaterThan(0.25);
    expect(top).toBeLessThan(0.5);
    expect(counts.get("AAPL")).toBeGreaterThan(200);
  });

  test("tickers that are named are exactly the stocks, the well-known ones on their tape", async () => {
    const records = await collect({ symbols: ["AAPL", "BRK.B", "ZZTEST"], count: 2_000 });
    expect(new Set(records.map(({ symbol }) => symbol))).toEqual(new Set(["AAPL", "BRK.B", "ZZTEST"]));
    expect(ofChannel(records, "quotes").find(({ symbol }) => symbol === "BRK.B")?.tape).toBe("A");
  });

  test("a single stock resumes after a halt", async () => {
    const records = await collect({ symbols: ["AAPL"], rate: 2, durationS: 3_600 });
    const resumptions = ofChannel(records, "statuses").filter(({ statusCode }) => statusCode === "T");
    expect(resumptions.length).toBeGreaterThan(0);
    expect(records.length).toBeGreaterThan(6_000);
  });

  test("prices stay plausible over days", async () => {
    const records = await collect({ symbols: 20, rate: 0.5, durationS: 3 * 86_400, start: START });
    const first = new Map<string, number>();
    const strayed = ofChannel(records, "quotes").filter(({ symbol, bidPrice }) => {
      const start = first.get(symbol) ?? bidPrice;
      first.set(symbol, start);
      return bidPrice !== 0 && (bidPrice < start / 2 || bidPrice > start * 2);
    });
    expect(strayed).toEqual([]);
  });
});

test.each([
  [{ seed: 0.5 }, TypeError, /seed must be a whole number .*, got 0.5/],
  [{ rate: 1e-300 }, RangeError, /rate must be at least 0\.00001 \(records per second\), got 1e-300/],
  [{ rate: 0 }, RangeError, /rate must be above 0 and at most 10000000 .*, got 0/],
  [{ rate: Number.NaN }, TypeError, /rate must be a number .*, got NaN/],
  [{ speed: -1 }, RangeError, /speed must be above 0 .*, got -1/],
  [{ count: 0 }, RangeError, /count must be above 0 .*, got 0/],
  [{ durationS: -5 }, RangeError, /durationS must be above 0 .*, got -5/],
  [{ symbols: 0 }, RangeError, /symbols must be a whole number from 1 to 50000, got 0/],
  [{ symbols: [] }, RangeError, /symbols must have 1 to 50000 tickers, got 0/],
  [{ symbols: ["AAPL", "*"] }, TypeError, /each symbol must be a ticker .*, got "\*"/],
  [{ symbols: ["AAPL", "AAPL"] }, TypeError, /got "AAPL" twice/],
  [{ start: new Date("9999-06-01T00:00:00Z") }, RangeError, /start must be in a year from 0 to 9998, got 9999/],
  [{ start: new Date(-8.64e15) }, RangeError, /start must be in a year from 0 to 9998, got -271821/],
  [{ start: new Date(Number.NaN) }, TypeError, /start must be a valid Date, got Invalid Date/],
])("simulator throws for an option that it cannot use: %o", (options, kind, message) => {
  expect(() => simulator(options)).toThrow(kind);
  expect(() => simulator(options)).toThrow(message);
});
