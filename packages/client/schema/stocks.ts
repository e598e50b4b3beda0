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

const TAPE: Field = {
  name: "tape",
  key: "z",
  kind: "code",
  doc: "The consolidated tape: A, B, C, N (overnight) or O (OTC).",
  mayPrecedeTime: true,
};

const RECEIVED: Field = {
  name: "receivedNs",
  key: "r",
  kind: "nanoseconds",
  doc: "When Alpaca received it, in nanoseconds since the Unix epoch. Undocumented and seldom sent.",
  note: "Seen in the Go SDK [G].",
};

const EXCHANGE: Field = {
  name: "exchange",
  key: "x",
  kind: "code",
  doc: "The exchange's one-letter code; `D` is the trade reporting facilities.",
};

/** The stream of US stocks: `v2` of Alpaca's market data stream. */
export const stocks: AssetClass = {
  folder: "stocks",
  noun: "stock",
  source: "docs.alpaca.markets/docs/real-time-stock-pricing-data",

  channels: [
    // Free plans may have every bar, but no wildcard of trades or quotes.
    { name: "trades", doc: "trade", ...EVENT, limited: true },
    { name: "quotes", doc: "quote", ...STATE, limited: true },
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
    { name: "statuses", doc: "halt, resumption and other states", ...STATE },
    { name: "lulds", doc: "limit up, limit down bands", ...STATE },
    { name: "imbalances", doc: "order imbalance", ...EVENT },
    { name: "corrections", doc: "trade correction", ...EVENT, broughtBy: "trades" },
    { name: "cancelErrors", doc: "cancelled trade", ...EVENT, broughtBy: "trades" },
  ],

  hot: ["quotes", "trades"],

  records: [
    {
      name: "Trade",
      title: "Trade",
      doc: "A trade report.",
      channels: { t: "trades" },
      fields: [
        {
          name: "id",
          key: "i",
          kind: "id",
          doc: "The exchange's id of the trade: unique per symbol, exchange and day; 0 if none was sent.",
          note: "For exchange `D`, which is several facilities, add time, price and size [P].",
        },
        EXCHANGE,
        { name: "price", key: "p", kind: "price", doc: "US dollars per share." },
        { name: "size", key: "s", kind: "size", doc: "Shares." },
        {
          name: "conditions",
          key: "c",
          kind: "conditions",
          doc: 'Sale conditions of the tape, such as `["@", "I"]`; a space is one.',
        },
        TIME,
        TAPE,
        RECEIVED,
      ],
    },
    {
      name: "Quote",
      title: "Quote",
      doc: "A best bid and offer. A price of 0 means that the side has no active order.",
      channels: { q: "quotes" },
      fields: [
        {
          name: "bidExchange",
          key: "bx",
          kind: "code",
          doc: "The exchange of the bid, one letter; a space if there is no bid.",
        },
        {
          name: "bidPrice",
          key: "bp",
          kind: "price",
          whenMissing: "default",
          doc: "US dollars per share; 0 without an active bid.",
        },
        {
          name: "bidSize",
          key: "bs",
          kind: "size",
          doc: "Shares since 2025-11-03, round lots before.",
          note: "Source: [O].",
        },
        {
          name: "askExchange",
          key: "ax",
          kind: "code",
          doc: "The exchange of the offer, one letter; a space if there is no offer.",
        },
        {
          name: "askPrice",
          key: "ap",
          kind: "price",
          whenMissing: "default",
          doc: "US dollars per share; 0 without an active offer.",
        },
        {
          name: "askSize",
          key: "as",
          kind: "size",
          doc: "Shares since 2025-11-03, round lots before.",
          note: "Source: [O].",
        },
        {
          name: "conditions",
          key: "c",
          kind: "conditions",
          doc: "Quote conditions: one for both sides, or the bid's and the offer's.",
        },
        TIME,
        TAPE,
        RECEIVED,
      ],
    },
    {
      name: "Bar",
      title: "Bars",
      doc: "A minute, updated or daily bar. The time is the bar's left edge.",
      channels: { b: "bars", u: "updatedBars", d: "dailyBars" },
      fields: [
        { name: "open", key: "o", kind: "price", doc: "US dollars per share." },
        { name: "high", key: "h", kind: "price", doc: "US dollars per share." },
        { name: "low", key: "l", kind: "price", doc: "US dollars per share." },
        { name: "close", key: "c", kind: "price", doc: "US dollars per share." },
        { name: "volume", key: "v", kind: "size", doc: "Shares." },
        {
          name: "tradeCount",
          key: "n",
          kind: "count",
          whenMissing: "undefined",
          doc: "Trades in the bar; undefined if the server sent none, as in older data.",
        },
        {
          name: "vwap",
          key: "vw",
          kind: "price",
          whenMissing: "undefined",
          doc: "Volume weighted average price in US dollars; undefined if the server sent none.",
        },
        TIME,
      ],
    },
    {
      name: "TradingStatus",
      title: "Trading status",
      doc: "A halt, a resumption or another change of a symbol's trading.",
      channels: { s: "statuses" },
      fields: [
        {
          name: "statusCode",
          key: "sc",
          kind: "code",
          doc: "CTA code on tapes A and B, UTP code (H, Q, T, P) on C and O.",
        },
        { name: "statusMessage", key: "sm", kind: "text", doc: "The status in words." },
        { name: "reasonCode", key: "rc", kind: "code", doc: "The reason's code, such as `T12`; may be empty." },
        { name: "reasonMessage", key: "rm", kind: "text", doc: "The reason in words; may be empty." },
        TIME,
        TAPE,
      ],
    },
    {
      name: "Luld",
      title: "LULD bands",
      doc: "Limit up, limit down price bands.",
      channels: { l: "lulds" },
      fields: [
        { name: "limitUpPrice", key: "u", kind: "price", doc: "Upper band, US dollars per share." },
        { name: "limitDownPrice", key: "d", kind: "price", doc: "Lower band, US dollars per share." },
        { name: "indicator", key: "i", kind: "code", doc: "The LULD indicator of the SIP, one letter." },
        TIME,
        TAPE,
      ],
    },
    {
      name: "Imbalance",
      title: "Imbalance",
      doc: "An order imbalance, seen mainly in LULD halts.",
      channels: { i: "imbalances" },
      fields: [{ name: "price", key: "p", kind: "price", doc: "US dollars per share." }, TIME, TAPE],
    },
    {
      name: "TradeCorrection",
      title: "Trade correction",
      doc: "An earlier trade and its corrected values.",
      channels: { c: "corrections" },
      fields: [
        EXCHANGE,
        { name: "originalId", key: "oi", kind: "id", doc: "Id of the trade as it was reported." },
        { name: "originalPrice", key: "op", kind: "price", doc: "Price as reported, US dollars per share." },
        { name: "originalSize", key: "os", kind: "size", doc: "Size as reported, in shares." },
        {
          name: "originalConditions",
          key: "oc",
          kind: "conditions",
          doc: "Sale conditions as reported.",
        },
        { name: "correctedId", key: "ci", kind: "id", doc: "Id of the corrected trade." },
        { name: "correctedPrice", key: "cp", kind: "price", doc: "Corrected price, US dollars per share." },
        { name: "correctedSize", key: "cs", kind: "size", doc: "Corrected size in shares." },
        {
          name: "correctedConditions",
          key: "cc",
          kind: "conditions",
          doc: "Corrected sale conditions.",
        },
        TIME,
        TAPE,
      ],
    },
    {
      name: "TradeCancel",
      title: "Trade cancel",
      doc: "An earlier trade that is cancelled.",
      channels: { x: "cancelErrors" },
      fields: [
        { name: "id", key: "i", kind: "id", doc: "Id of the trade as it was reported." },
        EXCHANGE,
        { name: "price", key: "p", kind: "price", doc: "Price of the cancelled trade, US dollars per share." },
        { name: "size", key: "s", kind: "size", doc: "Size of the cancelled trade in shares." },
        { name: "action", key: "a", kind: "code", doc: "`C` cancelled, `E` reported in error." },
        TIME,
        TAPE,
      ],
    },
  ],
};
