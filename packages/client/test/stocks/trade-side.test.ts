import { describe, expect, test } from "vitest";
import { tradeSide } from "../../src/index.ts";

const quote = (bidPrice: number, askPrice: number) => ({ bidPrice, askPrice });

describe("the side of a trade", () => {
  test.each([
    ["at the ask", 25.18, "at_ask"],
    ["above the ask", 25.2, "at_ask"],
    ["at the bid", 25.17, "at_bid"],
    ["below the bid", 25, "at_bid"],
    ["in the middle", 25.175, "between"],
  ])("a trade %s of a quote of 25.17 × 25.18 has its side", (_, price, side) => {
    expect(tradeSide(price, quote(25.17, 25.18))).toBe(side);
  });

  test("a trade before the first quote has no side", () => {
    expect(tradeSide(25.17, undefined)).toBeUndefined();
  });

  test("a trade at the price of a locked quote has no side", () => {
    expect(tradeSide(25.17, quote(25.17, 25.17))).toBeUndefined();
  });

  test("a quote without an offer places only trades at the bid", () => {
    expect(tradeSide(25.17, quote(25.17, 0))).toBe("at_bid");
    expect(tradeSide(25.18, quote(25.17, 0))).toBeUndefined();
  });

  test("a quote without a bid places only trades at the ask", () => {
    expect(tradeSide(25.18, quote(0, 25.18))).toBe("at_ask");
    expect(tradeSide(25.17, quote(0, 25.18))).toBeUndefined();
  });
});
