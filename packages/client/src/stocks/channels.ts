// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { type ChannelTraits, channelTraits } from "../wire/channel-traits.ts";

/**
 * The channels that a request may name, in the order of the documentation.
 *
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data.
 */
export const SUBSCRIBABLE_CHANNELS = [
  "trades",
  "quotes",
  "bars",
  "updatedBars",
  "dailyBars",
  "statuses",
  "lulds",
  "imbalances",
] as const;

/**
 * The channels that another one brings: never sent in a request, always listed in its answer.
 *
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data.
 */
export const IMPLIED_CHANNELS = ["corrections", "cancelErrors"] as const;

/** Every channel of the stock stream. */
export const CHANNELS: readonly Channel[] = [...SUBSCRIBABLE_CHANNELS, ...IMPLIED_CHANNELS];

/** The two channels that make up most of a stream. */
export const HOT_CHANNELS = ["quotes", "trades"] as const;

/** A channel that a subscribe request may name. */
export type SubscribableChannel = (typeof SUBSCRIBABLE_CHANNELS)[number];

/** A channel that another one brings. */
export type ImpliedChannel = (typeof IMPLIED_CHANNELS)[number];

/** A kind of market data: a record belongs to one, and a subscription names one. */
export type Channel = SubscribableChannel | ImpliedChannel;

/** Whether a string names a channel of the stock stream. */
export function isChannel(name: string): name is Channel {
  return (CHANNELS as readonly string[]).includes(name); // widened: `includes` expects a Channel
}

/** The channel of each type of record, by its letter on the wire. */
export const CHANNEL_BY_LETTER: Readonly<Record<string, Channel>> = {
  t: "trades",
  q: "quotes",
  b: "bars",
  u: "updatedBars",
  d: "dailyBars",
  s: "statuses",
  l: "lulds",
  i: "imbalances",
  c: "corrections",
  x: "cancelErrors",
};

/** What is generally true of each channel's records. */
export const TRAITS: Readonly<Record<Channel, ChannelTraits>> = {
  trades: channelTraits({ limited: true }),
  quotes: channelTraits({ conflates: true, limited: true }),
  bars: channelTraits({ conflates: true, lengthMs: 60_000, spanMs: 60_000, sentAfterMs: 60_000 }),
  updatedBars: channelTraits({ conflates: true, lengthMs: 60_000, spanMs: 360_000, isPrompt: false }),
  dailyBars: channelTraits({
    conflates: true,
    lengthMs: 86_400_000,
    spanMs: 86_400_000,
    sentAfterMs: undefined,
    isPrompt: false,
  }),
  statuses: channelTraits({ conflates: true }),
  lulds: channelTraits({ conflates: true }),
  imbalances: channelTraits({}),
  corrections: channelTraits({ broughtBy: "trades" }),
  cancelErrors: channelTraits({ broughtBy: "trades" }),
};
