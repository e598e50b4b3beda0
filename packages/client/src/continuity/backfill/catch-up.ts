import type { RecordTarget } from "../../delivery/record-gate.ts";
import * as LIMITS from "../../limits.ts";
import { type ChannelSymbols, type MarketRecord, type RawRecord, WILDCARD } from "../../wire/index.ts";
import type { Backfill, BackfillStream } from "./backfill.ts";
import { pastRecord } from "./fill-rules.ts";
import type { GapOpenEvent } from "./gap-outcome.ts";
import { wait } from "./page-reader.ts";

/** Between two looks for a first record. */
const HEARD_POLL_MS = 50;

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
  readonly #fromMs: number;
  readonly #abort = new AbortController();
  /** The newest time of a live record that was passed over, in milliseconds since the epoch. */
  #passedMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Delivers to `target` the records of `symbols` from `fromNs` on, in nanoseconds since the epoch. */
  constructor(stream: CatchUpStream, target: RecordTarget, symbols: ChannelSymbols, fromNs: bigint) {
    this.#stream = stream;
    this.#target = target;
    this.#symbols = symbols;
    this.#fromMs = Number(fromNs / 1_000_000n);
    this.#backfill = stream.backfill({ ...stream, target, floorNs: fromNs, open: (event) => this.#open(event) });
    for (const [channel, list] of Object.entries(symbols))
      if (this.#backfill.canFill(channel)) this.#behind.set(channel, new Set(list));
  }

  /** Receives a live record of the subscription. */
  receive(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): void {
    const behind = this.#behind.get(channel);
    const { seconds, nanos } = pastRecord(record);
    if (behind !== undefined && (behind.has(symbol) || behind.has(WILDCARD))) {
      this.#passedMs = Math.max(this.#passedMs, seconds * 1000 + Math.ceil(nanos / 1e6));
      return;
    }
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

  /** The stream was stopped, or the subscription has ended. */
  stop(): void {
    this.#isStopped = true;
    this.#abort.abort();
    this.#backfill.discard();
  }

  async #catchUp(channel: string): Promise<void> {
    const behind = this.#behind.get(channel);
    if (behind === undefined) return;
    let fromMs = this.#fromMs;
    while (behind.size > 0 && !this.#isStopped && this.#shownMs - fromMs > 2 * LIMITS.settledHistoryMs) {
      const toMs = this.#shownMs - LIMITS.settledHistoryMs;
      await this.#backfill.read({ channel, symbols: [...behind], from: new Date(fromMs), to: new Date(toMs) });
      fromMs = toMs;
    }
    if (this.#isStopped || behind.size === 0) return;
    const gap = {
      channel,
      symbols: [...behind],
      from: new Date(fromMs),
      to: new Date(Math.max(this.#stream.marketMs(), this.#passedMs)),
    };
    this.#backfill.begin([gap]);
    this.#behind.delete(channel);
    await this.#backfill.fill(gap);
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
      await wait(clock, HEARD_POLL_MS, this.#abort.signal);
  }

  /** Some of the past cannot be had: its symbols go on with live records, and lack everything until now. */
  #open(event: GapOpenEvent): void {
    const behind = this.#behind.get(event.channel);
    const isBehind = event.symbols.some((symbol) => behind?.has(symbol));
    for (const symbol of event.symbols) behind?.delete(symbol);
    this.#stream.open(
      isBehind ? { ...event, to: new Date(Math.max(this.#stream.marketMs(), event.to.getTime())) } : event,
    );
  }
}
