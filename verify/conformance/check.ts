import type { Line, Section } from "./lines/line.ts";
import type { ReportedTest } from "./report.ts";

/** What became of a line. */
export interface Verdict {
  readonly line: Line;
  readonly status: "passed" | "failed" | "excused";
  /** The tests' titles, the excuse, or what is wrong. */
  readonly explanation: string;
}

/** Holds a line against the tests that carry its id. */
export function judge(line: Line, tests: readonly ReportedTest[]): Verdict {
  const mine = tests.filter(({ ids }) => ids.includes(line.id));
  const titles = [...new Set(mine.map(({ title }) => title))];
  const verdict = (status: Verdict["status"], explanation: string): Verdict => ({ line, status, explanation });
  if (line.excuse !== undefined) {
    if (mine.length === 0) return verdict("excused", line.excuse);
    return verdict("failed", `excused, and yet a test has it: ${titles[0]}`);
  }
  const failed = mine.find(({ status }) => status === "failed");
  if (failed !== undefined) return verdict("failed", failed.title);
  if (!mine.some(({ status }) => status === "passed")) {
    return verdict("failed", mine.length === 0 ? "neither tested nor excused" : `was not run: ${titles[0]}`);
  }
  const more = titles.length > 1 ? ` (and ${titles.length - 1} more)` : "";
  return verdict("passed", `${titles[0]}${more}`);
}

/** Ids in titles that the list does not have, with a test of each. */
export function unknownIds(sections: readonly Section[], tests: readonly ReportedTest[]): string[] {
  const known = new Set(sections.flatMap(({ lines }) => lines.map(({ id }) => id)));
  return tests.flatMap(({ ids, title }) =>
    ids.filter((id) => !known.has(id)).map((id) => `[${id}] is not in the list: ${title}`),
  );
}
