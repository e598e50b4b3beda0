import type { Consumer } from "../../delivery/consumer.ts";
import type { Routing } from "../../delivery/routing.ts";
import * as LIMITS from "../../limits.ts";
import type { Timer } from "../../platform/clock.ts";
import type { ChannelSymbols, MarketRecord, RawRecord } from "../../wire/index.ts";
import type { HistorySource } from "../history-source.ts";
import type { GapEvent, OpenGap } from "../open-gap.ts";
import { Backfill, type BackfillStream } from "./backfill.ts";
import { CatchUp } from "./catch-up.ts";
import type { FillRulesByChannel } from "./fill-rules.ts";

/** What a stream offers to its past. */
export interface PresentStream extends Omit<BackfillStream, "target" | "floorNs"> {
  readonly routing: Routing;
  /** The feed of the stream, by its name. */
  readonly feed: string;
  /** The channels whose gaps are filled; undefined for those that are by default. */
  readonly fill: readonly string[] | undefined;
  /** The newest market time that records have shown, in milliseconds since the epoch; minus infinity before any. */
  heardMs(): number;
  /** The market's time now, rather too late than too early. */
  marketMs(): number;
}

/** A subscription that begins in the past. */
interface Beginner {
  readonly consumer: Consumer;
  readonly catchUp: CatchUp;
  /** Whether the server has answered for all of its symbols. */
  readonly isSettled: () => boolean;
  hasBegun: boolean;
}

/** The past of one stream: fills its gaps, and brings subscriptions that begin in the past to the present. */
export class StreamPast {
  /** Stands between intake and routing of the stream. */
  readonly gate: Backfill;
  readonly #stream: PresentStream;
  readonly #source: HistorySource;
  readonly #rules: FillRulesByChannel;
  readonly #beginners = new Map<Consumer, Beginner>();
  readonly #timers = new Set<Timer>();

  /** @throws TypeError for a history of another feed: its records would be mixed with those of the stream. */
  constructor(stream: PresentStream, source: HistorySource, rules: FillRulesByChannel) {
    if (source.feed !== stream.feed)
      throw new TypeError(`history must be of the stream's feed "${stream.feed}", got one of "${source.feed}"`);
    this.#stream = stream;
    this.#source = source;
    this.#rules = Object.fromEntries(
      Object.entries(rules).filter(([channel, { isOnDemand }]) => stream.fill?.includes(channel) ?? !isOnDemand),
    );
    const refreshed = Object.keys(rules).filter((name) => rules[name]?.isOnDemand && this.#rules[name] === undefined);
    this.gate = new Backfill({ ...stream, target: stream.routing }, source, this.#rules, refreshed);
  }

  /** The symbols that a connection was lost with and that are not active again; after each answer of the server. */
  lost(symbols: ChannelSymbols): void {
    this.gate.lost(symbols);
  }

  /** Symbols are active again after a loss. */
  gapsEnded(gaps: readonly OpenGap[]): void {
    this.gate.begin(gaps);
  }

  /** The range of such a gap is known. */
  gapKnown(gap: GapEvent): void {
    void this.gate.fill(gap);
  }

  /** Lets a subscription begin at `fromNs`, in nanoseconds since the epoch, once `isSettled`. */
  begin(consumer: Consumer, symbols: ChannelSymbols, fromNs: bigint, isSettled: () => boolean): void {
    const { routing } = this.#stream;
    const target = {
      get isOpen() {
        return routing.isOpen;
      },
      consumers: [consumer],
      hasRoute: (channel: string, symbol: string) => routing.isRouted(consumer, channel, symbol),
      deliver: (record: MarketRecord | RawRecord, _channel: string, symbol: string, symbolNumber: number) =>
        consumer.deliver(record, symbol, symbolNumber),
    };
    const backfill = (stream: BackfillStream): Backfill => new Backfill(stream, this.#source, this.#rules);
    const catchUp = new CatchUp({ ...this.#stream, backfill }, target, symbols, fromNs);
    routing.redirect(consumer, { consumer, deliver: catchUp.receive.bind(catchUp) });
    this.#beginners.set(consumer, { consumer, catchUp, isSettled, hasBegun: false });
    this.changed();
  }

  /** The server has answered requests, perhaps. */
  changed(): void {
    for (const beginner of this.#beginners.values())
      if (!beginner.hasBegun && beginner.isSettled()) this.#run(beginner);
  }

  /** A subscription has room again, perhaps. */
  pressureChanged(): void {
    this.gate.pressureChanged();
    for (const { catchUp } of this.#beginners.values()) catchUp.pressureChanged();
  }

  /** The stream was stopped. Subscriptions that have not begun do so in the next run. */
  stop(): void {
    for (const { catchUp, hasBegun } of this.#beginners.values()) if (hasBegun) catchUp.stop();
    for (const timer of this.#timers) this.#stream.clock.clearTimer(timer);
    this.#timers.clear();
  }

  #run(beginner: Beginner): void {
    beginner.hasBegun = true;
    void beginner.catchUp.run().then(() => {
      // The stream may bring for a while what history had first.
      const { clock, routing } = this.#stream;
      const timer = clock.setTimer(() => {
        this.#timers.delete(timer);
        this.#beginners.delete(beginner.consumer);
        routing.redirect(beginner.consumer, undefined);
      }, LIMITS.repeatsMs);
      this.#timers.add(timer);
    });
  }
}
