import { type Bar, type CryptoBar, CryptoQuote, CryptoTrade, type Id, Quote, Trade } from "@tickerplant/client";
import { Conditions, Dictionary } from "./store/dictionary.ts";
import type { Row, RowLayout } from "./store/row.ts";

const TWO_32 = 2 ** 32;
/** The upper half of the first id that no number holds exactly. */
const FIRST_UNSAFE_HALF = 2 ** 21;

/** What has become of a trade, as the `u` of its JSON names it. Source: github.com/alpacahq/alpaca-java, openapi.yaml. */
export const TradeUpdate = { NONE: 0, CANCELED: 1, INCORRECT: 2, CORRECTED: 3 } as const;
export type TradeUpdate = (typeof TradeUpdate)[keyof typeof TradeUpdate];

const UPDATE_SUFFIXES = ["", '"u":"canceled"', '"u":"incorrect"', '"u":"corrected"'];

/** Columns of a trade's row: numbers price, size; integers in this order. */
const Column = { ID_HIGH: 0, ID_LOW: 1, EXCHANGE: 2, CONDITIONS: 3, TAPE: 4, UPDATE: 5 } as const;

/** Trades: one exchange has an id once, which orders them within a nanosecond. */
export class TradeLayout implements RowLayout<Trade> {
  readonly numberCount = 2;
  readonly integerCount = 6;
  readonly whenSame = "ignore";
  readonly #codes = new Dictionary();
  readonly #conditions = new Conditions();

  write(trade: Trade, row: Row): void {
    row.setNumber(0, trade.price);
    row.setNumber(1, trade.size);
    writeId(row, trade.id);
    row.setInteger(Column.EXCHANGE, this.#codes.numberOf(trade.exchange));
    row.setInteger(Column.CONDITIONS, this.#conditions.numberOf(trade.conditions));
    row.setInteger(Column.TAPE, this.#codes.numberOf(trade.tape));
    row.setInteger(Column.UPDATE, TradeUpdate.NONE);
  }

  read(row: Row, symbol: string): Trade {
    return new Trade(
      symbol,
      row.seconds,
      row.nanos,
      readId(row),
      this.#codes.value(row.integer(Column.EXCHANGE)),
      row.number(0),
      row.number(1),
      this.#conditions.value(row.integer(Column.CONDITIONS)),
      this.#codes.value(row.integer(Column.TAPE)),
    );
  }

  suffix(row: Row): string {
    return UPDATE_SUFFIXES[row.integer(Column.UPDATE)] ?? "";
  }

  /** Trades without an id may be two of one nanosecond; a correction may have the id of what it corrects. */
  isSame(a: Row, b: Row): boolean {
    const hasId = a.integer(Column.ID_HIGH) !== 0 || a.integer(Column.ID_LOW) !== 0;
    const columns = [Column.ID_HIGH, Column.ID_LOW, Column.EXCHANGE];
    const isCorrection = a.integer(Column.UPDATE) === TradeUpdate.INCORRECT;
    return hasId && !isCorrection && columns.every((column) => a.integer(column) === b.integer(column));
  }
}

/** What names a trade in its cancel or its correction. */
export interface TradeName {
  readonly id: Id;
  readonly exchange: string;
  readonly price: number;
  readonly size: number;
}

/** Whether the row of a trade may have a name, except for the exchange: far cheaper than reading its trade. */
export function mayBeNamed(row: Row, { id, price, size }: TradeName): boolean {
  return row.number(0) === price && row.number(1) === size && readId(row) === id;
}

/** Returns what has become of a trade. */
export function tradeUpdate(row: Row): number {
  return row.integer(Column.UPDATE);
}

export function setTradeUpdate(row: Row, update: TradeUpdate): void {
  row.setInteger(Column.UPDATE, update);
}

/** Quotes: those of one nanosecond are a set of values, in the order of their arrival. */
export class QuoteLayout implements RowLayout<Quote> {
  readonly numberCount = 4;
  readonly integerCount = 4;
  readonly whenSame = "ignore";
  readonly #codes = new Dictionary();
  readonly #conditions = new Conditions();

  write(quote: Quote, row: Row): void {
    row.setNumber(0, quote.bidPrice);
    row.setNumber(1, quote.bidSize);
    row.setNumber(2, quote.askPrice);
    row.setNumber(3, quote.askSize);
    row.setInteger(0, this.#codes.numberOf(quote.bidExchange));
    row.setInteger(1, this.#codes.numberOf(quote.askExchange));
    row.setInteger(2, this.#conditions.numberOf(quote.conditions));
    row.setInteger(3, this.#codes.numberOf(quote.tape));
  }

  read(row: Row, symbol: string): Quote {
    return new Quote(
      symbol,
      row.seconds,
      row.nanos,
      this.#codes.value(row.integer(0)),
      row.number(0),
      row.number(1),
      this.#codes.value(row.integer(1)),
      row.number(2),
      row.number(3),
      this.#conditions.value(row.integer(2)),
      this.#codes.value(row.integer(3)),
    );
  }

  isSame(a: Row, b: Row): boolean {
    return hasSameNumbers(a, b, 4) && hasSameIntegers(a, b, 4);
  }
}

/** The values that bars of every asset class have. */
export type AnyBar = Bar | CryptoBar;

type BarValues = [
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
  tradeCount: number,
  vwap: number,
];

/** Makes the bar of an asset class. */
export type MakeBar = (symbol: string, seconds: number, ...values: BarValues) => AnyBar;

/** Bars: an updated bar replaces the one of its time. */
export function barLayout(makeBar: MakeBar): RowLayout<AnyBar> {
  return {
    numberCount: 7,
    integerCount: 0,
    whenSame: "replace",
    write: ({ open, high, low, close, volume, tradeCount = 0, vwap = 0 }, row) => {
      const values = [open, high, low, close, volume, tradeCount, vwap];
      for (const [column, value] of values.entries()) row.setNumber(column, value);
    },
    read: (row, symbol) => {
      const at = (column: number): number => row.number(column);
      return makeBar(symbol, row.seconds, at(0), at(1), at(2), at(3), at(4), at(5), at(6));
    },
    isSame: () => true,
  };
}

/** Trades of crypto. */
export class CryptoTradeLayout implements RowLayout<CryptoTrade> {
  readonly numberCount = 2;
  readonly integerCount = 3;
  readonly whenSame = "ignore";
  readonly #codes = new Dictionary();

  write(trade: CryptoTrade, row: Row): void {
    row.setNumber(0, trade.price);
    row.setNumber(1, trade.size);
    writeId(row, trade.id);
    row.setInteger(2, this.#codes.numberOf(trade.takerSide));
  }

  read(row: Row, symbol: string): CryptoTrade {
    const side = this.#codes.value(row.integer(2));
    return new CryptoTrade(symbol, row.seconds, row.nanos, row.number(0), row.number(1), readId(row), side);
  }

  isSame(a: Row, b: Row): boolean {
    return (a.integer(Column.ID_HIGH) !== 0 || a.integer(Column.ID_LOW) !== 0) && compareIds(a, b) === 0;
  }
}

/** Quotes of crypto. */
export class CryptoQuoteLayout implements RowLayout<CryptoQuote> {
  readonly numberCount = 4;
  readonly integerCount = 0;
  readonly whenSame = "ignore";

  write(quote: CryptoQuote, row: Row): void {
    row.setNumber(0, quote.bidPrice);
    row.setNumber(1, quote.bidSize);
    row.setNumber(2, quote.askPrice);
    row.setNumber(3, quote.askSize);
  }

  read(row: Row, symbol: string): CryptoQuote {
    const { seconds, nanos } = row;
    return new CryptoQuote(symbol, seconds, nanos, row.number(0), row.number(1), row.number(2), row.number(3));
  }

  isSame(a: Row, b: Row): boolean {
    return hasSameNumbers(a, b, 4);
  }
}

/** Writes an id as two integers of 32 bits: ids have 64, and a number holds 53 exactly. */
function writeId(row: Row, id: Id): void {
  if (typeof id === "number") {
    row.setInteger(Column.ID_HIGH, id / TWO_32);
    row.setInteger(Column.ID_LOW, id); // an array of 32 bits keeps the lower ones
    return;
  }
  row.setInteger(Column.ID_HIGH, Number(BigInt.asUintN(32, id >> 32n)));
  row.setInteger(Column.ID_LOW, Number(BigInt.asUintN(32, id)));
}

function readId(row: Row): Id {
  const high = row.integer(Column.ID_HIGH);
  const low = row.integer(Column.ID_LOW);
  return high < FIRST_UNSAFE_HALF ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
}

function compareIds(a: Row, b: Row): number {
  return a.integer(Column.ID_HIGH) - b.integer(Column.ID_HIGH) || a.integer(Column.ID_LOW) - b.integer(Column.ID_LOW);
}

function hasSameNumbers(a: Row, b: Row, count: number): boolean {
  for (let column = 0; column < count; column++) if (a.number(column) !== b.number(column)) return false;
  return true;
}

function hasSameIntegers(a: Row, b: Row, count: number): boolean {
  for (let column = 0; column < count; column++) if (a.integer(column) !== b.integer(column)) return false;
  return true;
}
