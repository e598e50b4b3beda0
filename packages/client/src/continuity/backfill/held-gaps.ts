import { WILDCARD } from "../../wire/index.ts";

/** Symbols of one gap, as its event names them. */
export interface GapSymbols {
  readonly channel: string;
  readonly symbols: readonly string[];
}

/** The gaps for which records are held: a symbol is released with the last that concerns it. */
export class HeldGaps {
  readonly #gaps: {
    readonly channel: string;
    readonly list: readonly string[];
    readonly symbols: ReadonlySet<string>;
  }[] = [];

  /** A gap has begun. */
  add({ channel, symbols }: GapSymbols): void {
    this.#gaps.push({ channel, list: symbols, symbols: new Set(symbols) });
  }

  /** A gap has ended; it has the array of symbols that was added. */
  remove({ symbols }: GapSymbols): void {
    const index = this.#gaps.findIndex(({ list }) => list === symbols);
    if (index >= 0) this.#gaps.splice(index, 1);
  }

  /** Whether a symbol is held for a gap, by its name or by `*`; `except` is one that does not count. */
  has(channel: string, symbol: string, except?: GapSymbols): boolean {
    return this.#gaps.some(
      (gap) =>
        gap.channel === channel &&
        gap.list !== except?.symbols &&
        (gap.symbols.has(symbol) || gap.symbols.has(WILDCARD)),
    );
  }

  /** Whether anything of a channel is held. */
  hasChannel(channel: string): boolean {
    return this.#gaps.some((gap) => gap.channel === channel);
  }

  clear(): void {
    this.#gaps.length = 0;
  }
}
