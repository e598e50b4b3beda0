import type { Consumer } from "../../delivery/consumer.ts";
import type { Routing } from "../../delivery/routing.ts";
import * as LIMITS from "../../limits.ts";
import type { Clock, Timer } from "../../platform/clock.ts";
import type { SymbolSpelling } from "../../subscriptions/spelling-watch.ts";
import {
  type ChannelSymbols,
  type MarketRecord,
  type RawRecord,
  type StreamError,
  type StreamSchema,
  WILDCARD,
} from "../../wire/index.ts";
import type { HistorySource } from "../history-source.ts";
import type { MarketClock } from "../market-clock.ts";
import type { EndedGap, GapEvent } from "../open-gap.ts";
import type { StreamPosition } from "../stream-position.ts";
import { Backfill, type BackfillStream } from "./backfill.ts";
import { CatchUp } from "./catch-up.ts";
import type { FillRulesByChannel } from "./fill-rules.ts";
import { filledChannels } from "./filled-channels.ts";
import type { GapFilledEvent, GapOpenEvent } from "./gap-outcome.ts";
import { ResumePoint } from "./resume-point.ts";
import { type StartPoint, startAt } from "./start-point.ts";
import { type Member, StreamProgress } from "./stream-progress.ts";
import type { StreamTail } from "./stream-tail.ts";
import { Universe, type UniverseOption } from "./universe.ts";

/** What a stream offers to its past, as it has it: a page without a history loads no code for it. */
export interface PresentStream extends Pick<BackfillStream, "pressureChanged"> {
  readonly settings: PastSettings;
  readonly routing: Routing;
  readonly market: MarketClock;
  /** Where outcomes and errors are reported. */
  readonly reporter: {
    emit(name: "gapFilled", event: GapFilledEvent): void;
    emit(name: "gapOpen", event: GapOpenEvent): void;
    error(error: StreamError): void;
  };
  /** Whether the connection is authenticated, and every request was answered. */
  isReady(): boolean;
}

/** The settings of a stream that concern its past. */
interface PastSettings {
  readonly connection: { readonly schema: StreamSchema; readonly rawData: boolean };
  readonly clock: Clock;
  readonly spelling: SymbolSpelling;
  /** The feed of the stream, by its name. */
  readonly feed: string;
  /** The channels whose gaps are filled; undefined for those that are by default. */
  readonly fill: readonly string[] | undefined;
  /** The position that subscriptions begin with, unchecked, or a tail; undefined for the present. */
  readonly resume: StreamPosition | StreamTail | undefined;
  /** The symbols that `*` stands for, as the user has named them. */
  readonly universe: UniverseOption | undefined;
}

/** The same, as the parts of a past need it. */
interface PastStream extends Omit<BackfillStream, "target" | "start" | "hasGap" | "reachesBack"> {
  readonly routing: Routing;
  readonly feed: string;
  isReady(): boolean;
  /** The newest market time that records have shown, in milliseconds since the epoch; minus infinity before any. */
  heardMs(): number;
  /** The market's time now, rather too late than too early. */
  marketMs(): number;
}

/** The past of one stream: fills its gaps, and brings subscriptions that begin in the past to the present. */
export class StreamPast {
  /** Stands between intake and routing of the stream. */
  readonly gate: Backfill;
  readonly #stream: PastStream;
  readonly #source: HistorySource;
  readonly #rules: FillRulesByChannel;
  readonly #resume: ResumePoint | undefined;
  /** Whether subscriptions go on with those of an earlier stream: until the first gap, which is the one after it. */
  #isTailOpen: boolean;
  readonly #members = new Map<Consumer, Member>();
  /** By `channel symbol`, what subscriptions have had the present of: only the first begin with the position. */
  readonly #begun = new Set<string>();
  readonly #progress: StreamProgress;
  readonly #timers = new Set<Timer>();

  /**
   * @throws TypeError for a history of another feed, whose records would be mixed with those of the stream, for a
   *   universe of something other than symbols, for channels in `fill` that the stream does not have, and for what is
   *   no position to resume.
   */
  constructor(present: PresentStream, source: HistorySource, rules: FillRulesByChannel) {
    const { feed, fill, resume } = present.settings;
    const { schema } = present.settings.connection;
    if (source.feed !== feed)
      throw new TypeError(`history must be of the stream's feed "${feed}", got one of "${source.feed}"`);
    const filled = Object.entries(filledChannels(rules, schema, fill));
    const stream = pastStream(present);
    this.#stream = stream;
    // A tail concerns the stream as a whole, as a lost connection does.
    this.#isTailOpen = resume !== undefined && "attach" in resume; // by its method: the code for it is its own
    if (resume !== undefined && !this.#isTailOpen) this.#resume = new ResumePoint(resume, feed, schema.channels);
    this.#source = source;
    this.#rules = Object.fromEntries(filled.filter(([channel]) => source.channels.includes(channel)));
    const refreshed = Object.keys(rules).filter((name) => rules[name]?.isOnDemand && this.#rules[name] === undefined);
    const reachesBack = (channel: string, symbol: string): boolean =>
      [...this.#members.values()].some(({ catchUp }) => catchUp?.covers(channel, symbol));
    this.gate = new Backfill({ ...stream, target: stream.routing, reachesBack }, source, this.#rules, refreshed);
    this.#progress = new StreamProgress(stream, this.gate, this.#rules, this.#resume);
  }

  /** How far the subscriptions have got. */
  get position(): StreamPosition {
    return this.#progress.position(this.#current());
  }

  /** The symbols that a connection was lost with and that are not active again; after each answer of the server. */
  lost(symbols: ChannelSymbols): void {
    this.gate.lost(symbols);
  }

  /** Symbols are active again after a loss, or the server reports one of its own. */
  gapsEnded(gaps: readonly EndedGap[]): void {
    this.#isTailOpen = false;
    this.gate.begin(gaps);
  }

  /** The range of such a gap is known. */
  gapKnown(gap: GapEvent): void {
    void this.gate.fill(gap);
  }

  /**
   * A consumer was subscribed to symbols. It begins at `fromNs`, in nanoseconds since the epoch, once `isSettled`;
   * without a time where the position ends that the stream resumes, or with the present.
   */
  joined(consumer: Consumer, symbols: ChannelSymbols, fromNs: bigint | undefined, isSettled: () => boolean): void {
    const member: Member = {
      consumer,
      symbols,
      isSettled,
      isContinued: this.#isTailOpen,
      hasBegun: false,
      sinceMs: undefined,
      reachedNs: undefined,
      catchUp: undefined,
    };
    this.#members.set(consumer, member);
    if (fromNs !== undefined) member.catchUp = this.#catchUp(consumer, symbols, startAt(fromNs));
    else if (this.#resume !== undefined) {
      const first = this.#firstOf(symbols);
      if (Object.keys(first).length > 0) member.catchUp = this.#catchUp(consumer, first, this.#resume.start());
    }
    this.changed();
  }

  /** The server has answered requests, perhaps. */
  changed(): void {
    for (const member of this.#current()) if (!member.hasBegun && member.isSettled()) this.#run(member);
  }

  /** A subscription has room again, perhaps. */
  pressureChanged(): void {
    this.gate.pressureChanged();
    for (const { catchUp } of this.#members.values()) catchUp?.pressureChanged();
  }

  /**
   * The stream has ended by itself. Resolves when the gaps have their outcomes, and what waited for them was delivered;
   * at a stop at once.
   */
  async finish(): Promise<void> {
    await this.gate.finish();
    await Promise.all([...this.#members.values()].map(({ catchUp }) => catchUp?.finish()));
  }

  /** The stream is about to stop, and to drop the records that wait. */
  stopping(): void {
    if (this.#stream.routing.isOpen) this.#progress.stopping(this.#current());
  }

  /** The stream was stopped. Subscriptions that have not begun do so in the next run. */
  stop(): void {
    this.#progress.stopped();
    for (const member of this.#members.values()) {
      if (!member.hasBegun || member.catchUp === undefined) continue;
      member.catchUp.stop();
      this.#goLive(member, member.catchUp);
    }
    for (const timer of this.#timers) this.#stream.clock.clearTimer(timer);
    this.#timers.clear();
  }

  /** The subscriptions that have not ended. */
  #current(): Member[] {
    const consumers = new Set(this.#stream.routing.consumers);
    for (const [consumer, { catchUp }] of this.#members) {
      if (consumers.has(consumer)) continue;
      this.#members.delete(consumer);
      catchUp?.stop();
    }
    return [...this.#members.values()];
  }

  /** The symbols of which this stream has had nothing before. */
  #firstOf(symbols: ChannelSymbols): ChannelSymbols {
    const isFirst = (channel: string, symbol: string): boolean =>
      !this.#begun.has(`${channel} ${symbol}`) && !this.#begun.has(`${channel} ${WILDCARD}`);
    const first = Object.entries(symbols).map(
      ([channel, list = []]) => [channel, list.filter((symbol) => isFirst(channel, symbol))] as const,
    );
    return Object.fromEntries(first.filter(([, list]) => list.length > 0));
  }

  #catchUp(consumer: Consumer, symbols: ChannelSymbols, start: StartPoint): CatchUp {
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
    const stream = {
      ...this.#stream,
      hasGap: (channel: string) => this.#hasGap(channel),
      backfill: (ofCatchUp: BackfillStream) => new Backfill(ofCatchUp, this.#source, this.#rules),
    };
    const catchUp = new CatchUp(stream, target, symbols, start);
    routing.redirect(consumer, { consumer, deliver: catchUp.receive.bind(catchUp) });
    return catchUp;
  }

  #run(member: Member): void {
    const { symbols, catchUp } = member;
    member.hasBegun = true;
    if (!member.isContinued) member.sinceMs = this.#stream.clock.monotonic();
    for (const [channel, list = []] of Object.entries(symbols))
      for (const symbol of list) this.#begun.add(`${channel} ${symbol}`);
    void catchUp?.run().then(() => {
      if (member.catchUp === catchUp) this.#endLater(member, catchUp);
    });
  }

  /** The stream, or the fill of a gap, may bring for a while what history had first. */
  #endLater(member: Member, catchUp: CatchUp): void {
    const { clock } = this.#stream;
    const timer = clock.setTimer(() => {
      this.#timers.delete(timer);
      if (Object.keys(member.symbols).some((channel) => this.#hasGap(channel))) return this.#endLater(member, catchUp);
      this.#goLive(member, catchUp);
    }, LIMITS.repeatsMs);
    this.#timers.add(timer);
  }

  /** A subscription gets its records as others do from now on. */
  #goLive(member: Member, { reachedNs }: CatchUp): void {
    member.catchUp = undefined;
    member.reachedNs = reachedNs;
    this.#stream.routing.redirect(member.consumer, undefined);
  }

  /** Whether a gap of a channel is open, or about to be. */
  #hasGap(channel: string): boolean {
    return !this.#stream.isReady() || this.gate.hasGap(channel);
  }
}

function pastStream({ settings, market, reporter, ...present }: PresentStream): PastStream {
  const { clock, connection, feed, spelling, universe } = settings;
  return {
    ...present,
    schema: connection.schema,
    rawData: connection.rawData,
    clock,
    feed,
    universe: universe === undefined ? undefined : new Universe(universe, spelling, clock),
    heardMs: () => market.heardMs,
    marketMs: () => market.nowMs,
    timeAt: (atMs) => market.timeAt(atMs),
    filled: (event) => reporter.emit("gapFilled", event),
    open: (event) => reporter.emit("gapOpen", event),
    failed: (error) => reporter.error(error),
  };
}
