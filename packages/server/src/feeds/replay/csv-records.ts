import {
  type AnyRecord,
  Bar,
  type BarChannel,
  type Channel,
  Imbalance,
  isChannel,
  Luld,
  Quote,
  type RecordByChannel,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "@tickerplant/client";
import { type Id, parseTimestamp, type StreamError, WIRE_LIMITS } from "@tickerplant/client/wire";
import { splitConditions } from "./csv-conditions.ts";
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
    if (isChannel(channel)) return RECORDS[channel](row, row.symbol(), ...row.time());
    if (!isCsvHeader(cells)) throw wrong("a channel", channel);
    row.columns = new Map(cells.map((name, index) => [name, index]));
    return undefined;
  }
}

/** Reads the cells of a row by the names of their columns. An empty cell is a missing value. */
class CsvRow {
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
  price(column: string): number {
    const value = this.number(column);
    if (value === undefined) throw wrong(`a number as ${column}`, "");
    return value;
  }

  count(column: string): number | undefined {
    const value = this.number(column);
    if (value !== undefined && value < 0) throw wrong(`0 or more as ${column}`, String(value));
    return value;
  }

  size(column: string): number {
    return this.count(column) ?? 0;
  }

  id(column: string): Id {
    const exact = this.integer(column) ?? 0n;
    const value = Number(exact);
    return Number.isSafeInteger(value) ? value : exact;
  }

  integer(column: string): bigint | undefined {
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
}

function wrong(expected: string, cell: string): StreamError {
  return lineError("bad_message", `expected ${expected}, got ${cell === "" ? "an empty cell" : JSON.stringify(cell)}`);
}

type RecordOf<R> = (row: CsvRow, symbol: string, seconds: number, nanos: number) => R;

/** Makes a record of each channel. The same fields may be missing as in a message on the wire. */
const RECORDS: { readonly [C in Channel]: RecordOf<RecordByChannel[C]> } = {
  trades: (row, ...key) =>
    new Trade(
      ...key,
      row.id("id"),
      row.text("exchange"),
      row.price("price"),
      row.size("size"),
      row.conditions("conditions"),
      row.text("tape"),
      row.integer("receivedNs"),
    ),
  quotes: (row, ...key) =>
    new Quote(
      ...key,
      row.text("bidExchange"),
      row.number("bidPrice") ?? 0, // no active side
      row.size("bidSize"),
      row.text("askExchange"),
      row.number("askPrice") ?? 0,
      row.size("askSize"),
      row.conditions("conditions"),
      row.text("tape"),
      row.integer("receivedNs"),
    ),
  bars: barOf("bars"),
  updatedBars: barOf("updatedBars"),
  dailyBars: barOf("dailyBars"),
  statuses: (row, ...key) =>
    new TradingStatus(
      ...key,
      row.text("statusCode"),
      row.text("statusMessage"),
      row.text("reasonCode"),
      row.text("reasonMessage"),
      row.text("tape"),
    ),
  lulds: (row, ...key) =>
    new Luld(...key, row.price("limitUpPrice"), row.price("limitDownPrice"), row.text("indicator"), row.text("tape")),
  imbalances: (row, ...key) => new Imbalance(...key, row.price("price"), row.text("tape")),
  corrections: (row, ...key) =>
    new TradeCorrection(
      ...key,
      row.text("exchange"),
      row.id("originalId"),
      row.price("originalPrice"),
      row.size("originalSize"),
      row.conditions("originalConditions"),
      row.id("correctedId"),
      row.price("correctedPrice"),
      row.size("correctedSize"),
      row.conditions("correctedConditions"),
      row.text("tape"),
    ),
  cancelErrors: (row, ...key) =>
    new TradeCancel(
      ...key,
      row.id("id"),
      row.text("exchange"),
      row.price("price"),
      row.size("size"),
      row.text("action"),
      row.text("tape"),
    ),
};

function barOf(channel: BarChannel): RecordOf<Bar> {
  return (row, ...key) =>
    new Bar(
      channel,
      ...key,
      row.price("open"),
      row.price("high"),
      row.price("low"),
      row.price("close"),
      row.size("volume"),
      row.count("tradeCount"),
      row.number("vwap"),
    );
}
