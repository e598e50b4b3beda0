import { expect, test } from "vitest";
import * as figures from "../../src/ui/figures.ts";

const { age, arrow, bytes, change, count, counted, dollars, duration } = figures;
const { milliseconds, percentChange, price, rate, shares, volume } = figures;

test.each([
  ["price", price, [25, 25.18, 1.29, 25.175, 0.5, -0.5], "25.00 25.18 1.29 25.1750 0.5000 −0.5000"],
  ["price from $999 on", price, [999.99, 1000, 1234.5, 1234.567], "999.99 1,000.00 1,234.50 1,234.5670"],
  ["dollars", dollars, [0.01, -0.01, 0.005, 0], "0.01 −0.01 0.0050 0.00"],
  ["arrow", arrow, [1, -1, 0], "▲ ▼ ·"],
  ["count", count, [0, 812, 12_500], "0 812 12,500"],
  ["shares", shares, [12_500, 0.25], "12,500 0.25"],
  ["volume", volume, [812, 18_412, 999_499, 999_500, 9_840_000, 123.4e6, 2e9], "812 18.4K 999K 1.00M 9.84M 123M 2.00B"],
  ["rate", rate, [0, 0.01, 0.37, 4, 4.1, 22, 3391.4], "0 0.1 0.4 4 4.1 22 3,391"],
  ["milliseconds", milliseconds, [2.14, 140.6, -3], "2.1 141 −3.0"],
])("%s", (_, format, values, expected) => {
  expect(values.map((value) => format(value)).join(" ")).toBe(expected);
});

test.each([
  ["bytes", bytes, [0, 812, 1200, 6.8e6, 212e6, 4.81e9], "0, 812 B, 1.2 kB, 6.8 MB, 212 MB, 4.81 GB"],
  ["age", age, [-5, 180, 9_400, 14_200, 72_000], "0.00 s, 0.18 s, 9.4 s, 14 s, 1 m 12 s"],
  ["a duration below a minute", duration, [-5, 2.1, 800, 9_960, 59_400], "0.0 ms, 2.1 ms, 0.8 s, 10 s, 59 s"],
  ["a duration below an hour", duration, [59_700, 72_000, 599_000, 1_320_000], "1 m 0 s, 1 m 12 s, 9 m 59 s, 22 m"],
  ["a longer duration", duration, [4_260_000, 273_600_000], "1 h 11 m, 3 d 4 h"],
])("%s", (_, format, values, expected) => {
  expect(values.map((value) => format(value)).join(", ")).toBe(expected);
});

test("a change has its sign, a true minus, and its share of the previous price", () => {
  expect([change(25.18, 23.66), change(23, 23.66)]).toEqual(["▲ +1.52 (+6.42%)", "▼ −0.66 (−2.79%)"]);
  expect([change(23.66, 23.66), change(1, 0), change(1, undefined)]).toEqual(["· 0.00 (0.00%)", "–", "–"]);
  expect([percentChange(101, 100), percentChange(98.73, 100)]).toEqual(["▲ +1.00%", "▼ −1.27%"]);
  expect([percentChange(100.001, 100), percentChange(100, undefined)]).toEqual(["· 0.00%", "–"]);
});

test("a noun follows its number", () => {
  expect([counted(1, "gap"), counted(1284, "trade")]).toEqual(["1 gap", "1,284 trades"]);
});

test("a value that is not known is a dash in every format, never 0 and never NaN", () => {
  for (const format of [price, dollars, count, shares, volume, rate, milliseconds, bytes, age, duration])
    expect([format(undefined), format(Number.NaN)]).toEqual(["–", "–"]);
});
