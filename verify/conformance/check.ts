import type { Line, Section } from "./lines/line.ts";
import type { ReportedTest } from "./report.ts";

/** The result of a line. */
export interface LineResult {
  readonly line: Line;
  readonly status: "passed" | "failed" | "excused";
  /** The titles of the tests, the excuse, or what is wrong. */
  readonly explanation: string;
}

/** Checks a line against the tests with its id. */
export function checkLine(line: Line, tests: readonly ReportedTest[]): LineResult {
  const mine = tests.filter(({ ids }) => ids.includes(line.id));
  const titles = [...new Set(mine.map(({ title }) => title))];
  const result = (status: LineResult["status"], explanation: string): LineResult => ({ line, status, explanation });
  if (line.excuse !== undefined) {
    if (mine.length === 0) return result("excused", line.excuse);
    return result("failed", `excused, although a test has its id: ${titles[0]}`);
  }
  const failed = mine.find(({ status }) => status === "failed");
  if (failed !== undefined) return result("failed", failed.title);
  if (!mine.some(({ status }) => status === "passed")) {
    return result("failed", mine.length === 0 ? "has neither a test nor an excuse" : `not run: ${titles[0]}`);
  }
  const more = titles.length > 1 ? ` (and ${titles.length - 1} more)` : "";
  return result("passed", `${titles[0]}${more}`);
}

/** Returns the ids in titles that the list does not have, each with a test. */
export function unknownIds(sections: readonly Section[], tests: readonly ReportedTest[]): string[] {
  const known = new Set(sections.flatMap(({ lines }) => lines.map(({ id }) => id)));
  return tests.flatMap(({ ids, title }) =>
    ids.filter((id) => !known.has(id)).map((id) => `[${id}] is not in the list: ${title}`),
  );
}
