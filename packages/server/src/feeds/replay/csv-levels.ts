import type { PriceLevel } from "@tickerplant/client/wire";

/** Price levels as one cell of CSV: `PRICE@SIZE` with `|` between them. */
export function joinLevels(levels: readonly PriceLevel[]): string {
  return levels.map(({ price, size }) => `${price}@${size}`).join("|");
}

/** The levels of a cell; undefined if {@link joinLevels} does not write it. */
export function splitLevels(cell: string): PriceLevel[] | undefined {
  if (cell === "") return [];
  const levels = cell.split("|").map((level) => {
    const [, price, size] = /^(-?[\d.e+-]+)@([\d.e+-]+)$/.exec(level) ?? [];
    return { price: Number(price), size: Number(size) };
  });
  const isRight = levels.every(({ price, size }) => Number.isFinite(price) && Number.isFinite(size) && size >= 0);
  return isRight ? levels : undefined;
}
