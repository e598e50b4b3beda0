import { existsSync, readdirSync } from "node:fs";

/** How US stocks are listed: `AAPL`, `BRK.B`, `BAC.PRL`; `BACpL` on the CTA's tapes. */
const TICKER = /^[A-Z]{1,5}(p[A-Z]?|w|r|[./-][A-Z]{1,4})?$/;

/** Whether an argument is no ticker but the name of a file here, as a shell puts it in the place of a `*`. */
export function isFileInstead(argument: string): boolean {
  return argument !== "*" && !TICKER.test(argument) && existsSync(argument);
}

/** What is odd about symbols that a server would take, and answer with silence. */
export function symbolHints(symbols: readonly string[]): readonly string[] {
  const hints: string[] = [];
  const small = symbols.filter((symbol) => /[a-z]{3}/.test(symbol) || /^[^A-Z]*[a-z][^A-Z]*$/.test(symbol));
  if (small.length > 0) {
    const capitals = small.map((symbol) => symbol.toUpperCase());
    hints.push(`symbols have capital letters: ${few(small)} will be silent; did you mean ${few(capitals)}?`);
  }
  const files = filesHere();
  if (files.length > 0 && files.every((file) => symbols.includes(file)))
    hints.push(`the symbols are the names of all files here: if you meant all symbols, write '*' with its quotes`);
  return hints;
}

function few(symbols: readonly string[]): string {
  return symbols.length > 5 ? `${symbols.slice(0, 5).join(", ")}, …` : symbols.join(", ");
}

/** What a shell puts in the place of a `*`. */
function filesHere(): readonly string[] {
  try {
    return readdirSync(".").filter((name) => !name.startsWith("."));
  } catch {
    return []; // a folder that this user may not list, where a shell leaves the * alone
  }
}
