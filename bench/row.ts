/** One comparison: ours beside one peer, in one case. */
export interface Row {
  /** The bench, as the command line has it. */
  readonly bench: string;
  /** What was done, in words, such as `frames of 100, msgpack, sync handler`. */
  readonly case: string;
  /** Whom it is compared with. */
  readonly peer: string;
  /** Median of our rounds, in `unit`. */
  readonly ours: number;
  /** Median of the peer's rounds, in `unit`. */
  readonly theirs: number;
  /** Median over the rounds of ours divided by theirs: each pair was measured one after the other. */
  readonly ratio: number;
  /** What is counted, such as `records/s`. */
  readonly unit: string;
}

/** The value in the middle; of an even number the upper of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The row for rounds that were measured in turn: the n-th of ours beside the n-th of theirs. */
export function rowOf(
  names: Pick<Row, "bench" | "case" | "peer" | "unit">,
  ours: readonly number[],
  theirs: readonly number[],
): Row {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { ...names, ours: median(ours), theirs: median(theirs), ratio: median(ratios) };
}

/** Rows as a table for people, one block for each case. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ case: what, peer, ours, theirs, ratio, unit }) => [
    what,
    shown(ours),
    peer,
    shown(theirs),
    shown(ratio),
    unit,
  ]);
  const head = ["case", "ours", "peer", "theirs", "ratio", "unit"];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const isText = [true, false, true, false, false, true];
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => (isText[column] ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), ...cells.map(line)].join("\n");
}

/** Three significant digits, with a letter for thousands and millions. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)} k`;
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
