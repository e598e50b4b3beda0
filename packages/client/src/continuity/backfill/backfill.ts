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
  type StreamSchema,
  WILDCARD,
} from "../../wire/index.ts";
import type { HistorySource } from "../history-source.ts";
import type { RecordRange } from "../open-gap.ts";
import { holdFull, noHistory, notFilled, stoppedFill } from "./fill-errors.ts";
import type { FillRules, FillRulesByChannel } from "./fill-rules.ts";
import { GapFill, nanoseconds } from "./gap-fill.ts";
import { GapOutcome, type OutcomeEvents } from "./gap-outcome.ts";
import { type GapSymbols, HeldGaps } from "./held-gaps.ts";
import { Pace } from "./pace.ts";
import { PageReader, wait } from "./page-reader.ts";
import { RecentRecords } from "./recent-records.ts";
import { Refresh } from "./refresh.ts";
import type { SymbolFill } from "./symbol-fill.ts";

/** What a backfill needs from its stream. */
export interface BackfillStream extends OutcomeEvents {
  readonly schema: StreamSchema;
  readonly target: RecordTarget;
  readonly clock: Clock;
  /** Records of earlier times, in nanoseconds since the epoch, are not wanted; by default all are. */
  readonly floorNs?: bigint;
  /** Whether records are delivered as the wire has them. */
  readonly rawData: boolean;
  /** The market's time at a time of the monotonic clock, rather too early than too late; in milliseconds. */
  timeAt(atMs: number): number;
  /** So much is held that reading should stop, or no longer. */
  pressureChanged(): void;
}

/** Held records that are released before those that were delivered are forgotten. */
const RELEASED_AT_ONCE = 256;

/** Before every record. */
const FIRST_NS = -(2n ** 63n);

/** A channel that history has. */
interface Filled {
  readonly rules: FillRules;
  readonly recent: RecentRecords;
}

/** A gap that waits for its fill. */
interface Waiting {
  readonly fill: GapFill;
  readonly ended: () => void;
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
  readonly #channels: ByChannel<Filled | undefined>;
  /** Filled a moment ago, by `channel symbol`: if the stream is later than history, it brings the same records. */
  readonly #repeats = new Map<string, SymbolFill>();
  #repeatsTimer: Timer;
  readonly #queue: Waiting[] = [];
  readonly #pace: Pace;
  readonly #refresh: Refresh;
  #abort = new AbortController();
  #isWorking = false;
  #wasFull = false;

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
    this.#reader = new PageReader(source, stream.clock);
    this.#channels = new ByChannel(stream.schema, (name) => {
      const ofChannel = rules[name];
      return ofChannel && { rules: ofChannel, recent: new RecentRecords(ofChannel.lookBackMs + LIMITS.maxTimeLeadMs) };
    });
    this.#hold = new Hold(stream.target, (channel, { record, symbol, symbolNumber, seconds, nanos }) => {
      const filled = this.#channels.get(channel);
      filled?.recent.add(symbol, symbolNumber, seconds, nanos, filled.rules.identity(record));
    });
    this.#pace = new Pace(stream.target, stream.clock, () => this.#hold.isFull);
    this.#refresh = new Refresh(stream, source, this.#pace, refreshed);
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
    const filled = this.#channels.get(channel);
    if (filled === undefined) return this.#refresh.received(channel, symbol, seconds, nanos);
    const identity = filled.rules.identity(record);
    if (this.#repeats.size > 0 && this.#repeats.get(`${channel} ${symbol}`)?.hasDelivered(seconds, nanos, identity))
      return true;
    if (this.#hold.push(record, channel, symbol, symbolNumber, seconds, nanos)) {
      this.#reportPressure();
      return true;
    }
    filled.recent.add(symbol, symbolNumber, seconds, nanos, identity);
    return false;
  }

  dropUnrouted(channel: string): void {
    this.#hold.dropUnrouted(channel);
  }

  /** The stream was stopped: what is not filled stays open. */
  discard(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#pace.unblock();
    this.#pace.reset();
    this.#refresh.clear();
    this.#hold.discard();
    this.#heldGaps.clear();
    for (const name of Object.keys(this.#rules)) this.#keepRecent(name);
    this.#repeats.clear();
    this.#stream.clock.clearTimer(this.#repeatsTimer);
    this.#wasFull = false;
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
      if (lost.length > 0) this.#hold.begin(channel, lost, (symbol) => this.#full(channel, symbol));
      void this.#releaseRest(channel);
    }
  }

  /** Symbols are active again after a loss: their records are held from now on. */
  begin(gaps: readonly GapSymbols[]): void {
    for (const gap of gaps) {
      const { channel, symbols } = gap;
      if (this.#channels.get(channel) === undefined) continue;
      this.#heldGaps.add(gap);
      this.#keepRecent(channel);
      this.#hold.begin(channel, symbols, (symbol) => this.#full(channel, symbol));
    }
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
    return this.#enqueue(fill, filled.rules.settleMs);
  }

  /** Delivers what history has of a range that ended long ago, and holds nothing. Resolves when that is done. */
  read(range: RecordRange): Promise<void> {
    const fill = this.#gapFill(range, this.#channels.get(range.channel));
    return fill === undefined ? Promise.resolve() : this.#enqueue(fill, 0);
  }

  #enqueue(fill: GapFill, settleMs: number): Promise<void> {
    return new Promise((ended) => {
      const waiting = { fill, ended, settledMs: this.#stream.clock.monotonic() + settleMs };
      this.#queue.splice(this.#placeOf(fill.gap), 0, waiting);
      void this.#work();
    });
  }

  /** Where a gap belongs in the queue: gaps of one channel that wait may have symbols in common. */
  #placeOf({ channel, from }: RecordRange): number {
    const place = this.#queue.findIndex(
      ({ fill }, index) => index >= (this.#isWorking ? 1 : 0) && fill.gap.channel === channel && fill.gap.from > from,
    );
    return place < 0 ? this.#queue.length : place;
  }

  #gapFill(gap: RecordRange, filled: Filled | undefined): GapFill | undefined {
    const { target, rawData } = this.#stream;
    const outcome = new GapOutcome(gap, this.#stream);
    if (filled === undefined) {
      const isInHistory = this.#source.channels.includes(gap.channel);
      outcome.openRest(isInHistory ? notFilled(gap.channel) : noHistory(gap.channel));
      return undefined;
    }
    if (!target.isOpen) {
      outcome.openRest(stoppedFill()); // the last gap of a connection is known when the connection has ended
      return undefined;
    }
    const { rules, recent } = filled;
    return new GapFill(gap, rules, outcome, {
      source: this.#source,
      reader: this.#reader,
      rawData,
      floorNs: (symbol) => this.#floorNs(gap, symbol),
      lengthMs: this.#lengthMs(gap.channel),
      target,
      hold: this.#hold,
      recent,
      room: (signal) => this.#pace.room(signal),
      ended: (symbol) => this.#ended(gap, symbol),
    });
  }

  /**
   * Earlier records of a symbol are not wanted: those from before the symbol was confirmed would look like late
   * ones.
   */
  #floorNs(gap: RecordRange, symbol: string): bigint {
    const { floorNs = FIRST_NS } = this.#stream;
    const sinceMs = this.#heldGaps.sinceMs(gap, symbol);
    if (sinceMs === undefined) return floorNs;
    // What lies in the gap is wanted all the same: both times are estimates. A bar is sent at its end.
    const confirmedMs = this.#stream.timeAt(sinceMs) - this.#lengthMs(gap.channel);
    const sinceNs = nanoseconds(Math.min(confirmedMs, gap.from.getTime()));
    return sinceNs > floorNs ? sinceNs : floorNs;
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
        this.#pace.reset();
        if (!signal.aborted) await next.fill.run(signal);
        if (!signal.aborted) await this.#finish(next.fill.gap);
        if (signal.aborted) continue; // by a stop, which has emptied the queue
        this.#queue.shift();
        next.ended();
      }
    } finally {
      this.#isWorking = false;
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
    const { clock } = this.#stream;
    clock.clearTimer(this.#repeatsTimer);
    this.#repeatsTimer = clock.setTimer(() => this.#repeats.clear(), LIMITS.repeatsMs);
    await this.#release(channel, symbol, () => this.#heldGaps.hasAnother(gap, symbol));
  }

  /** A gap has ended: what is held for no other is released. */
  #finish(gap: RecordRange): Promise<void> {
    const { channel } = gap;
    this.#heldGaps.remove(gap);
    this.#keepRecent(channel);
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

  /** While a gap is open, what was delivered before it is remembered, however long its fill takes. */
  #keepRecent(channel: string): void {
    const filled = this.#channels.get(channel);
    if (filled !== undefined) filled.recent.keepsAll = this.#heldGaps.hasChannel(channel);
  }

  /** The hold has released a symbol to make room. */
  #full(channel: string, symbol: string): void {
    for (const { fill } of this.#queue) if (fill.gap.channel === channel) fill.giveUp(symbol, holdFull(channel));
  }
}
