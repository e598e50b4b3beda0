import { StreamError, TradeCancel, TradeCorrection } from "@tickerplant/client";
import { expect, test } from "vitest";
import type { View } from "../../../../src/cli/board/keys/actions.ts";
import { FIRST_CONTROLS } from "../../../../src/cli/board/keys/controls.ts";
import { BoardModel } from "../../../../src/cli/board/model/board-model.ts";
import { type Line, widthOf } from "../../../../src/cli/board/terminal/styled-text.ts";
import { drawFrame } from "../../../../src/cli/board/views/frame.ts";
import type { Scene } from "../../../../src/cli/board/views/scene.ts";
import { bar, FakeStream, market, OPEN_SECONDS, quote, scene, status, trade } from "../support/scenes.ts";

const VIEWS: readonly View[] = ["list", "symbol", "health", "gaps", "log"];
const NARROW = { columns: 80, rows: 24 };
const WIDE = { columns: 110, rows: 34 };
const LARGE = { columns: 160, rows: 50 };

const textOf = (lines: readonly Line[]): string[] =>
  lines.map((line) =>
    line
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
const drawn = (what: Scene, size = NARROW): string[] => textOf(drawFrame(what, size));
const withView = (view: View, more: Partial<Scene> = {}): Partial<Scene> => ({
  controls: { ...FIRST_CONTROLS, view },
  ...more,
});

test.each(
  VIEWS.flatMap(
    (view) =>
      [
        [view, 20, 5],
        [view, 40, 10],
        [view, 80, 24],
        [view, 110, 34],
        [view, 140, 40],
        [view, 250, 70],
      ] as const,
  ),
)("the view %s fills a terminal of %i columns and %i rows exactly", (view, columns, rows) => {
  for (const isHelpShown of [false, true]) {
    const lines = drawFrame(scene(market(), { controls: { ...FIRST_CONTROLS, view, isHelpShown } }), { columns, rows });
    expect(lines).toHaveLength(rows);
    expect(new Set(lines.map(widthOf))).toEqual(new Set([columns]));
  }
});

test("the header reports the source, the feed, the lag and the time in New York", () => {
  expect(drawn(scene(market()))[0]).toMatch(/^ tickerplant +SIMULATED +iex +✓ connected +2\.1 ms +09:30:00 ET$/);
});

test("80 columns show the address of the page as well", () => {
  expect(drawn(scene(market(), { address: "http://127.0.0.1:54321/" }))[0]).toContain("http://127.0.0.1:54321/");
});

test("a lost connection takes the header, with its cause and the next attempt", () => {
  const stream = new FakeStream();
  const model = market(stream);
  const cause = new StreamError("closed_by_server", "closed with code 1006");
  stream.emit("status", { state: "reconnecting", attempt: 1, delayMs: 2_000, cause });
  const [header = ""] = drawn(scene(model, { nowMs: Date.now() }), WIDE);
  expect(header).toMatch(/Disconnected for 0 s, next attempt in [23] s: closed with code 1006/);
});

test("a row has last, change, bid, ask, sizes and volume", () => {
  const row = drawn(scene(market())).find((line) => line.startsWith(" AAPL"));
  expect(row).toMatch(/AAPL +272\.10 +▼ −0\.01% +272\.10 × 272\.12 +300×200 +12\.6K/);
});

test("80 columns have a line of the selected symbol's trades, and 110 its tape", () => {
  expect(drawn(scene(market())).at(-3)).toMatch(/^ AAPL +▼272\.10 12,500 +▲272\.12 100$/);
  const wide = drawn(scene(market()), WIDE).join("\n");
  expect(wide).toContain("TREND");
  expect(wide).toMatch(/│ AAPL tape +272\.10 × 272\.12/);
  expect(wide).toMatch(/│ ▼ 09:30:00\.174 +272\.10 +12,500 V/);
});

test("a halt stands in place of the quote, and its end removes it", () => {
  const model = market();
  model.push(status("AAPL", "H", "Trading Halt", "Volatility"));
  expect(drawn(scene(model)).join("\n")).toMatch(/AAPL .* HALT {2}since 09:30:00/);
  expect(drawn(scene(model, withView("symbol"))).join("\n")).toContain("Volatility");
  model.push(status("AAPL", "T", "Trading Resumption"));
  expect(drawn(scene(model)).join("\n")).not.toContain("HALT");
});

test("a rejected symbol has the server's words in place of figures", () => {
  const stream = new FakeStream();
  const model = market(stream);
  stream.emit(
    "error",
    new StreamError("symbol_limit", "symbol limit exceeded (405)", { symbols: { trades: ["NVDQX"] } }),
  );
  expect(drawn(scene(model), { columns: 80, rows: 60 }).join("\n")).toMatch(
    /NVDQX +rejected: symbol limit exceeded \(405\)/,
  );
});

test("corrected and cancelled trades stay on the tape, with what became of them", () => {
  const model = market();
  model.push(new TradeCorrection("AAPL", OPEN_SECONDS, 0, "V", 1, 272.12, 100, ["@"], 3, 272.05, 90, ["@"], "C"));
  model.push(new TradeCancel("AAPL", OPEN_SECONDS, 0, 2, "V", 272.1, 12_500, "C", "C"));
  const lines = drawFrame(scene(model, withView("symbol")), NARROW);
  const text = textOf(lines).join("\n");
  expect(text).toContain("↳ corrected to 272.05");
  expect(text).toContain("↳ cancelled");
  expect(lines.flat().filter(({ isStruck, text: cell }) => isStruck && /272\.1/.test(cell))).toHaveLength(2);
});

test("an opened symbol has its quotes, bars and tape", () => {
  const text = drawn(scene(market(), withView("symbol"))).join("\n");
  expect(text).toContain("spread 0.02, 0.7 bp");
  expect(text).toMatch(/BARS 1m/);
  expect(text).toMatch(/09:31 +272\.50 +272\.60 +272\.10 +272\.20/);
  expect(text).toContain("LULD 259.00 – 285.50");
  expect(text).toMatch(/AAPL tape/);
});

test("140 columns have a chart: candles, volume, and gaps as a lane", () => {
  const stream = new FakeStream();
  const model = market(stream);
  const at = (minute: number): Date => new Date((OPEN_SECONDS + minute * 60) * 1000);
  const cause = new StreamError("closed_by_server", "closed");
  const range = { channel: "trades", symbols: ["AAPL"] };
  stream.emit("gap", { ...range, from: at(3), to: at(4), cause });
  stream.emit("gap", { ...range, from: at(5), to: at(6), cause });
  stream.emit("gapFilled", { ...range, unproven: [], from: at(5), to: at(6), recordCount: 12, voidCount: 0 });
  model.push(bar("AAPL", 7, [272.2, 274, 272, 274]));
  const lines = drawn(scene(model, withView("symbol")), LARGE);
  const text = lines.join("\n");
  expect(text).toMatch(/[┃╽╿]/);
  expect(lines.find((line) => / gaps\b.*│/.test(line))).toMatch(/─▨─▬── gaps/);
  expect(text).toMatch(/▆|█/);
  expect(drawn(scene(model, withView("symbol")), WIDE).join("\n")).not.toMatch(/[┃╽╿]/);
});

test("a halt is a band of the chart, and a gap in it stays visible", () => {
  const model = market();
  model.push(status("AAPL", "H", "Trading Halt"));
  model.push(bar("AAPL", 7, [272.2, 274, 272, 274]));
  const lines = drawFrame(scene(model, withView("symbol")), LARGE);
  expect(lines.flat().some(({ text, ground }) => text.includes("░") && ground === "haltBand")).toBe(true);
});

test("the counters are in every view and below the help", () => {
  for (const view of VIEWS)
    for (const isHelpShown of [false, true]) {
      const lines = drawn(scene(market(), { controls: { ...FIRST_CONTROLS, view, isHelpShown } }));
      expect(lines.at(-2)).toMatch(/rec\/s {3}0 gaps open {3}0 filled {3}0 dropped {3}queue 3/);
    }
});

test("the gaps have their range, symbols, cause and outcome, open ones first", () => {
  const stream = new FakeStream();
  const model = market(stream);
  const cause = new StreamError("closed_by_server", "closed");
  const range = { channel: "trades", from: new Date(OPEN_SECONDS * 1000), to: new Date((OPEN_SECONDS + 5) * 1000) };
  stream.emit("gap", { ...range, symbols: ["AAPL", "MSFT", "SPY"], cause });
  stream.emit("gapFilled", { ...range, symbols: ["AAPL", "MSFT"], unproven: [], recordCount: 1_284, voidCount: 0 });
  stream.emit("gapOpen", { ...range, symbols: ["SPY"], cause: new StreamError("no_history", "none") });
  const lines = drawn(scene(model, withView("gaps")), WIDE);
  expect(lines[3]).toMatch(/▨ open +09:30:00 – 09:30:05 +SPY, trades +closed by server +no history/);
  expect(lines[4]).toMatch(/▬ filled +09:30:00 – 09:30:05 +AAPL, MSFT, trades +closed by server +1,284 records/);
  expect(lines.at(-2)).toMatch(/▨ 1 gap open {3}1 filled/);
});

test("hostile names, messages and log lines reach no terminal as control characters", () => {
  const stream = new FakeStream();
  const model = new BoardModel(stream, undefined);
  const hostile = "\u001b[2J\u0007\u202eAA\u0301字";
  stream.emit("status", { state: "authenticated" });
  model.push(quote(hostile, 1, 2));
  model.push(trade(hostile, 1));
  model.push(status(hostile, "H", hostile, hostile));
  const cause = new StreamError("closed_by_server", hostile, { symbols: { trades: [`${hostile}2`] } });
  stream.emit("error", cause);
  stream.emit("gap", { channel: hostile, symbols: [hostile], from: new Date(), to: new Date(), cause });
  stream.emit("status", { state: "reconnecting", attempt: 1, delayMs: 1, cause });
  for (const view of VIEWS)
    for (const size of [NARROW, WIDE, LARGE]) {
      const text = drawn(scene(model, withView(view, { log: [hostile] })), size).join("");
      expect(text).not.toMatch(/\p{Cc}|\p{Cf}|\p{M}|字/u);
    }
});

test("a list without a symbol says what will appear", () => {
  const model = new BoardModel(new FakeStream(), "live");
  expect(drawn(scene(model)).join("\n")).toContain("Symbols appear with their first trade or quote.");
});
