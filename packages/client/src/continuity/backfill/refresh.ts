import type { RecordTarget } from "../../delivery/record-gate.ts";
import * as LIMITS from "../../limits.ts";
import type { Clock, Timer } from "../../platform/clock.ts";
import { type ChannelSymbols, StreamError, WILDCARD } from "../../wire/index.ts";
import type { HistoryGroup, HistorySource } from "../history-source.ts";
import type { RecordRange } from "../open-gap.ts";
import { symbolParts } from "../symbol-parts.ts";
import { failedFill } from "./fill-errors.ts";
import { type PastRecord, pastRecord } from "./fill-rules.ts";
import type { Pace } from "./pace.ts";

/** What a refresh needs from its stream. */
export interface RefreshStream {
  readonly target: RecordTarget;
  readonly clock: Clock;
  /** Whether records are delivered as the wire has them. */
  readonly rawData: boolean;
  /** A refresh ended with an error that no part of it expects. */
  failed(error: StreamError): void;
}

/** The newest record of a symbol since its loss. */
interface Newest {
  seconds: number;
  nanos: number;
  /** Whether it came from history: the stream may bring it again, or older ones. */
  isPast: boolean;
}

/**
 * Requests the newest record of each symbol after a gap that is not filled, such as one of quotes: without it a
 * quiet symbol keeps a quote from before the gap.
 *
 * Nothing is held. A record of history is delivered only if its time lies in the gap and the stream has brought no
 * newer one; live records that are not newer than it are passed over. So each symbol stays in order.
 */
export class Refresh {
  readonly #stream: RefreshStream;
  readonly #source: HistorySource;
  readonly #pace: Pace;
  readonly #channels: readonly string[];
  /** By channel and symbol, while a gap is open and a moment longer. */
  readonly #newest = new Map<string, Map<string, Newest>>();
  #lost: ChannelSymbols = {};
  #runs = 0;
  #timer: Timer;

  /** Refreshes the symbols of `channels`. */
  constructor(stream: RefreshStream, source: HistorySource, pace: Pace, channels: readonly string[]) {
    this.#stream = stream;
    this.#source = source;
    this.#pace = pace;
    this.#channels = channels;
  }

  /** These symbols are lost and not confirmed yet. */
  lost(symbols: ChannelSymbols): void {
    this.#lost = symbols;
    for (const channel of this.#channels) if (this.#isLost(channel)) this.#watch(channel);
    this.#forgetLater();
  }

  /** Whether live records are to be pushed: while a gap is open, and a moment longer. */
  get isActive(): boolean {
    return this.#newest.size > 0;
  }

  /** Notes a live record. True if it is skipped. */
  push(channel: string, symbol: string, seconds: number, nanos: number): boolean {
    const ofChannel = this.#newest.get(channel);
    if (ofChannel === undefined) return false;
    const newest = ofChannel.get(symbol);
    if (newest === undefined) ofChannel.set(symbol, { seconds, nanos, isPast: false });
    else if (isNewer({ seconds, nanos }, newest)) {
      newest.seconds = seconds;
      newest.nanos = nanos;
      newest.isPast = false;
    } else return newest.isPast;
    return false;
  }

  /** The range of a gap is known. Where history fails, live records go on alone. */
  async run(gap: RecordRange, signal: AbortSignal): Promise<void> {
    const { channel } = gap;
    if (!this.#channels.includes(channel)) return;
    this.#watch(channel);
    const symbols = this.#symbolsOf(gap);
    this.#runs++;
    try {
      for (const some of symbolParts(symbols)) {
        if (signal.aborted) return;
        const groups = await this.#source.latest({ channel, symbols: some, raw: this.#stream.rawData }, signal);
        for (const group of groups) await this.#deliver(gap, group, signal);
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof StreamError)) this.#stream.failed(failedFill(channel, error));
    } finally {
      this.#runs--;
      this.#forgetLater();
    }
  }

  /** The stream was stopped. */
  clear(): void {
    this.#lost = {};
    this.#newest.clear();
    this.#stream.clock.clearTimer(this.#timer);
  }

  /** The names to request. Of `*`, without a wildcard in history, none: the whole market is a hundred requests. */
  #symbolsOf({ symbols }: RecordRange): readonly string[] {
    if (symbols.includes(WILDCARD) && this.#source.acceptsWildcard) return [WILDCARD];
    return symbols.filter((symbol) => symbol !== WILDCARD);
  }

  async #deliver(
    gap: RecordRange,
    { symbol, symbolNumber, records }: HistoryGroup,
    signal: AbortSignal,
  ): Promise<void> {
    const { target } = this.#stream;
    const { channel, symbols } = gap;
    const room = this.#pace.room(signal);
    if (room !== undefined) await room;
    const [record] = records;
    const isAsked = symbols.includes(symbol) || symbols.includes(WILDCARD);
    if (record === undefined || !isAsked || signal.aborted || !target.hasRoute(channel, symbol)) return;
    const past = pastRecord(record);
    const ofChannel = this.#newest.get(channel);
    const newest = ofChannel?.get(symbol);
    if (!isWithin(past, gap) || (newest !== undefined && !isNewer(past, newest))) return;
    ofChannel?.set(symbol, { seconds: past.seconds, nanos: past.nanos, isPast: true });
    target.deliver(record, channel, symbol, symbolNumber);
  }

  #watch(channel: string): void {
    if (!this.#newest.has(channel)) this.#newest.set(channel, new Map());
  }

  #isLost(channel: string): boolean {
    return (this.#lost[channel]?.length ?? 0) > 0;
  }

  /** For a while the stream may bring what history had first. */
  #forgetLater(): void {
    if (this.#newest.size === 0) return;
    const { clock } = this.#stream;
    clock.clearTimer(this.#timer);
    this.#timer = clock.setTimer(() => {
      for (const channel of this.#channels)
        if (this.#runs === 0 && !this.#isLost(channel)) this.#newest.delete(channel);
    }, LIMITS.repeatsMs);
  }
}

type Time = Pick<Newest, "seconds" | "nanos">;

function isNewer(one: Time, other: Time): boolean {
  return one.seconds > other.seconds || (one.seconds === other.seconds && one.nanos > other.nanos);
}

/** Whether a record lies in a gap, and behind its first millisecond, in which the stream may have brought it. */
function isWithin({ seconds, nanos }: PastRecord, { from, to }: RecordRange): boolean {
  const timeMs = seconds * 1000 + Math.floor(nanos / 1e6);
  return timeMs > from.getTime() && timeMs <= to.getTime();
}
