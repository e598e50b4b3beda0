import { Quote } from "@tickerplant/client";
import { expect, test } from "vitest";
import { askWords, bidShare, bidWords, spreadWords } from "../../src/quote/quote-words.ts";

function quote(bid: number, ask: number): Quote {
  return new Quote("GME", 0, 0, "P", bid, 1200, "Q", ask, 800, ["R"], "A");
}

test("both sides of a quote have price, size and the exchange's name", () => {
  expect(bidWords(quote(25.17, 25.18))).toEqual({ price: "25.17", size: "1,200", exchange: "NYSE Arca" });
  expect(askWords(quote(25.17, 25.18))).toEqual({ price: "25.18", size: "800", exchange: "Nasdaq" });
  expect(bidShare(quote(25.17, 25.18))).toBe(60);
});

test("a missing side is named, and so is a missing quote", () => {
  expect(bidWords(quote(0, 25.18))).toMatchObject({ price: "–", size: "no bid" });
  expect(askWords(quote(25.17, 0))).toMatchObject({ price: "–", size: "no offer" });
  expect(askWords(undefined)).toMatchObject({ price: "–", size: "no quote yet" });
  expect(spreadWords(quote(25.17, 0))).toBe("–");
});

test.each([
  ["a usual", 25.17, 25.18, "0.01 4.0 bp"],
  ["a sub-penny", 0.5, 0.5005, "0.0005 10.0 bp"],
  ["a locked", 25.18, 25.18, "0.00 locked"],
  ["a crossed", 25.19, 25.18, "−0.01 crossed"],
])("the spread of %s quote %d × %d is %s", (_, bid, ask, words) => {
  expect(spreadWords(quote(bid, ask))).toBe(words);
});
