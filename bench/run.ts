/**
 * Measures ours and its peers in turn and prints a row for each comparison.
 *
 * Usage: run.js [NAME...] [--json | --markdown] [--short] [--check] [--node MAJOR]
 *        run.js compare DIR [--json | --markdown] [--short] [--node MAJOR]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { binaryPackages, installed, Unavailable } from "#verify/runtimes/installing.js";
import { cluster } from "./benches/cluster.ts";
import { codec } from "./benches/codec.ts";
import { compare } from "./benches/compare.ts";
import { endToEnd } from "./benches/end-to-end.ts";
import { fanOut, relay } from "./benches/fan-out.ts";
import { history } from "./benches/history.ts";
import { latency } from "./benches/latency.ts";
import { promotion } from "./benches/promotion.ts";
import { reconnect } from "./benches/reconnect.ts";
import { recording } from "./benches/recording.ts";
import { size } from "./benches/size.ts";
import { start } from "./benches/start.ts";
import { subscribe } from "./benches/subscribe.ts";
import { type Effort, FULL, SHORT } from "./effort.ts";
import { type Row, rowsMarkdown, rowsTable } from "./row.ts";
import { shortfalls, targetOf } from "./targets.ts";

const BENCHES: Readonly<Record<string, (effort: Effort) => Promise<Row[]>>> = {
  cluster,
  codec,
  "end-to-end": endToEnd,
  "fan-out": fanOut,
  history,
  latency,
  promotion,
  reconnect,
  recording,
  relay,
  size,
  start,
  subscribe,
};

const HELP = `Usage: npm run bench -- [NAME...] [--json | --markdown] [--short] [--check] [--node MAJOR]
       npm run bench -- compare DIR [--json | --markdown] [--short] [--node MAJOR]

Measures ours and its peers in turn. Benchmarks: ${Object.keys(BENCHES).join(", ")}; default: all.
With compare, measures this build and that of another worktree, whose root is DIR, in turn.
  --json        print each row as a line of JSON to standard output
  --markdown    print tables in Markdown, with the targets
  --short       run fewer rounds and cases
  --check       measure again what misses two thirds of its target; exit 1 when it does twice
  --node MAJOR  run with this major version of Node, installed from npm on first use`;

let options: ReturnType<typeof parse>;
try {
  options = parse();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${HELP}`);
  process.exit(2);
}
const { values, positionals } = options;
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const base = positionals[0] === "compare" ? baseOf(positionals[1]) : undefined;
const unknown = base === undefined ? positionals.filter((name) => !(name in BENCHES)) : positionals.slice(2);
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(", ")}; the benchmarks are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
if (values.node !== undefined && !/^\d+$/.test(values.node)) {
  console.error(`--node must be a major version such as 24, got ${values.node}`);
  process.exit(2);
}
if (values.node !== undefined && values.node !== process.versions.node.split(".")[0]) {
  const flags = (["json", "markdown", "short", "check"] as const)
    .filter((name) => values[name])
    .map((name) => `--${name}`);
  const args = [import.meta.filename, ...(base === undefined ? positionals : ["compare", base]), ...flags];
  const packages = binaryPackages();
  if (packages === undefined) throw new Error(`npm has no package of Node for ${process.platform} ${process.arch}`);
  try {
    const binary = await installed(packages.node(Number(values.node)));
    process.exit(spawnSync(binary, args, { stdio: "inherit" }).status ?? 1);
  } catch (error) {
    console.error(error instanceof Unavailable ? error.message : error);
    process.exit(1);
  }
}

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const benches = base === undefined ? names.map((name) => [name, BENCHES[name]] as const) : [comparison(base)];
const effort = values.short ? SHORT : FULL;
const print = values.json ? console.error : console.log; // with --json, standard output has the rows alone
print(
  `${peers()}\n${cpus().length} × ${cpus()[0]?.model.trim() ?? "processor"}, Node ${process.versions.node}, ${effort.rounds} rounds`,
);

for (const [name, bench] of benches) {
  if (bench === undefined) continue;
  const missed = shortfalls(await measured(name, bench));
  if (!values.check || missed.length === 0) continue;
  for (const { sentence } of missed) print(`!! ${sentence}`);
  // Another program may have taken the processor from one side: what is slower misses its target twice.
  print(`${name}: measured once more`);
  const again = shortfalls(await measured(name, bench)).filter(({ target }) =>
    missed.some((before) => before.target === target),
  );
  for (const { sentence } of again) print(`!! again: ${sentence}`);
  if (again.length > 0) process.exitCode = 1;
}

/** Measures one benchmark and prints its rows. */
async function measured(name: string, bench: (effort: Effort) => Promise<Row[]>): Promise<Row[]> {
  const rows = await bench(effort);
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else console.log(`\n${name}\n${values.markdown ? `\n${rowsMarkdown(rows, targetOf)}` : rowsTable(rows)}`);
  return rows;
}

/** Returns the benchmark that compares this build with the one in a folder. */
function comparison(folder: string): readonly [string, (effort: Effort) => Promise<Row[]>] {
  return ["compare", (effort) => compare(folder, effort)];
}

/** Returns the absolute path of a built worktree. */
function baseOf(folder: string | undefined): string {
  const path = resolve(folder ?? "");
  if (folder !== undefined && existsSync(join(path, "packages/client/dist/index.js"))) return path;
  console.error(`compare needs the root of a built worktree, got ${folder ?? "nothing"}; run npm run build there`);
  process.exit(2);
}

/** Lists the peers with their versions. */
function peers(): string {
  const names = ["ws", "@alpacahq/alpaca-trade-api", "@msgpack/msgpack", "msgpackr"];
  const version = (name: string): string => {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version; // every package has one
  };
  return names.map((name) => `${name} ${version(name)}`).join(", ");
}

// No return type: it follows from the options, and only this file uses it.
function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      node: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
}
