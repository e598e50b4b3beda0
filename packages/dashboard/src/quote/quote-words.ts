import { exchangeName, type Quote } from "@tickerplant/client";
import { count, dollars, price, UNKNOWN } from "../ui/figures.ts";

/** What the panel shows of one side of a quote. */
export interface SideWords {
  readonly price: string;
  /** The size with the exchange's name, or why there is none. */
  readonly size: string;
}

/** The bid of a quote. A price of 0 means that there is none. */
export function bidWords(quote: Quote | undefined): SideWords {
  if (quote === undefined) return { price: UNKNOWN, size: "no quote yet" };
  if (quote.bidPrice === 0) return { price: UNKNOWN, size: "no bid" };
  return { price: price(quote.bidPrice), size: `${count(quote.bidSize)} ${exchange(quote.bidExchange)}` };
}

/** The ask of a quote. */
export function askWords(quote: Quote | undefined): SideWords {
  if (quote === undefined) return { price: UNKNOWN, size: "no quote yet" };
  if (quote.askPrice === 0) return { price: UNKNOWN, size: "no offer" };
  return { price: price(quote.askPrice), size: `${exchange(quote.askExchange)} ${count(quote.askSize)}` };
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

function exchange(code: string): string {
  return exchangeName(code) ?? code;
}
