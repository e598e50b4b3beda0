import { Quote, Trade } from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { bar, quote, SECONDS, trade } from "../../../../../verify/shared/records.ts";
import { type AnyBar, barLayout, QuoteLayout, TradeLayout } from "../../../src/history/layouts.ts";
import { STOCKS } from "../../../src/history/stocks.ts";
import { ChannelHistory } from "../../../src/history/store/channel-history.ts";
import { STORE_LIMITS } from "../../../src/history/store/limits.ts";
import { MemoryPool } from "../../../src/history/store/memory-pool.ts";
import type { RowLayout } from "../../../src/history/store/row.ts";

const { segmentRows } = STORE_LIMITS;
const DAY_S = 86_400;

function historyOf<R extends MarketRecord>(
  layout: RowLayout<R>,
  { maxBytes = 1e9, maxAgeSeconds = DAY_S } = {},
): { history: ChannelHistory<R>; pool: MemoryPool } {
  const pool = new MemoryPool(maxBytes);
  return { history: new ChannelHistory(layout, pool, maxAgeSeconds), pool };
}

function all<R extends MarketRecord>(history: ChannelHistory<R>, symbol: string): R[] {
  return Array.from({ length: history.length(symbol) }, (_, index) => history.read(symbol, index));
}

const at = (seconds: number, nanos = 0) => ({ seconds: SECONDS + seconds, nanos });

describe("records of one symbol", () => {
  test("the history returns trades with every value, ids of 64 bits exact", () => {
    const { history } = historyOf(new TradeLayout());
    const ids = [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2n ** 53n + 1n, 2n ** 64n - 1n];
    const sent = ids.map((id, index) => {
      const conditions = [["@"], [" ", "T", "I"], []][index % 3] ?? [];
      return new Trade("A", SECONDS, index, id, "VQ"[index % 2] ?? "", 1 / 3 + index, index * 7, conditions, "C");
    });
    for (const record of sent) history.push(record);
    expect(all(history, "A")).toEqual(sent);
  });

  test("the history holds trades in the order of time, and those of one nanosecond in the order of their arrival", () => {
    const { history } = historyOf(new TradeLayout());
    const sent = [
      new Trade("A", SECONDS, 5, 3, "V", 1, 1, ["@"], "C"),
      new Trade("A", SECONDS, 5, 2n ** 60n, "V", 1, 1, ["@"], "C"),
      new Trade("A", SECONDS, 5, 4, "Q", 1, 1, ["@"], "C"),
      new Trade("A", SECONDS - 1, 999_999_999, 9, "V", 1, 1, ["@"], "C"),
      new Trade("A", SECONDS, 5, 2, "V", 1, 1, ["@"], "C"),
    ];
    for (const record of sent) history.push(record);
    expect(all(history, "A").map(({ exchange, id }) => [exchange, id])).toEqual([
      ["V", 9],
      ["V", 3],
      ["V", 2n ** 60n],
      ["Q", 4],
      ["V", 2],
    ]);
  });

  test("the history finds a symbol by its number and by its name, also after all of its records were dropped", () => {
    const { history } = historyOf(new TradeLayout(), { maxBytes: 0 });
    const ids = (symbol: string): unknown[] => all(history, symbol).map(({ id }) => id);
    history.push(trade("A", 1), 7);
    history.push(trade("A", 2));
    history.push(trade("A", 3), 7);
    expect(ids("A")).toEqual([1, 2, 3]);
    for (let id = 0; id < 3 * segmentRows; id++) history.push(trade("B", id), 8);
    expect([...history.symbols]).toEqual(["B"]);
    history.push(trade("C", 4), 9);
    history.push(trade("A", 5), 7);
    history.push(trade("A", 6));
    expect([[...history.symbols], ids("A"), ids("C")]).toEqual([["B", "C", "A"], [5, 6], [4]]);
  });

  test("the history holds a trade that comes twice once, and all trades without an id", () => {
    const { history } = historyOf(new TradeLayout());
    for (const id of [1, 2, 1, 0, 0]) history.push(trade("A", id));
    expect(all(history, "A").map(({ id }) => id)).toEqual([1, 2, 0, 0]);
  });

  test("the history holds the quotes of one nanosecond as a set of values, in the order of their arrival", () => {
    const { history } = historyOf(new QuoteLayout());
    for (const bidSize of [7, 3, 7, 5, 3]) history.push(quote("A", bidSize));
    expect(all(history, "A").map(({ bidSize }) => bidSize)).toEqual([7, 3, 5]);
  });

  test("in the history an updated bar replaces the bar of its minute, and is added without one", () => {
    const { history } = historyOf<AnyBar>(barLayout(STOCKS.makeBar));
    history.push(bar("A", "bars", 10, at(0)));
    history.push(bar("A", "bars", 20, at(60)));
    history.push(bar("A", "updatedBars", 11, at(0)));
    history.push(bar("A", "updatedBars", 5, at(-60)));
    expect(all(history, "A").map(({ volume, channel }) => [volume, channel])).toEqual([
      [5, "bars"],
      [11, "bars"],
      [20, "bars"],
    ]);
  });

  test("the history finds the first record at a time, and the first one after it", () => {
    const { history } = historyOf(new TradeLayout());
    for (const seconds of [0, 1, 1, 2]) history.push(trade("A", history.length("A") + 1, at(seconds)));
    const indices = [0, 1, 2, 3].map((seconds) => [
      history.indexFrom("A", at(seconds)),
      history.indexAfter("A", at(seconds)),
    ]);
    expect(indices).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
      [4, 4],
    ]);
  });

  test("a place in the history leads back to its record, and to nothing when that was dropped", () => {
    const { history } = historyOf(new TradeLayout(), { maxBytes: 0 });
    history.push(trade("A", 1, at(0)));
    const place = history.placeOf("A", 0);
    history.push(trade("A", 2, at(-5)));
    expect(history.indexOf("A", place)).toBe(1);
    for (let id = 3; id < 3 * segmentRows; id++) history.push(trade("A", id, at(id)));
    expect(history.indexOf("A", place)).toBe(-1);
  });
});

describe("the limits", () => {
  test("a history at its limit of bytes drops the oldest records first, and is complete from a later time", () => {
    const { history, pool } = historyOf(new TradeLayout(), { maxBytes: 0 });
    expect(history.completeFromSeconds).toBe(Number.NEGATIVE_INFINITY);
    const count = 5 * segmentRows;
    for (let id = 1; id <= count; id++) history.push(trade(id % 2 === 0 ? "A" : "B", id, at(id)));
    const bytes = pool.usedBytes;
    const held = [...all(history, "A"), ...all(history, "B")].map(({ id }) => Number(id)).sort((a, b) => a - b);
    expect(held).toEqual(Array.from({ length: 2 * segmentRows }, (_, index) => count - 2 * segmentRows + 1 + index));
    expect(history.completeFromSeconds).toBe(SECONDS + count - 2 * segmentRows + 1);
    for (let id = count + 1; id <= 2 * count; id++) history.push(trade("A", id, at(id)));
    expect(pool.usedBytes).toBe(bytes);
    expect([...history.symbols]).toEqual(["A"]);
  });

  test("histories share their bytes: one grows while another needs none", () => {
    const pool = new MemoryPool(1_000_000);
    const [first, second] = [1, 2].map(() => new ChannelHistory(new QuoteLayout(), pool, DAY_S));
    for (let size = 1; size <= 100 * segmentRows; size++) first?.push(quote("A", size, at(size)));
    expect(pool.usedBytes).toBeGreaterThan(900_000);
    expect(pool.usedBytes).toBeLessThanOrEqual(1_000_000);
    for (let size = 1; size <= 5 * segmentRows; size++) second?.push(quote("A", size, at(size)));
    expect(second?.length("A")).toBe(2 * segmentRows);
  });

  test("a history drops what is older than its limit, and a record in the far future drops nothing", () => {
    const { history } = historyOf(new TradeLayout(), { maxAgeSeconds: 100 });
    history.push(trade("A", 1, at(1e9)));
    for (let id = 2; id <= 2 * segmentRows; id++) history.push(trade("A", id, at(id / segmentRows)));
    history.push(trade("A", 1e6, at(50)));
    expect(history.length("A")).toBe(2 * segmentRows + 1);
    for (let id = 1; id <= 2 * segmentRows; id++) history.push(trade("B", id, at(500)));
    expect(history.completeFromSeconds).toBeGreaterThan(SECONDS);
    expect(history.completeFromSeconds).toBeLessThan(SECONDS + 500);
  });

  test("a symbol whose only record is dropped for its next one is held again", () => {
    const { history } = historyOf(new TradeLayout(), { maxBytes: 0 });
    history.push(trade("A", 1, at(0)));
    for (let id = 2; id <= 2 * segmentRows; id++) history.push(trade("B", id, at(id)));
    history.push(trade("A", 1e6, at(1e6)));
    expect(all(history, "A").map(({ id }) => id)).toEqual([1e6]);
    expect([...history.symbols]).toContain("A");
  });
});

test("the history equals the set of random trades that were pushed, sorted by time", () => {
  for (let seed = 1; seed <= 20; seed++) {
    let state = seed;
    const random = (count: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % count;
    };
    const { history } = historyOf(new TradeLayout());
    const expected = new Map<string, Trade>();
    for (let count = 0; count < 500; count++) {
      const [x, symbol] = ["VQ"[random(2)] ?? "V", "AB"[random(2)] ?? "A"];
      const sent = new Trade(symbol, SECONDS + random(5), random(3), 1 + random(20), x, 1, 1, ["@"], "C");
      history.push(sent);
      expected.set([symbol, sent.seconds, sent.nanos, x, String(sent.id).padStart(2, "0")].join(" "), sent);
    }
    for (const symbol of "AB") {
      const timeOf = (key: string): string => key.split(" ").slice(0, 3).join(" ");
      const keys = [...expected.keys()]
        .filter((key) => key.startsWith(symbol))
        .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0)); // stable
      expect(all(history, symbol)).toEqual(keys.map((key) => expected.get(key)));
    }
  }
});

test("the history keeps the blanks of a quote without a bid", () => {
  const { history } = historyOf(new QuoteLayout());
  const sent = new Quote("A", SECONDS, 1, " ", 0, 0, "Q", 1.5, 100, [], "N");
  history.push(sent);
  expect(history.read("A", 0)).toEqual(sent);
});

test("the history returns the same records whenever it was asked before, also while it drops old ones", () => {
  const asked = historyOf(new TradeLayout(), { maxBytes: 0 }).history;
  const unasked = historyOf(new TradeLayout(), { maxBytes: 0 }).history;
  for (let id = 1; id <= 6 * segmentRows; id++) {
    const sent = trade("ABC"[id % 3] ?? "A", id, at(id - ((id * 7) % 20)));
    asked.push(sent);
    unasked.push(sent);
    if (id % 97 === 0) all(asked, "AB"[id % 2] ?? "A");
  }
  for (const symbol of "ABC") {
    const held = all(unasked, symbol);
    expect(held.length).toBeGreaterThan(segmentRows / 3);
    expect(held).toEqual(held.toSorted((a, b) => a.seconds - b.seconds || Number(a.id) - Number(b.id)));
    expect(all(asked, symbol)).toEqual(held);
  }
});
