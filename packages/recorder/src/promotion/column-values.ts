import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  STRUCT,
  structValue,
  UBIGINT,
  VARCHAR,
} from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import type { PriceLevel } from "@tickerplant/client/wire";
import * as LIMITS from "../limits.ts";
import type { ValueType } from "../parquet/table-columns.ts";
import { isStorableTime } from "./storable-time.ts";
import { TextBuffer } from "./text-buffer.ts";

/** The values of one column that wait for DuckDB, in the form in which DuckDB has them in memory. */
interface Values {
  readonly type: DuckDBType;
  /** Sets a row's value. Returns false for one that the type cannot hold. */
  set(row: number, value: unknown): boolean;
  /** Copies the first rows into a chunk. */
  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void;
}

/** A column whose rows are collected for a chunk of DuckDB. Setting values one by one with its own methods is slower. */
export class ColumnValues {
  readonly #values: Values;
  /** A bit for each row, which is set if the row has a value. */
  readonly #validity = new Uint8Array(LIMITS.chunkRows / 8).fill(0xff);
  #hasNulls = false;

  constructor(type: ValueType) {
    this.#values = MAKE[type]();
  }

  get type(): DuckDBType {
    return this.#values.type;
  }

  /** Sets a row's value. Returns false for one that the column cannot hold: then the row has none. */
  set(row: number, value: unknown): boolean {
    if (value !== undefined && this.#values.set(row, value)) return true;
    this.#validity[row >> 3] = (this.#validity[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.#hasNulls = true;
    return value === undefined;
  }

  /** Moves the first rows into an empty chunk. */
  moveTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    this.#values.copyTo(chunk, column, rowCount);
    if (!this.#hasNulls) return;
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(vector, 0, this.#validity.buffer, 0, this.#validity.length);
    this.#validity.fill(0xff);
    this.#hasNulls = false;
  }
}

const MAKE: Readonly<Record<ValueType, () => Values>> = {
  number: () => new Numbers(),
  integer: () => new Integers(BIGINT, (value) => Number.isSafeInteger(value)),
  id: () => new Integers(UBIGINT, isStorableId),
  time: () => new Integers(BIGINT, (value) => typeof value === "bigint" && isStorableTime(value)),
  text: () => new Texts(),
  texts: () => new TextLists(),
  levels: () => new Levels(),
  flag: () => new Flags(),
};

const MAX_UINT64 = 2n ** 64n - 1n;
const TWO_32 = 2 ** 32;

function isStorableId(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  return typeof value === "bigint" && value >= 0n && value <= MAX_UINT64;
}

class Numbers implements Values {
  readonly type = DOUBLE;
  readonly #values = new Float64Array(LIMITS.chunkRows);

  set(row: number, value: unknown): boolean {
    if (typeof value !== "number") return false;
    this.#values[row] = value;
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    copyBytes(chunk, column, this.#values, rowCount * 8);
  }
}

class Flags implements Values {
  readonly type = BOOLEAN;
  readonly #values = new Uint8Array(LIMITS.chunkRows);

  set(row: number, value: unknown): boolean {
    this.#values[row] = Number(value === true);
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    copyBytes(chunk, column, this.#values, rowCount);
  }
}

/** Integers of 64 bits. A number is stored as its two halves, because a `bigint` of it would be an object. */
class Integers implements Values {
  readonly type: DuckDBType;
  readonly #isStorable: (value: unknown) => boolean;
  readonly #values = new BigInt64Array(LIMITS.chunkRows);
  readonly #halves = new Int32Array(this.#values.buffer);

  constructor(type: DuckDBType, isStorable: (value: unknown) => boolean) {
    this.type = type;
    this.#isStorable = isStorable;
  }

  set(row: number, value: unknown): boolean {
    if (!this.#isStorable(value)) return false;
    if (typeof value === "bigint") this.#values[row] = value;
    else if (typeof value === "number") {
      this.#halves[2 * row] = value; // an array of integers keeps the lower bits
      this.#halves[2 * row + 1] = Math.floor(value / TWO_32);
    }
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    copyBytes(chunk, column, this.#values, rowCount * 8);
  }
}

class Texts implements Values {
  readonly type = VARCHAR;
  readonly #texts = new TextBuffer();

  set(row: number, value: unknown): boolean {
    if (typeof value !== "string") return false;
    this.#texts.set(row, value);
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    this.#texts.moveTo(duckdb.data_chunk_get_vector(chunk.chunk, column), rowCount);
  }
}

class TextLists implements Values {
  readonly type = LIST(VARCHAR);
  /** Of each row: where its elements begin, and how many there are. Both are integers of 64 bits, in two halves. */
  readonly #ranges = new Uint32Array(LIMITS.chunkRows * 4);
  readonly #elements = new TextBuffer();
  #elementCount = 0;

  set(row: number, value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    this.#ranges[4 * row] = this.#elementCount;
    this.#ranges[4 * row + 2] = value.length;
    for (const text of value) this.#elements.set(this.#elementCount++, String(text));
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
    duckdb.list_vector_reserve(vector, this.#elementCount);
    duckdb.list_vector_set_size(vector, this.#elementCount);
    this.#elements.moveTo(duckdb.list_vector_get_child(vector), this.#elementCount);
    copyBytes(chunk, column, this.#ranges, rowCount * 16);
    this.#ranges.fill(0);
    this.#elementCount = 0;
  }
}

/** Price levels, by DuckDB's own methods: order books are few. */
class Levels implements Values {
  readonly type = LIST(STRUCT({ price: DOUBLE, size: DOUBLE }));
  readonly #values: DuckDBValue[] = [];

  set(row: number, value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    this.#values[row] = listValue(value.map(({ price, size }: PriceLevel) => structValue({ price, size })));
    return true;
  }

  copyTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    chunk.setColumnValues(
      column,
      Array.from({ length: rowCount }, (_, row) => this.#values[row] ?? null),
    );
    this.#values.length = 0;
  }
}

function copyBytes(chunk: DuckDBDataChunk, column: number, { buffer }: ArrayBufferView, byteLength: number): void {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
  duckdb.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, 0, byteLength); // each array here has a buffer of its own
}
