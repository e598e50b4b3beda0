import type { FillRules, FillRulesByChannel } from "../continuity/backfill/fill-rules.ts";
import { hashOf } from "../continuity/backfill/hash.ts";
import { DAY_RULES, minuteRules } from "../continuity/backfill/summary-rules.ts";
import type { Id, MarketRecord, RawRecord } from "../wire/index.ts";
import type { Quote, Trade } from "./records.ts";

/**
 * Trades that are reported late carry their own times: exchanges have 10 seconds to report.
 *
 * Source of the identity: the page tokens of Alpaca's history, which hold symbol, time, exchange and id.
 */
const TRADES: FillRules = {
  lookBackMs: 15_000,
  overlapMs: 2_000,
  settleMs: 3_000,
  identity: (record) => {
    const { exchange, id } = isRaw(record) ? rawTrade(record) : (record as Trade); // the channel has no other class
    return mixedIdentity(id, exchange);
  },
};

/** A quote is its whole value: history keeps equal quotes of one nanosecond once. */
const QUOTES: FillRules = {
  isOnDemand: true,
  lookBackMs: 1_000,
  overlapMs: 1_000,
  settleMs: 3_000,
  identity: (record) => {
    const { bidExchange, bidPrice, bidSize, askExchange, askPrice, askSize } = isRaw(record)
      ? rawQuote(record)
      : (record as Quote); // the channel has no other class
    return hashOf(bidExchange, bidPrice, bidSize, askExchange, askPrice, askSize);
  },
};

/** How gaps of stocks are filled. Quotes only where they are asked for: they are ten times as many as trades. */
export const STOCK_FILL_RULES: FillRulesByChannel = {
  trades: TRADES,
  quotes: QUOTES,
  bars: minuteRules({ channel: "updatedBars", letter: "u" }),
  dailyBars: DAY_RULES,
};

/** Largest id that is kept exactly beside the letter of an exchange. Alpaca's have up to 47 bits, FINRA's among them. */
const MAX_EXACT_ID = 2 ** 47;

function mixedIdentity(id: Id, exchange: string): number {
  const letter = exchange.charCodeAt(0) & 63;
  if (typeof id === "number" && id < MAX_EXACT_ID) return id * 64 + letter;
  return -hashOf(String(id), exchange);
}

function isRaw(record: MarketRecord | RawRecord): record is RawRecord {
  return "T" in record;
}

function rawTrade({ i = 0, x = "" }: RawRecord): Pick<Trade, "id" | "exchange"> {
  return { id: i as Id, exchange: String(x) }; // a number or bigint by the wire's documentation
}

type QuoteValue = Pick<Quote, "bidExchange" | "bidPrice" | "bidSize" | "askExchange" | "askPrice" | "askSize">;

function rawQuote(record: RawRecord): QuoteValue {
  const { bx = "", bp = 0, bs = 0, ax = "", ap = 0, as = 0 } = record;
  return { bidExchange: bx, bidPrice: bp, bidSize: bs, askExchange: ax, askPrice: ap, askSize: as } as QuoteValue; // by the wire's documentation
}
