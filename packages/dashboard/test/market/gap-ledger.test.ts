import { expect, test } from "vitest";
import { concerns, GapLedger } from "../../src/market/gap-ledger.ts";
import { gap } from "../chart/fixture/scripted-market.ts";

const from = new Date("2026-11-24T14:36:10Z");
const to = new Date("2026-11-24T14:36:12Z");
const cause = {
  code: "closed_by_server",
  message: "closed",
  closeCode: 1006,
  status: undefined,
  serverCode: undefined,
} as const;

test("the gaps of one loss that have come as far are one row, with all its channels and symbols", () => {
  const gaps = new GapLedger();
  gaps.gap({ channel: "trades", symbols: ["GME", "AMC"], from, to, cause }, 0);
  gaps.gap({ channel: "quotes", symbols: ["GME"], from: new Date(from.getTime() - 500), to, cause }, 0);
  expect(gaps.all).toMatchObject([
    {
      state: "filling",
      channels: ["trades", "quotes"],
      symbols: ["GME", "AMC"],
      fromMs: from.getTime() - 500,
      toMs: to.getTime(),
    },
  ]);
});

test("quotes that are not asked for are missed, and do not keep the gap of trades from being filled", () => {
  const gaps = new GapLedger();
  for (const channel of ["trades", "quotes"] as const) gaps.gap({ channel, symbols: ["GME"], from, to, cause }, 0);
  gaps.open({ channel: "quotes", symbols: ["GME"], from, to, cause: { ...cause, code: "not_filled" } }, 0);
  gaps.filled({ channel: "trades", symbols: ["GME"], from, to, recordCount: 7 }, 10);
  expect(gaps.all).toMatchObject([
    { state: "filled", channels: ["trades"], recordCount: 7 },
    { state: "missed", channels: ["quotes"], openCause: { code: "not_filled" } },
  ]);
});

test("the range of a gap is that of its trades, because those of bars begin as much earlier as a bar is long", () => {
  const gaps = new GapLedger();
  const earlier = (ms: number): Date => new Date(from.getTime() - ms);
  gaps.gap({ channel: "dailyBars", symbols: ["GME"], from: earlier(86_400_000), to, cause }, 0);
  gaps.gap({ channel: "bars", symbols: ["GME"], from: earlier(60_000), to, cause }, 0);
  expect(gaps.all).toMatchObject([{ fromMs: from.getTime() - 60_000 }]);
  gaps.gap({ channel: "trades", symbols: ["GME"], from, to, cause }, 0);
  expect(gaps.all).toMatchObject([{ fromMs: from.getTime() }]);
});

test("the channels of a gateway's gap are one loss by their end, though each has an error of its own", () => {
  const gaps = new GapLedger();
  for (const channel of ["trades", "bars"] as const)
    gaps.gap({ channel, symbols: ["GME"], from, to, cause: { ...cause } }, 0);
  expect(gaps.all).toMatchObject([{ channels: ["trades", "bars"] }]);
});

test("two losses with equal causes are two rows", () => {
  const gaps = new GapLedger();
  gaps.gap({ channel: "trades", symbols: ["GME"], from, to, cause: { ...cause } }, 0);
  gaps.gap({ channel: "trades", symbols: ["GME"], from: to, to: new Date(to.getTime() + 1), cause: { ...cause } }, 0);
  expect(gaps.all).toHaveLength(2);
});

test("each channel of a loss is filled by itself, and those that are filled are one row with the sum of their records", () => {
  const gaps = new GapLedger();
  for (const channel of ["trades", "quotes"] as const) gaps.gap({ channel, symbols: ["GME"], from, to, cause }, 1000);
  gaps.filled({ channel: "trades", symbols: ["GME"], from, to, recordCount: 40 }, 1300);
  expect(gaps.all).toMatchObject([
    { state: "filling", channels: ["quotes"], fillMs: undefined },
    { state: "filled", channels: ["trades"], fillMs: 300 },
  ]);
  gaps.filled({ channel: "quotes", symbols: ["GME"], from, to, recordCount: 2 }, 1800);
  expect(gaps.all).toMatchObject([{ state: "filled", recordCount: 42, fillMs: 800 }]);
});

test("a gap with one symbol that cannot be filled is open, even when all others are filled later", () => {
  const gaps = new GapLedger();
  gaps.gap({ channel: "trades", symbols: ["GME", "AMC"], from, to, cause }, 0);
  const openCause = { ...cause, code: "history_incomplete" as const };
  gaps.open({ channel: "trades", symbols: ["AMC"], from, to, cause: openCause }, 100);
  gaps.filled({ channel: "trades", symbols: ["GME"], from, to, recordCount: 1 }, 200);
  expect(gaps.all).toMatchObject([{ state: "open", openCause: { code: "history_incomplete" } }]);
});

test("a symbol that was unsubscribed during the fill does not leave the gap filling", () => {
  const gaps = new GapLedger();
  gaps.gap({ channel: "trades", symbols: ["GME", "AMC"], from, to, cause }, 0);
  gaps.filled({ channel: "trades", symbols: ["GME"], from, to, recordCount: 1 }, 200);
  expect(gaps.all).toMatchObject([{ state: "filled" }]);
});

test("a lost connection is an open gap without an end until the connection is back", () => {
  const gaps = new GapLedger();
  gaps.lost(5, cause);
  gaps.lost(9, cause); // the next attempt fails, too
  expect(gaps.all).toMatchObject([{ state: "open", fromMs: 5, toMs: undefined }]);
  gaps.back();
  expect(gaps.all).toEqual([]);
});

test("open gaps come first, then those being filled, then filled ones, each newest first", () => {
  const gaps = new GapLedger();
  const at = (ms: number): { from: Date; to: Date } => ({ from: new Date(ms), to: new Date(ms + 1) });
  for (const ms of [1, 2, 3, 4, 5, 6])
    gaps.gap({ channel: "trades", symbols: ["GME"], ...at(ms), cause: { ...cause } }, 0);
  for (const ms of [1, 5]) gaps.filled({ channel: "trades", symbols: ["GME"], ...at(ms), recordCount: 0 }, 0);
  for (const ms of [2, 3]) gaps.open({ channel: "trades", symbols: ["GME"], ...at(ms), cause }, 0);
  expect(gaps.all.map(({ fromMs }) => fromMs)).toEqual([3, 2, 6, 4, 5, 1]);
});

test("the oldest gaps are dropped at the limit", () => {
  const gaps = new GapLedger();
  for (let ms = 0; ms < 501; ms++)
    gaps.gap({ channel: "trades", symbols: ["GME"], from: new Date(ms), to: new Date(ms), cause: { ...cause } }, 0);
  const rows = gaps.all;
  expect([rows.length, rows.at(-1)?.fromMs]).toEqual([500, 1]);
});

test("a gap concerns its symbols, all for a wildcard, and all while it grows", () => {
  expect(concerns(gap("open", 0, 1), "GME")).toBe(true);
  expect(concerns(gap("open", 0, 1), "AMC")).toBe(false);
  expect(concerns({ ...gap("open", 0, 1), symbols: ["*"] }, "AMC")).toBe(true);
  expect(concerns({ ...gap("open", 0, undefined), symbols: [] }, "AMC")).toBe(true);
});

test("the array of gaps is the same one until a gap changes", () => {
  const gaps = new GapLedger();
  gaps.gap({ channel: "trades", symbols: ["GME"], from, to, cause }, 0);
  const before = gaps.all;
  expect(gaps.all).toBe(before);
  gaps.filled({ channel: "trades", symbols: ["GME"], from, to, recordCount: 3 }, 5);
  expect(gaps.all).not.toBe(before);
});

test("a gap that the gateway has filled is filled for all symbols, with the records of its channels", () => {
  const gaps = new GapLedger();
  const reported = { symbols: ["*"], from, to, cause };
  for (const channel of ["trades", "bars"] as const) gaps.reported({ ...reported, channel, recordCount: 20 });
  for (const channel of ["trades", "bars"] as const) gaps.reported({ ...reported, channel, recordCount: 20 }); // again
  expect(gaps.all).toMatchObject([
    { state: "filled", channels: ["trades", "bars"], recordCount: 40, fillMs: undefined },
  ]);
});

test("a gap that the stream reports itself replaces that of the gateway's report, whichever comes first", () => {
  const own = { channel: "trades" as const, symbols: ["GME"], from, to, cause };
  const reported = { ...own, symbols: ["*"], recordCount: undefined };
  for (const isReportFirst of [true, false]) {
    const gaps = new GapLedger();
    if (isReportFirst) gaps.reported(reported);
    gaps.gap(own, 0);
    gaps.reported(reported);
    expect(gaps.all).toMatchObject([{ state: "filling", symbols: ["GME"] }]);
  }
});

test("the gateway's lost source grows beside the page's lost connection", () => {
  const gaps = new GapLedger();
  gaps.lost(5, cause);
  gaps.lost(7, cause, "gateway");
  gaps.back();
  expect(gaps.all).toMatchObject([{ fromMs: 7, toMs: undefined }]);
  gaps.back("gateway");
  expect(gaps.all).toEqual([]);
});
