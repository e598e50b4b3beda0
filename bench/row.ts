import { table } from "#verify/shared/table.js";

/** One comparison: ours beside one peer, in one case. */
export interface Row {
  /** Name of the benchmark on the command line. */
  readonly bench: string;
  /** What was measured, such as `frames of 100, msgpack, sync handler`. */
  readonly case: string;
  /** What it is compared with. */
  readonly peer: string;
  /** Median of our rounds, in `unit`. */
  readonly ours: number;
  /** Median of the peer's rounds, in `unit`. */
  readonly theirs: number;
  /** Median over the rounds of ours divided by theirs; the two of a round were measured in turn. */
  readonly ratio: number;
  /** Lower and upper quartile of the rounds' ratios, if there were rounds. */
  readonly quartiles?: readonly [number, number];
  /** Unit of both values, such as `records/s`. */
  readonly unit: string;
}

/** Returns the middle value; of an even number of values, the upper of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Makes the row of rounds that were measured in turn: the n-th of ours belongs to the n-th of theirs. */
export function rowOf(
  names: Pick<Row, "bench" | "case" | "peer" | "unit">,
  ours: readonly number[],
  theirs: readonly number[],
): Row {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const quartiles = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
  return { ...names, ours: median(ours), theirs: median(theirs), ratio: median(ratios), quartiles };
}

const HEAD = ["case", "ours", "peer", "theirs", "ratio", "quartiles", "unit"];

/** Returns rows as a table. */
export function rowsTable(rows: readonly Row[]): string {
  return table([HEAD, ...rows.map(cells)], ["left", "right", "left", "right", "right", "left", "left"]);
}

/** Returns rows as a table in Markdown, with a column for their targets. */
export function rowsMarkdown(rows: readonly Row[], targetOf: (row: Row) => string | undefined): string {
  const lines = rows.map((row) => [...cells(row), targetOf(row) ?? ""]);
  const rule = ["---", "---:", "---", "---:", "---:", "---", "---", "---"];
  return [[...HEAD, "target"], rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells({ case: what, peer, ours, theirs, ratio, quartiles, unit }: Row): string[] {
  const spread = quartiles === undefined ? "" : quartiles.map(shown).join("–");
  return [what, shown(ours), peer, shown(theirs), shown(ratio), spread, unit];
}

/** Three significant digits, with a letter for thousands and millions. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)} k`;
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
