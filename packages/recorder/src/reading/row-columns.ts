import type { DuckDBDataChunk } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { markFromHistory } from "@tickerplant/client";
import type { Column, ColumnKind, ColumnReader, Id, MarketRecord, PriceLevel } from "@tickerplant/client/wire";
import type { AssetClassParts } from "../asset-class.ts";
import type { RecordBatch } from "./record-batch.ts";
import { BigIntegers, Conditions, Doubles, Flags, Ids, Integers, Levels, Texts } from "./vectors.ts";

/** The type of a kind's vector, and the SQL that makes it of a column. */
interface Conversion {
  readonly type: string;
  convert(column: string): string;
}

const NUMBER: Conversion = castTo("double");
const TEXT: Conversion = castTo("varchar");

const CONVERSIONS: Readonly<Record<ColumnKind, Conversion>> = {
  price: NUMBER,
  size: NUMBER,
  amount: NUMBER,
  count: NUMBER,
  id: { type: "ubigint", convert: (column) => `try_cast(${column} as ubigint)` },
  code: TEXT,
  text: TEXT,
  conditions: castTo("varchar[]"),
  nanoseconds: { type: "bigint", convert: (column) => `epoch_ns(${column})` },
  levels: castTo("struct(price double, size double)[]"),
  flag: castTo("boolean"),
};

function castTo(type: string): Conversion {
  return { type, convert: (column) => `${column}::${type}` };
}

/** Returns SQL for the values of a column, as {@link RowDecoder} reads them. `isPresent`: whether the file has it. */
export function selectColumn({ name, kind }: Column, isPresent: boolean): string {
  const { type, convert } = CONVERSIONS[kind];
  return `${isPresent ? convert(`"${name}"`) : `null::${type}`} as "${name}"`;
}

/** A row that is no record, because a value is missing that a record must have. */
export interface RejectedRow {
  readonly channel: string;
  /** The number of the row in its segment, or in a file of another program, from 0. */
  readonly sequence: number;
  /** What is missing. */
  readonly message: string;
}

/**
 * Makes records of the rows of one channel. A chunk has these columns: symbol, whole seconds (DOUBLE), nanoseconds of
 * the second (INTEGER), those of the channel, the receive time in nanoseconds (BIGINT), whether it is from history, the
 * time of the segment (DOUBLE), and the sequence (DOUBLE).
 */
export class RowDecoder {
  readonly #channel: string;
  readonly #recordOf: AssetClassParts["recordOf"];
  readonly #onRejected: (row: RejectedRow) => void;
  readonly #symbols = new Texts();
  readonly #seconds = new Doubles();
  readonly #nanos = new Integers();
  readonly #row: Row;
  readonly #received = new BigIntegers();
  readonly #fromHistory = new Flags();
  readonly #segments = new Doubles();
  readonly #sequences = new Doubles();

  constructor(channel: string, { columns, recordOf }: AssetClassParts, onRejected: (row: RejectedRow) => void) {
    this.#channel = channel;
    this.#recordOf = recordOf;
    this.#onRejected = onRejected;
    this.#row = new Row(columns[channel] ?? []);
  }

  /** Returns the records of a chunk. */
  decode({ chunk, rowCount }: DuckDBDataChunk): RecordBatch {
    const keys = [this.#symbols, this.#seconds, this.#nanos];
    const origin = [this.#received, this.#fromHistory, this.#segments, this.#sequences];
    for (const [index, column] of [...keys, ...this.#row.vectors, ...origin].entries())
      column.load(duckdb.data_chunk_get_vector(chunk, index), rowCount);
    return this.#records(rowCount);
  }

  #records(rowCount: number): RecordBatch {
    const records: MarketRecord[] = [];
    const receivedNs = this.#received.copy();
    const segmentsMs = this.#segments.copy();
    const sequences = this.#sequences.copy();
    for (let row = 0; row < rowCount; row++) {
      const record = this.#recordAt(row, sequences[row] ?? 0);
      if (record === undefined) continue;
      const at = records.push(record) - 1;
      if (at === row) continue;
      receivedNs[at] = receivedNs[row] ?? 0n;
      segmentsMs[at] = segmentsMs[row] ?? 0;
      sequences[at] = sequences[row] ?? 0;
    }
    return { records, receivedNs, segmentsMs, sequences };
  }

  #recordAt(row: number, sequence: number): MarketRecord | undefined {
    const symbol = this.#symbols.at(row) ?? "";
    const seconds = this.#seconds.at(row);
    this.#row.at = row;
    try {
      if (symbol === "") throw new MissingValueError("a symbol");
      if (seconds === undefined) throw new MissingValueError("a time t");
      const record = this.#recordOf(this.#channel, symbol, asInteger(seconds), this.#nanos.at(row), this.#row);
      if (this.#fromHistory.at(row)) markFromHistory(record);
      return record;
    } catch (error) {
      if (!(error instanceof MissingValueError)) throw error;
      this.#onRejected({ channel: this.#channel, sequence, message: error.message });
      return undefined;
    }
  }
}

/** The same number as an integer if it has 32 bits: V8 keeps a double in an object, for each record. */
function asInteger(value: number): number {
  return value === (value | 0) ? value | 0 : value;
}

/** A row lacks a value that a record must have. */
class MissingValueError extends Error {
  constructor(expected: string) {
    super(`expected ${expected}, got null`);
  }
}

type ValueVector = Doubles | Ids | Texts | Conditions | BigIntegers | Levels | Flags;

/** The columns of a channel at one row. */
class Row implements ColumnReader {
  /** The row. */
  at = 0;
  /** In the order of the columns. */
  readonly vectors: readonly ValueVector[];
  readonly #numbers = new Map<string, Doubles>();
  readonly #ids = new Map<string, Ids>();
  readonly #texts = new Map<string, Texts>();
  readonly #conditions = new Map<string, Conditions>();
  readonly #times = new Map<string, BigIntegers>();
  readonly #levels = new Map<string, Levels>();
  readonly #flags = new Map<string, Flags>();

  constructor(columns: readonly Column[]) {
    this.vectors = columns.map((column) => this.#add(column));
  }

  requiredNumber(name: string): number {
    const value = this.number(name);
    if (value === undefined) throw new MissingValueError(`a ${name}`);
    return value;
  }

  number(name: string): number | undefined {
    return this.#numbers.get(name)?.at(this.at);
  }

  count(name: string): number | undefined {
    return this.number(name);
  }

  id(name: string): Id {
    return this.#ids.get(name)?.at(this.at) ?? 0;
  }

  text(name: string): string {
    return this.#texts.get(name)?.at(this.at) ?? "";
  }

  conditions(name: string): readonly string[] {
    return this.#conditions.get(name)?.at(this.at) ?? [];
  }

  nanoseconds(name: string): bigint | undefined {
    return this.#times.get(name)?.at(this.at);
  }

  levels(name: string): readonly PriceLevel[] {
    return this.#levels.get(name)?.at(this.at) ?? [];
  }

  flag(name: string): boolean {
    return this.#flags.get(name)?.at(this.at) ?? false;
  }

  #add({ name, kind }: Column): ValueVector {
    switch (kind) {
      case "price":
      case "size":
      case "amount":
      case "count":
        return added(this.#numbers, name, new Doubles());
      case "id":
        return added(this.#ids, name, new Ids());
      case "code":
      case "text":
        return added(this.#texts, name, new Texts());
      case "conditions":
        return added(this.#conditions, name, new Conditions());
      case "nanoseconds":
        return added(this.#times, name, new BigIntegers());
      case "levels":
        return added(this.#levels, name, new Levels());
      case "flag":
        return added(this.#flags, name, new Flags());
    }
  }
}

function added<V>(vectors: Map<string, V>, name: string, vector: V): V {
  vectors.set(name, vector);
  return vector;
}
