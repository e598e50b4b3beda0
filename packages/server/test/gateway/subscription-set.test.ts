import { STOCK_SCHEMA } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { SubscriptionSet } from "../../src/gateway/subscription-set.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;

function setOf(symbols: Parameters<SubscriptionSet["add"]>[0]): SubscriptionSet {
  const set = new SubscriptionSet(STOCK_SCHEMA);
  set.add(symbols);
  return set;
}

describe("SubscriptionSet", () => {
  test("a subscription set adds and removes symbols, and is empty when none is left", () => {
    const set = setOf({ trades: ["A", "B"], quotes: ["A"] });
    set.add({ trades: ["B", "C"] });
    set.remove({ trades: ["A", "NONE"], bars: ["A"] });
    expect(set.list(false)).toEqual({
      trades: ["B", "C"],
      quotes: ["A"],
      corrections: ["B", "C"],
      cancelErrors: ["B", "C"],
    });
    set.remove({ trades: ["B", "C"], quotes: ["A"] });
    expect(set.isEmpty).toBe(true);
    expect(set.list(false)).toEqual({});
  });

  test("unsubscribing * removes only the wildcard, and unsubscribing a symbol only that symbol", () => {
    const set = setOf({ quotes: ["*", "A", "B"] });
    set.remove({ quotes: ["*"] });
    expect([...set.symbols("quotes")]).toEqual(["A", "B"]);
    set.add({ quotes: ["*"] });
    set.remove({ quotes: ["A"] });
    expect([...set.symbols("quotes")]).toEqual(["B", "*"]);
  });

  test("a subscription set counts a symbol once for all channels, or once for each, by the option symbolCount", () => {
    const set = setOf({ trades: ["A", "B"], quotes: ["A"] });
    expect(set.wouldExceed(2, { bars: ["A"] }, "symbols")).toBe(false);
    expect(set.wouldExceed(3, { bars: ["A"] }, "subscriptions")).toBe(true);
    expect(set.wouldExceed(4, { bars: ["A"] }, "subscriptions")).toBe(false);
    expect(set.wouldExceed(2, { bars: ["C"] }, "symbols")).toBe(true);
  });

  test("a subscription set counts a repeated symbol once", () => {
    expect(setOf({ trades: ["A", "B"] }).wouldExceed(2, { trades: ["A", "B", "A"] }, "symbols")).toBe(false);
  });

  test("* on trades and quotes exceeds every limit of a subscription set, and * on other channels none", () => {
    const set = new SubscriptionSet(STOCK_SCHEMA);
    expect(set.wouldExceed(30, { trades: ["*"] }, "symbols")).toBe(true);
    expect(set.wouldExceed(30, { quotes: ["*"] }, "symbols")).toBe(true);
    expect(set.wouldExceed(30, { bars: ["*"], statuses: ["*"] }, "symbols")).toBe(false);
    expect(set.wouldExceed(UNLIMITED, { trades: ["*"], quotes: ["*"] }, "symbols")).toBe(false);
  });

  test("a subscription set has a limit even if no plan limits it", () => {
    const half = Array.from({ length: GATEWAY_LIMITS.maxSubscriptions / 2 }, (_, index) => `S${index}`);
    const set = setOf({ trades: half });
    expect(set.wouldExceed(UNLIMITED, { quotes: half }, "symbols")).toBe(false);
    set.add({ quotes: half });
    expect(set.wouldExceed(UNLIMITED, { bars: ["ONE"] }, "symbols")).toBe(true);
  });
});
