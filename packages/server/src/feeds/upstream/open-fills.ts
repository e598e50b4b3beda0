import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { FeedGap } from "../feed.ts";

/** What identifies a gap, and symbols of it. */
export type GapPart = Pick<FeedGap, "channel" | "symbols" | "from" | "to">;

/** A gap that is being filled. */
interface OpenFill extends Omit<FeedGap, "symbols"> {
  /** Those that are not filled yet. */
  readonly symbols: Set<string>;
}

/**
 * The gaps that a stream is filling. A fill ends with events for its symbols, but with none for those that were
 * unsubscribed meanwhile.
 */
export class OpenFills {
  readonly #fills = new Set<OpenFill>();

  get isEmpty(): boolean {
    return this.#fills.size === 0;
  }

  /** A gap is known, and will be filled. */
  add({ symbols, ...gap }: FeedGap): void {
    this.#fills.add({ ...gap, symbols: new Set(symbols) });
  }

  /** What lost the records of a gap; undefined for one that has ended. */
  causeOf(part: GapPart): Error | undefined {
    return [...this.#fills].find((fill) => isSameGap(fill, part))?.cause;
  }

  /** Symbols of a gap were filled, or stay open. */
  end(part: GapPart): void {
    for (const fill of this.#fills) if (isSameGap(fill, part)) this.#remove(fill, part.symbols);
  }

  /** Symbols were unsubscribed. Returns the parts of gaps that stay open because of that. */
  release(symbols: ChannelSymbols): FeedGap[] {
    const open: FeedGap[] = [];
    for (const fill of this.#fills) {
      const removed = this.#remove(fill, symbols[fill.channel] ?? []);
      if (removed.length > 0) open.push({ ...fill, symbols: removed });
    }
    return open;
  }

  /** Returns the symbols that were not filled yet. */
  #remove(fill: OpenFill, symbols: readonly string[]): string[] {
    const removed = symbols.filter((symbol) => fill.symbols.delete(symbol));
    if (fill.symbols.size === 0) this.#fills.delete(fill);
    return removed;
  }
}

/** Whether two are of gaps with the same channel and time range. */
export function isSameGap(one: Omit<GapPart, "symbols">, { channel, from, to }: Omit<GapPart, "symbols">): boolean {
  return one.channel === channel && one.from.getTime() === from.getTime() && one.to.getTime() === to.getTime();
}
