/** Reads a recording with pandas, Polars and DuckDB of Python, and compares what they read with what was recorded. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { installPackages, pythonOf } from "../shared/python.ts";
import { run } from "../shared/run-command.ts";
import { table } from "../shared/table.ts";
import { type KnownTable, makeKnownRecording, type ReadRow } from "./known-recording.ts";

/** The folder of the sources; this file runs from `dist`. */
const SOURCES = fileURLToPath(new URL("../../recorder/", import.meta.url));
const REQUIREMENTS = join(SOURCES, "python/requirements.txt");
const ENVIRONMENT = join(SOURCES, ".cache/python");

const READERS: readonly string[] = ["pandas", "polars", "duckdb"];

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const reason = await installPackages(REQUIREMENTS, ENVIRONMENT);
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    return true;
  }
  const dir = await mkdtemp(join(tmpdir(), "tickerplant-readers-"));
  try {
    const known = await makeKnownRecording(dir);
    const results = [];
    for (const reader of READERS) results.push({ reader, problems: await problemsOf(reader, dir, known) });
    for (const { reader, problems } of results)
      for (const problem of problems.slice(0, 10)) console.log(`${reader}: ${problem}`);
    await printTable(known, results);
    return results.every(({ problems }) => problems.length === 0);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function problemsOf(reader: string, dir: string, known: readonly KnownTable[]): Promise<string[]> {
  const feeds = [...new Set(known.map(({ feed }) => feed))];
  const read: KnownTable[] = [];
  for (const feed of feeds) {
    const tables = known.filter((each) => each.feed === feed).map((each) => each.table);
    const script = join(SOURCES, "python", `read_${reader}.py`);
    const { code, output } = await run(pythonOf(ENVIRONMENT), [script, dir, feed, ...tables], dir);
    if (code !== 0) return [`ended with ${code}: ${output.slice(-2_000)}`];
    const lines = output.trim().split("\n");
    read.push(...lines.map((line) => JSON.parse(line) as KnownTable)); // as output.py prints it
  }
  return known.flatMap((expected, index) => differences(expected, read[index]));
}

function differences({ feed, table: name, rows }: KnownTable, read: KnownTable | undefined): string[] {
  const place = `${name} of ${feed}`;
  if (read?.rows.length !== rows.length) return [`${place}: expected ${rows.length} rows, got ${read?.rows.length}`];
  return rows.flatMap((row, index) => {
    const { segment: _, sequence: __, ...got }: ReadRow = read.rows[index] ?? {};
    if (isDeepStrictEqual(got, row)) return [];
    return [`${place}, row ${index}: expected ${JSON.stringify(row)}, got ${JSON.stringify(got)}`];
  });
}

async function printTable(
  known: readonly KnownTable[],
  results: readonly { readonly reader: string; readonly problems: readonly string[] }[],
): Promise<void> {
  const pinned = await readFile(REQUIREMENTS, "utf8");
  const rowCount = known.reduce((sum, { rows }) => sum + rows.length, 0);
  console.log(
    table([
      ["reader", "version", "tables", "rows", "result"],
      ...results.map(({ reader, problems }) => [
        reader,
        new RegExp(`^${reader}==(\\S+)$`, "m").exec(pinned)?.[1] ?? "",
        String(known.length),
        String(rowCount),
        problems.length === 0 ? "every value as recorded" : `${problems.length} differences`,
      ]),
    ]),
  );
}
