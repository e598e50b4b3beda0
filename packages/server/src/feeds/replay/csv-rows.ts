import { parse } from "csv-parse/sync";
import { REPLAY_LIMITS } from "./limits.ts";

/** The error for a row whose quotes are not closed. All its lines are lost. */
export class UnclosedQuoteError extends Error {
  /** Number of lost lines. */
  readonly lineCount: number;

  constructor(lineCount: number) {
    super(`expected the quotes of a row to be closed within ${REPLAY_LIMITS.maxRowLines} lines`);
    this.lineCount = lineCount;
  }
}

/** Joins lines of CSV to rows (a quoted cell may contain line feeds), and splits rows into cells. */
export class CsvRows {
  #lines: string[] = [];
  #isQuoteOpen = false;

  /**
   * Adds the next line. Returns the cells of the row that it completes; undefined if the row continues.
   *
   * @throws UnclosedQuoteError when a row has too many lines, and an error of the parser for misplaced quotes.
   */
  add(line: string): readonly string[] | undefined {
    if (this.#lines.length === 0 && !line.includes('"')) return cellsOf(line);
    this.#lines.push(line);
    for (const sign of line) if (sign === '"') this.#isQuoteOpen = !this.#isQuoteOpen;
    if (!this.#isQuoteOpen) return cellsOf(this.#finishRow());
    if (this.#lines.length >= REPLAY_LIMITS.maxRowLines) this.end();
    return undefined;
  }

  /** @throws UnclosedQuoteError when the file ends within a row. */
  end(): void {
    const { length } = this.#lines;
    if (length === 0) return;
    this.#finishRow();
    throw new UnclosedQuoteError(length);
  }

  #finishRow(): string {
    const row = this.#lines.join("\n");
    this.#lines = [];
    this.#isQuoteOpen = false;
    return row;
  }
}

/** Splits a row into cells. Removes a byte order mark, which concatenated files have in the middle, too. */
export function cellsOf(row: string): readonly string[] {
  const start = row.charCodeAt(0) === 0xfeff ? 1 : 0;
  const text = row.slice(start, row.endsWith("\r") ? -1 : undefined);
  if (!text.includes('"')) return text.split(",");
  return parse(text, { record_delimiter: "\n", relax_column_count: true })[0] ?? [];
}
