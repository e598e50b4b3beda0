import { table } from "../shared/table.ts";
import type { OfficialClient } from "./clients.ts";
import type { Finding } from "./finding.ts";

/** A client and its results; none if it was skipped. */
export interface Result {
  readonly client: OfficialClient;
  readonly findings: readonly Finding[];
}

/** Prints a table with a row for each scenario and a column for each client, and the reasons of all that did not pass. */
export function printTable(all: readonly Result[]): void {
  const results = all.filter(({ findings }) => findings.length > 0);
  if (results.length === 0) return;
  const titles = [...new Set(results.flatMap(({ findings }) => findings.map(({ title }) => title)))];
  const rows = [
    ["", ...results.map(({ client }) => client.name)],
    ["", ...results.map(({ client }) => client.version)],
    ...titles.map((title) => [title, ...results.map(({ findings }) => outcomeOf(findings, title))]),
  ];
  console.log(`\n${table(rows)}`);
  for (const { client, findings } of results) {
    for (const { title, outcome, reason } of findings) {
      if (reason !== undefined) console.log(`\n${outcome}: ${client.name}, ${title}: ${reason}`);
    }
  }
}

function outcomeOf(findings: readonly Finding[], title: string): string {
  return findings.find((finding) => finding.title === title)?.outcome ?? "";
}
