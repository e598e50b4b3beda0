import * as LIMITS from "../limits.ts";
import type { MarketRecord, RawRecord } from "../wire/index.ts";
import { ChannelHold, type HeldRecord } from "./channel-hold.ts";
import type { RecordGate, RecordTarget } from "./record-gate.ts";

/**
 * Holds records of a channel and symbol between intake and routing, so that earlier ones can be
 * delivered before them. A symbol's records stay in order; other symbols and channels pass.
 *
 * A held record was received, and counts once as waiting, however many subscriptions it has. It is
 * delivered to the subscriptions that its symbol has when it is released. It is dropped, and counted
 * as dropped, by a stop and by the end of its symbol's last subscription. A lost connection changes
 * nothing.
 */
export class Hold implements RecordGate {
  /** Records dropped while they were held, since the start. */
  dropped = 0;
  readonly #target: RecordTarget;
  readonly #delivered: (channel: string, held: HeldRecord) => void;
  readonly #channels = new Map<string, ChannelHold>();

  /** Delivers to `target`, and calls `delivered` before each record. */
  constructor(target: RecordTarget, delivered: (channel: string, held: HeldRecord) => void = () => {}) {
    this.#target = target;
    this.#delivered = delivered;
  }

  /** Records that are held. */
  get size(): number {
    let size = 0;
    for (const hold of this.#channels.values()) size += hold.size;
    return size;
  }

  /** Whether half of what a channel may hold is held: reading should stop before anything is given up. */
  get isFull(): boolean {
    for (const hold of this.#channels.values()) if (hold.size >= LIMITS.maxHeld / 2) return true;
    return false;
  }

  /**
   * Holds a channel's records of these symbols from now on, `*` for all. A symbol that is held stays held.
   * When the channel holds `LIMITS.maxHeld` records, `full` is called with the symbol that has the most (`*` for
   * all), which is then released to make room: nothing is lost, but later records no longer wait.
   */
  begin(channel: string, symbols: Iterable<string>, full: (symbol: string) => void): void {
    let hold = this.#channels.get(channel);
    if (hold === undefined) {
      hold = new ChannelHold();
      this.#channels.set(channel, hold);
    }
    hold.full = full;
    for (const symbol of symbols) hold.begin(symbol);
  }

  /** Whether a symbol's records are held, `*` for those of any symbol. */
  holds(channel: string, symbol: string): boolean {
    return this.#channels.get(channel)?.holds(symbol) ?? false;
  }

  /** The symbols of a channel of which records are held, or that are held by name. */
  symbols(channel: string): readonly string[] {
    return this.#channels.get(channel)?.symbols ?? [];
  }

  /** The symbols of a channel that pass while all others are held. */
  passing(channel: string): ReadonlySet<string> {
    return this.#channels.get(channel)?.passing ?? new Set();
  }

  /** The records that are held of a symbol, oldest first. */
  held(channel: string, symbol: string): readonly HeldRecord[] {
    return this.#channels.get(channel)?.held(symbol) ?? [];
  }

  /** Holds a record; false if its symbol is not held, and the record passes. */
  push(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): boolean {
    if (this.#channels.size === 0) return false; // nothing is held: cheaper than the look-up
    const hold = this.#channels.get(channel);
    if (hold === undefined || !hold.holds(symbol)) return false;
    if (hold.isFull) {
      const largest = hold.largest;
      hold.full(largest);
      this.release(channel, largest);
      if (!this.#target.isOpen) {
        this.dropped++; // a handler stopped the stream at a record that was released
        return true;
      }
      if (!hold.holds(symbol)) return false;
    }
    hold.push({ record, symbol, symbolNumber, seconds, nanos, isDelivered: false });
    return true;
  }

  /**
   * Delivers one record that is held, ahead of its release. A record that was delivered already, or whose
   * symbol has no subscription any more, is passed over.
   */
  deliver(channel: string, held: HeldRecord): void {
    if (held.isDelivered) return;
    this.#channels.get(channel)?.markDelivered(held);
    this.#pass(channel, held);
  }

  /** Passes over a record that was delivered from elsewhere. */
  skip(channel: string, held: HeldRecord): void {
    if (!held.isDelivered) this.#channels.get(channel)?.markDelivered(held);
  }

  /** Forgets the records of a symbol that were delivered ahead of its release. */
  trim(channel: string, symbol: string): void {
    this.#channels.get(channel)?.trim(symbol);
  }

  #pass(channel: string, held: HeldRecord): void {
    // A handler may have ended the subscription, or stopped the stream, at a record before.
    if (!this.#target.isOpen || !this.#target.hasRoute(channel, held.symbol)) {
      this.dropped++;
      return;
    }
    this.#delivered(channel, held);
    this.#target.deliver(held.record, channel, held.symbol, held.symbolNumber);
  }

  /**
   * Delivers what is held of a symbol, oldest first, and holds it no longer; `*` releases the whole
   * channel, symbol by symbol.
   */
  release(channel: string, symbol: string): void {
    const hold = this.#channels.get(channel);
    if (hold === undefined) return;
    const released = hold.end(symbol);
    if (hold.isOver) this.#channels.delete(channel);
    for (const held of released) {
      if (held.isDelivered) continue;
      held.isDelivered = true; // a release at a pace may have it in hand
      this.#pass(channel, held);
    }
  }

  /** Holds symbols by their names only from now on. What is held stays held until its symbol is released. */
  endWildcard(channel: string): void {
    const hold = this.#channels.get(channel);
    hold?.endWildcard();
    if (hold?.isOver) this.#channels.delete(channel);
  }

  /** Drops the records of a channel's symbols that have no subscription any more. Their symbols stay held. */
  dropUnrouted(channel: string): void {
    this.dropped += this.#channels.get(channel)?.retain((symbol) => this.#target.hasRoute(channel, symbol)) ?? 0;
  }

  /** Drops all records, and holds nothing any more: the stream was stopped. */
  discard(): void {
    this.dropped += this.size;
    this.#channels.clear();
  }
}
