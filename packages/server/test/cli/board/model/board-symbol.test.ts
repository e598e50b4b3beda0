import { Bar, CryptoQuote, CryptoTrade, markFromHistory, Trade } from "@tickerplant/client";
import { expect, test } from "vitest";
import { BoardSymbol } from "../../../../src/cli/board/model/board-symbol.ts";
import { bar, OPEN_SECONDS, quote, status, trade } from "../support/scenes.ts";

function symbol(name = "AAPL"): BoardSymbol {
  const made = new BoardSymbol(name);
  made.keepDetail();
  return made;
}

test("an odd lot counts for the volume, and not for the last price", () => {
  const aapl = symbol();
  aapl.push(trade("AAPL", 100, 200));
  aapl.push(new Trade("AAPL", OPEN_SECONDS, 0, 2, "V", 101, 5, ["@", "I"], "C"));
  expect(aapl).toMatchObject({ first: 100, last: 100, volume: 205, recordCount: 2 });
});

test("the volume is that of the day where the server sends daily bars", () => {
  const aapl = symbol();
  aapl.push(trade("AAPL", 100, 200));
  aapl.push(new Bar("dailyBars", "AAPL", OPEN_SECONDS, 0, 99, 101, 98, 100, 9_000_000, 9, 100));
  aapl.push(trade("AAPL", 100, 200));
  expect(aapl.volume).toBe(9_000_000);
});

test("bars alone give the last price and the volume", () => {
  const aapl = symbol();
  aapl.push(bar("AAPL", 0, [100, 101, 99, 100.5]));
  aapl.push(bar("AAPL", 1, [100.5, 102, 100, 101]));
  expect(aapl).toMatchObject({ first: 100.5, last: 101, volume: 2_000 });
});

test("a pair of crypto has prices, sizes and a tape", () => {
  const btc = symbol("BTC/USD");
  btc.push(new CryptoQuote("BTC/USD", OPEN_SECONDS, 0, 91_000, 0.5, 91_010, 0.25));
  btc.push(new CryptoTrade("BTC/USD", OPEN_SECONDS, 0, 91_010, 0.125, 1, "B"));
  expect(btc).toMatchObject({ last: 91_010, volume: 0.125 });
  expect(btc.detail?.prints.newestFirst()[0]?.quote?.askPrice).toBe(91_010);
});

test("a trade that history has added is not compared with the quote of now", () => {
  const aapl = symbol();
  aapl.push(quote("AAPL", 100, 100.01));
  const late = trade("AAPL", 99);
  markFromHistory(late);
  aapl.push(late);
  expect(aapl.detail?.prints.newestFirst()[0]?.quote).toBeUndefined();
});

test("codes of both tapes halt a symbol and resume its trading", () => {
  for (const [halt, resumption] of [
    ["H", "T"],
    ["P", "T"],
    ["2", "3"],
  ] as const) {
    const aapl = symbol();
    aapl.push(status("AAPL", halt, "Halt", "News"));
    expect(aapl.halt).toEqual({ sinceSeconds: OPEN_SECONDS, untilSeconds: undefined, reason: "News" });
    aapl.push(status("AAPL", resumption, "Resumption"));
    expect(aapl.halt).toBeUndefined();
    expect(aapl.halts).toMatchObject([{ sinceSeconds: OPEN_SECONDS, untilSeconds: OPEN_SECONDS }]);
  }
});

test("a symbol is silent after a minute without records, and longer if it is seldom traded", () => {
  const busy = symbol();
  const rare = symbol();
  for (let second = 0; second < 100; second++) {
    busy.push(trade("AAPL", 100));
    if (second % 20 === 0) rare.push(trade("AAPL", 100));
    for (const each of [busy, rare]) each.checkSilence((second + 1) * 1000, true);
  }
  for (const each of [busy, rare]) each.checkSilence(170_000, true);
  expect(busy.silentMs).toBe(70_000);
  expect(rare.silentMs).toBeUndefined();
  rare.checkSilence(600_000, true);
  expect(rare.silentMs).toBeGreaterThan(60_000);
});

test("a symbol without a connection is not silent", () => {
  const aapl = symbol();
  aapl.push(trade("AAPL", 100));
  aapl.checkSilence(1_000, true);
  aapl.checkSilence(200_000, false);
  aapl.checkSilence(201_000, true);
  expect(aapl.silentMs).toBeUndefined();
});

test("a copy of a symbol stays as it is while records come", () => {
  const aapl = symbol();
  aapl.push(quote("AAPL", 99, 100));
  aapl.push(trade("AAPL", 100));
  const copy = aapl.copy();
  aapl.push(trade("AAPL", 101, 100, 2, OPEN_SECONDS + 60));
  aapl.push(quote("AAPL", 101, 102));
  expect(copy).toMatchObject({ last: 100, volume: 100, quote: { bidPrice: 99 } });
  expect(copy.detail?.prints.newestFirst()).toHaveLength(1);
  expect(copy.detail?.quotes.newestFirst()).toHaveLength(1);
  expect(copy.detail?.minutes.bars(1)).toHaveLength(1);
  expect(copy.trend.prices).toEqual([100]);
});

test("a symbol holds a limited number of trades and quotes", () => {
  const aapl = symbol();
  for (let index = 0; index < 1_000; index++) {
    aapl.push(trade("AAPL", index + 1, 100, index));
    aapl.push(quote("AAPL", index + 1, index + 2));
  }
  expect(aapl.detail?.prints.newestFirst()).toHaveLength(120);
  expect(aapl.detail?.prints.newestFirst()[0]?.trade.price).toBe(1_000);
  expect(aapl.detail?.quotes.newestFirst()).toHaveLength(24);
});
