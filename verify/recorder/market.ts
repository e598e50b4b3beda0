import { Bar, Quote, STOCK_COLUMNS, Trade, TradeCorrection, TradingStatus } from "@tickerplant/client";
import { type Column, fromNanoseconds, type MarketRecord, toNanoseconds } from "@tickerplant/client/wire";

/** Records with consecutive numbers that the market publishes at once. */
export interface Turn {
  /** The number of the first record. */
  readonly first: number;
  readonly count: number;
  /** The time of the first record; each further one is a nanosecond later. */
  readonly timeNs: bigint;
}

/** Values by the names of the columns, with `channel`, `symbol` and `t`; null for a missing value. */
export type Row = Readonly<Record<string, unknown>>;

const SYMBOLS: readonly string[] = ["AAPL", "BRK.B", "MSFT", "SPY", "TRUE"];
const CONDITIONS: readonly (readonly string[])[] = [["@"], [" ", "T"], [], ["@", "F", "I"]];

/** Ids above 2^63, which neither a number nor a signed integer holds. */
const FIRST_ID = 2n ** 63n;

/** The channels that the market has. */
export const CHANNELS: readonly string[] = ["trades", "quotes", "bars", "statuses", "corrections"];

/** The records of a turn. */
export function recordsOf({ first, count, timeNs }: Turn): MarketRecord[] {
  return Array.from({ length: count }, (_, index) => recordAt(first + index, timeNs + BigInt(index)));
}

/** The record with a number. All of its values follow from the number and the time. */
export function recordAt(number: number, timeNs: bigint): MarketRecord {
  const { seconds, nanos } = fromNanoseconds(timeNs);
  const symbol = pick(SYMBOLS, number);
  const conditions = pick(CONDITIONS, number >> 2);
  const price = 100 + (number % 1009) / 100;
  const receivedNs = number % 3 === 0 ? timeNs + 789n : undefined;
  switch (number % 16) {
    case 8:
    case 9:
    case 10:
    case 11:
      return new Quote(symbol, seconds, nanos, "V", price, number, "Q", price + 0.01, 300, conditions, "C", receivedNs);
    case 12:
      return new Bar("bars", symbol, seconds, nanos, price, price + 1, price - 1, price, number, number % 7);
    case 13:
      return new TradingStatus(symbol, seconds, nanos, "H", "Trading Halt", "T12", String(number), "A");
    case 14: {
      const id = FIRST_ID + BigInt(number);
      return new TradeCorrection(symbol, seconds, nanos, "V", id, price, 5, conditions, id + 1n, price, 6, ["@"], "C");
    }
    default: {
      const id = FIRST_ID + BigInt(number);
      return new Trade(symbol, seconds, nanos, id, "V", price, number % 500, conditions, "C", receivedNs);
    }
  }
}

/** The number of the record that a row claims to be. */
export function numberOf(row: Row): number {
  switch (row.channel) {
    case "trades":
      return Number(BigInt(String(row.id)) - FIRST_ID);
    case "corrections":
      return Number(BigInt(String(row.originalId)) - FIRST_ID);
    case "quotes":
      return Number(row.bidSize);
    case "bars":
      return Number(row.volume);
    default:
      return Number(row.reasonMessage);
  }
}

/** The columns of a channel. */
export function columnsOf(channel: string): readonly Column[] {
  return (STOCK_COLUMNS as Readonly<Record<string, readonly Column[]>>)[channel] ?? []; // CHANNELS has no other
}

/** The row of a record. */
export function rowOf(record: MarketRecord): Row {
  const values = record as unknown as Readonly<Record<string, unknown>>; // by the names of the columns
  const { channel, symbol, seconds, nanos } = record;
  const cells = columnsOf(channel).map(({ name, kind }) => {
    const value = values[name] ?? null;
    return [name, kind === "id" && typeof value === "number" ? BigInt(value) : value];
  });
  return { channel, symbol, t: toNanoseconds(seconds, nanos), ...Object.fromEntries(cells) };
}

function pick<T>(items: readonly T[], number: number): T {
  return items[number % items.length] as T; // the arrays here have items
}
