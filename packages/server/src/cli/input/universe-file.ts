import { isSymbol, WILDCARD } from "@tickerplant/client/wire";
import { failure } from "../output/exit.ts";
import { readTextOrFail } from "./file-errors.ts";

/**
 * Reads the symbols that `*` stands for from a text file, one on a line. Blank lines are skipped, and so are those that
 * begin with `#`.
 *
 * @throws CommandError for a file that cannot be read, has no symbol, or has a line that is none.
 */
export async function readUniverse(file: string): Promise<readonly string[]> {
  const symbols: string[] = [];
  for (const [index, text] of (await readTextOrFail("the universe", file)).split("\n").entries()) {
    const line = text.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (!isSymbol(line) || line === WILDCARD)
      throw failure(`the universe ${file}: line ${index + 1} must be one symbol without spaces, such as AAPL`);
    symbols.push(line);
  }
  if (symbols.length === 0) throw failure(`the universe ${file} has no symbol; it must have one on each line`);
  return symbols;
}
