import { parse } from "csv-parse/sync";
import { REPLAY_LIMITS } from "./limits.ts";

/** The error for a row that does not end: all its lines are lost. */
export class UnclosedQuoteError extends Error {
  readonly lineCount: number;

  constructor(lineCount: number) {
    super(`expected the quotes of a row to be closed within ${REPLAY_LIMITS.maxRowLines} lines`);
    this.lineCount = lineCount;
  }
}

/** Joins lines of CSV to rows, which have several where a text holds line feeds, and splits rows into cells. */
export class CsvRows {
  #lines: string[] = [];
  #isQuoteOpen = false;

  /**
   * Adds the next line. Returns the cells of the row that it completes, and undefined within a row.
   *
   * @throws UnclosedQuoteError, or an error of the parser for quotes that do not fit.
   */
  add(line: string): readonly string[] | undefined {
    if (this.#lines.length === 0 && !line.includes('"')) return cellsOf(line);
    this.#lines.push(line);
    for (const sign of line) if (sign === '"') this.#isQuoteOpen = !this.#isQuoteOpen;
    if (!this.#isQuoteOpen) return cellsOf(this.#takeRow());
    if (this.#lines.length >= REPLAY_LIMITS.maxRowLines) this.end();
    return undefined;
  }

  /**
   * Ends the file.
   *
   * @throws UnclosedQuoteError when it ends within a row.
   */
  end(): void {
    const { length } = this.#lines;
    if (length === 0) return;
    this.#takeRow();
    throw new UnclosedQuoteError(length);
  }

  #takeRow(): string {
    const row = this.#lines.join("\n");
    this.#lines = [];
    this.#isQuoteOpen = false;
    return row;
  }
}

/** The cells of one row. A byte order mark is dropped: concatenated files have it in the middle, too. */
export function cellsOf(row: string): readonly string[] {
  const start = row.charCodeAt(0) === 0xfeff ? 1 : 0;
  const text = row.slice(start, row.endsWith("\r") ? -1 : undefined);
  if (!text.includes('"')) return text.split(",");
  return parse(text, { record_delimiter: "\n", relax_column_count: true })[0] ?? [];
}
