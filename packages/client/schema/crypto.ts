import { type AssetClass, type Channel, type Field, TIME } from "./schema.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A channel of things that happen: each record counts, and is sent when it happens. */
const EVENT: Omit<Channel, "name" | "doc"> = {
  conflates: false,
  lengthMs: 0,
  spanMs: 0,
  sentAfterMs: 0,
  isPrompt: true,
  limited: false,
};

/** A channel whose newest record replaces older ones of its symbol. */
const STATE: Omit<Channel, "name" | "doc"> = { ...EVENT, conflates: true };

const price = (name: string, key: string, doc: string): Field => ({ name, key, kind: "price", doc });

/** The stream of cryptocurrencies: `v1beta3/crypto` of Alpaca's market data stream. */
export const crypto: AssetClass = {
  folder: "crypto",
  noun: "crypto",
  source: "docs.alpaca.markets/docs/real-time-crypto-pricing-data",

  channels: [
    // The free plan limits these three, and no bars.
    { name: "trades", doc: "trade", ...EVENT, limited: true },
    { name: "quotes", doc: "quote", ...STATE, limited: true },
    // An update of a book holds its changes alone, so that none may be left out.
    { name: "orderbooks", doc: "order book, or changes of one", ...EVENT, limited: true },
    { name: "bars", doc: "minute bar", ...STATE, lengthMs: MINUTE_MS, spanMs: MINUTE_MS, sentAfterMs: MINUTE_MS },
    {
      name: "updatedBars",
      doc: "minute bar, changed by a late trade",
      ...STATE,
      lengthMs: MINUTE_MS,
      spanMs: 6 * MINUTE_MS, // sent while late trades come in, minutes after the bar
      isPrompt: false,
    },
    {
      name: "dailyBars",
      doc: "the day's bar so far",
      ...STATE,
      lengthMs: DAY_MS,
      spanMs: DAY_MS,
      sentAfterMs: undefined, // sent after every minute of the day
      isPrompt: false,
    },
  ],

  hot: ["quotes", "trades"],

  records: [
    {
      name: "CryptoTrade",
      title: "Crypto trade",
      doc: "A trade of a pair.",
      channels: { t: "trades" },
      fields: [
        price("price", "p", "In the quote currency: dollars for `BTC/USD`."),
        { name: "size", key: "s", kind: "amount", doc: "In the base currency, a fraction as a rule." },
        TIME,
        { name: "id", key: "i", kind: "id", doc: "The trade's id, beyond 2^53 as a rule; 0 if none was sent." },
        { name: "takerSide", key: "tks", kind: "code", doc: "The side of the taker: `B` buyer, `S` seller." },
      ],
    },
    {
      name: "CryptoQuote",
      title: "Crypto quote",
      doc: "A best bid and offer. A price of 0 means that the side has no order.",
      channels: { q: "quotes" },
      fields: [
        { ...price("bidPrice", "bp", "In the quote currency; 0 without a bid."), whenMissing: "default" },
        { name: "bidSize", key: "bs", kind: "amount", doc: "In the base currency." },
        { ...price("askPrice", "ap", "In the quote currency; 0 without an offer."), whenMissing: "default" },
        { name: "askSize", key: "as", kind: "amount", doc: "In the base currency." },
        TIME,
      ],
    },
    {
      name: "CryptoBar",
      title: "Crypto bars",
      doc: "A minute, updated or daily bar. The time is the bar's left edge. Prices include the midpoints of quotes, so that a bar without a trade has prices and a volume of 0.",
      channels: { b: "bars", u: "updatedBars", d: "dailyBars" },
      fields: [
        price("open", "o", "In the quote currency."),
        price("high", "h", "In the quote currency."),
        price("low", "l", "In the quote currency."),
        price("close", "c", "In the quote currency."),
        { name: "volume", key: "v", kind: "amount", doc: "In the base currency; 0 without a trade." },
        TIME,
        {
          name: "tradeCount",
          key: "n",
          kind: "count",
          whenMissing: "undefined",
          doc: "Trades in the bar; undefined if the server sent none.",
        },
        {
          name: "vwap",
          key: "vw",
          kind: "price",
          whenMissing: "undefined",
          doc: "Volume weighted average price; 0 without a trade, undefined if the server sent none.",
        },
      ],
    },
    {
      name: "CryptoOrderBook",
      title: "Crypto order book",
      doc: "A whole order book, or the levels of one that changed. A level of size 0 is removed.",
      channels: { o: "orderbooks" },
      fields: [
        TIME,
        { name: "bids", key: "b", kind: "levels", doc: "Levels of the bid, those alone that changed in an update." },
        { name: "asks", key: "a", kind: "levels", doc: "Levels of the offer, those alone that changed in an update." },
        {
          name: "isSnapshot",
          key: "r",
          kind: "flag",
          doc: "Whether it is the whole book, which replaces what is known: the first record after subscribing as a rule.",
        },
      ],
    },
  ],
};
