import { ByChannel } from "../../delivery/by-channel.ts";
import type { HeldRecord } from "../../delivery/channel-hold.ts";
import { Hold } from "../../delivery/hold.ts";
import type { RecordGate, RecordTarget } from "../../delivery/record-gate.ts";
import * as LIMITS from "../../limits.ts";
import type { Clock, Timer } from "../../platform/clock.ts";
import {
  type ChannelSymbols,
  type MarketRecord,
  type RawRecord,
  type StreamError,
  type StreamSchema,
  WILDCARD,
} from "../../wire/index.ts";
import { isFromHistory } from "../from-history.ts";
import type { HistorySource } from "../history-source.ts";
import type { RecordRange } from "../open-gap.ts";
import { type DeliveredOfChannel, deliveredOf } from "./delivered-records.ts";
import {
  failedFill,
  holdFull,
  noHistory,
  notFilled,
  revisionsNotFilled,
  stoppedFill,
  tooManyGaps,
} from "./fill-errors.ts";
import type { FillRules, FillRulesByChannel, PastRecord } from "./fill-rules.ts";
import { GapFill, nanoseconds } from "./gap-fill.ts";
import { GapOutcome, type OutcomeEvents } from "./gap-outcome.ts";
import { type GapSymbols, HeldGaps } from "./held-gaps.ts";
import { Pace } from "./pace.ts";
import { PageReader, wait } from "./page-reader.ts";
import type { ChannelProgress, HeldProgress } from "./progress.ts";
import { RecentRecords } from "./recent-records.ts";
import { Refresh } from "./refresh.ts";
import { delivered, firstOf, isFinished, isMarked, type StartPoint } from "./start-point.ts";
import type { SymbolFill } from "./symbol-fill.ts";
import type { Universe } from "./universe.ts";

/** What a backfill needs from its stream. */
export interface BackfillStream extends OutcomeEvents {
  readonly schema: StreamSchema;
  readonly target: RecordTarget;
  readonly clock: Clock;
  /** Where the records that are wanted begin; by default all are. */
  readonly start?: StartPoint;
  /** Whether a gap of a channel is open, or about to be, before this backfill. */
  hasGap?(channel: string): boolean;
  /** Whether a subscription of a symbol has records from before the symbol was confirmed. */
  reachesBack?(channel: string, symbol: string): boolean;
  /** Whether records are delivered as the wire has them. */
  readonly rawData: boolean;
  /** The symbols that `*` stands for, if the user has named them. */
  readonly universe: Universe | undefined;
  /** The market's time at a time of the monotonic clock, rather too early than too late; in milliseconds. */
  timeAt(atMs: number): number;
  /** So much is held that reading should stop, or no longer. */
  pressureChanged(): void;
  /** A fill or refresh ended with an error that no part of it expects. */
  failed(error: StreamError): void;
}

/** Held records that are released before those that were delivered are forgotten. */
const RELEASED_AT_ONCE = 256;

/** Before every record. */
const FIRST_NS = -(2n ** 63n);

/** A channel that history has. What an earlier stream has delivered may take the place of what was. */
interface Filled extends DeliveredOfChannel {
  recent: DeliveredOfChannel["recent"];
  revisions: DeliveredOfChannel["revisions"];
}

/** A gap that waits for its fill. */
interface Waiting {
  readonly fill: GapFill;
  readonly ended: () => void;
  /** Resolves when it has ended. */
  readonly hasEnded: Promise<void>;
  /** When history is expected to be complete, by the monotonic clock. */
  readonly settledMs: number;
}

/**
 * Fills gaps from history: holds live records from the moment their symbols are confirmed, asks history for
 * what came before, delivers that, then what was held. Every record is delivered once and in the order of its
 * symbol; every gap ends in one outcome for each of its symbols.
 *
 * One request is in flight at a time, and gaps are filled in the order in which they began: a symbol that is
 * lost again during its fill stays held until its last gap has ended.
 */
export class Backfill implements RecordGate {
  readonly #stream: BackfillStream;
  readonly #source: HistorySource;
  readonly #rules: FillRulesByChannel;
  readonly #reader: PageReader;
  readonly #hold: Hold;
  readonly #heldGaps = new HeldGaps();
  /** By channel and symbol, up to which time records had been delivered when they began to be held. */
  readonly #heldFrom = new Map<string, Map<string, bigint | undefined>>();
  readonly #channels: ByChannel<Filled | undefined>;
  /** What revisions by each channel revise. */
  readonly #revised: ByChannel<Filled | undefined>;
  /** Filled a moment ago, by `channel symbol`: if the stream is later than history, it brings the same records. */
  readonly #repeats = new Map<string, SymbolFill>();
  #repeatsTimer: Timer;
  readonly #queue: Waiting[] = [];
  readonly #pace: Pace;
  readonly #refresh: Refresh;
  #abort = new AbortController();
  readonly #hasStart: boolean;
  #isWorking = false;
  /** Whether the first gap of the queue is being filled, and does not wait for history any more. */
  #isFilling = false;
  #wasFull = false;
  /** From which market time on it is known what an earlier stream has delivered; infinite where it is not. */
  #adoptedFromMs = Number.POSITIVE_INFINITY;
  /** Until the first gap: up to which market time an earlier stream has delivered everything. */
  #adoptedToMs: number | undefined;

  /** Fills the channels of `rules`, and requests the newest records of those that are `refreshed`. */
  constructor(
    stream: BackfillStream,
    source: HistorySource,
    rules: FillRulesByChannel,
    refreshed: readonly string[] = [],
  ) {
    this.#stream = stream;
    this.#source = source;
    this.#rules = rules;
    this.#hasStart = stream.start !== undefined;
    this.#reader = new PageReader(source, stream.clock);
    this.#channels = new ByChannel(stream.schema, (name) => {
      const ofChannel = rules[name];
      return ofChannel && deliveredOf(ofChannel);
    });
    this.#revised = new ByChannel(stream.schema, (name) =>
      [...this.#channels.values()].find((filled) => filled?.rules.revisions?.channel === name),
    );
    this.#hold = new Hold(stream.target, (channel, { record, symbol, symbolNumber, seconds, nanos }) => {
      const filled = this.#channels.get(channel);
      filled?.recent.add(symbol, symbolNumber, seconds, nanos, filled.rules.identity(record));
    });
    this.#pace = new Pace(stream.target, stream.clock, () => this.#hold.isFull);
    this.#refresh = new Refresh(stream, source, this.#pace, refreshed);
  }

  /**
   * Goes on from what an earlier stream has delivered of a channel: it is known from `fromMs` of the market's time on
   * (minus infinity for nothing), and complete up to `completeMs`. A gap follows.
   */
  adopt(
    channel: string,
    { recent, revisions }: DeliveredOfChannel,
    { fromMs, completeMs }: { readonly fromMs: number; readonly completeMs: number },
  ): void {
    const filled = this.#channels.get(channel);
    if (filled === undefined) return;
    filled.recent = recent;
    filled.revisions = revisions;
    if (Number.isFinite(fromMs)) this.#adoptedFromMs = fromMs;
    if (Number.isFinite(completeMs)) this.#adoptedToMs = completeMs;
  }

  get size(): number {
    return this.#hold.size;
  }

  get isFull(): boolean {
    return this.#hold.isFull;
  }

  get dropped(): number {
    return this.#hold.dropped;
  }

  push(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): boolean {
    // Every record passes here: what is small enough is inlined into the stream's own code.
    const filled = this.#channels.get(channel);
    if (filled === undefined) return this.#pushOther(record, channel, symbol, seconds, nanos);
    return this.#pushFilled(filled, record, channel, symbol, symbolNumber, seconds, nanos);
  }

  #pushOther(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    seconds: number,
    nanos: number,
  ): boolean {
    const revised = this.#revised.get(channel);
    if (revised !== undefined)
      return revised.revisions.received(symbol, seconds, nanos, revised.rules.identity(record));
    return this.#refresh.isActive && this.#refresh.push(channel, symbol, seconds, nanos);
  }

  #pushFilled(
    { rules, recent }: Filled,
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): boolean {
    const identity = rules.identity(record);
    if (this.#hasStart && this.#wasFinished(channel, rules, symbol, { record, seconds, nanos })) return true;
    if (this.#repeats.size > 0 && this.#repeats.get(`${channel} ${symbol}`)?.hasDelivered(seconds, nanos, identity))
      return true;
    if (this.#hold.push(record, channel, symbol, symbolNumber, seconds, nanos)) {
      this.#reportPressure();
      return true;
    }
    recent.add(symbol, symbolNumber, seconds, nanos, identity);
    return false;
  }

  dropUnrouted(channel: string): void {
    this.#hold.dropUnrouted(channel);
  }

  /** The stream was stopped: what is not filled stays open. */
  discard(): void {
    this.#refresh.clear();
    this.#hold.discard();
    this.#heldFrom.clear();
    this.#repeats.clear();
    this.#stream.clock.clearTimer(this.#repeatsTimer);
    this.#wasFull = false;
    this.#endFills();
    for (const name of Object.keys(this.#rules)) this.keepRecent(name);
  }

  /**
   * The stream has ended by itself: no symbol that is lost will be active again. Resolves when every gap has its
   * outcome and nothing is held; what takes too long stays open.
   */
  async finish(): Promise<void> {
    const { clock } = this.#stream;
    const timer = clock.setTimer(() => this.#finishNow(), LIMITS.endFillsMs);
    this.lost({});
    while (this.#queue.length > 0) await Promise.all(this.#queue.map(({ hasEnded }) => hasEnded));
    for (const channel of Object.keys(this.#rules)) await this.#releaseRest(channel);
    clock.clearTimer(timer);
  }

  /** Ends all fills: their gaps stay open, and what is held for them follows. */
  #finishNow(): void {
    this.#endFills();
    for (const channel of Object.keys(this.#rules)) this.#hold.release(channel, WILDCARD);
  }

  #endFills(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#pace.unblock();
    this.#pace.reset();
    this.#heldGaps.clear();
    for (const { fill, ended } of this.#queue.splice(0)) {
      fill.outcome.openRest(stoppedFill());
      ended();
    }
  }

  /**
   * These symbols were active on a connection that was lost, and are not confirmed yet. The server may send
   * records of them before its answer, or because of a `*`: those are held as well.
   */
  lost(symbols: ChannelSymbols): void {
    this.#heldGaps.setLost(symbols);
    this.#refresh.lost(symbols);
    for (const channel of Object.keys(this.#rules)) {
      const lost = symbols[channel]?.filter((symbol) => !this.#hold.holds(channel, symbol)) ?? [];
      if (lost.length > 0) this.#beginHold(channel, lost);
      this.keepRecent(channel);
      void this.#releaseRest(channel);
    }
  }

  /** Symbols are active again after a loss: their records are held from now on. */
  begin(gaps: readonly GapSymbols[]): void {
    this.#adoptedToMs = undefined; // what it concerns is held by now
    for (const gap of gaps) {
      const { channel, symbols } = gap;
      if (this.#channels.get(channel) === undefined) continue;
      this.#heldGaps.add(gap, this.#lastHeld(channel));
      this.keepRecent(channel);
      this.#beginHold(channel, symbols);
    }
  }

  #lastHeld(channel: string): ReadonlyMap<string, HeldRecord> {
    const last = new Map<string, HeldRecord>();
    for (const symbol of this.#hold.symbols(channel)) {
      const held = this.#hold.held(channel, symbol).at(-1);
      if (held !== undefined) last.set(symbol, held);
    }
    return last;
  }

  #beginHold(channel: string, symbols: readonly string[]): void {
    const deliveredNs = this.#deliveredNs(channel);
    const from = this.#heldFrom.get(channel) ?? new Map<string, bigint | undefined>();
    this.#heldFrom.set(channel, from);
    for (const symbol of symbols) {
      if (this.#hold.holds(channel, symbol)) continue;
      if (symbol === WILDCARD) for (const one of from.keys()) if (!this.#hold.holds(channel, one)) from.delete(one);
      from.set(symbol, deliveredNs);
    }
    this.#hold.begin(channel, symbols, (symbol) => this.#full(channel, symbol));
  }

  /** Up to which time every record of a channel was delivered, and since when all are remembered. */
  #deliveredNs(channel: string): bigint | undefined {
    const rememberedNs = this.#channels.get(channel)?.recent.rememberedNs;
    if (rememberedNs === undefined || this.#adoptedToMs === undefined) return rememberedNs;
    const adoptedNs = nanoseconds(this.#adoptedToMs - this.#lengthMs(channel));
    return adoptedNs < rememberedNs ? adoptedNs : rememberedNs;
  }

  /** The symbols of a channel that are held. */
  held(channel: string): HeldProgress {
    const from = this.#heldFrom.get(channel);
    const allNs = from?.get(WILDCARD);
    const symbols = this.#hold
      .symbols(channel)
      .map((symbol) => [symbol, from?.has(symbol) ? from.get(symbol) : allNs] as const);
    return {
      symbols: new Map(symbols),
      isOfAll: this.#hold.holds(channel, WILDCARD),
      allNs,
      passing: this.#hold.passing(channel),
    };
  }

  /** How far a channel was delivered; undefined for one that is not filled, or whose records contain the earlier ones. */
  progress(channel: string): ChannelProgress | undefined {
    const recent = this.#channels.get(channel)?.recent;
    if (!(recent instanceof RecentRecords)) return undefined;
    const liveNs = this.#deliveredNs(channel);
    const { symbols, isOfAll, allNs, passing } = this.held(channel);
    if (!isOfAll) return { afterNs: liveNs, symbols, isLive: true, recent };
    const live = [...passing].map((symbol) => [symbol, liveNs] as const);
    return { afterNs: allNs, symbols: new Map([...symbols, ...live]), isLive: false, recent };
  }

  /** Whether gaps of a channel are open. */
  hasGap(channel: string): boolean {
    return this.#heldGaps.hasChannel(channel);
  }

  /** Whether history has a channel. */
  canFill(channel: string): boolean {
    return this.#channels.get(channel) !== undefined;
  }

  /** The time range of a gap that has begun is known: it will be filled. Resolves when it has its outcomes. */
  fill(gap: RecordRange): Promise<void> {
    const filled = this.#channels.get(gap.channel);
    const fill = this.#gapFill(gap, filled);
    if (filled === undefined && this.#stream.target.isOpen) void this.#refresh.run(gap, this.#abort.signal);
    if (filled === undefined || fill === undefined) return Promise.resolve();
    for (const symbol of gap.symbols)
      if (!this.#hold.holds(gap.channel, symbol)) fill.giveUp(symbol, holdFull(gap.channel));
    if (this.#queue.length >= LIMITS.maxWaitingFills) {
      fill.giveUp(WILDCARD, tooManyGaps(gap.channel));
      return this.#finish(gap);
    }
    return this.#enqueue(fill, filled.rules.settleMs);
  }

  /** Delivers what history has of a range that ended long ago, and holds nothing. Resolves when that is done. */
  read(range: RecordRange): Promise<void> {
    const fill = this.#gapFill(range, this.#channels.get(range.channel), true);
    return fill === undefined ? Promise.resolve() : this.#enqueue(fill, 0);
  }

  #enqueue(fill: GapFill, settleMs: number): Promise<void> {
    let ended = (): void => {};
    const hasEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const waiting = { fill, ended, hasEnded, settledMs: this.#stream.clock.monotonic() + settleMs };
    this.#queue.splice(this.#placeOf(fill.gap), 0, waiting);
    void this.#work();
    return hasEnded;
  }

  /** Where a gap belongs in the queue: gaps of one channel that wait may have symbols in common. */
  #placeOf({ channel, from }: RecordRange): number {
    const place = this.#queue.findIndex(
      ({ fill }, index) => index >= (this.#isFilling ? 1 : 0) && fill.gap.channel === channel && fill.gap.from > from,
    );
    return place < 0 ? this.#queue.length : place;
  }

  #gapFill(gap: RecordRange, filled: Filled | undefined, isHistoryOnly = false): GapFill | undefined {
    const { target, rawData } = this.#stream;
    const outcome = new GapOutcome(gap, this.#stream);
    if (filled === undefined) {
      outcome.openRest(this.#whyNotFilled(gap.channel));
      return undefined;
    }
    if (!target.isOpen) {
      outcome.openRest(stoppedFill()); // the last gap of a connection is known when the connection has ended
      return undefined;
    }
    const { rules, recent, revisions } = filled;
    const start = this.#stream.start?.of(gap.channel);
    return new GapFill(gap, rules, outcome, {
      source: this.#source,
      reader: this.#reader,
      rawData,
      floorNs: (symbol) => this.#floorNs(gap, symbol),
      isFinished: (symbol, past) => start !== undefined && isFinished(start, rules, symbol, past),
      delivered: (symbol, past) => start && delivered(start, rules, symbol, past),
      // A cumulative record counts before its period ends.
      lengthMs: rules.isCumulative ? 0 : this.#lengthMs(gap.channel),
      target,
      isHistoryOnly,
      hold: this.#hold,
      live: (symbol) => this.#live(gap, symbol),
      recent,
      heard: () => [...this.#channels.values()].flatMap((channel) => channel?.recent.symbols() ?? []),
      universe: this.#stream.universe,
      revisions,
      room: (signal) => this.#pace.room(signal),
      ended: (symbol) => this.#ended(gap, symbol),
    });
  }

  #whyNotFilled(channel: string): StreamError {
    if (!this.#source.channels.includes(channel)) return noHistory(channel);
    for (const [revised, { revisions }] of Object.entries(this.#rules))
      if (revisions?.channel === channel) return revisionsNotFilled(channel, revised);
    return notFilled(channel);
  }

  /**
   * Earlier records of a symbol are not wanted: those from before the symbol was confirmed would look like late
   * ones.
   */
  #floorNs(gap: RecordRange, symbol: string): bigint {
    const start = this.#stream.start?.of(gap.channel);
    const floorNs = start === undefined ? FIRST_NS : firstOf(start, symbol);
    const sinceMs = this.#heldGaps.sinceMs(gap, symbol);
    if (sinceMs === undefined || this.#stream.reachesBack?.(gap.channel, symbol)) return floorNs;
    // What lies in the gap is wanted all the same: both times are estimates. A bar is sent at its end.
    const fromMs = sinceMs === Number.NEGATIVE_INFINITY ? this.#adoptedFromMs : this.#stream.timeAt(sinceMs);
    const confirmedMs = fromMs - this.#lengthMs(gap.channel);
    const sinceNs = nanoseconds(Math.min(confirmedMs, gap.from.getTime()));
    return sinceNs > floorNs ? sinceNs : floorNs;
  }

  /**
   * Whether an earlier stream has finished a record: it may have had it from history, before the stream brought it.
   * A live record from before the start was reported very late, and is new.
   */
  #wasFinished(channel: string, rules: FillRules, symbol: string, past: PastRecord): boolean {
    const start = this.#stream.start?.of(channel);
    if (start === undefined) return false;
    return isFromHistory(past.record) ? isFinished(start, rules, symbol, past) : isMarked(start, rules, symbol, past);
  }

  /** The records of a symbol that are held and came after a gap of it had ended; others may be older than the gap. */
  #live(gap: RecordRange, symbol: string): readonly HeldRecord[] {
    const held = this.#hold.held(gap.channel, symbol);
    const last = this.#heldGaps.lastHeld(gap, symbol);
    return last === undefined ? held : held.slice(held.indexOf(last) + 1);
  }

  #lengthMs(channel: string): number {
    return this.#stream.schema.traits[channel]?.lengthMs ?? 0;
  }

  #reportPressure(): void {
    if (this.#hold.isFull === this.#wasFull) return;
    this.#wasFull = !this.#wasFull;
    this.#stream.pressureChanged();
  }

  /** A subscription has room again, perhaps. */
  pressureChanged(): void {
    this.#pace.pressureChanged();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    const { clock } = this.#stream;
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        const { signal } = this.#abort;
        await wait(clock, next.settledMs - clock.monotonic(), signal);
        if (this.#queue[0] !== next) continue; // a gap that began earlier has become known meanwhile
        this.#isFilling = true;
        this.#pace.reset();
        if (!signal.aborted) await this.#run(next.fill, signal);
        if (!signal.aborted) await this.#finish(next.fill.gap);
        this.#isFilling = false;
        if (signal.aborted) continue; // by a stop, which has emptied the queue
        this.#queue.shift();
        next.ended();
      }
    } finally {
      this.#isWorking = false;
      this.#isFilling = false;
    }
  }

  /** Runs a fill. An error that no part of it expects leaves its gap open, and does not stop the fills behind it. */
  async #run(fill: GapFill, signal: AbortSignal): Promise<void> {
    try {
      await fill.run(signal);
    } catch (cause) {
      if (signal.aborted) return;
      const error = failedFill(fill.gap.channel, cause);
      fill.giveUp(WILDCARD, error);
      this.#stream.failed(error);
    }
  }

  /** A symbol of a gap has ended: its live records go on, unless they are held for another gap. */
  async #ended(gap: RecordRange, fill: SymbolFill): Promise<void> {
    const { channel } = gap;
    const { symbol } = fill;
    for (const held of this.#hold.held(channel, symbol)) {
      const identity = this.#channels.get(channel)?.rules.identity(held.record) ?? 0;
      if (fill.hasDelivered(held.seconds, held.nanos, identity)) this.#hold.skip(channel, held);
    }
    this.#repeats.set(`${channel} ${symbol}`, fill);
    this.#forgetRepeatsLater();
    await this.#release(channel, symbol, () => this.#heldGaps.hasAnother(gap, symbol));
  }

  #forgetRepeatsLater(): void {
    const { clock } = this.#stream;
    clock.clearTimer(this.#repeatsTimer);
    this.#repeatsTimer = clock.setTimer(() => {
      // The fill of a gap before this backfill may bring records again.
      if (Object.keys(this.#rules).some((channel) => this.#stream.hasGap?.(channel))) this.#forgetRepeatsLater();
      else this.#repeats.clear();
    }, LIMITS.repeatsMs);
  }

  /** A gap has ended: what is held for no other is released. */
  #finish(gap: RecordRange): Promise<void> {
    const { channel } = gap;
    this.#heldGaps.remove(gap);
    this.keepRecent(channel);
    return this.#releaseRest(channel);
  }

  /** Releases what is held of a channel for no reason any more. */
  async #releaseRest(channel: string): Promise<void> {
    if (!this.#heldGaps.has(channel, WILDCARD)) this.#hold.endWildcard(channel);
    for (const symbol of this.#hold.symbols(channel))
      await this.#release(channel, symbol, () => this.#heldGaps.has(channel, symbol));
  }

  /**
   * Delivers what is held of a symbol as fast as subscriptions have room, then holds it no longer; live records
   * wait behind. Ends early if the symbol is held for a gap, perhaps for one that began meanwhile.
   */
  async #release(channel: string, symbol: string, isInGap: () => boolean): Promise<void> {
    const { signal } = this.#abort;
    if (isInGap()) return;
    for (let held = this.#firstHeld(channel, symbol); held.length > 0; held = this.#firstHeld(channel, symbol)) {
      for (const next of held) {
        const room = this.#pace.room(signal);
        if (room !== undefined) await room;
        if (signal.aborted || isInGap()) return;
        this.#hold.deliver(channel, next);
      }
      this.#hold.trim(channel, symbol);
      this.#reportPressure();
    }
    if (!signal.aborted && !isInGap()) this.#hold.release(channel, symbol);
    this.#reportPressure();
  }

  #firstHeld(channel: string, symbol: string): readonly HeldRecord[] {
    return this.#hold.held(channel, symbol).slice(0, RELEASED_AT_ONCE);
  }

  /** While a gap is open, or will be, what was delivered before it is remembered, however long that takes. */
  keepRecent(channel: string): void {
    const filled = this.#channels.get(channel);
    if (filled === undefined) return;
    const hasGap = this.#heldGaps.hasChannel(channel) || this.#heldGaps.hasLost(channel);
    filled.recent.keepsAll = hasGap || (this.#stream.hasGap?.(channel) ?? false);
  }

  /** The hold is about to release a symbol to make room. */
  #full(channel: string, symbol: string): void {
    for (const { fill } of this.#queue) {
      if (fill.gap.channel !== channel) continue;
      fill.giveUp(symbol, holdFull(channel));
      fill.outcome.reportOpen();
    }
  }
}
