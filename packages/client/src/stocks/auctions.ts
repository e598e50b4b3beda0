import { MarketRecord, parseTimestamp, StreamError } from "../wire/index.ts";

/** One report of an auction's price. */
export class Auction extends MarketRecord {
  /** The exchange's one-letter code. */
  readonly exchange: string;
  /** US dollars per share. */
  readonly price: number;
  /** Shares; undefined where the report has none. */
  readonly size: number | undefined;
  /** The condition of the tape, such as `O` or `M`. */
  readonly condition: string;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    exchange: string,
    price: number,
    size: number | undefined,
    condition: string,
  ) {
    super(symbol, seconds, nanos);
    this.exchange = exchange;
    this.price = price;
    this.size = size;
    this.condition = condition;
  }

  get channel(): "auctions" {
    return "auctions";
  }
}

/** The auctions of one stock on one day. */
export interface DailyAuctions {
  readonly symbol: string;
  /** The day, such as `2025-11-14`. */
  readonly date: string;
  /** Reports of the opening auction, one or more for each exchange. */
  readonly opening: readonly Auction[];
  /** Reports of the closing auction. */
  readonly closing: readonly Auction[];
}

/**
 * Makes the auctions of a day from plain data of the wire.
 *
 * @throws StreamError `bad_page` for anything else.
 */
export function dailyAuctions(symbol: string, value: unknown): DailyAuctions {
  const { d, o, c } = objectOf(value);
  if (typeof d !== "string") throw badAuction("a day d");
  return { symbol, date: d, opening: auctionsOf(symbol, o), closing: auctionsOf(symbol, c) };
}

function auctionsOf(symbol: string, value: unknown): readonly Auction[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badAuction("arrays of auctions o and c");
  return value.map((item) => auction(symbol, objectOf(item)));
}

function auction(symbol: string, { t, x, p, s, c }: Readonly<Record<string, unknown>>): Auction {
  const time = typeof t === "string" ? parseTimestamp(t) : undefined;
  if (time === undefined) throw badAuction("a time t");
  if (typeof p !== "number") throw badAuction("a price p");
  const size = typeof s === "number" ? s : undefined;
  return new Auction(symbol, time.seconds, time.nanos, textOf(x), p, size, textOf(c));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw badAuction("an object");
  return value as Readonly<Record<string, unknown>>; // by the line above
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function badAuction(expected: string): StreamError {
  return new StreamError("bad_page", `a page of auctions cannot be used: expected ${expected}`, { terminal: true });
}
