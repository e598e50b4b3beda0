import type { AssetClass, Channel } from "../schema.ts";
import { header } from "./source.ts";

/** `channels.ts`: the names, types and traits of channels. */
export function channelsSource(assetClass: AssetClass): string {
  const { channels, records, hot, noun, source } = assetClass;
  const subscribable = channels.filter(({ broughtBy }) => broughtBy === undefined);
  const implied = channels.filter(({ broughtBy }) => broughtBy !== undefined);
  const letters = records.flatMap((record) => Object.entries(record.channels));
  return `${header(assetClass)}
    import { type ChannelTraits, channelTraits } from "../wire/channel-traits.ts";

    /**
     * The channels that a request may name, in the order of the documentation.
     *
     * Source: ${source}.
     */
    export const SUBSCRIBABLE_CHANNELS = ${names(subscribable)} as const;

    /**
     * The channels that another one brings: never sent in a request, always listed in its answer.
     *
     * Source: ${source}.
     */
    export const IMPLIED_CHANNELS = ${names(implied)} as const;

    /** Every channel of the ${noun} stream. */
    export const CHANNELS: readonly Channel[] = [...SUBSCRIBABLE_CHANNELS, ...IMPLIED_CHANNELS];

    /** The two channels that make up most of a stream. */
    export const HOT_CHANNELS = [${hot.map((name) => `"${name}"`).join(", ")}] as const;

    /** A channel that a subscribe request may name. */
    export type SubscribableChannel = (typeof SUBSCRIBABLE_CHANNELS)[number];

    /** A channel that another one brings. */
    export type ImpliedChannel = (typeof IMPLIED_CHANNELS)[number];

    /** A kind of market data: a record belongs to one, and a subscription names one. */
    export type Channel = SubscribableChannel | ImpliedChannel;

    /** Whether a string names a channel of the ${noun} stream. */
    export function isChannel(name: string): name is Channel {
      return (CHANNELS as readonly string[]).includes(name); // widened: \`includes\` expects a Channel
    }

    /** The channel of each type of record, by its letter on the wire. */
    export const CHANNEL_BY_LETTER: Readonly<Record<string, Channel>> = {
      ${letters.map(([letter, channel]) => `${letter}: "${channel}",`).join("\n")}
    };

    /** What is generally true of each channel's records. */
    export const TRAITS: Readonly<Record<Channel, ChannelTraits>> = {
      ${channels.map(traits).join("\n")}
    };
  `;
}

function names(channels: readonly Channel[]): string {
  return `[${channels.map(({ name }) => `"${name}"`).join(", ")}]`;
}

/** A channel's traits, as far as they differ from the defaults of `channelTraits`. */
function traits(channel: Channel): string {
  const { name, broughtBy, conflates, lengthMs, spanMs, sentAfterMs, isPrompt, limited } = channel;
  const differences = [
    broughtBy !== undefined && `broughtBy: "${broughtBy}"`,
    conflates && "conflates: true",
    lengthMs !== 0 && `lengthMs: ${milliseconds(lengthMs)}`,
    spanMs !== 0 && `spanMs: ${milliseconds(spanMs)}`,
    sentAfterMs !== 0 && `sentAfterMs: ${sentAfterMs === undefined ? "undefined" : milliseconds(sentAfterMs)}`,
    !isPrompt && "isPrompt: false",
    limited && "limited: true",
  ];
  return `${name}: channelTraits({ ${differences.filter((text) => text !== false).join(", ")} }),`;
}

/** A number with its thousands apart. */
function milliseconds(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, "_");
}
