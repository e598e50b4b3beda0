import { expect, test } from "vitest";
import { age, dollars, duration, percentChange, price, volume } from "../../src/ui/figures.ts";

test.each([
  [price(25.18), "25.18"],
  [price(0.5), "0.5000"],
  [price(25.175), "25.1750"],
  [price(undefined), "–"],
  [dollars(-0.01), "−0.01"],
  [percentChange(101, 100), "▲ +1.00%"],
  [percentChange(98.73, 100), "▼ −1.27%"],
  [percentChange(100.001, 100), "· 0.00%"],
  [percentChange(100, undefined), "–"],
  [volume(9_840_000), "9.84M"],
  [volume(999_600), "1.00M"],
  [volume(812), "812"],
  [age(180), "0.18 s"],
  [age(14_200), "14.2 s"],
  [age(-5), "0.00 s"],
  [age(72_000), "1 m 12 s"],
  [duration(59_600), "1 m 0 s"],
  [duration(4_260_000), "1 h 11 m"],
])("a figure is shown as %s", (shown, expected) => {
  expect(shown).toBe(expected);
});
