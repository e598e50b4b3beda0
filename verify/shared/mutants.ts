import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One defect: its name, and the edit of a built file that causes it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Where the built client, gateway, upstream feed, cluster feed, ingest and cluster are, for {@link Mutant.file}. */
export const CLIENT = "packages/client/dist";
export const GATEWAY = "packages/server/dist/gateway";
export const UPSTREAM = "packages/server/dist/feeds/upstream";
export const READING = "packages/server/dist/feeds/cluster";
export const INGEST = "packages/server/dist/ingest";
export const CLUSTER = "packages/cluster/dist";

/** A verification program that must pass on the packages as they are, and fail on each mutant. */
export interface Program {
  /** Its file below `verify/dist`. */
  readonly file: string;
  readonly args: readonly string[];
  /** Arguments of the run without a mutant. */
  readonly argsOfOriginal: readonly string[];
  /** Returns the line that says what a failing run found. */
  summaryOf(output: string): string | undefined;
}

/** Time limit of one mutant: one that hangs counts as caught. */
const TIMEOUT_MS = 300_000;

const root = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Makes each mutant in a copy of the built packages, and runs a program on it. Prints which ones the program
 * catches; returns the exit code.
 *
 * @throws Error if the program fails without a mutant, or a file does not contain the code that a mutant edits.
 */
export async function runMutants(mutants: readonly Mutant[], program: Program): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-mutants-"));
  let missed = 0;
  try {
    await copyPackages(folder);
    const original = await run(folder, program, program.argsOfOriginal);
    if (!original.isClean) throw new Error(`${program.file} fails without a mutant: ${original.summary}`);
    for (const { name, file, from, to } of mutants) {
      const path = join(folder, file);
      const text = await readFile(path, "utf8");
      if (!text.includes(from)) throw new Error(`cannot make "${name}": ${file} no longer contains: ${from}`);
      await writeFile(path, text.replaceAll(from, to));
      const { isClean, summary } = await run(folder, program, program.args);
      await writeFile(path, text);
      if (isClean) missed++;
      console.log(`${isClean ? "MISSED" : "caught"}  ${name}${isClean ? "" : `\n        ${summary.slice(0, 160)}`}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${mutants.length - missed} of ${mutants.length} mutants caught`);
  return missed === 0 ? 0 : 1;
}

/** Copies the built packages and verification programs to a folder where they can be edited, as they lie here. */
async function copyPackages(folder: string): Promise<void> {
  for (const [name, source] of [
    ["@tickerplant/client", "packages/client"],
    ["@tickerplant/cluster", "packages/cluster"],
    ["tickerplant", "packages/server"],
  ] as const) {
    await mkdir(join(folder, source), { recursive: true });
    for (const part of ["package.json", "dist"])
      await cp(join(root, source, part), join(folder, source, part), { recursive: true });
    await link(join(folder, source), join(folder, "node_modules", name));
  }
  for (const name of ["ws", "commander", "csv-parse", "smol-toml", "@msgpack/msgpack", "@nats-io"])
    await link(join(root, "node_modules", name), join(folder, "node_modules", name));
  await cp(join(root, "verify/dist"), join(folder, "verify/dist"), { recursive: true });
  await link(join(root, "verify/vectors"), join(folder, "verify/vectors"));
  await cp(join(root, "package.json"), join(folder, "package.json"));
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** Runs the program; returns whether it passed, and its summary. */
function run(
  folder: string,
  { file, summaryOf }: Program,
  args: readonly string[],
): Promise<{ isClean: boolean; summary: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, "verify/dist", file), ...args], { timeout: TIMEOUT_MS });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("close", (code) => {
      resolve({ isClean: code === 0, summary: summaryOf(output) ?? output.trim().split("\n").at(-1) ?? "" });
    });
  });
}
