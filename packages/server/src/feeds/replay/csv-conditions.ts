/** Conditions as one cell of CSV: with `|` between, or as JSON where that would not come back as it was. */
export function joinConditions(conditions: readonly string[]): string {
  const joined = conditions.join("|");
  const isPlain = conditions.every((condition) => condition !== "" && !condition.includes("|"));
  return isPlain && !joined.startsWith("[") ? joined : JSON.stringify(conditions);
}

/** The conditions of a cell; undefined when it holds none that {@link joinConditions} wrote. */
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
