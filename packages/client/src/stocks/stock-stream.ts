import { msgpackFastPath } from "#stocks/msgpack-fast-path";
import type { ChannelTraits, StreamSchema } from "../wire/stream-schema.ts";
import { CHANNELS, type Channel, SUBSCRIBABLE_CHANNELS } from "./channels.ts";
import { readRecord } from "./read-record.ts";
import * as RecordType from "./record-types.ts";

const MINUTE_MS = 60_000;

const EVENT: ChannelTraits = {
  broughtBy: undefined,
  conflates: false,
  spanMs: 0,
  sentAfterMs: 0,
  isPrompt: true,
  limited: false,
};
const STATE: ChannelTraits = { ...EVENT, conflates: true };

const TRAITS: Readonly<Record<Channel, ChannelTraits>> = {
  // Free plans may have every bar, but no wildcard of trades or quotes.
  trades: { ...EVENT, limited: true },
  quotes: { ...STATE, limited: true },
  bars: { ...STATE, spanMs: MINUTE_MS, sentAfterMs: MINUTE_MS },
  // Sent while late trades come in, minutes after the bar.
  updatedBars: { ...STATE, spanMs: 6 * MINUTE_MS, isPrompt: false },
  // The time is the day's; sent after every minute of it.
  dailyBars: { ...STATE, spanMs: 24 * 60 * MINUTE_MS, sentAfterMs: undefined, isPrompt: false },
  statuses: STATE,
  lulds: STATE,
  imbalances: EVENT,
  corrections: { ...EVENT, broughtBy: "trades" },
  cancelErrors: { ...EVENT, broughtBy: "trades" },
};

const CHANNEL_BY_LETTER: Readonly<Record<number, Channel>> = {
  [RecordType.trade]: "trades",
  [RecordType.quote]: "quotes",
  [RecordType.bar]: "bars",
  [RecordType.updatedBar]: "updatedBars",
  [RecordType.dailyBar]: "dailyBars",
  [RecordType.tradingStatus]: "statuses",
  [RecordType.luld]: "lulds",
  [RecordType.imbalance]: "imbalances",
  [RecordType.tradeCorrection]: "corrections",
  [RecordType.tradeCancel]: "cancelErrors",
};

/** What the stream of US stocks (`v2` of Alpaca's market data stream) brings, to read. */
export const STOCK_STREAM: StreamSchema = {
  channels: CHANNELS,
  subscribable: SUBSCRIBABLE_CHANNELS,
  hot: ["quotes", "trades"],
  traits: TRAITS,
  channelByType: Array.from({ length: 128 }, (_, letter) => CHANNEL_BY_LETTER[letter]),
  read: readRecord,
  msgpackFastPath,
};
