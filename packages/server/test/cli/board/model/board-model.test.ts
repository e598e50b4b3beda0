import { StreamError } from "@tickerplant/client";
import { expect, test } from "vitest";
import { BoardModel } from "../../../../src/cli/board/model/board-model.ts";
import { FakeStream, METRICS, OPEN_SECONDS, trade } from "../support/scenes.ts";

const CAUSE = new StreamError("closed_by_server", "closed");

const RANGE = { channel: "trades", from: new Date(OPEN_SECONDS * 1000), to: new Date((OPEN_SECONDS + 5) * 1000) };

test("a gap is filled when all of its symbols are, and a part that is not stays open", () => {
  const stream = new FakeStream();
  const { gaps } = new BoardModel(stream, undefined);
  stream.emit("gap", { ...RANGE, symbols: ["A", "B", "C"], cause: CAUSE });
  expect(gaps).toMatchObject({ openCount: 1, filledCount: 0 });
  stream.emit("gapFilled", { ...RANGE, symbols: ["A"], unproven: [], recordCount: 3, voidCount: 0 });
  expect(gaps).toMatchObject({ openCount: 1, filledCount: 1 });
  stream.emit("gapOpen", { ...RANGE, symbols: ["B"], cause: new StreamError("no_history", "none") });
  expect(gaps.gaps.map(({ symbols, isFilled, outcome }) => [symbols, isFilled, outcome])).toEqual([
    [["A"], true, "3 records"],
    [["B"], false, "no history"],
    [["C"], false, undefined],
  ]);
  stream.emit("gapFilled", { ...RANGE, symbols: ["C"], unproven: [], recordCount: 1, voidCount: 0 });
  expect(gaps).toMatchObject({ openCount: 1, filledCount: 2 });
});

test("the outcome of a gap of another channel or time changes nothing", () => {
  const stream = new FakeStream();
  const { gaps } = new BoardModel(stream, undefined);
  stream.emit("gap", { ...RANGE, symbols: ["A"], cause: CAUSE });
  const filled = { ...RANGE, symbols: ["A"], unproven: [], recordCount: 3, voidCount: 0 };
  stream.emit("gapFilled", { ...filled, channel: "quotes" });
  stream.emit("gapFilled", { ...filled, to: new Date(0) });
  expect(gaps.openCount).toBe(1);
});

test("a loss lasts from the first cause until the server has accepted the key again", () => {
  const stream = new FakeStream();
  const model = new BoardModel(stream, undefined);
  stream.emit("status", { state: "authenticated" });
  stream.emit("status", { state: "reconnecting", attempt: 1, delayMs: 500, cause: CAUSE });
  const { sinceMs } = model.connection;
  stream.emit("status", { state: "connecting", attempt: 1, url: "ws://127.0.0.1" });
  expect(model.connection).toMatchObject({ isConnected: false, sinceMs, cause: "closed", nextAttemptAtMs: undefined });
  stream.emit("status", { state: "open" });
  expect(model.connection.isConnected).toBe(false);
  stream.emit("status", { state: "authenticated" });
  expect(model.connection).toMatchObject({ isConnected: true, cause: undefined, lastCause: "closed" });
});

test("health has the records of each second by channel, for ten minutes", () => {
  const stream = new FakeStream();
  const model = new BoardModel(stream, undefined);
  for (let second = 0; second < 700; second++) {
    stream.metrics = { ...METRICS, records: { trades: second * 7 } };
    model.tick(second * 1_000);
    model.tick(second * 1_000 + 500);
  }
  const { samples } = model.health;
  expect(samples).toHaveLength(600);
  expect(new Set(samples.map(({ records }) => records.trades))).toEqual(new Set([7]));
});

test("symbols after the first 500 are held in detail only once they are selected", () => {
  const model = new BoardModel(new FakeStream(), undefined);
  for (let index = 0; index < 600; index++) model.push(trade(`S${index}`, 1));
  expect(model.symbols.get("S499")?.detail).toBeDefined();
  expect(model.symbols.get("S500")?.detail).toBeUndefined();
});

test("a symbol that is rejected later keeps the figures that it has", () => {
  const stream = new FakeStream();
  const model = new BoardModel(stream, undefined);
  model.push(trade("A", 1));
  stream.emit("error", new StreamError("symbol_limit", "limit", { symbols: { trades: ["A", "B", "*"] } }));
  expect([...model.symbols.values()].map(({ symbol, rejection }) => [symbol, rejection])).toEqual([
    ["A", undefined],
    ["B", "limit"],
  ]);
});
