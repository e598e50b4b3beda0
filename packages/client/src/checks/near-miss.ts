/** Shortest name that is looked for inside others: `key` in `apiKey`. */
const MIN_PART_LENGTH = 3;
/** Longest name that is compared: option and channel names are shorter, and the cost is quadratic. */
const MAX_LENGTH = 40;

/**
 * The name that a misspelt one most likely means; undefined if none is near. Case, `_` and `-` count
 * for nothing: alpaca-py writes `raw_data`.
 */
export function nearMiss(name: string, candidates: readonly string[]): string | undefined {
  const plain = plainName(name);
  if (plain === "" || plain.length > MAX_LENGTH) return undefined;
  let nearest: string | undefined;
  let fewestEdits = Math.floor(plain.length / 3) + 1; // a third of the letters may be wrong
  for (const candidate of candidates) {
    const edits = editDistance(plain, plainName(candidate));
    if (edits >= fewestEdits) continue;
    nearest = candidate;
    fewestEdits = edits;
  }
  const isPart = (candidate: string): boolean =>
    plain.includes(candidate) || (plain.length >= MIN_PART_LENGTH && candidate.includes(plain));
  return nearest ?? candidates.find((candidate) => isPart(plainName(candidate)));
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

/** How many letters must be added, removed or replaced (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
