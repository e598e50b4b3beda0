/** Kept between visits: symbols are no secret. */
const STORED = "tickerplant.symbols";

/** The symbols of the last visit; undefined at the first. */
export function storedSymbols(): readonly string[] | undefined {
  const stored = localStorage.getItem(STORED);
  return stored === null ? undefined : stored.split(" ").filter((symbol) => symbol !== "");
}

/** Symbols contain no spaces. */
export function storeSymbols(symbols: Iterable<string>): void {
  localStorage.setItem(STORED, [...symbols].join(" "));
}
