import type { GapFilledEvent, GapOpenEvent } from "../continuity/backfill/gap-outcome.ts";
import type { GapEvent } from "../continuity/open-gap.ts";
import type { MissedRange } from "../delivery/missed-ranges.ts";
import type { Overflow } from "../delivery/record-queue.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import type { ChannelSymbols, StreamError } from "../wire/index.ts";

/** A change of the connection's state. */
export type StatusEvent<C extends string = string> =
  /**
   * A socket is being opened; `attempt` is 0 for a run's first, and then as in `reconnecting`. The
   * `url` is without user, password and query.
   */
  | { readonly state: "connecting"; readonly attempt: number; readonly url: string }
  /** The websocket is open; the handshake of the protocol follows. */
  | { readonly state: "open" }
  /** The server accepted the credentials; subscriptions follow. */
  | { readonly state: "authenticated" }
  /** No market data for longer than the channel can be silent while its market is open: a reconnect follows. */
  | { readonly state: "stale"; readonly channel: C; readonly silentMs: number }
  /** The connection is lost and will be tried again after `delayMs`. */
  | {
      readonly state: "reconnecting";
      /** Which attempt to reconnect follows, counted from 1 since market data last came. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly cause: StreamError;
    }
  /** The stream has ended: stopped (no `reason`), or for a reason that reconnecting does not resolve. */
  | { readonly state: "closed"; readonly reason: StreamError | undefined };

/**
 * A subscription is at its limit, or makes no progress. Emitted when the limit is reached and, at
 * most once a second, while it is reached again or loses records (a burst's losses by the end of the
 * second); when it stalls and again each `stalledAfterMs` while it does; and when it recovers.
 */
export interface SlowEvent {
  readonly subscription: Subscription;
  /** What happens at the limit. */
  readonly overflow: Overflow;
  /** Records that wait. */
  readonly queued: number;
  /** Records of this subscription dropped since it began. */
  readonly dropped: number;
  /** Records of this subscription replaced by newer ones since it began. */
  readonly conflated: number;
  /**
   * How long records have waited without any progress (no handler call settled, no record pulled), or
   * behind one call that hangs while those of other symbols go on, in milliseconds; 0 for less than
   * `stalledAfterMs`.
   */
  readonly stalledMs: number;
  /**
   * Whether the stream continues without this subscription, whose policy is `block`: it drops its
   * oldest records until it makes progress again.
   */
  readonly isIsolated: boolean;
  /** What was dropped since the subscription's last `slow` event, by channel; an empty array for nothing. */
  readonly missed: readonly MissedRange[];
}

/** Nothing failed, but something looks like a mistake. Each is reported once. */
export interface WarningEvent<C extends string = string> {
  /**
   * `suspect_symbol`: the server confirmed a symbol that is not spelt like one of its market, and no record of it
   * came.
   * `not_started`: `ready` or an iterator is awaited, and neither `run` nor `connect` was called.
   */
  readonly code: "suspect_symbol" | "not_started";
  /** What was found, and what to do. */
  readonly message: string;
  /** The symbols concerned, by channel; none with `not_started`. */
  readonly symbols: ChannelSymbols<C>;
}

/** The events of a stream, by name. */
export interface StreamEvents<C extends string = string> {
  /** Without a listener, lost connections go to `console.warn`. */
  status: StatusEvent<C>;
  /** Without a listener, gaps go to `console.warn`. */
  gap: GapEvent<C>;
  /** With a `history`: the symbols of a gap that are complete again. */
  gapFilled: GapFilledEvent<C>;
  /** With a `history`: symbols of a gap that could not be filled. Without a listener, these go to `console.warn`. */
  gapOpen: GapOpenEvent<C>;
  slow: SlowEvent;
  /**
   * Something failed and the stream continues: a handler, an unreadable message, a rejected or
   * unanswered request, a subscription that makes no progress. Without a listener, errors go to `console.error`.
   */
  error: StreamError;
  /** Something looks like a mistake. Without a listener, warnings go to `console.warn`. */
  warning: WarningEvent<C>;
}

/** The events by name: one that is added to {@link StreamEvents} alone does not compile. */
const EVENTS: { readonly [Name in keyof StreamEvents]: true } = {
  status: true,
  gap: true,
  gapFilled: true,
  gapOpen: true,
  slow: true,
  error: true,
  warning: true,
};

/** The names of all events. */
export const EVENT_NAMES: readonly (keyof StreamEvents)[] = Object.keys(EVENTS) as (keyof StreamEvents)[]; // as declared
