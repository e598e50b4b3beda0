import { expect, test } from "vitest";
import { showCompact, showDuration, showPrice } from "../../../src/cli/output/numbers.ts";
import { printable } from "../../../src/cli/output/printable.ts";

test.each([
  [0, "0.0 ms"],
  [0.43, "0.4 ms"],
  [42.4, "42 ms"],
  [999, "999 ms"],
  [1_500, "1.5 s"],
  [99_000, "99 s"],
  [600_000, "10 min"],
  [7_200_000, "2.0 h"],
  [373 * 86_400_000, "373 d"],
  [1e300, "over 10,000 years"],
])("a duration of %d ms is shown as %s", (durationMs, text) => {
  expect(showDuration(durationMs)).toBe(text);
});

test.each([
  [272.1, "272.10"],
  [8, "8.00"],
  [0.0198, "0.0198"],
  [608.185, "608.1850"],
  [1, "1.00"],
])("a price of %d is shown as %s", (price, text) => {
  expect(showPrice(price)).toBe(text);
});

test("large counts are shown in few characters", () => {
  expect([9_999, 12_345, 2_900_000].map(showCompact)).toEqual(["9999", "12.3K", "2.9M"]);
});

test("characters that a terminal may interpret are escaped, and others are unchanged", () => {
  expect(printable("a\u001b[2J\r\n\u009b\u202e\ufeffé")).toBe("a\\u001b[2J\\u000d\\u000a\\u009b\\u202e\\ufeffé");
  expect(JSON.parse(printable(JSON.stringify("\u009b\u2028")))).toBe("\u009b\u2028");
});
