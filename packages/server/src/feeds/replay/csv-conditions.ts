/** Formats conditions as one cell of CSV: separated by `|`, or as JSON if that could not be split again. */
export function joinConditions(conditions: readonly string[]): string {
  const joined = conditions.join("|");
  const isPlain = conditions.every((condition) => condition !== "" && !condition.includes("|"));
  return isPlain && !joined.startsWith("[") ? joined : JSON.stringify(conditions);
}

/** Parses a cell that {@link joinConditions} wrote; returns undefined for anything else. */
export function splitConditions(cell: string): string[] | undefined {
  if (cell === "") return [];
  if (!cell.startsWith("[")) return cell.split("|");
  try {
    const list: unknown = JSON.parse(cell);
    return Array.isArray(list) && list.every((condition) => typeof condition === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}
