import type { AnyCryptoRecord, PriceLevel } from "@tickerplant/client";
import { formatNanoseconds } from "@tickerplant/client/wire";
import { printable } from "./printable.ts";

/** Formats a record of crypto as one line of text: time, symbol, values. Safe to show on a terminal. */
export function cryptoLine(record: AnyCryptoRecord): string {
  return printable(`${formatNanoseconds(record.seconds, record.nanos)} ${record.symbol} ${valuesOf(record)}`);
}

function valuesOf(record: AnyCryptoRecord): string {
  switch (record.channel) {
    case "trades":
      return `trade ${record.price} x ${record.size} taker ${record.takerSide}`;
    case "quotes": {
      const { bidPrice, bidSize, askPrice, askSize } = record;
      return `quote ${bidPrice} x ${bidSize} / ${askPrice} x ${askSize}`;
    }
    case "bars":
    case "updatedBars":
    case "dailyBars": {
      const name = { bars: "bar", updatedBars: "updated bar", dailyBars: "daily bar" }[record.channel];
      const { open, high, low, close, volume } = record;
      return `${name} open ${open} high ${high} low ${low} close ${close} volume ${volume}`;
    }
    case "orderbooks": {
      const { bids, asks, isSnapshot } = record;
      return `${isSnapshot ? "whole order book" : "order book"} bids ${levels(bids)} asks ${levels(asks)}`;
    }
  }
}

/** Most levels of one side on a line. */
const MAX_LEVELS = 3;

function levels(list: readonly PriceLevel[]): string {
  const shown = list.slice(0, MAX_LEVELS).map(({ price, size }) => `${price} x ${size}`);
  return `[${shown.join(", ")}${list.length > MAX_LEVELS ? ", …" : ""}]`;
}
