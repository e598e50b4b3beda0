import type { HeldRecord } from "../../delivery/channel-hold.ts";
import { type ChannelSymbols, WILDCARD } from "../../wire/index.ts";

/** Symbols of one gap, as its event names them. */
export interface GapSymbols {
  readonly channel: string;
  readonly symbols: readonly string[];
  /** When each was first confirmed, by the monotonic clock; without it, all records of its time are wanted. */
  readonly sinceMs?: ReadonlyMap<string, number | undefined>;
}

/** The gaps for which records are held: a symbol is released with the last that concerns it. */
export class HeldGaps {
  readonly #gaps: {
    readonly channel: string;
    readonly list: readonly string[];
    readonly symbols: ReadonlySet<string>;
    readonly sinceMs: GapSymbols["sinceMs"];
    readonly lastHeld: ReadonlyMap<string, HeldRecord>;
  }[] = [];

  /** By channel, symbols whose gaps will begin when the server confirms them. */
  #lost: Readonly<Record<string, ReadonlySet<string>>> = {};

  /** Replaces the symbols that are lost. */
  setLost(lost: ChannelSymbols): void {
    this.#lost = Object.fromEntries(Object.entries(lost).map(([channel, symbols]) => [channel, new Set(symbols)]));
  }

  /** A gap is held from now on; `lastHeld` has the last record of each symbol that was held before. */
  add({ channel, symbols, sinceMs }: GapSymbols, lastHeld: ReadonlyMap<string, HeldRecord>): void {
    this.#gaps.push({ channel, list: symbols, symbols: new Set(symbols), sinceMs, lastHeld });
  }

  /** A gap has ended; it has the array of symbols that was added. */
  remove({ symbols }: GapSymbols): void {
    const index = this.#gaps.findIndex(({ list }) => list === symbols);
    if (index >= 0) this.#gaps.splice(index, 1);
  }

  /** The last record of a symbol that was held when the gap was added. */
  lastHeld({ symbols }: GapSymbols, symbol: string): HeldRecord | undefined {
    return this.#gaps.find(({ list }) => list === symbols)?.lastHeld.get(symbol);
  }

  /** When a symbol of a gap was first confirmed, by its name or by `*`; undefined if that is not known. */
  sinceMs({ symbols }: GapSymbols, symbol: string): number | undefined {
    const sinceMs = this.#gaps.find(({ list }) => list === symbols)?.sinceMs;
    const times = [sinceMs?.get(symbol), sinceMs?.get(WILDCARD)].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a symbol is held, by its name or by `*`. */
  has(channel: string, symbol: string): boolean {
    const lost = this.#lost[channel];
    return (lost?.has(symbol) ?? false) || (lost?.has(WILDCARD) ?? false) || this.#hasGap(channel, symbol);
  }

  /** Whether a symbol is still held when its part of a gap has ended: it need not wait for a `*` that is lost. */
  hasAnother(ended: GapSymbols, symbol: string): boolean {
    return (this.#lost[ended.channel]?.has(symbol) ?? false) || this.#hasGap(ended.channel, symbol, ended);
  }

  #hasGap(channel: string, symbol: string, except?: GapSymbols): boolean {
    return this.#gaps.some(
      (gap) =>
        gap.channel === channel &&
        gap.list !== except?.symbols &&
        (gap.symbols.has(symbol) || gap.symbols.has(WILDCARD)),
    );
  }

  /** Whether a channel has gaps. */
  hasChannel(channel: string): boolean {
    return this.#gaps.some((gap) => gap.channel === channel);
  }

  /** Whether a channel has symbols that are lost. */
  hasLost(channel: string): boolean {
    return this.#lost[channel] !== undefined;
  }

  clear(): void {
    this.#gaps.length = 0;
    this.#lost = {};
  }
}
