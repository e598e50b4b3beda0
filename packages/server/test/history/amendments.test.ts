import { systemClock, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import { expect, test } from "vitest";
import { SECONDS } from "../../../../verify/shared/records.ts";
import { FeedHistory, HistoryPools } from "../../src/history/feed-history.ts";
import { STOCKS } from "../../src/history/stocks.ts";

function trade(id: number, nanos: number, price = 10, size = 100, exchange = "V"): Trade {
  return new Trade("A", SECONDS, nanos, id, exchange, price, size, ["@"], "C");
}

function cancel(id: number, price = 10, size = 100, exchange = "V"): TradeCancel {
  return new TradeCancel("A", SECONDS + 60, 0, id, exchange, price, size, "C", "C");
}

function correction(originalId: number, correctedId: number): TradeCorrection {
  return new TradeCorrection("A", SECONDS + 60, 0, "V", originalId, 10, 100, ["@"], correctedId, 11, 90, ["I"], "C");
}

/** What is held after records: id, price, nanoseconds and the mark of each trade. */
function heldAfter(...records: readonly MarketRecord[]): unknown[] {
  const { trades } = feedHistory(records);
  return Array.from({ length: trades.length("A") }, (_, index) => {
    const { id, price, nanos } = trades.read("A", index) as Trade; // the layout of trades makes no other
    return [id, price, nanos, trades.suffix("A", index).slice('"u":"'.length, -1)];
  });
}

function feedHistory(records: readonly MarketRecord[]): FeedHistory {
  const history = new FeedHistory(STOCKS, new HistoryPools(1e9), 86_400, false, systemClock);
  for (const record of records) history.record(record);
  return history;
}

test("a cancelled trade stays in the history, marked as canceled", () => {
  expect(heldAfter(trade(1, 1), trade(2, 2), cancel(1))).toEqual([
    [1, 10, 1, "canceled"],
    [2, 10, 2, ""],
  ]);
});

test("a cancel marks the trade with its values: ids repeat within a day at some exchanges", () => {
  expect(heldAfter(trade(1, 1, 10, 100), trade(1, 2, 10, 200), trade(1, 3, 11, 100), cancel(1))).toEqual([
    [1, 10, 1, "canceled"],
    [1, 10, 2, ""],
    [1, 11, 3, ""],
  ]);
});

test("a cancel of a trade that is not held changes nothing", () => {
  expect(heldAfter(trade(1, 1), cancel(2), cancel(1, 10, 100, "Q"))).toEqual([[1, 10, 1, ""]]);
});

test("a corrected trade is marked incorrect, and its correction stands at its time", () => {
  expect(heldAfter(trade(1, 1), trade(3, 5), correction(1, 2))).toEqual([
    [1, 10, 1, "incorrect"],
    [2, 11, 1, "corrected"],
    [3, 10, 5, ""],
  ]);
});

test("a correction may keep the id of the original", () => {
  expect(heldAfter(trade(1, 1), correction(1, 1))).toEqual([
    [1, 10, 1, "incorrect"],
    [1, 11, 1, "corrected"],
  ]);
});

test("a correction of a trade that is not held stands at its own time", () => {
  expect(heldAfter(correction(1, 2))).toEqual([[2, 11, 0, "corrected"]]);
});
