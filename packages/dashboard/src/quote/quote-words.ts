import { exchangeName, type Quote } from "@tickerplant/client";
import { count, dollars, price, UNKNOWN } from "../ui/figures.ts";

/** What the panel shows of one side of a quote. */
export interface SideWords {
  readonly price: string;
  /** The size, or why there is none. */
  readonly size: string;
  /** The exchange by name. */
  readonly exchange: string;
}

/** The bid of a quote. */
export function bidWords(quote: Quote | undefined): SideWords {
  return sideWords("no bid", quote?.bidPrice, quote?.bidSize, quote?.bidExchange);
}

/** The ask of a quote. */
export function askWords(quote: Quote | undefined): SideWords {
  return sideWords("no offer", quote?.askPrice, quote?.askSize, quote?.askExchange);
}

/** A price of 0 means that the quote has no such side. */
function sideWords(none: string, value?: number, size?: number, code?: string): SideWords {
  if (value === undefined || code === undefined) return { price: UNKNOWN, size: "no quote yet", exchange: "" };
  if (value === 0) return { price: UNKNOWN, size: none, exchange: "" };
  return { price: price(value), size: count(size), exchange: exchangeName(code) ?? code };
}

/** The spread in dollars and basis points of the middle. A locked and a crossed quote are named. */
export function spreadWords(quote: Quote | undefined): string {
  if (quote === undefined || quote.bidPrice === 0 || quote.askPrice === 0) return UNKNOWN;
  const { bidPrice, askPrice } = quote;
  const spread = askPrice - bidPrice;
  if (Math.abs(spread) < 1e-9) return "0.00 locked";
  if (spread < 0) return `${dollars(spread)} crossed`;
  return `${dollars(spread)} ${((spread / ((askPrice + bidPrice) / 2)) * 10_000).toFixed(1)} bp`;
}

/** The part of the bid in both sizes, in percent; undefined if one is not known. */
export function bidShare(quote: Quote | undefined): number | undefined {
  const total = (quote?.bidSize ?? 0) + (quote?.askSize ?? 0);
  return quote === undefined || total === 0 ? undefined : (quote.bidSize / total) * 100;
}
