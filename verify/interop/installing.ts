import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run-command.ts";

/** The folder of the sources; this file runs from `dist`. */
export const SOURCES: string = fileURLToPath(new URL("../../interop/", import.meta.url));
/** Installed and built clients; not in the repository. */
const CACHE = join(SOURCES, ".cache");
/** The Python of the virtual environment with alpaca-py. */
export const VENV_PYTHON: string = join(CACHE, "alpaca-py/bin/python");

/** Installs the pinned alpaca-py into a virtual environment. Returns the reason if this machine lacks what that needs. */
export async function installAlpacaPy(): Promise<string | undefined> {
  const python = await run("python3", ["-c", "import venv, ensurepip"], SOURCES);
  if (python.isMissing) return "python3 is not installed";
  if (python.code !== 0) return "python3 is installed without its module venv";
  const requirements = join(SOURCES, "alpaca-py/requirements.txt");
  const stamp = join(CACHE, "alpaca-py/installed.txt");
  const wanted = await readFile(requirements, "utf8");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return undefined;
  await succeed("python3", ["-m", "venv", "--clear", join(CACHE, "alpaca-py")]);
  await succeed(VENV_PYTHON, ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]);
  await writeFile(stamp, wanted);
  return undefined;
}

/** Path of a program that {@link buildWithGoClient} has built. */
export function goProgram(name: string): string {
  return join(CACHE, "alpaca-trade-api-go", name);
}

/** Builds a program of one file with the pinned Go client. Returns the reason if this machine lacks what that needs. */
export async function buildWithGoClient(file: string, name: string): Promise<string | undefined> {
  const go = await run("go", ["version"], SOURCES);
  if (go.isMissing) return "go is not installed";
  await mkdir(dirname(goProgram(name)), { recursive: true });
  await succeed("go", ["build", "-mod=readonly", "-o", goProgram(name), file], join(SOURCES, "alpaca-trade-api-go"));
  return undefined;
}

async function succeed(program: string, args: readonly string[], folder = SOURCES): Promise<void> {
  const { code, output } = await run(program, args, folder);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${output.trim().slice(-2_000)}`);
}
