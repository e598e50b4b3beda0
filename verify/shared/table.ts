/** On which side a column's cells have their padding. */
export type Alignment = "left" | "right";

/**
 * Returns rows of cells as lines with aligned columns, two spaces apart. A column is aligned to the
 * left unless `alignments` has another value at its place; a row may have fewer cells than others.
 */
export function table(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { length }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, length);
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        alignments[column] === "right" ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}
