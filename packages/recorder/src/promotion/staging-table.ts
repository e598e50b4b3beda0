import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import * as LIMITS from "../limits.ts";
import type { TableColumn } from "../parquet/table-columns.ts";
import { ColumnValues } from "./column-values.ts";

/** The column with the day in whose folder a row lies, in days since 1970-01-01. */
export const DAY_COLUMN = "day";

/** A value that its column could not hold: it is missing in the file. */
export interface LostValues {
  readonly column: string;
  count: number;
}

/** Collects the rows of one table in DuckDB, a chunk at a time. */
export class StagingTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly #appender: DuckDBAppender;
  readonly #values: readonly ColumnValues[];
  readonly #days = new ColumnValues("integer");
  readonly #chunk: DuckDBDataChunk;
  readonly #lost = new Map<string, LostValues>();
  #rowCount = 0;
  #waiting = 0;
  #chunkCount = 0;

  private constructor(name: string, columns: readonly TableColumn[], appender: DuckDBAppender) {
    this.name = name;
    this.columns = columns;
    this.#appender = appender;
    this.#values = columns.map(({ type }) => new ColumnValues(type));
    this.#chunk = DuckDBDataChunk.create([...this.#values, this.#days].map(({ type }) => type));
  }

  static async create(
    connection: DuckDBConnection,
    name: string,
    columns: readonly TableColumn[],
  ): Promise<StagingTable> {
    const definitions = columns.map((column) => `"${column.name}" ${new ColumnValues(column.type).type}`);
    await connection.run(`create table "${name}" (${definitions.join(", ")}, "${DAY_COLUMN}" BIGINT)`);
    return new StagingTable(name, columns, await connection.createAppender(name));
  }

  /** Rows so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** The values that were lost so far, by column. */
  get lostValues(): readonly LostValues[] {
    return [...this.#lost.values()];
  }

  /** Adds a row, whose values are in the order of the columns. */
  add(day: number, values: readonly unknown[]): void {
    if (this.#waiting === LIMITS.chunkRows) this.#flush();
    const row = this.#waiting++;
    for (let index = 0; index < this.#values.length; index++)
      if (this.#values[index]?.set(row, values[index]) === false) this.#lose(index);
    this.#days.set(row, day);
    this.#rowCount++;
  }

  /** Changes the day of the row that was added last. */
  moveLast(day: number): void {
    this.#days.set(this.#waiting - 1, day);
  }

  /** Passes the last rows to DuckDB. */
  finish(): void {
    this.#flush();
    this.#appender.closeSync();
  }

  #flush(): void {
    this.#chunk.reset();
    this.#chunk.rowCount = this.#waiting;
    for (const [column, values] of this.#values.entries()) values.moveTo(this.#chunk, column, this.#waiting);
    this.#days.moveTo(this.#chunk, this.#values.length, this.#waiting);
    this.#appender.appendDataChunk(this.#chunk);
    this.#waiting = 0;
    if (++this.#chunkCount % LIMITS.appendedChunks === 0) this.#appender.flushSync();
  }

  #lose(index: number): void {
    const column = this.columns[index]?.name ?? "";
    const lost = this.#lost.get(column) ?? { column, count: 0 };
    lost.count++;
    this.#lost.set(column, lost);
  }
}
