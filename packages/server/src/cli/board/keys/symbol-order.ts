import type { BoardSymbol } from "../model/board-symbol.ts";

/** What the list can be sorted by, in the order in which a key goes through them. */
export const SORT_KEYS = ["volume", "change", "activity", "symbol"] as const;

/** One of {@link SORT_KEYS}. */
export type SortKey = (typeof SORT_KEYS)[number];

/** What the order of the list depends on. */
export interface Order {
  readonly sortKey: SortKey;
  readonly isReversed: boolean;
  readonly filter: string;
}

/** How long rows stay where they are, in milliseconds: a list that moves all the time cannot be read. */
const SORT_INTERVAL_MS = 2_000;

/** The symbols of the list. They are sorted again when a choice changes or a symbol comes, and every two seconds. */
export class SymbolOrder {
  #rows: readonly BoardSymbol[] = [];
  #choice = "";
  #sortedAtMs = Number.NEGATIVE_INFINITY;

  /** Returns the symbols that the filter leaves, in order. */
  rows(symbols: ReadonlyMap<string, BoardSymbol>, order: Order, atMs: number): readonly BoardSymbol[] {
    const choice = `${order.sortKey} ${order.isReversed} ${order.filter} ${symbols.size}`;
    if (choice !== this.#choice || atMs - this.#sortedAtMs >= SORT_INTERVAL_MS) {
      this.#rows = sorted(symbols, order);
      this.#choice = choice;
      this.#sortedAtMs = atMs;
    }
    return this.#rows;
  }

  /** Sorts again at the next call: the symbols are other objects. */
  forget(): void {
    this.#choice = "";
  }
}

function sorted(symbols: ReadonlyMap<string, BoardSymbol>, { sortKey, isReversed, filter }: Order): BoardSymbol[] {
  const wanted = filter.toUpperCase();
  const rows = [...symbols.values()].filter(({ name }) => name.toUpperCase().includes(wanted));
  const sign = isReversed ? -1 : 1;
  const byName = (one: BoardSymbol, other: BoardSymbol): number => (one.name < other.name ? -1 : 1);
  if (sortKey === "symbol") return rows.sort((one, other) => sign * byName(one, other));
  return rows.sort((one, other) => sign * (rank(other, sortKey) - rank(one, sortKey)) || byName(one, other));
}

/** The figure to sort by, largest first; symbols without one are the last. */
function rank(symbol: BoardSymbol, sortKey: Exclude<SortKey, "symbol">): number {
  switch (sortKey) {
    case "volume":
      return symbol.volume;
    case "activity":
      return symbol.recordCount;
    case "change":
      return symbol.changePercent ?? -100;
  }
}
