import type { WatchedSymbol } from "../market/watched-symbol.ts";
import { percentOf } from "../ui/figures.ts";

/** The orders of the watch list, in which the key `s` goes through them. */
export const ORDERS = ["Added", "Symbol", "Change", "Volume"] as const;

/** The name of an order. */
export type Order = (typeof ORDERS)[number];

/** Symbols in an order: names from A, figures from the largest. Those without a figure come last, reversed or not. */
export function inOrder(symbols: Iterable<WatchedSymbol>, order: Order, isReversed: boolean): WatchedSymbol[] {
  const list = [...symbols];
  if (order === "Added") return isReversed ? list.reverse() : list;
  const direction = isReversed ? -1 : 1;
  if (order === "Symbol") return list.sort((a, b) => direction * (a.symbol < b.symbol ? -1 : 1));
  const figure = order === "Change" ? change : ({ volume }: WatchedSymbol) => volume;
  return list.sort((a, b) => {
    const [one, other] = [figure(a), figure(b)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return direction * (other - one);
  });
}

function change({ last, previousClose }: WatchedSymbol): number | undefined {
  return percentOf(last, previousClose);
}
