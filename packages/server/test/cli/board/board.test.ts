import { Bar, Quote, Trade } from "@tickerplant/client";
import { expect, test } from "vitest";
import { type BoardFooter, type BoardRow, renderBoard } from "../../../src/cli/board/board-layout.ts";

const plain = (_style: string, text: string): string => text;

const footer: BoardFooter = {
  lastTrades: [{ symbol: "AAPL", price: 272.15, size: 100, direction: 1 }],
  state: "authenticated",
  recordsPerSecond: 1234.4,
  metrics: {
    records: {
      trades: 0,
      quotes: 0,
      bars: 0,
      updatedBars: 0,
      dailyBars: 0,
      statuses: 0,
      lulds: 0,
      imbalances: 0,
      corrections: 0,
      cancelErrors: 0,
    },
    recordCount: 99_000,
    frames: 0,
    bytes: 0,
    reconnects: 2,
    unreadable: 0,
    events: { status: 0, gap: 0, gapFilled: 0, gapOpen: 0, slow: 0, error: 0, warning: 0 },
    handlerFailures: 0,
    queued: 0,
    dropped: 7,
    conflated: 0,
    lag: { p50: 0.4, p99: 12_345, max: 99_999 },
    lagSinceStart: { p50: 0.4, p99: 12_345, max: 99_999 },
    stalled: 0,
    outliers: 0,
  },
  symbolCount: 40,
};

function row(symbol: string, recordCount = 1): BoardRow {
  return {
    symbol,
    recordCount,
    tradeCount: 3,
    volume: 12_345,
    first: 272,
    last: 272.15,
    lastTrade: new Trade(symbol, 1_763_130_600, 0, 1, "V", 272.15, 100, ["@", "I"], "C"),
    direction: 1,
    seconds: 1_763_130_600,
    nanos: 0,
    quote: new Quote(symbol, 1_763_130_600, 0, "Q", 272.1, 300, " ", 0, 0, ["R"], "C"),
    bar: new Bar("bars", symbol, 1_763_130_600, 0, 272, 273, 271, 272.5, 1000, 9, 272.25),
    status: "Volatility Trading Pause",
  };
}

test.each([
  [40, 10],
  [79, 23],
  [119, 39],
  [200, 60],
])("a board of %i columns and %i lines has exactly that size, with all rows equally wide", (columns, lines) => {
  const rows = Array.from({ length: 100 }, (_, index) => row(`S${index}`, index));
  const drawn = renderBoard(rows, footer, { columns, lines }, plain).split("\n");
  expect(drawn).toHaveLength(lines);
  for (const line of drawn) expect(line.length).toBeLessThanOrEqual(columns);
  expect(new Set(drawn.slice(0, -3).map((line) => line.length)).size).toBe(1);
});

test("a wide board shows all values of a symbol", () => {
  const [head = "", line = ""] = renderBoard([row("AAPL")], footer, { columns: 200, lines: 20 }, plain).split("\n");
  expect(
    head
      .trim()
      .split(/\s{1,}/)
      .slice(0, 4),
  ).toEqual(["SYMBOL", "LAST", "CHANGE", "SIZE"]);
  for (const text of [
    "IEX",
    "Odd Lot Trade",
    "AAPL",
    "272.15",
    "+0.06%",
    "272.10",
    "300",
    "12.3K",
    "Volatility Trading Pause",
  ])
    expect(line).toContain(text);
});

test("the columns of exchange and conditions do not narrow the status column", () => {
  const lineOf = (columns: number): string => renderBoard([row("AAPL")], footer, { columns, lines: 20 }, plain);
  for (let columns = 79; columns < 230; columns++)
    if (lineOf(columns).includes("IEX")) expect(lineOf(columns)).toContain("Volatility Trading Pause");
  expect(lineOf(160)).not.toContain("IEX");
  expect(lineOf(175)).toContain("IEX");
});

test("an empty side of a quote is shown as a dash, not as a price of zero", () => {
  const [, line = ""] = renderBoard([row("AAPL")], footer, { columns: 200, lines: 20 }, plain).split("\n");
  expect(line).toMatch(/272\.10 +- /);
});

test("a small board shows the busiest symbols, in order of their names", () => {
  const rows = [row("B", 50), row("C", 1), row("A", 10), row("D", 60)];
  const drawn = renderBoard(rows, footer, { columns: 79, lines: 7 }, plain).split("\n");
  expect(drawn.slice(1, -3).map((line) => line.slice(0, 1))).toEqual(["A", "B", "D"]);
});

test("the footer shows the last trades and the counters", () => {
  const drawn = renderBoard([row("AAPL")], footer, { columns: 160, lines: 20 }, plain).split("\n");
  expect(drawn.at(-2)).toBe("AAPL 272.15x100");
  expect(drawn.at(-1)).toBe(
    "● live   1,234/s   lag p50 0.4 ms p99 12 s   7 dropped   2 reconnects   99,000 records   1 of 40 symbols",
  );
});

test("a symbol cannot write to the terminal", () => {
  const drawn = renderBoard([row("\u001b[2Jé")], footer, { columns: 79, lines: 20 }, plain);
  expect(drawn).toContain("?[2J?");
  expect(drawn).not.toContain("\u001b");
});
