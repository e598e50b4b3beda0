import { existsSync, readdirSync } from "node:fs";

/** Tickers of US stocks: `AAPL`, `BRK.B`, `BAC.PRL`; `BACpL` in the symbology of the CTA's tapes. */
const TICKER = /^[A-Z]{1,5}(p[A-Z]?|w|r|[./-][A-Z]{1,4})?$/;

/** Returns whether an argument is the name of a file here and not a ticker, because the shell has expanded a `*`. */
export function isFileName(argument: string): boolean {
  return argument !== "*" && !TICKER.test(argument) && existsSync(argument);
}

/** Returns warnings about symbols that a server accepts but has no records for. */
export function symbolHints(symbols: readonly string[]): readonly string[] {
  const hints: string[] = [];
  const lowerCase = symbols.filter((symbol) => /[a-z]{3}/.test(symbol) || /^[^A-Z]*[a-z][^A-Z]*$/.test(symbol));
  if (lowerCase.length > 0) {
    const upperCase = lowerCase.map((symbol) => symbol.toUpperCase());
    hints.push(`symbols are upper case: ${few(lowerCase)} will have no records; did you mean ${few(upperCase)}?`);
  }
  const files = filesHere();
  if (files.length > 0 && files.every((file) => symbols.includes(file)))
    hints.push(`the symbols are the names of all files here: to subscribe to all symbols, write '*' with quotes`);
  return hints;
}

function few(symbols: readonly string[]): string {
  return symbols.length > 5 ? `${symbols.slice(0, 5).join(", ")}, …` : symbols.join(", ");
}

/** Returns the names to which a shell expands `*`. */
function filesHere(): readonly string[] {
  try {
    return readdirSync(".").filter((name) => !name.startsWith("."));
  } catch {
    return []; // in a folder without read permission a shell does not expand *
  }
}
