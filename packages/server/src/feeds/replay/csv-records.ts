import { type AnyRecord, isChannel, stockRecordFromColumns } from "@tickerplant/client";
import {
  type ColumnReader,
  type Id,
  type PriceLevel,
  parseTimestamp,
  type StreamError,
  WIRE_LIMITS,
} from "@tickerplant/client/wire";
import { splitConditions } from "./csv-conditions.ts";
import { splitLevels } from "./csv-levels.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { lineError } from "./line-error.ts";

/** The columns that CSV of `tickerplant stream` has for all channels. */
const KEY_COLUMNS = ["channel", "symbol", "timestamp"] as const;

/** Returns whether cells are a header of `tickerplant stream --format csv`, with its columns in any order. */
export function isCsvHeader(cells: readonly string[]): boolean {
  return KEY_COLUMNS.every((column) => cells.includes(column));
}

/** Converts rows of `tickerplant stream --format csv` to records. Ignores unknown columns. */
export class CsvRecords {
  readonly #row = new CsvRow();

  /**
   * Converts a row to a record. Returns undefined for a header, which names the columns of the rows that follow.
   *
   * @throws StreamError `bad_message` for a row that is not a record.
   */
  read(cells: readonly string[]): AnyRecord | undefined {
    const row = this.#row;
    row.cells = cells;
    const channel = row.text("channel");
    if (isChannel(channel)) return stockRecordFromColumns(channel, row.symbol(), ...row.time(), row);
    if (!isCsvHeader(cells)) throw wrong("a channel", channel);
    row.columns = new Map(cells.map((name, index) => [name, index]));
    return undefined;
  }
}

/** Reads the cells of a row by the names of their columns. An empty cell is a missing value. */
class CsvRow implements ColumnReader {
  columns: ReadonlyMap<string, number> = new Map();
  cells: readonly string[] = [];
  readonly #conditions = new Map<string, readonly string[]>();

  text(column: string): string {
    const index = this.columns.get(column);
    return index === undefined ? "" : (this.cells[index] ?? "");
  }

  symbol(): string {
    const symbol = this.text("symbol");
    if (symbol === "" || Buffer.byteLength(symbol) > WIRE_LIMITS.maxSymbolBytes)
      throw wrong(`a symbol of 1 to ${WIRE_LIMITS.maxSymbolBytes} bytes`, symbol);
    return symbol;
  }

  time(): [seconds: number, nanos: number] {
    const text = this.text("timestamp");
    const time = parseTimestamp(text);
    if (time === undefined) throw wrong("an RFC 3339 time as timestamp", text);
    return [time.seconds, time.nanos];
  }

  number(column: string): number | undefined {
    const cell = this.text(column);
    if (cell === "") return undefined;
    const value = Number(cell);
    if (!Number.isFinite(value) || cell.trim() === "") throw wrong(`a number as ${column}`, cell);
    return value;
  }

  /** Reads a price, which is required: acting on a default price would cost money. */
  requiredNumber(column: string): number {
    const value = this.number(column);
    if (value === undefined) throw wrong(`a number as ${column}`, "");
    return value;
  }

  count(column: string): number | undefined {
    const value = this.number(column);
    if (value !== undefined && value < 0) throw wrong(`0 or more as ${column}`, String(value));
    return value;
  }

  id(column: string): Id {
    const exact = this.nanoseconds(column) ?? 0n;
    const value = Number(exact);
    return Number.isSafeInteger(value) ? value : exact;
  }

  nanoseconds(column: string): bigint | undefined {
    const cell = this.text(column);
    if (cell === "") return undefined;
    if (!/^-?\d+$/.test(cell)) throw wrong(`a whole number as ${column}`, cell);
    return BigInt(cell);
  }

  conditions(column: string): readonly string[] {
    const cell = this.text(column);
    const known = this.#conditions.get(cell);
    if (known !== undefined) return known;
    const list = splitConditions(cell);
    if (list === undefined) throw wrong(`codes with | between, or a JSON array, as ${column}`, cell);
    Object.freeze(list); // records share it, as they do when they come from the wire
    if (this.#conditions.size < REPLAY_LIMITS.maxConditionLists) this.#conditions.set(cell, list);
    return list;
  }

  levels(column: string): readonly PriceLevel[] {
    const cell = this.text(column);
    const list = splitLevels(cell);
    if (list === undefined) throw wrong(`price levels as ${column}`, cell);
    return list;
  }

  flag(column: string): boolean {
    return this.text(column) === "true";
  }
}

function wrong(expected: string, cell: string): StreamError {
  return lineError("bad_message", `expected ${expected}, got ${cell === "" ? "an empty cell" : JSON.stringify(cell)}`);
}
