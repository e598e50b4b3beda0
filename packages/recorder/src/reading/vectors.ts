import duckdb from "@duckdb/node-bindings";
import { type Id, internConditions, internText, type PriceLevel } from "@tickerplant/client/wire";

/*
 * The columns of a chunk as DuckDB has them in memory: each value is read from the bytes when a record is made of its
 * row. The values of `@duckdb/node-api` cost an object each, which takes ten times as long.
 */

/** Bytes of a string that DuckDB keeps in the vector itself; a longer one is elsewhere. */
const MAX_INLINE_BYTES = 12;

/** Bytes of a string in a vector: its length, then the bytes, or four of them and a pointer. */
const STRING_BYTES = 16;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a string that begins with U+FEFF keeps it

/** The values of one column of the chunk that was loaded last. They are good until the next one. */
interface ColumnVector {
  load(vector: duckdb.Vector, rowCount: number): void;
}

/** Which rows have a value: a bit for each; undefined if all have one. */
class Validity {
  #bits: Uint8Array | undefined;

  load(vector: duckdb.Vector, rowCount: number): void {
    // Null for a vector without a null, other than the types of the package say.
    this.#bits = (duckdb.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8) as Uint8Array | null) ?? undefined;
  }

  has(row: number): boolean {
    return this.#bits === undefined || ((this.#bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  }
}

/** A column of DOUBLE. */
export class Doubles implements ColumnVector {
  readonly #validity = new Validity();
  #values: Float64Array = new Float64Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    const { buffer, byteOffset } = duckdb.vector_get_data(vector, rowCount * 8);
    this.#values = new Float64Array(buffer, byteOffset, rowCount);
    this.#validity.load(vector, rowCount);
  }

  at(row: number): number | undefined {
    return this.#validity.has(row) ? this.#values[row] : undefined;
  }

  /** All values, as a copy. */
  copy(): Float64Array {
    return this.#values.slice();
  }
}

/** A column of INTEGER. */
export class Integers implements ColumnVector {
  #values: Int32Array = new Int32Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    const { buffer, byteOffset } = duckdb.vector_get_data(vector, rowCount * 4);
    this.#values = new Int32Array(buffer, byteOffset, rowCount);
  }

  at(row: number): number {
    return this.#values[row] ?? 0;
  }
}

/** A column of BIGINT. */
export class BigIntegers implements ColumnVector {
  readonly #validity = new Validity();
  #values: BigInt64Array = new BigInt64Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    const { buffer, byteOffset } = duckdb.vector_get_data(vector, rowCount * 8);
    this.#values = new BigInt64Array(buffer, byteOffset, rowCount);
    this.#validity.load(vector, rowCount);
  }

  at(row: number): bigint | undefined {
    return this.#validity.has(row) ? this.#values[row] : undefined;
  }

  /** All values, as a copy. */
  copy(): BigInt64Array {
    return this.#values.slice();
  }
}

/** Above this, the upper half of an id makes it a `bigint`: numbers are exact up to 2^53. */
const MAX_UPPER = 2 ** 21;

/** A column of UBIGINT with ids. */
export class Ids implements ColumnVector {
  readonly #validity = new Validity();
  /** Two for each value, the lower first. */
  #halves: Uint32Array = new Uint32Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    const { buffer, byteOffset } = duckdb.vector_get_data(vector, rowCount * 8);
    this.#halves = new Uint32Array(buffer, byteOffset, rowCount * 2);
    this.#validity.load(vector, rowCount);
  }

  at(row: number): Id | undefined {
    if (!this.#validity.has(row)) return undefined;
    const lower = this.#halves[row * 2] ?? 0;
    const upper = this.#halves[row * 2 + 1] ?? 0;
    return upper < MAX_UPPER ? upper * 2 ** 32 + lower : (BigInt(upper) << 32n) | BigInt(lower);
  }
}

/** A column of BOOLEAN. */
export class Flags implements ColumnVector {
  readonly #validity = new Validity();
  #values: Uint8Array = new Uint8Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    this.#values = duckdb.vector_get_data(vector, rowCount);
    this.#validity.load(vector, rowCount);
  }

  at(row: number): boolean {
    return this.#validity.has(row) && this.#values[row] === 1;
  }
}

/** A column of VARCHAR. Short strings are those that the codecs of the wire return. */
export class Texts implements ColumnVector {
  readonly #validity = new Validity();
  #bytes: Uint8Array = new Uint8Array();
  #words: Uint32Array = new Uint32Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    this.#bytes = duckdb.vector_get_data(vector, rowCount * STRING_BYTES);
    this.#words = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset, rowCount * 4);
    this.#validity.load(vector, rowCount);
  }

  at(row: number): string | undefined {
    if (!this.#validity.has(row)) return undefined;
    const length = this.#words[row * 4] ?? 0;
    const start = row * STRING_BYTES + 4;
    if (length <= MAX_INLINE_BYTES) return internText(this.#bytes, start, length);
    const { buffer, byteOffset } = this.#bytes;
    // Memory of DuckDB, which is an ArrayBuffer and never shared.
    return decoder.decode(duckdb.get_data_from_pointer(buffer as ArrayBuffer, byteOffset + start + 4, length));
  }
}

/** Where the items of a column's lists are in the vector of their items. */
class ListEntries {
  readonly #validity = new Validity();
  /** Four for each list: the first item, and the number of items, in 64 bits each. */
  #words: Uint32Array = new Uint32Array();

  load(vector: duckdb.Vector, rowCount: number): void {
    const { buffer, byteOffset } = duckdb.vector_get_data(vector, rowCount * 16);
    this.#words = new Uint32Array(buffer, byteOffset, rowCount * 4);
    this.#validity.load(vector, rowCount);
  }

  has(row: number): boolean {
    return this.#validity.has(row);
  }

  start(row: number): number {
    return this.#words[row * 4] ?? 0;
  }

  length(row: number): number {
    return this.#words[row * 4 + 2] ?? 0;
  }
}

/** A column of VARCHAR[] with conditions. */
export class Conditions implements ColumnVector {
  readonly #entries = new ListEntries();
  readonly #items = new Texts();

  load(vector: duckdb.Vector, rowCount: number): void {
    this.#entries.load(vector, rowCount);
    this.#items.load(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector));
  }

  /** The conditions, frozen and shared as those from the wire. */
  at(row: number): readonly string[] | undefined {
    if (!this.#entries.has(row)) return undefined;
    const start = this.#entries.start(row);
    const length = this.#entries.length(row);
    const first = length === 0 ? "" : (this.#items.at(start) ?? "");
    if (length === 1 && first !== "") return internConditions(first);
    const conditions = [];
    for (let item = start; item < start + length; item++) conditions.push(this.#items.at(item) ?? "");
    return internConditions(conditions);
  }
}

/** A column of STRUCT(price DOUBLE, size DOUBLE)[] with the levels of an order book. */
export class Levels implements ColumnVector {
  readonly #entries = new ListEntries();
  readonly #prices = new Doubles();
  readonly #sizes = new Doubles();

  load(vector: duckdb.Vector, rowCount: number): void {
    this.#entries.load(vector, rowCount);
    const levels = duckdb.list_vector_get_child(vector);
    const levelCount = duckdb.list_vector_get_size(vector);
    this.#prices.load(duckdb.struct_vector_get_child(levels, 0), levelCount);
    this.#sizes.load(duckdb.struct_vector_get_child(levels, 1), levelCount);
  }

  at(row: number): readonly PriceLevel[] | undefined {
    if (!this.#entries.has(row)) return undefined;
    const levels: PriceLevel[] = [];
    const start = this.#entries.start(row);
    for (let level = start; level < start + this.#entries.length(row); level++)
      levels.push({ price: this.#prices.at(level) ?? 0, size: this.#sizes.at(level) ?? 0 });
    return Object.freeze(levels); // several handlers get the same record
  }
}
