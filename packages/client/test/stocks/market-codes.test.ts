import { expect, test } from "vitest";
import { exchangeName, quoteConditionName, tradeConditionName, tradingStateOf } from "../../src/index.ts";

test.each([
  ["V", "IEX"],
  ["N", "New York Stock Exchange"],
  ["Q", "Nasdaq"],
  ["D", "FINRA (off exchange)"],
  ["U", "MEMX"],
])("the exchange with the code %s is %s", (code, name) => {
  expect(exchangeName(code)).toBe(name);
});

test.each([
  ["I", "A", "Odd Lot Trade"],
  ["I", "C", "Odd Lot Trade"],
  [" ", "A", "Regular Sale"],
  ["@", "C", "Regular Sale"],
  ["B", "B", "Average Price Trade"],
  ["B", "C", "Bunched Trade"],
  ["W", "C", "Average Price Trade"],
  ["W", "O", "Average Price Trade"],
  ["4", "A", "Derivatively Priced"],
])("the condition '%s' of a trade on tape %s is %s", (code, tape, name) => {
  expect(tradeConditionName(code, tape)).toBe(name);
});

test.each([
  ["R", "A", "Regular Market Maker Open"],
  ["R", "C", "Regular, Two-Sided Open"],
  ["H", "B", "Slow Quote on Both Sides"],
])("the condition '%s' of a quote on tape %s is %s", (code, tape, name) => {
  expect(quoteConditionName(code, tape)).toBe(name);
});

test.each(["", " ", "?", "v", "VV", "toString", "__proto__", "constructor"])("no exchange has the code %j", (code) => {
  expect(exchangeName(code)).toBeUndefined();
});

test.each([
  ["@", "A"],
  [" ", "C"],
  ["W", "A"],
  ["toString", "A"],
  ["", "C"],
])("a code that is not used on a tape has no name: '%s' on %s", (code, tape) => {
  expect(tradeConditionName(code, tape)).toBeUndefined();
  expect(quoteConditionName(code === "W" ? "@" : code, tape)).toBeUndefined();
});

test.each([
  ["H", "halted"],
  ["P", "halted"],
  ["2", "halted"],
  ["T", "trading"],
  ["3", "trading"],
  ["Q", undefined],
  ["", undefined],
])("after a trading status with the code %j, trading is %s", (code, state) => {
  expect(tradingStateOf(code)).toBe(state);
});
