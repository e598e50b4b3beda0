import { type Alignment, table } from "../shared/table.ts";
import type { Result } from "./platform.ts";

const ALIGNMENTS: readonly Alignment[] = ["left", "left", "left", "right", "right", "right", "right"];

/** Returns the table of results, then the skipped and the failed cases with the reasons. */
export function resultsTable(results: readonly Result[]): string {
  const rows = results.map(({ name, sockets, version, outcomes, durationMs, skipped }) => {
    const count = (result: string): string => `${outcomes.filter((outcome) => outcome.result === result).length}`;
    return skipped === undefined
      ? [
          name,
          version,
          sockets,
          count("passed"),
          count("failed"),
          count("skipped"),
          `${(durationMs / 1000).toFixed(1)} s`,
        ]
      : [name, "–", sockets, "–", "–", "all", "–"];
  });
  const lines = [
    table([["platform", "version", "sockets", "passed", "failed", "skipped", "time"], ...rows], ALIGNMENTS),
  ];

  const skipped = new Map<string, string[]>();
  for (const { name, outcomes, skipped: reason } of results) {
    const reasons = outcomes
      .filter(({ result }) => result === "skipped")
      .map(({ title, detail }) => `${title}: ${detail}`);
    if (reason !== undefined) reasons.push(`all cases: ${reason}`);
    for (const line of reasons) skipped.set(line, [...(skipped.get(line) ?? []), name]);
  }
  if (skipped.size > 0) lines.push("", "skipped");
  for (const [line, names] of skipped) lines.push(`- ${line}`, `  (${names.join(", ")})`);

  const failed = results.flatMap(({ name, outcomes }) =>
    outcomes
      .filter(({ result }) => result === "failed")
      .map(({ title, detail }) => `- ${name}: ${title}\n${indented(detail)}`),
  );
  if (failed.length > 0) lines.push("", "failed", ...failed);
  return lines.join("\n");
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
