/** The properties of a channel that the layers above the wire use. */
export interface ChannelTraits {
  /** The channel whose subscription brings this one; undefined where a request names the channel itself. */
  readonly broughtBy: string | undefined;
  /** Whether a symbol's newest record makes its older ones worthless, so that `conflate` may replace them. */
  readonly conflates: boolean;
  /** How long the period is that a record sums up, from its time on, in milliseconds; 0 for a moment. */
  readonly lengthMs: number;
  /** How far before its sending a record's time may lie, in milliseconds: a bar carries its left edge. */
  readonly spanMs: number;
  /** How long after its time a record is sent at the earliest, in milliseconds; undefined if its time does not show that. */
  readonly sentAfterMs: number | undefined;
  /** Whether records are sent as soon as `sentAfterMs` has passed, so that the rest of the way is lag. */
  readonly isPrompt: boolean;
  /** Whether a plan with a symbol limit excludes the channel's wildcard. */
  readonly limited: boolean;
}

/** A channel of events: each record counts, and is sent when it happens. */
const EVENTS: ChannelTraits = {
  broughtBy: undefined,
  conflates: false,
  lengthMs: 0,
  spanMs: 0,
  sentAfterMs: 0,
  isPrompt: true,
  limited: false,
};

/** The traits of a channel, as far as they differ from those of a channel of events. */
export function channelTraits(differences: Partial<ChannelTraits>): ChannelTraits {
  return { ...EVENTS, ...differences };
}
