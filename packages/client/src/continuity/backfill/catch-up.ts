import type { RecordTarget } from "../../delivery/record-gate.ts";
import * as LIMITS from "../../limits.ts";
import { type ChannelSymbols, type MarketRecord, type RawRecord, WILDCARD } from "../../wire/index.ts";
import { toNanoseconds } from "../../wire/timestamp.ts";
import type { Backfill, BackfillStream } from "./backfill.ts";
import { lateUnknown, stoppedFill } from "./fill-errors.ts";
import { pastRecord } from "./fill-rules.ts";
import { nanoseconds } from "./gap-fill.ts";
import type { GapOpenEvent } from "./gap-outcome.ts";
import { wait } from "./page-reader.ts";
import { type ChannelProgress, type HeldProgress, later, progressOf } from "./progress.ts";
import type { RecentOfSymbol } from "./recent-records.ts";
import { afterOf, type ChannelStart, firstOf, type StartPoint } from "./start-point.ts";

/** Between two looks for a first record, or for the end of a gap. */
const POLL_MS = 50;

/** What a catch-up needs from its stream. */
export interface CatchUpStream extends Omit<BackfillStream, "target"> {
  /** Makes what fills gaps. */
  backfill(stream: BackfillStream): Backfill;
  /** The newest market time that records have shown, in milliseconds since the epoch; minus infinity before any. */
  heardMs(): number;
  /** The market's time now, rather too late than too early. */
  marketMs(): number;
}

/**
 * Brings one subscription from a time in the past to the present: first history alone, in parts, until it is a
 * minute or two behind; then live records are held, and the rest is filled as a gap is. Other subscriptions of
 * the same symbols are not concerned.
 *
 * Memory is limited however far back it begins, because live records that come during the first phase are
 * passed over: history has them when their turn comes.
 */
export class CatchUp {
  readonly #stream: CatchUpStream;
  readonly #target: RecordTarget;
  readonly #backfill: Backfill;
  readonly #symbols: ChannelSymbols;
  /** Symbols in their first phase, by channel. */
  readonly #behind = new Map<string, Set<string>>();
  readonly #start: StartPoint;
  /** By channel, up to which time history has been read for all symbols, in nanoseconds since the epoch. */
  readonly #readToNs = new Map<string, bigint>();
  /** By channel, up to which time everything has come once this has run. */
  readonly #reachedNs = new Map<string, bigint>();
  /** Channels that history does not fill, and whose loss has been reported. */
  readonly #reported = new Set<string>();
  readonly #abort = new AbortController();
  /** The newest time of a live record that was passed over, in milliseconds since the epoch. */
  #passedMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Delivers to `target` the records of `symbols` from `start` on. */
  constructor(stream: CatchUpStream, target: RecordTarget, symbols: ChannelSymbols, start: StartPoint) {
    this.#stream = stream;
    this.#target = target;
    this.#symbols = symbols;
    this.#start = start;
    this.#backfill = stream.backfill({ ...stream, target, start, open: (event) => this.#open(event) });
    for (const [channel, list] of Object.entries(symbols))
      if (this.#backfill.canFill(channel) && start.of(channel) !== undefined) this.#behind.set(channel, new Set(list));
  }

  /** Receives a live record of the subscription. */
  receive(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): void {
    const behind = this.#behind.get(channel);
    const { seconds, nanos } = pastRecord(record);
    if (behind !== undefined && (behind.has(symbol) || behind.has(WILDCARD))) {
      this.#passedMs = Math.max(this.#passedMs, seconds * 1000 + Math.ceil(nanos / 1e6));
      return;
    }
    this.#backfill.keepRecent(channel);
    if (!this.#backfill.push(record, channel, symbol, symbolNumber, seconds, nanos))
      this.#target.deliver(record, channel, symbol, symbolNumber);
  }

  /** Catches up. Resolves when every symbol has arrived in the present, or what it lacks has been reported. */
  async run(): Promise<void> {
    await this.#untilHeard();
    for (const channel of Object.keys(this.#symbols)) if (!this.#isStopped) await this.#catchUp(channel);
  }

  /** The subscription has room again, perhaps. */
  pressureChanged(): void {
    this.#backfill.pressureChanged();
  }

  /** The stream has ended by itself. Resolves when what is held was delivered; what has not been read is missing. */
  finish(): Promise<void> {
    return this.#backfill.finish();
  }

  /** The stream was stopped, so that what has not been read is missing; or the subscription has ended. */
  stop(): void {
    this.#isStopped = true;
    this.#abort.abort();
    this.#backfill.discard();
    for (const [channel, behind] of this.#behind) {
      const start = this.#start.of(channel);
      if (start === undefined || behind.size === 0) continue;
      const from = new Date(earliestMs(start, behind));
      this.#open({ channel, symbols: [...behind], from, to: from, cause: stoppedFill() });
    }
  }

  async #catchUp(channel: string): Promise<void> {
    const behind = this.#behind.get(channel);
    const start = this.#start.of(channel);
    if (start === undefined) return; // begins with the present
    if (this.#start.isResume) this.#reportLost(channel, start);
    if (behind === undefined) return;
    let fromMs = earliestMs(start, behind);
    while (behind.size > 0 && !this.#isStopped) {
      if (this.#shownMs - fromMs > 2 * LIMITS.settledHistoryMs) {
        const part = nextPart(behind, start, fromMs, this.#shownMs - LIMITS.settledHistoryMs);
        await this.#backfill.read({ channel, symbols: part.symbols, from: new Date(fromMs), to: new Date(part.toMs) });
        if (this.#isStopped) return;
        fromMs = part.toMs;
        this.#readToNs.set(channel, this.#endedNs(channel, fromMs));
      } else if (this.#stream.hasGap?.(channel)) {
        // The stream's own fill of a gap brings what was read here long ago: that has to be passed over, too.
        await wait(this.#stream.clock, POLL_MS, this.#abort.signal);
      } else break;
    }
    if (this.#isStopped || behind.size === 0) return;
    const gap = {
      channel,
      symbols: [...behind],
      from: new Date(fromMs),
      to: new Date(Math.max(this.#stream.marketMs(), this.#passedMs, fromMs)),
    };
    this.#reachedNs.set(channel, this.#endedNs(channel, gap.to.getTime()));
    this.#backfill.begin([gap]);
    this.#behind.delete(channel); // in the same turn: each record is passed over or held
    await this.#backfill.fill(gap);
  }

  /** Up to which time a range of history that ends at `toMs` has every record: periods have ended by then. */
  #endedNs(channel: string, toMs: number): bigint {
    const { lengthMs = 0 } = this.#stream.schema.traits[channel] ?? {};
    return nanoseconds(toMs + 1 - lengthMs) - 1n;
  }

  /** Whether this brings a symbol from the past. */
  covers(channel: string, symbol: string): boolean {
    return this.#start.of(channel) !== undefined && hasSymbol(new Set(this.#symbols[channel]), symbol);
  }

  /** Up to which time everything of a channel has come once this has run, in nanoseconds since the epoch. */
  get reachedNs(): ReadonlyMap<string, bigint> {
    return new Map([...this.#readToNs, ...this.#reachedNs]); // history may have failed before the last part
  }

  /** Reports what a restart loses for certain, or may lose. */
  #reportLost(channel: string, { afterNs, lateFromNs }: ChannelStart): void {
    const symbols = this.#symbols[channel] ?? [];
    const from = new Date(Number(afterNs / 1_000_000n));
    if (lateFromNs !== undefined)
      this.#stream.open({
        channel,
        symbols,
        from: new Date(Number(lateFromNs / 1_000_000n)),
        to: from,
        cause: lateUnknown(channel),
      });
    if (this.#backfill.canFill(channel)) return;
    this.#reported.add(channel);
    void this.#backfill.fill({
      channel,
      symbols,
      from,
      to: new Date(Math.max(this.#stream.marketMs(), from.getTime())),
    });
  }

  /**
   * How far a channel was delivered to the subscription, which has the symbols `names` and is active since `sinceNs`;
   * undefined for a channel that is not filled. Before it, records of the symbols of `held` wait for their gaps.
   */
  progress(
    channel: string,
    names: readonly string[],
    sinceNs: bigint | undefined,
    held: HeldProgress,
  ): ChannelProgress | undefined {
    const own = this.#backfill.progress(channel);
    if (own === undefined) return undefined;
    const start = this.#start.of(channel);
    const caughtUp = new Set(this.#symbols[channel]);
    const behind = this.#behind.get(channel);
    const forgotten = behind === undefined ? [] : own.recent.bySymbol();
    const readNs = new Map([...forgotten].map(([symbol, { forgotten: time }]) => [symbol, forgottenNs(time)]));
    const placeOf = (symbol: string): bigint | undefined => {
      const isMine = start !== undefined && (hasSymbol(caughtUp, symbol) || symbol === WILDCARD);
      const baseNs = isMine ? later(afterOf(start, symbol), this.#readToNs.get(channel)) : sinceNs;
      if (behind !== undefined && (hasSymbol(behind, symbol) || symbol === WILDCARD))
        return later(baseNs, readNs.get(symbol));
      return later(baseNs, beforeHold(held, symbol, progressOf(own, symbol)));
    };
    const others = names.filter((symbol) => !hasSymbol(caughtUp, symbol) || (behind && !hasSymbol(behind, symbol)));
    const keys = [own.symbols.keys(), held.symbols.keys(), held.passing, start?.symbols.keys() ?? [], readNs.keys()];
    const symbols = new Map([...keys.flatMap((some) => [...some]), ...others].map((name) => [name, placeOf(name)]));
    const isLive = own.isLive && !held.isOfAll && behind === undefined;
    return { afterNs: placeOf(WILDCARD), symbols, isLive, recent: own.recent };
  }

  /** Where a channel begins whose records this has not reached yet; undefined where it has, or never does. */
  pendingStart(channel: string): ChannelStart | undefined {
    return this.#start.isResume && !this.#reported.has(channel) ? this.#start.of(channel) : undefined;
  }

  /** Where a channel begins. */
  startOf(channel: string): ChannelStart | undefined {
    return this.#start.of(channel);
  }

  /**
   * A time that the market has reached for certain. Without any record that is this machine's: the market is
   * closed, or the symbols are quiet.
   */
  get #shownMs(): number {
    const heardMs = this.#stream.heardMs();
    return Number.isFinite(heardMs) ? heardMs : this.#stream.clock.now();
  }

  /** Waits for a record, which shows the market's time: of a replay it is another than this machine's. */
  async #untilHeard(): Promise<void> {
    const { clock } = this.#stream;
    const deadlineMs = clock.monotonic() + LIMITS.gapEndTimeoutMs;
    while (!Number.isFinite(this.#stream.heardMs()) && clock.monotonic() < deadlineMs && !this.#isStopped)
      await wait(clock, POLL_MS, this.#abort.signal);
  }

  /** Some of the past cannot be had: its symbols go on with live records, and lack everything until now. */
  #open(event: GapOpenEvent): void {
    const behind = this.#behind.get(event.channel);
    const isBehind = event.symbols.some((symbol) => behind?.has(symbol));
    for (const symbol of event.symbols) behind?.delete(symbol);
    if (!event.symbols.some((symbol) => this.#target.hasRoute(event.channel, symbol))) return; // it has ended
    this.#stream.open(
      isBehind ? { ...event, to: new Date(Math.max(this.#stream.marketMs(), event.to.getTime())) } : event,
    );
  }
}

/** When a symbol begins, `*` for all that do not differ; in milliseconds since the epoch. */
function startMs(start: ChannelStart, symbol: string): number {
  return Number(firstOf(start, symbol) / 1_000_000n);
}

/** When the first of some symbols begins. */
function earliestMs(start: ChannelStart, symbols: ReadonlySet<string>): number {
  const others = [...start.symbols.keys(), ...start.due.keys()].filter((symbol) => hasSymbol(symbols, symbol));
  return others.reduce((ms, symbol) => Math.min(ms, startMs(start, symbol)), startMs(start, WILDCARD));
}

function hasSymbol(symbols: ReadonlySet<string>, symbol: string): boolean {
  return symbols.has(symbol) || symbols.has(WILDCARD);
}

/**
 * The next range to read, up to `toMs` at most: for symbols that begin within a minute of it, up to the begin of the
 * next. So those that are far behind are read alone.
 */
function nextPart(
  behind: ReadonlySet<string>,
  start: ChannelStart,
  fromMs: number,
  toMs: number,
): { readonly symbols: readonly string[]; readonly toMs: number } {
  const ofAll = behind.has(WILDCARD) ? [...start.symbols.keys(), ...start.due.keys()] : [];
  const names = [...new Set([...behind, ...ofAll])];
  const latestMs = fromMs + LIMITS.settledHistoryMs;
  const symbols = names.filter((name) => startMs(start, name) <= latestMs);
  const nextMs = Math.min(...names.map((name) => startMs(start, name)).filter((ms) => ms > latestMs));
  // What `*` has is not requested by name as well.
  return { symbols: symbols.includes(WILDCARD) ? [WILDCARD] : symbols, toMs: Math.min(toMs, nextMs - 1) };
}

/** The progress of a symbol whose records may be held before they come here. */
function beforeHold(held: HeldProgress, symbol: string, progressNs: bigint | undefined): bigint | undefined {
  const isHeld = held.symbols.has(symbol) || (held.isOfAll && !held.passing.has(symbol));
  if (!isHeld) return progressNs;
  const heldNs = held.symbols.has(symbol) ? held.symbols.get(symbol) : held.allNs;
  if (heldNs === undefined || progressNs === undefined) return undefined;
  return heldNs < progressNs ? heldNs : progressNs;
}

function forgottenNs({ seconds, nanos }: RecentOfSymbol["forgotten"]): bigint | undefined {
  return Number.isFinite(seconds) ? toNanoseconds(seconds, nanos) : undefined;
}
