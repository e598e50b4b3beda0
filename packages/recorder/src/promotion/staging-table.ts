import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, type DuckDBValue } from "@duckdb/node-api";
import * as LIMITS from "../limits.ts";
import type { TableColumn } from "./parquet-columns.ts";

/** A value that its column could not hold: it is missing in the file. */
export interface LostValues {
  readonly column: string;
  count: number;
}

/** Collects the rows of one table in DuckDB, a chunk at a time. A column has the number of each row's day, for the folders. */
export class StagingTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly #appender: DuckDBAppender;
  readonly #values: DuckDBValue[][];
  readonly #lost = new Map<string, LostValues>();
  readonly #days: string[] = [];
  #rowCount = 0;
  #waiting = 0;

  private constructor(name: string, columns: readonly TableColumn[], appender: DuckDBAppender) {
    this.name = name;
    this.columns = columns;
    this.#appender = appender;
    this.#values = Array.from({ length: columns.length + 1 }, () => []);
  }

  static async create(
    connection: DuckDBConnection,
    name: string,
    columns: readonly TableColumn[],
  ): Promise<StagingTable> {
    const definitions = [...columns.map((column) => `"${column.name}" ${column.type}`), '"day" INTEGER'];
    await connection.run(`create table "${name}" (${definitions.join(", ")})`);
    return new StagingTable(name, columns, await connection.createAppender(name));
  }

  /** The days of the rows: a row's column `day` is an index of them. */
  get days(): readonly string[] {
    return this.#days;
  }

  /** Rows so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Whether the rows that wait fill a chunk. */
  get isChunkFull(): boolean {
    return this.#waiting >= LIMITS.chunkRows;
  }

  /** The values that were lost so far, by column. */
  get lostValues(): readonly LostValues[] {
    return [...this.#lost.values()];
  }

  /** Adds a row, whose values are in the order of the columns. */
  add(day: string, values: readonly unknown[]): void {
    for (const [index, column] of this.columns.entries()) {
      const value = values[index];
      const stored = value === undefined ? undefined : column.convert(value);
      if (stored === undefined && value !== undefined) this.#lose(column.name);
      this.#values[index]?.push(stored ?? null);
    }
    this.#values[this.columns.length]?.push(this.#dayNumber(day));
    this.#rowCount++;
    this.#waiting++;
  }

  /** Passes the rows that wait to DuckDB. */
  flush(): void {
    const types = this.#values.map((_, index) => this.#appender.columnType(index));
    for (let start = 0; start < this.#waiting; start += LIMITS.chunkRows) {
      const chunk = DuckDBDataChunk.create(types);
      chunk.setColumns(this.#values.map((values) => values.slice(start, start + LIMITS.chunkRows)));
      this.#appender.appendDataChunk(chunk);
      this.#appender.flushSync(); // chunk by chunk, because a flush of many holds the event loop
    }
    for (const values of this.#values) values.length = 0;
    this.#waiting = 0;
  }

  /** Passes the last rows on. */
  finish(): void {
    this.flush();
    this.#appender.closeSync();
  }

  #dayNumber(day: string): number {
    const number = this.#days.indexOf(day);
    return number === -1 ? this.#days.push(day) - 1 : number;
  }

  #lose(column: string): void {
    const lost = this.#lost.get(column) ?? { column, count: 0 };
    lost.count++;
    this.#lost.set(column, lost);
  }
}
