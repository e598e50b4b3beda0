import * as LIMITS from "../limits.ts";

/** Splits symbols into as many as the address of one request may have. */
export function symbolParts(symbols: readonly string[]): (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  let part: string[] = [];
  let length = 0;
  for (const symbol of symbols) {
    const symbolLength = encodeURIComponent(`,${symbol}`).length;
    if (part.length === LIMITS.maxRequestSymbols || length + symbolLength > LIMITS.maxRequestSymbolsLength) {
      parts.push(part);
      part = [];
      length = 0;
    }
    part.push(symbol);
    length += symbolLength;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
