import type { BoardSymbol } from "../model/board-symbol.ts";

/** How long a price stands out after it has moved, in milliseconds. */
const MOVE_MS = 400;

interface Move {
  readonly last: number | undefined;
  readonly direction: "up" | "down" | undefined;
  readonly untilMs: number;
}

/** Which of the rows on the screen have a price that moved a moment ago: found per frame, not per record. */
export class PriceMoves {
  #moves = new Map<string, Move>();

  /** Compares the rows with those of the frame before. */
  of(rows: readonly BoardSymbol[], atMs: number): ReadonlyMap<string, "up" | "down"> {
    const moves = new Map<string, Move>();
    const shown = new Map<string, "up" | "down">();
    for (const { symbol, last } of rows) {
      const move = moveAfter(this.#moves.get(symbol), last, atMs);
      moves.set(symbol, move);
      if (move.direction !== undefined && move.untilMs > atMs) shown.set(symbol, move.direction);
    }
    this.#moves = moves;
    return shown;
  }
}

function moveAfter(before: Move | undefined, last: number | undefined, atMs: number): Move {
  if (before === undefined || before.last === undefined || last === undefined)
    return { last, direction: undefined, untilMs: atMs };
  if (before.last === last) return before;
  return { last, direction: last > before.last ? "up" : "down", untilMs: atMs + MOVE_MS };
}
