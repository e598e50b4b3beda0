/** The columns in which a record of history and the same one received live differ. */
const DIFFERENT: ReadonlySet<string> = new Set(["receivedNs", "received", "fromHistory", "segment", "sequence"]);

/**
 * Returns the condition, in SQL, for a record of history that came live as well, in the moments around the end of a
 * gap: all values are equal but those of how it was received. `history` is the name of the table that the record is
 * in, and `all` that of the table with the live ones.
 */
export function cameLiveAsWell(history: string, all: string, columns: readonly string[]): string {
  const equal = columns
    .filter((name) => !DIFFERENT.has(name))
    .map((name) => `live."${name}" is not distinct from "${history}"."${name}"`);
  return `"${history}"."fromHistory" and exists (from "${all}" live where not live."fromHistory" and ${equal.join(" and ")})`;
}
