import type { Result } from "./platform.ts";

/** The results as lines: the table, then what was skipped and what failed, with the reasons. */
export function table(results: readonly Result[]): string {
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
  const lines = aligned([["runtime", "version", "sockets", "passed", "failed", "skipped", "time"], ...rows]);

  const skipped = new Map<string, string[]>();
  for (const { name, outcomes, skipped: reason } of results) {
    const reasons = outcomes
      .filter(({ result }) => result === "skipped")
      .map(({ title, detail }) => `${title}: ${detail}`);
    if (reason !== undefined) reasons.push(`everything: ${reason}`);
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

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
