import { checkOptions, implementing, type OptionChecks } from "../../checks/option-checks.ts";
import { kindOf, shownValue } from "../../checks/shown-value.ts";
import { ByChannel } from "../../delivery/by-channel.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import { Intake } from "../../delivery/intake.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import type { SubscriptionLedger } from "../../subscriptions/ledger.ts";
import type { LedgerEntry, Loss } from "../../subscriptions/ledger-entry.ts";
import { type ChannelSymbols, type MarketRecord, StreamError, type StreamSchema, WILDCARD } from "../../wire/index.ts";
import { MarketClock } from "../market-clock.ts";
import { Backfill } from "./backfill.ts";
import { type DeliveredOfChannel, deliveredOf } from "./delivered-records.ts";
import type { FillRulesByChannel } from "./fill-rules.ts";
import { FILL, filledChannels } from "./filled-channels.ts";

/** Options of a {@link StreamTail}. */
export interface TailOptions {
  /**
   * The channels whose gaps the next stream fills, as in its option `fill`: what they have delivered is remembered.
   *
   * @defaultValue `["trades", "bars", "dailyBars"]`, as of the stream
   */
  readonly fill?: readonly string[] | undefined;
  /**
   * The clock of the next stream; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock | undefined;
}

/** How an earlier stream has ended. */
export interface TailEnding {
  /** What it was subscribed to, `*` for all symbols of a channel. */
  readonly symbols: ChannelSymbols;
  /**
   * Up to which market time it is settled what it has delivered, in milliseconds since the epoch: every record of an
   * earlier time was delivered, or is known to be missing. The gap begins here. Minus infinity if nothing is settled:
   * the gap then begins when the tail was made.
   */
  readonly completeMs: number;
  /** Why it ended: the `cause` of the gap. */
  readonly cause: StreamError;
}

/** What distinguishes the tails of one asset class from all others. */
export interface TailKind {
  /** The class that users construct, for messages. */
  readonly name: string;
  readonly schema: StreamSchema;
  readonly rules: FillRulesByChannel;
}

const OPTIONS: OptionChecks<TailOptions> = { fill: FILL, clock: implementing("Clock", "now", "monotonic") };

/**
 * What an earlier stream of the same feed has delivered, so that another one can continue it: the option `resume` of
 * the next stream. That one goes on as if it had received the records itself, on a connection that was lost: its gap
 * is reported, and with a `history` filled, and every record comes once.
 *
 * It remembers the records of the last 16 seconds (61 of minute bars), in which others may be reported late. Of what
 * was delivered before its first record nothing is known, and such records are not delivered again.
 */
export abstract class StreamTail {
  readonly #kind: TailKind;
  readonly #intake: Intake;
  readonly #market: MarketClock;
  /** The channels that are filled, and those by which their revisions come. */
  readonly #channels: ByChannel<DeliveredOfChannel | undefined>;
  readonly #revised: ByChannel<DeliveredOfChannel | undefined>;
  readonly #clock: Clock;
  /** When it was made, by the monotonic clock. */
  readonly #madeMs: number;
  /** The first certain market time of the records; minus infinity before. */
  #firstMs = Number.NEGATIVE_INFINITY;
  #isComplete = true;
  #ending: TailEnding | undefined;
  #isContinued = false;

  /** @throws TypeError for an option with a wrong value. */
  constructor(kind: TailKind, options: TailOptions) {
    checkOptions(kind.name, options, OPTIONS);
    const { schema } = kind;
    const rules = filledChannels(kind.rules, schema, options.fill);
    this.#kind = kind;
    this.#clock = options.clock ?? systemClock;
    this.#madeMs = this.#clock.monotonic();
    this.#intake = new Intake(schema, () => {});
    this.#market = new MarketClock(schema, this.#intake, this.#clock);
    this.#channels = new ByChannel(schema, (name) => rules[name] && deliveredOf(rules[name]));
    this.#revised = new ByChannel(schema, (name) =>
      [...this.#channels.values()].find((channel) => channel?.rules.revisions?.channel === name),
    );
  }

  /**
   * Adds a record that the earlier stream has delivered; in its order, and when it comes. `symbolNumber` is the
   * decoder's number of the symbol, 0 if it has none; all records of a symbol have the same.
   *
   * @throws TypeError for a record of another channel than the asset class has, and after {@link end}.
   */
  add(record: MarketRecord, symbolNumber: number = 0): void {
    const { channel, symbol, seconds, nanos } = record;
    if (this.#ending !== undefined) throw new TypeError("the tail has ended: it takes no further records");
    const ofChannel = this.#channels.get(channel);
    if (ofChannel !== undefined)
      ofChannel.recent.add(symbol, symbolNumber, seconds, nanos, ofChannel.rules.identity(record));
    else this.#addOther(record);
    this.#intake.frame(this.#clock.now(), this.#clock.monotonic());
    this.#intake.count(channel, symbol, seconds, nanos);
    if (this.#firstMs === Number.NEGATIVE_INFINITY) this.#firstMs = this.heardMs;
  }

  #addOther(record: MarketRecord): void {
    const { channel, symbol, seconds, nanos } = record;
    if (!this.#kind.schema.channels.includes(channel))
      throw new TypeError(
        `${this.#kind.name} takes records of its asset class, got the channel ${shownValue(channel)}`,
      );
    const revised = this.#revised.get(channel);
    revised?.revisions.received(symbol, seconds, nanos, revised.rules.identity(record));
  }

  /**
   * Whether the earlier stream has delivered everything up to its newest record. While it is false, because the
   * stream has lost its connection or fills a gap, nothing is forgotten.
   *
   * @defaultValue `true`
   */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  set isComplete(isComplete: boolean) {
    this.#isComplete = isComplete;
    for (const channel of this.#channels.values()) if (channel !== undefined) channel.recent.keepsAll = !isComplete;
  }

  /** The newest certain market time of the records, in milliseconds since the epoch; minus infinity before any. */
  get heardMs(): number {
    return this.#market.heardMs;
  }

  /**
   * The earlier stream has ended. The next stream may be constructed before, and runs after that.
   *
   * @throws TypeError for an ending with a wrong value, and for a second one.
   */
  end(ending: TailEnding): void {
    if (this.#ending !== undefined) throw new TypeError("the tail has ended already");
    this.#checkEnding(ending);
    this.#ending = ending;
  }

  #checkEnding({ symbols, completeMs, cause }: TailEnding): void {
    const { channels } = this.#kind.schema;
    if (kindOf(symbols) !== "object")
      throw new TypeError(`symbols must be an object of arrays, got ${kindOf(symbols)}`);
    for (const [channel, list] of Object.entries<unknown>(symbols)) {
      if (!channels.includes(channel)) throw new TypeError(`symbols has ${shownValue(channel)}, which is no channel`);
      if (!Array.isArray(list)) throw new TypeError(`symbols.${channel} must be an array, got ${kindOf(list)}`);
    }
    if (typeof completeMs !== "number" || !(completeMs < Number.POSITIVE_INFINITY))
      throw new TypeError(`completeMs must be milliseconds since the epoch, got ${shownValue(completeMs)}`);
    if (!(cause instanceof StreamError)) throw new TypeError(`cause must be a StreamError, got ${kindOf(cause)}`);
  }

  /**
   * Called by a stream that was given this tail. Programs have no use for it. Returns what begins the continuation,
   * to be called whenever the stream begins to run.
   *
   * @throws TypeError for a stream of another asset class, and for one that fills more channels.
   */
  attach(schema: StreamSchema, ledger: SubscriptionLedger, { intake, hold }: Delivery): () => void {
    if (schema.channels !== this.#kind.schema.channels)
      throw new TypeError(`resume must be a tail of the stream's asset class, got a ${this.#kind.name}`);
    const gate = hold instanceof Backfill ? hold : undefined;
    for (const channel of schema.channels)
      if (gate?.canFill(channel) && this.#channels.get(channel) === undefined)
        throw new TypeError(`resume must be a tail that remembers the channel ${channel}: give it the stream's fill`);
    const early: LedgerEntry[] = [];
    ledger.added = (entry) => early.push(entry);
    let hasBegun = false;
    return () => {
      if (hasBegun) return; // the next run of the stream goes on from the one before
      const ending = this.#continue();
      hasBegun = true;
      this.#handOver(intake, gate, ending);
      ledger.added = this.#losing(ending);
      for (const entry of early.splice(0)) ledger.added(entry);
    };
  }

  #continue(): TailEnding {
    if (this.#ending === undefined)
      throw new TypeError("the tail in resume must have ended before the stream runs: call its method end");
    if (this.#isContinued) throw new TypeError("another stream has continued the tail in resume: make one for each");
    this.#isContinued = true;
    return this.#ending;
  }

  /** Passes on what the records have shown, but not their count. */
  #handOver(intake: Intake, gate: Backfill | undefined, { completeMs }: TailEnding): void {
    for (const channel of this.#kind.schema.channels) {
      const { newestMs, newestAtMs } = this.#intake.times(channel);
      const times = intake.times(channel);
      times.newestMs = newestMs;
      times.newestAtMs = newestAtMs;
      times.receivedBefore = this.#intake.received(channel);
      const delivered = this.#channels.get(channel);
      if (delivered !== undefined) gate?.adopt(channel, delivered, { fromMs: this.#firstMs, completeMs });
    }
  }

  /** Returns what lets an entry begin as one that was lost, if the earlier stream had its symbol. */
  #losing({ symbols, completeMs, cause }: TailEnding): (entry: LedgerEntry) => void {
    const loss: Loss = { heard: { marketMs: completeMs, sinceMs: this.#madeMs }, cause };
    const had = new Map(Object.entries(symbols).map(([channel, list]) => [channel, new Set(list)]));
    return (entry) => {
      const ofChannel = had.get(entry.channel) ?? new Set();
      // Of `*` after names, more is filled than was lost, which is better than less.
      const isOfAll = entry.symbol === WILDCARD && ofChannel.size > 0;
      if (!isOfAll && !ofChannel.has(entry.symbol) && !ofChannel.has(WILDCARD)) return;
      entry.loss = loss;
      entry.sinceMs = Number.NEGATIVE_INFINITY;
    };
  }
}
