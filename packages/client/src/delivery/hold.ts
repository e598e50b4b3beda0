import type { MarketRecord, RawRecord } from "../wire/index.ts";
import { ChannelHold, type HeldRecord } from "./channel-hold.ts";
import type { Routing } from "./routing.ts";

/**
 * Holds records of a channel and symbol between intake and routing, so that earlier ones can be
 * delivered before them. A symbol's records stay in order; other symbols and channels pass.
 *
 * A held record was received, and counts once as waiting, however many subscriptions it has. It is
 * delivered to the subscriptions that its symbol has when it is released. It is dropped, and counted
 * as dropped, by a stop and by the end of its symbol's last subscription. A lost connection changes
 * nothing.
 */
export class Hold {
  /** Records dropped while they were held, since the start. */
  dropped = 0;
  readonly #routing: Routing;
  readonly #channels = new Map<string, ChannelHold>();

  /** To be set as `hold` of the delivery whose routing this is. */
  constructor(routing: Routing) {
    this.#routing = routing;
  }

  /** Records that are held. */
  get size(): number {
    let size = 0;
    for (const hold of this.#channels.values()) size += hold.size;
    return size;
  }

  /**
   * Holds a channel's records of these symbols from now on, `*` for all. A symbol that is held stays held.
   * When the channel holds `LIMITS.maxHeld` records, the symbol with the most (`*` for all) is released to
   * make room, and `full` is called with it: nothing is lost, but later records no longer wait.
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

  /** The records that are held of a symbol, oldest first. */
  held(channel: string, symbol: string): readonly HeldRecord[] {
    return this.#channels.get(channel)?.held(symbol) ?? [];
  }

  /** Holds a record; false if its symbol is not held, and the record passes. */
  push(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): boolean {
    const hold = this.#channels.get(channel);
    if (hold === undefined || !hold.holds(symbol)) return false;
    if (hold.isFull) {
      const largest = hold.largest;
      this.release(channel, largest);
      hold.full(largest);
      if (!this.#routing.isOpen) {
        this.dropped++; // a handler stopped the stream at a record that was released
        return true;
      }
      if (!hold.holds(symbol)) return false;
    }
    hold.push({ record, symbol, symbolNumber });
    return true;
  }

  /**
   * Delivers what is held of a symbol, oldest first, and holds it no longer; `*` releases the whole
   * channel, symbol by symbol. Records that `isWanted` rejects are left out, for those that were
   * delivered from elsewhere.
   */
  release(channel: string, symbol: string, isWanted: (record: MarketRecord | RawRecord) => boolean = () => true): void {
    const hold = this.#channels.get(channel);
    if (hold === undefined) return;
    const released = hold.end(symbol);
    if (hold.isOver) this.#channels.delete(channel);
    for (const { record, symbol: ofRecord, symbolNumber } of released) {
      if (!isWanted(record)) continue;
      // A handler may have ended the subscription, or stopped the stream, at a record before.
      if (!this.#routing.isOpen || !this.#routing.hasRoute(channel, ofRecord)) this.dropped++;
      else this.#routing.deliver(record, channel, ofRecord, symbolNumber);
    }
  }

  /** Drops the records of a channel's symbols that have no subscription any more. Their symbols stay held. */
  dropUnrouted(channel: string): void {
    this.dropped += this.#channels.get(channel)?.retain((symbol) => this.#routing.hasRoute(channel, symbol)) ?? 0;
  }

  /** Drops all records, and holds nothing any more: the stream was stopped. */
  discard(): void {
    this.dropped += this.size;
    this.#channels.clear();
  }
}
