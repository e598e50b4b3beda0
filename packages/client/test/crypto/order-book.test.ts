import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderBook } from "../../src/crypto/order-book.ts";
import { CryptoOrderBook } from "../../src/crypto/records.ts";
import * as LIMITS from "../../src/limits.ts";
import type { PriceLevel } from "../../src/wire/price-levels.ts";

type Levels = readonly (readonly [price: number, size: number])[];

function record(bids: Levels, asks: Levels, isSnapshot = false): CryptoOrderBook {
  const levels = (list: Levels): PriceLevel[] => list.map(([price, size]) => ({ price, size }));
  return new CryptoOrderBook("BTC/USD", 1_710_239_930, 0, levels(bids), levels(asks), isSnapshot);
}

test("an order book sorts the levels of a snapshot, the best first", () => {
  const book = new OrderBook();
  expect(
    book.apply(
      record(
        [
          [99, 1],
          [100, 2],
          [98, 3],
        ],
        [
          [103, 1],
          [101, 2],
        ],
        true,
      ),
    ),
  ).toBe(true);
  expect(book.bids.map(({ price }) => price)).toEqual([100, 99, 98]);
  expect(book.asks.map(({ price }) => price)).toEqual([101, 103]);
  expect(book.bestBid).toEqual({ price: 100, size: 2 });
  expect(book.bestAsk).toEqual({ price: 101, size: 2 });
});

test("an update of an order book adds, changes and removes levels", () => {
  const book = new OrderBook();
  book.apply(
    record(
      [
        [100, 2],
        [98, 3],
      ],
      [[101, 2]],
      true,
    ),
  );
  book.apply(
    record(
      [
        [99, 4],
        [98, 5],
        [100, 0],
        [97, 0],
      ],
      [[101, 0]],
    ),
  );
  expect(book.bids).toEqual([
    { price: 99, size: 4 },
    { price: 98, size: 5 },
  ]);
  expect(book.bestAsk).toBeUndefined();
});

test("a later snapshot replaces all levels of an order book", () => {
  const book = new OrderBook();
  book.apply(record([[100, 2]], [[101, 2]], true));
  book.apply(record([[50, 1]], [], true));
  expect(book.bids).toEqual([{ price: 50, size: 1 }]);
  expect(book.asks).toEqual([]);
});

test("an order book ignores updates before its first snapshot, and after it was cleared", () => {
  const book = new OrderBook();
  expect(book.apply(record([[100, 2]], []))).toBe(false);
  expect([book.isComplete, book.bestBid]).toEqual([false, undefined]);
  book.apply(record([[100, 2]], [], true));
  book.clear();
  expect(book.apply(record([[99, 2]], []))).toBe(false);
  expect([book.isComplete, book.bestBid]).toEqual([false, undefined]);
});

test("an order book that a gap concerns is cleared, unless its snapshot is later than the begin of the gap", () => {
  const snapshotMs = 1_710_239_930_000;
  const book = new OrderBook();
  book.apply(record([[100, 2]], [], true));
  book.apply(record([[99, 1]], []));
  book.clear(new Date(snapshotMs - 1));
  expect([book.isComplete, book.bids.length]).toEqual([true, 2]);
  book.clear(new Date(snapshotMs));
  expect([book.isComplete, book.bids.length]).toEqual([false, 0]);
});

test("an order book has the same levels as a Map of prices after any updates", () => {
  const level = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0, 0.5, 1, 2));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(level), fc.array(level))), (updates) => {
      const book = new OrderBook();
      const sides = [new Map<number, number>(), new Map<number, number>()] as const;
      book.apply(record([], [], true));
      for (const [bids, asks] of updates) {
        book.apply(record(bids, asks));
        for (const [price, size] of bids) sides[0].set(price, size);
        for (const [price, size] of asks) sides[1].set(price, size);
      }
      const [bids, asks] = sides.map((side) => [...side].filter(([, size]) => size > 0).sort(([a], [b]) => a - b));
      expect(book.asks.map(({ price, size }) => [price, size])).toEqual(asks);
      expect(book.bids.map(({ price, size }) => [price, size])).toEqual(bids?.reverse());
    }),
  );
});

test.each([
  ["a snapshot", 1],
  ["updates", 1000],
])("an order book whose side exceeds its limit of levels by %s is not complete until the next snapshot", (_, parts) => {
  const count = Math.ceil(LIMITS.maxBookLevels / parts);
  const book = new OrderBook();
  expect(book.apply(record([[1, 1]], [], true))).toBe(true);
  for (let part = 0; part < parts; part++) {
    const asks = Array.from({ length: count }, (_, index) => [part * count + index + 1, 1] as const);
    expect(book.apply(record([], asks, parts === 1))).toBe(true);
  }
  expect(book.asks).toHaveLength(LIMITS.maxBookLevels);
  expect(book.apply(record([], [[0.5, 1]]))).toBe(false);
  expect([book.isComplete, book.bids.length, book.asks.length]).toEqual([false, 0, 0]);
  expect(book.apply(record([], [[101, 2]], true))).toBe(true);
  expect(book.bestAsk).toEqual({ price: 101, size: 2 });
});
