import { describe, expect, test } from "vitest";
import { Coverage } from "../../../src/history/store/coverage.ts";
import { STORE_LIMITS } from "../../../src/history/store/limits.ts";

const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS = Number.NEGATIVE_INFINITY;

/** The market's time where it is the clock's. */
const live = (newestSeconds: number) => ({ newestSeconds, aheadSeconds: 0 });

function carrying(symbols: readonly string[], row: number, atSeconds: number): Coverage {
  const coverage = new Coverage();
  coverage.carry(symbols, row, atSeconds);
  coverage.settle(row + STORE_LIMITS.settlingRows, live(atSeconds));
  return coverage;
}

describe("since when the records of a symbol are complete", () => {
  test("a symbol that was never carried is not known to be complete", () => {
    expect(new Coverage().fromSeconds("A")).toBe(NEVER);
    expect(new Coverage().fromRow("A")).toBe(NEVER);
  });

  test("a feed that carries everything is complete from its beginning", () => {
    const coverage = new Coverage();
    coverage.carryAll();
    expect(coverage.fromSeconds("A")).toBe(ALWAYS);
    expect(coverage.fromRow("*")).toBe(0);
  });

  test("a symbol is complete from the second after the newest record, once three have come since the confirmation", () => {
    const coverage = new Coverage();
    coverage.carry(["A"], 10, 100);
    coverage.settle(12, live(99));
    expect(coverage.fromSeconds("A")).toBe(NEVER);
    coverage.settle(13, live(103));
    coverage.settle(14, live(200));
    expect(coverage.fromSeconds("A")).toBe(104);
    expect(coverage.fromRow("A")).toBe(10);
  });

  test("in a market with few records the clock shows how late the confirmation was", () => {
    const coverage = new Coverage();
    coverage.carry(["A"], 10, 500.2);
    coverage.settle(13, live(103));
    expect(coverage.fromSeconds("A")).toBe(501);
    coverage.carry(["B"], 13, 500);
    coverage.settle(16, { newestSeconds: 103, aheadSeconds: -300 }); // a market of the past
    expect(coverage.fromSeconds("B")).toBe(200);
  });

  test("a name and the wildcard are apart: the earlier one counts, and each ends alone", () => {
    const coverage = carrying(["A"], 1, 100);
    coverage.carry(["*"], 5, 200);
    coverage.settle(8, live(200));
    expect([coverage.fromSeconds("A"), coverage.fromSeconds("B"), coverage.fromSeconds("*")]).toEqual([101, 201, 201]);
    coverage.release(["A"]);
    expect(coverage.fromSeconds("A")).toBe(201);
    coverage.release(["*"]);
    expect(coverage.fromSeconds("A")).toBe(NEVER);
  });

  test("what was released is complete again only from its next confirmation on", () => {
    const coverage = carrying(["A"], 1, 100);
    coverage.release(["A"]);
    coverage.carry(["A"], 9, 900);
    expect(coverage.fromSeconds("A")).toBe(NEVER);
    coverage.settle(12, live(900));
    expect(coverage.fromSeconds("A")).toBe(901);
  });
});

describe("gaps that stay open", () => {
  test("a gap moves the beginning of its symbols alone, and never back", () => {
    const coverage = carrying(["*"], 1, 100);
    coverage.gap(["A"], 7, 300);
    coverage.gap(["A"], 8, 250);
    expect([coverage.fromSeconds("A"), coverage.fromSeconds("B")]).toEqual([300, 101]);
    expect(coverage.fromSeconds("*")).toBe(300);
    expect([coverage.fromRow("A"), coverage.fromRow("B")]).toEqual([8, 1]);
  });

  test("a gap of all symbols moves the beginning of each", () => {
    const coverage = carrying(["A", "B"], 1, 100);
    coverage.gap(["*"], 7, 300);
    expect([coverage.fromSeconds("A"), coverage.fromSeconds("B")]).toEqual([300, 300]);
  });

  test("gaps of more symbols than are known apart count for all symbols, until the latest of them", () => {
    const coverage = carrying(["*"], 1, 100);
    coverage.gap(["A"], 2, 900);
    coverage.gap(
      Array.from({ length: STORE_LIMITS.maxGapSymbols }, (_, index) => `S${index}`),
      3,
      300,
    );
    expect([coverage.fromSeconds("A"), coverage.fromSeconds("OTHER")]).toEqual([900, 900]);
    expect(coverage.fromRow("OTHER")).toBe(3);
  });

  test("a gap is forgotten when nothing is carried any more", () => {
    const coverage = carrying(["A"], 1, 100);
    coverage.gap(["A"], 2, 5_000);
    coverage.release(["A"]);
    coverage.carry(["A"], 9, 900);
    coverage.settle(12, live(900));
    expect(coverage.fromSeconds("A")).toBe(901);
  });
});
