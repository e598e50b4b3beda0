import { expect, test } from "vitest";
import { symbolParts } from "../../src/continuity/symbol-parts.ts";

test("a request has a hundred symbols at most", () => {
  const symbols = Array.from({ length: 250 }, (_, index) => `S${index}`);
  const parts = symbolParts(symbols);
  expect(parts.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(parts.flat()).toEqual(symbols);
});

test("a request has fewer symbols where its address would be too long", () => {
  const symbols = Array.from({ length: 100 }, (_, index) => `${"é".repeat(10)}${index}`); // six characters each in an address
  const parts = symbolParts(symbols);
  expect(parts.length).toBe(2);
  for (const part of parts) expect(encodeURIComponent(part.join()).length).toBeLessThanOrEqual(4_000);
  expect(parts.flat()).toEqual(symbols);
});

test("a symbol that is too long for any address is requested alone", () => {
  const long = "X".repeat(5_000);
  expect(symbolParts(["AAPL", long, "MSFT"])).toEqual([["AAPL"], [long], ["MSFT"]]);
});

test("no symbols take no request", () => {
  expect(symbolParts([])).toEqual([]);
});
