import { Quote, StreamError, TradingStatus } from "@tickerplant/client";
import { expect, test } from "vitest";
import { WatchedSymbol } from "../../src/market/watched-symbol.ts";
import { sparkPoints } from "../../src/watch/spark-line.ts";
import { inOrder } from "../../src/watch/watch-order.ts";
import { rowWords, sizeWords } from "../../src/watch/watch-words.ts";

/** 10:41:07 in New York. */
const NOW = Date.parse("2026-11-24T15:41:07Z");

function symbol(name: string, last?: number, previousClose?: number, volume?: number): WatchedSymbol {
  return Object.assign(new WatchedSymbol(name), { last, previousClose, volume });
}

test("a row shows bid and ask, and a missing side as unknown", () => {
  const gme = symbol("GME");
  expect(rowWords(gme, NOW)).toEqual({ chip: "", note: "– × –" });
  gme.push(new Quote("GME", 0, 0, "P", 25.17, 1200, "Q", 0, 0, ["R"], "A"));
  expect(rowWords(gme, NOW).note).toBe("25.17 × –");
});

test("pointing at bid and ask shows their sizes", () => {
  const gme = symbol("GME");
  expect(sizeWords(gme.quote)).toBe("");
  gme.push(new Quote("GME", 0, 0, "P", 25.17, 1200, "Q", 25.18, 800, ["R"], "A"));
  expect(sizeWords(gme.quote)).toBe("Bid 1,200 at 25.17, ask 800 at 25.18");
  gme.push(new Quote("GME", 0, 0, "P", 25.17, 1200, " ", 0, 0, ["R"], "A"));
  expect(sizeWords(gme.quote)).toBe("Bid 1,200 at 25.17, ask –");
});

test("a halted symbol shows the reason and the time in New York", () => {
  const amc = symbol("AMC");
  amc.push(new TradingStatus("AMC", NOW / 1000, 0, "P", "Trading Pause", "", "LULD pause", "C"));
  expect(rowWords(amc, NOW)).toEqual({ chip: "HALT", note: "since 10:41:07, LULD pause" });
});

test("a silent symbol shows for how long", () => {
  const uvxy = symbol("UVXY");
  uvxy.checkSilence(NOW, true);
  uvxy.checkSilence(NOW + 72_000, true);
  expect(rowWords(uvxy, NOW + 72_000)).toEqual({ chip: "SILENT", note: "No trade for 1 m 12 s" });
});

test("a rejected symbol shows the number and the words of the server", () => {
  const wrong = symbol("NVDQX");
  const parts = { serverCode: 405, serverMessage: "symbol limit exceeded" };
  wrong.rejection = new StreamError("symbol_limit", "the server answered 405", parts);
  expect(rowWords(wrong, NOW)).toEqual({ chip: "REJECTED", note: "405 symbol limit exceeded" });
});

test("symbols without a figure come last in an order by figures, reversed or not", () => {
  const list = [symbol("A"), symbol("B", 110, 100, 5), symbol("C", 120, 100, 1), symbol("D", 90, 100, 9)];
  const names = (...args: [Parameters<typeof inOrder>[1], boolean]) =>
    inOrder(list, ...args)
      .map(({ symbol: name }) => name)
      .join("");
  expect(names("Change", false)).toBe("CBDA");
  expect(names("Change", true)).toBe("DBCA");
  expect(names("Volume", false)).toBe("DBCA");
  expect(names("Symbol", true)).toBe("DCBA");
  expect(names("Added", false)).toBe("ABCD");
});

test("a day's line spans its box from low to high, and one minute is no line", () => {
  expect(sparkPoints([1, 3], 2)).toEqual({ points: "0.0,22 64.0,2", closeY: 12 });
  expect(sparkPoints([2, 2], undefined)).toEqual({ points: "0.0,12 64.0,12", closeY: undefined });
  expect(sparkPoints([1], 2)).toEqual({ points: "", closeY: undefined });
});
