/**
 * The channels a client may ask for by name, in the order Alpaca documents them.
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
 * The channels that come with `trades`: never sent in a request, always shown in its answer.
 *
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data.
 */
export const IMPLIED_CHANNELS = ["corrections", "cancelErrors"] as const;

/** Every channel of the stock stream. */
export const CHANNELS: readonly Channel[] = [...SUBSCRIBABLE_CHANNELS, ...IMPLIED_CHANNELS];

/** A channel that a subscribe request may name. */
export type SubscribableChannel = (typeof SUBSCRIBABLE_CHANNELS)[number];

/** A channel that follows `trades` by itself. */
export type ImpliedChannel = (typeof IMPLIED_CHANNELS)[number];

/** A kind of market data: what a record belongs to and what a subscription asks for. */
export type Channel = SubscribableChannel | ImpliedChannel;

/** Whether a string names a channel of the stock stream. */
export function isChannel(name: string): name is Channel {
  return (CHANNELS as readonly string[]).includes(name); // widened: `includes` asks for a Channel
}
