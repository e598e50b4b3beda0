import type { HeldRecord } from "../../delivery/channel-hold.ts";
import type { Hold } from "../../delivery/hold.ts";
import type { RecordTarget } from "../../delivery/record-gate.ts";
import * as LIMITS from "../../limits.ts";
import { StreamError, WILDCARD } from "../../wire/index.ts";
import type { HistoryPage, HistorySource } from "../history-source.ts";
import type { RecordRange } from "../open-gap.ts";
import { symbolParts } from "../symbol-parts.ts";
import { beginsLater, forgotten, incomplete, wildcardUnknown } from "./fill-errors.ts";
import { type FillRules, type PastRecord, revisionOf } from "./fill-rules.ts";
import type { GapOutcome } from "./gap-outcome.ts";
import type { KnownRevisions } from "./known-revisions.ts";
import type { DeliveredRecords } from "./newest-records.ts";
import type { PageReader } from "./page-reader.ts";
import { NOTHING_RECENT, type RecentOfSymbol } from "./recent-records.ts";
import { type FillRange, type NextRecord, SymbolFill } from "./symbol-fill.ts";
import type { Universe } from "./universe.ts";

/** What the fill of one gap works with. */
export interface FillSurroundings {
  readonly source: HistorySource;
  readonly reader: PageReader;
  /** Whether records are delivered as the wire has them. */
  readonly rawData: boolean;
  /** Earlier records of a symbol are not wanted. */
  floorNs(symbol: string): bigint;
  /** Whether a record of a symbol was finished by an earlier stream. */
  isFinished(symbol: string, past: PastRecord): boolean;
  /** A record of history is about to be delivered. */
  delivered(symbol: string, past: PastRecord): void;
  /** How long the period of a record is, in milliseconds; 0 for a moment. */
  readonly lengthMs: number;
  readonly target: RecordTarget;
  /** Whether no live records come meanwhile, so that each symbol begins at the same time again. */
  readonly isHistoryOnly: boolean;
  readonly hold: Hold;
  /** The records of a symbol that are held and came after the gap had ended. */
  live(symbol: string): readonly HeldRecord[];
  readonly recent: DeliveredRecords;
  /** The symbols of which the stream has brought records, in any channel that is filled. */
  heard(): readonly string[];
  readonly universe: Universe | undefined;
  /** The revisions that were delivered of the channel's records. */
  readonly revisions: KnownRevisions;
  /** Undefined while subscriptions keep up; otherwise a promise that resolves when they have room, or at a stop. */
  room(signal: AbortSignal): Promise<void> | undefined;
  /** A symbol was filled or given up: it is released, unless another gap of it is open. */
  ended(symbol: SymbolFill): Promise<void>;
}

/** The fill of one gap: asks for its symbols, in as many requests as that takes, and delivers symbol by symbol. */
export class GapFill {
  readonly gap: RecordRange;
  readonly outcome: GapOutcome;
  readonly #range: FillRange;
  readonly #rules: FillRules;
  readonly #with: FillSurroundings;
  /** The symbols that are being filled. */
  readonly #active = new Map<string, SymbolFill>();
  /** The symbol of which records were delivered last. */
  #delivered: SymbolFill | undefined;
  /** Whether history has shown a live record of any symbol: it has reached the end of the gap. */
  #hasShownLive = false;
  /** Set if the server's history begins within the gap. */
  #beginsLater: StreamError | undefined;
  /** Set if a request failed as a whole: of a gap of all symbols, some may not have been requested. */
  #requestFailure: StreamError | undefined;

  constructor(gap: RecordRange, rules: FillRules, outcome: GapOutcome, surroundings: FillSurroundings) {
    this.gap = gap;
    this.outcome = outcome;
    this.#rules = rules;
    this.#with = surroundings;
    const gapEndNs = nanoseconds(gap.to.getTime() + 1) - 1n; // to the end of its last millisecond
    this.#range = {
      fromNs: nanoseconds(gap.from.getTime() - rules.lookBackMs),
      toNs: gapEndNs + nanoseconds(rules.overlapMs),
      gapEndNs,
      lengthNs: nanoseconds(surroundings.lengthMs),
    };
  }

  /** Fills the gap. Ends early, without an outcome, when `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { channel } = this.gap;
    const { source, reader, hold } = this.#with;
    const isOfAll = this.gap.symbols.includes(WILDCARD);
    const heard = isOfAll ? [...this.#with.heard(), ...hold.symbols(channel)] : [];
    const symbols = [...new Set([...this.gap.symbols, ...heard])].filter((symbol) => symbol !== WILDCARD).sort();
    if (isOfAll && !source.acceptsWildcard) {
      // An answer shows whether the server accepts `*`; without a known symbol, only a request for it does.
      await reader.probe({ channel, symbols: symbols.length === 0 ? [WILDCARD] : symbols.slice(0, 1) }, signal);
    }
    if (isOfAll && source.acceptsWildcard) await this.#fill(symbols, [WILDCARD], signal);
    else for (const part of symbolParts(symbols)) if (!signal.aborted) await this.#fill(part, part, signal);
    if (signal.aborted || !isOfAll) return;
    const unknown = source.acceptsWildcard ? undefined : await this.#fillUniverse(symbols, signal);
    if (signal.aborted) return;
    const cause = this.#beginsLater ?? this.#requestFailure ?? unknown;
    if (cause === undefined) this.outcome.filled(WILDCARD, false);
    else this.outcome.open(WILDCARD, cause);
  }

  /**
   * Fills the symbols of the universe other than those that were `filled` already. Returns why symbols may be missing;
   * undefined if they are all known.
   */
  async #fillUniverse(filled: readonly string[], signal: AbortSignal): Promise<StreamError | undefined> {
    const { channel } = this.gap;
    const { universe, hold } = this.#with;
    if (universe === undefined) return wildcardUnknown(channel);
    const { symbols, failure } = await universe.known(signal);
    await this.#fillOthers(symbols, new Set(filled), signal);
    // A symbol that is missing in the universe may have been heard of meanwhile.
    await this.#fillOthers(hold.symbols(channel), new Set([...filled, ...symbols]), signal);
    return failure;
  }

  /** Fills symbols other than some. Ends with the first request that fails as a whole: hundreds would follow it. */
  async #fillOthers(symbols: readonly string[], some: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    for (const part of symbolParts(symbols.filter((symbol) => !some.has(symbol))))
      if (!signal.aborted && this.#requestFailure === undefined) await this.#fill(part, part, signal);
  }

  /** Live records of a symbol had to be released: what is not delivered yet would come too late. */
  giveUp(symbol: string, cause: StreamError): void {
    const { symbols } = this.gap;
    if (symbol !== WILDCARD && !symbols.includes(symbol) && !symbols.includes(WILDCARD)) return;
    const given = symbol === WILDCARD ? [...this.#active.keys(), ...this.outcome.pending] : [symbol];
    for (const one of given) {
      this.#active.delete(one);
      this.outcome.open(one, cause);
    }
  }

  /** Fills symbols that the requests name by `asked`. */
  async #fill(symbols: readonly string[], asked: readonly string[], signal: AbortSignal): Promise<void> {
    const { channel } = this.gap;
    const { reader, recent } = this.#with;
    const delivered = recent.bySymbol();
    for (const symbol of symbols) {
      if (this.outcome.hasEnded(symbol)) continue; // given up before it began
      this.#begin(symbol, delivered.get(symbol));
    }
    let names = asked;
    let { fromNs } = this.#range;
    let failure: StreamError | undefined;
    for (let attempt = 0; names.length > 0 && failure === undefined && !signal.aborted; ) {
      try {
        await this.#readPages(names, fromNs, attempt === 0, signal);
        if (this.#active.size === 0 || signal.aborted) return;
        if (attempt === LIMITS.fillAttempts) failure = incomplete(channel);
        else {
          await reader.backOff(attempt++, signal);
          fromNs = this.#forgetUnproven();
        }
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        const rejected = (error.symbols?.[channel] ?? []).filter((symbol) => this.#active.has(symbol));
        if (rejected.length === 0) failure = error;
        if (rejected.length === 0 || names.includes(WILDCARD)) this.#requestFailure = error;
        await this.#end(rejected, signal, error);
      }
      names =
        names.includes(WILDCARD) && this.#active.size > LIMITS.maxRequestSymbols
          ? names
          : [...this.#active.keys()].sort();
    }
    await this.#end([...this.#active.keys()].sort(), signal, failure);
  }

  #begin(symbol: string, delivered: RecentOfSymbol = NOTHING_RECENT): void {
    const known = { delivered, held: this.#heldOf(symbol), live: this.#with.live(symbol) };
    const wanted = {
      fromNs: this.#with.floorNs(symbol),
      isFinished: (past: PastRecord) => this.#with.isFinished(symbol, past),
    };
    const fill = new SymbolFill(symbol, this.#rules, this.#range, wanted, known);
    this.#active.set(symbol, fill);
  }

  /** Reads all pages, and ends each symbol that is complete. */
  async #readPages(symbols: readonly string[], fromNs: bigint, isFirst: boolean, signal: AbortSignal): Promise<void> {
    const { channel } = this.gap;
    const request = { channel, symbols, fromNs, toNs: this.#range.toNs, raw: this.#with.rawData };
    for await (const page of this.#with.reader.pages(request, signal)) {
      this.#add(page, isFirst && symbols.includes(WILDCARD));
      const isLast = page.nextToken === undefined;
      const reached = page.groups.at(-1)?.symbol ?? "";
      if (this.#isCurrent()) {
        const complete = [...this.#active.values()].filter(
          ({ symbol, isProven }) => isProven && (isLast || symbol < reached),
        );
        await this.#end(
          complete.map(({ symbol }) => symbol),
          signal,
        );
      }
      await this.#deliverSettled(reached, signal);
    }
  }

  #add({ groups, completeFromNs }: HistoryPage, isOfAll: boolean): void {
    const { channel, from, to } = this.gap;
    const neededMs = (this.#rules.isCumulative ? to : from).getTime(); // the newest record has what the others had
    if (completeFromNs !== undefined && completeFromNs > nanoseconds(neededMs))
      this.#beginsLater = beginsLater(channel, new Date(Number(completeFromNs / 1_000_000n)));
    for (const group of groups) {
      const { symbol } = group;
      if (isOfAll && !this.#active.has(symbol)) this.#begin(symbol);
      this.#active.get(symbol)?.add(group);
    }
    if (completeFromNs !== undefined) for (const fill of this.#active.values()) fill.expectFrom(completeFromNs);
  }

  /**
   * Whether history may have reached the end of the gap. Of a symbol without live records nothing else shows that;
   * while history lacks all live records of the other symbols, it is late.
   */
  #isCurrent(): boolean {
    const fills = [...this.#active.values()];
    this.#hasShownLive ||= fills.some(({ hasShownLive }) => hasShownLive);
    return this.#hasShownLive || !fills.some(({ awaitsLive }) => awaitsLive);
  }

  /** Symbols that are not proven are asked for again; returns from which time on. */
  #forgetUnproven(): bigint {
    const times = [...this.#active.values()].map((fill) => fill.resumeNs);
    const fromNs = times.reduce((earliest, time) => (time < earliest ? time : earliest));
    for (const fill of this.#active.values()) fill.forgetFrom(fromNs);
    return fromNs;
  }

  /** Of a long gap, what no late report can change is not kept until the symbol is complete. */
  async #deliverSettled(symbol: string, signal: AbortSignal): Promise<void> {
    const fill = this.#active.get(symbol);
    if (fill === undefined || fill.size < LIMITS.maxFillKept) return;
    const settledNs = this.#range.gapEndNs - nanoseconds(LIMITS.settledHistoryMs);
    await this.#deliver(fill, fill.take(this.#heldOf(symbol), settledNs), signal);
  }

  /** Delivers the rest of symbols, reports those that stay open, and ends their fills: later records follow. */
  async #end(symbols: readonly string[], signal: AbortSignal, failure?: StreamError): Promise<void> {
    const ended: SymbolFill[] = [];
    for (const symbol of symbols) {
      const fill = this.#active.get(symbol);
      if (fill === undefined) continue;
      await this.#deliver(fill, fill.take(this.#heldOf(symbol)), signal);
      if (signal.aborted) return;
      if (!this.#active.delete(symbol)) continue; // it was given up meanwhile
      this.#decide(fill, failure);
      ended.push(fill);
    }
    this.outcome.reportOpen();
    for (const fill of ended) await this.#with.ended(fill);
  }

  #decide({ symbol, voidCount, forgottenNs, hasShownLive }: SymbolFill, failure: StreamError | undefined): void {
    const { channel, from, symbols } = this.gap;
    this.outcome.voidCount += voidCount;
    const isForgotten = !this.#rules.isCumulative && forgottenNs > nanoseconds(from.getTime() + 1);
    const cause = failure ?? this.#beginsLater ?? (isForgotten ? forgotten(channel) : undefined);
    if (cause !== undefined) this.outcome.open(symbol, cause);
    else if (!this.#with.target.hasRoute(channel, symbol)) this.outcome.exclude(symbol);
    else if (symbols.includes(symbol)) this.outcome.filled(symbol, hasShownLive);
  }

  #heldOf(symbol: string): readonly HeldRecord[] {
    return this.#with.hold.held(this.gap.channel, symbol);
  }

  async #deliver(fill: SymbolFill, records: readonly NextRecord[], signal: AbortSignal): Promise<void> {
    const { channel } = this.gap;
    const { target, hold, recent } = this.#with;
    const { symbolNumber } = fill;
    if (this.#with.isHistoryOnly && this.#delivered !== fill && !signal.aborted) recent.forgetAll();
    this.#delivered = fill;
    for (const next of records) {
      const room = this.#with.room(signal);
      if (room !== undefined) await room;
      if (signal.aborted || !this.#active.has(fill.symbol)) return;
      if ("held" in next) hold.deliver(channel, next.held);
      else if ("revision" in next) this.#deliverRevision(fill, next.revision);
      else {
        const { record, seconds, nanos } = next.past;
        this.outcome.recordCount++;
        recent.add(fill.symbol, symbolNumber, seconds, nanos, this.#rules.identity(record));
        this.#with.delivered(fill.symbol, next.past);
        target.deliver(record, channel, fill.symbol, symbolNumber);
      }
    }
  }

  /** Delivers a record that history has revised to the subscriptions of revisions, if they have not had it. */
  #deliverRevision({ symbol, symbolNumber }: SymbolFill, { record, seconds, nanos }: PastRecord): void {
    const { target, revisions: known } = this.#with;
    const { revisions, identity } = this.#rules;
    if (revisions === undefined || !target.hasRoute(revisions.channel, symbol)) return;
    if (!known.addPast(symbol, seconds, nanos, identity(record))) return;
    this.outcome.recordCount++;
    target.deliver(revisionOf(record, revisions), revisions.channel, symbol, symbolNumber);
  }
}

/** Milliseconds, rounded down, in nanoseconds. */
export function nanoseconds(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n;
}
