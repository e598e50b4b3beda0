// `npm run test:installing [GROUP…]`: installs the packages in an empty folder and uses them in every way that
// docs/installing.md names, or in those of the groups.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway, listen, simulator } from "tickerplant";
import { Unavailable } from "../runtimes/installing.ts";
import { BUNDLER_CASES } from "./bundlers.ts";
import type { Case } from "./case.ts";
import { CLUSTER_CASES } from "./cluster.ts";
import { NODE_CASES } from "./node.ts";
import { OTHER_RUNTIME_CASES } from "./other-runtimes.ts";
import { PAGE_CASES, servePages } from "./page.ts";
import { makeProject, type Project } from "./project.ts";
import { RECORDER_CASES } from "./recorder.ts";
import { TEST_RUNNER_CASES } from "./test-runners.ts";
import { TYPESCRIPT_CASES } from "./typescript.ts";

const CASES: readonly Case[] = [
  ...NODE_CASES,
  ...TYPESCRIPT_CASES,
  ...TEST_RUNNER_CASES,
  ...BUNDLER_CASES,
  ...PAGE_CASES,
  ...OTHER_RUNTIME_CASES,
  ...CLUSTER_CASES,
  ...RECORDER_CASES,
];

type Result = "passed" | "failed" | "skipped";

async function runCase({ title, run }: Case, project: Project): Promise<Result> {
  try {
    await run(project);
    console.log(`passed   ${title}`);
    return "passed";
  } catch (error) {
    const result = error instanceof Unavailable ? "skipped" : "failed";
    console.log(`${result.padEnd(8)} ${title}\n${String(error).replaceAll(/^/gm, "           ")}`);
    return result;
  }
}

async function runAll(cases: readonly Case[]): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-installing-"));
  const pages = await servePages(folder);
  const market = simulator({ symbols: 20, rate: 200 }); // one symbol alone may be halted
  const gateway = createGateway({ feeds: { iex: market }, allowedOrigins: [pages.origin] });
  const listener = await listen(gateway);
  void gateway.start();
  try {
    const project = await makeProject({ folder, url: `${listener.url}/v2/iex`, origin: pages.origin });
    const results: Result[] = [];
    for (const each of cases) results.push(await runCase(each, project));
    return results;
  } finally {
    await listener.close();
    pages.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(groups: readonly string[]): Promise<number> {
  const known = [...new Set(CASES.map(({ group }) => group))];
  const unknown = groups.filter((group) => !known.includes(group));
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(", ")}; there are ${known.join(", ")}`);
    return 2;
  }
  const results = await runAll(CASES.filter(({ group }) => groups.length === 0 || groups.includes(group)));
  const count = (result: Result): number => results.filter((each) => each === result).length;
  console.log(`\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  // A group that is named has to run.
  return count("failed") > 0 || (groups.length > 0 && count("skipped") > 0) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
