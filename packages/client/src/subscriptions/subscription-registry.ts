import {
  ABORT_SIGNAL,
  type Check,
  checkOptions,
  duration,
  type OptionChecks,
  oneOf,
  orFalse,
  POSITIVE_INTEGER,
} from "../checks/option-checks.ts";
import type { Consumer, ConsumerOptions } from "../delivery/consumer.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { IteratorConsumer } from "../delivery/iterator-consumer.ts";
import { Overflow } from "../delivery/record-queue.ts";
import * as LIMITS from "../limits.ts";
import type { ChannelSymbols, StreamError, StreamSchema } from "../wire/index.ts";
import type { SubscriptionLedger } from "./ledger.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { Subscription } from "./subscription.ts";

/** A time: a `Date`, an RFC 3339 time with its zone, or nanoseconds since the Unix epoch. */
export type HistoryTime = Date | string | bigint;

/** How one subscription is served. */
export interface SubscriptionOptions {
  /**
   * What happens when `maxQueued` records wait.
   *
   * @defaultValue `block`
   */
  readonly overflow?: Overflow | undefined;
  /**
   * Records that may wait for the handler or iterator.
   *
   * @defaultValue 10,000
   */
  readonly maxQueued?: number | undefined;
  /**
   * Symbols whose asynchronous handler calls run concurrently. With 1, records of all symbols are handled
   * one by one in arrival order.
   *
   * @defaultValue 64
   */
  readonly concurrency?: number | undefined;
  /**
   * How long records may wait without any progress (no handler call settles, no record is pulled)
   * before the subscription is reported as stalled; one that stops the reading is then isolated, so
   * that the others go on. Milliseconds; `false` for never.
   *
   * @defaultValue the stream's `stalledAfterMs`
   */
  readonly stalledAfterMs?: number | false | undefined;
  /**
   * Delivers the records from this time on first, from the stream's `history`, then the live ones: every record
   * once, and in order for its symbol. Channels that are not filled begin with the present. A `Date`, an
   * RFC 3339 time with its zone, or nanoseconds since the Unix epoch.
   *
   * @defaultValue the present
   */
  readonly from?: HistoryTime | undefined;
  /** Unsubscribes when aborted. */
  readonly signal?: AbortSignal | undefined;
}

interface Membership {
  readonly consumer: Consumer;
  readonly leaveSignal: () => void;
}

/** The subscriptions, each with its symbols in the ledger and its routes in the delivery. */
export class SubscriptionRegistry {
  readonly #schema: StreamSchema;
  readonly #ledger: SubscriptionLedger;
  readonly #delivery: Delivery;
  readonly #changed: (lost: readonly LedgerEntry[]) => void;
  readonly #awaited: () => void;
  readonly #members = new Map<Subscription, Membership>();

  /**
   * `changed` is called after every change of the ledger, with symbols that were unsubscribed after their connection was
   * lost and before they were active again; `awaited` when an answer of the server is awaited.
   */
  constructor(
    schema: StreamSchema,
    ledger: SubscriptionLedger,
    delivery: Delivery,
    changed: (lost: readonly LedgerEntry[]) => void,
    awaited: () => void,
  ) {
    this.#schema = schema;
    this.#ledger = ledger;
    this.#delivery = delivery;
    this.#changed = changed;
    this.#awaited = awaited;
  }

  /** Subscribes a consumer to symbols of one or more channels, which are checked and each there once. */
  join(symbols: ChannelSymbols, consumer: Consumer, signal: AbortSignal | undefined): Subscription {
    signal?.throwIfAborted();
    const call = this.#ledger.beginCall();
    const held: { channel: string; symbol: string; entry: LedgerEntry | undefined }[] = [];
    for (const channel of this.#schema.channels) {
      const list = symbols[channel] ?? [];
      this.#delivery.routing.add(consumer, channel, list);
      const isNamed = this.#schema.subscribable.includes(channel);
      const entries = isNamed ? this.#ledger.want(channel, list, call) : [];
      for (const [index, symbol] of list.entries()) held.push({ channel, symbol, entry: entries[index] });
    }
    const subscription: Subscription = new Subscription(
      {
        whenActive: (entries) => this.#whenActive(entries),
        whenDecided: (entries, decided) => this.#ledger.waiters.whenDecided(entries, guarded(decided)),
        end: (ended) => this.end(ended),
      },
      held,
    );
    const onAbort = (): void => void this.end(subscription).catch(() => {}); // the stream reports a failure
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#members.set(subscription, {
      consumer,
      leaveSignal: () => signal?.removeEventListener("abort", onAbort),
    });
    this.#changed([]);
    return subscription;
  }

  /** Ends one subscription; resolves on the server's answer. */
  end(subscription: Subscription): Promise<void> {
    const consumer = this.#members.get(subscription)?.consumer;
    if (consumer === undefined) return Promise.resolve();
    const { entries, states } = subscription;
    for (const { channel, symbol } of states) {
      this.#delivery.remove(consumer, channel, [symbol]);
      subscription.forget(channel, symbol);
    }
    this.#leave(subscription);
    return this.#release(entries, false);
  }

  /** Removes symbols by channel from every subscription that holds them. */
  unsubscribe(symbols: ChannelSymbols): Promise<void> {
    const lists = Object.entries(symbols);
    for (const [subscription, { consumer }] of [...this.#members]) {
      let isChanged = false;
      for (const [channel, list = []] of lists) {
        const held = list.filter((symbol) => subscription.forget(channel, symbol));
        if (held.length === 0) continue;
        this.#delivery.remove(consumer, channel, held);
        isChanged = true;
      }
      if (!isChanged) continue;
      if (subscription.states.length === 0) this.#leave(subscription);
      else consumer.retain((...route) => this.#delivery.routing.isRouted(consumer, ...route));
    }
    const entries = lists.flatMap(([channel, list = []]) => list.map((symbol) => this.#ledger.find(channel, symbol)));
    return this.#release(
      entries.filter((entry) => entry !== undefined),
      true,
    );
  }

  /** The stream has ended: iterators end with it, handlers stay for the next run. */
  endIterators(reason: StreamError | undefined): void {
    for (const [subscription, { consumer }] of [...this.#members]) {
      if (!(consumer instanceof IteratorConsumer)) continue;
      consumer.end(reason);
      void this.end(subscription).catch(() => {}); // the stream reports a failure
    }
  }

  /** The subscription that a consumer serves. */
  subscriptionOf(consumer: Consumer): Subscription | undefined {
    for (const [subscription, member] of this.#members) if (member.consumer === consumer) return subscription;
    return undefined;
  }

  #whenActive(entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length > 0) this.#awaited();
    return this.#ledger.waiters.wait(entries, "active");
  }

  #leave(subscription: Subscription): void {
    const member = this.#members.get(subscription);
    if (member === undefined) return;
    this.#members.delete(subscription);
    member.leaveSignal();
    member.consumer.end(undefined);
    this.#delivery.routing.drop(member.consumer);
  }

  #release(entries: LedgerEntry[], all: boolean): Promise<void> {
    this.#changed(this.#ledger.release(entries, all));
    return this.#ledger.waiters.wait(entries, "gone");
  }
}

/** A listener that fails must not affect the ledger, which calls it. */
function guarded(listener: (rejection: StreamError | undefined) => void): typeof listener {
  return (rejection) => {
    try {
      listener(rejection);
    } catch (error) {
      console.error("a listener of a subscription failed:", error);
    }
  };
}

/** Checked by the history, which reads it. */
const TIME: Check = {
  expected: 'a Date, a time such as "2025-11-14T14:30:00Z", or nanoseconds as a bigint',
  accepts: (value) => typeof value === "string" || typeof value === "bigint" || value instanceof Date,
};

/** What a subscription's options must be. */
export const SUBSCRIPTION_OPTIONS: OptionChecks<SubscriptionOptions> = {
  overflow: oneOf(Object.values(Overflow)),
  maxQueued: POSITIVE_INTEGER,
  stalledAfterMs: orFalse(duration(1)),
  concurrency: POSITIVE_INTEGER,
  from: TIME,
  signal: ABORT_SIGNAL,
};

/** Checks a subscription's options against its channels and fills in the defaults. */
export function consumerOptions(
  { traits }: StreamSchema,
  symbols: ChannelSymbols,
  options: SubscriptionOptions,
  defaultStalledAfterMs: number,
): ConsumerOptions {
  checkOptions("a subscription", options, SUBSCRIPTION_OPTIONS);
  const { overflow = Overflow.BLOCK, maxQueued = LIMITS.maxQueued, concurrency = LIMITS.concurrency } = options;
  const rejected =
    overflow === Overflow.CONFLATE ? Object.keys(symbols).filter((name) => !traits[name]?.conflates) : [];
  if (rejected.length > 0)
    throw new TypeError(`conflate would lose ${rejected.join(" and ")}, where every record counts`);
  const stalledAfterMs = stallLimit(options.stalledAfterMs, defaultStalledAfterMs);
  return { overflow, maxQueued, concurrency, stalledAfterMs };
}

/** The limit that an option `stalledAfterMs` sets: false, for never, is infinite. */
export function stallLimit(option: number | false | undefined, defaultMs: number): number {
  return option === false ? Number.POSITIVE_INFINITY : (option ?? defaultMs);
}
