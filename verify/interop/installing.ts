import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, pythonOf } from "../shared/python.ts";
import { run, succeed } from "../shared/run-command.ts";

/** The folder of the sources; this file runs from `dist`. */
export const SOURCES: string = fileURLToPath(new URL("../../interop/", import.meta.url));
/** Installed and built clients; not in the repository. */
const CACHE = join(SOURCES, ".cache");
const ENVIRONMENT = join(CACHE, "alpaca-py");
/** The Python of the virtual environment with alpaca-py. */
export const VENV_PYTHON: string = pythonOf(ENVIRONMENT);

/** Installs the pinned alpaca-py into a virtual environment. Returns the reason if this machine lacks what that needs. */
export function installAlpacaPy(): Promise<string | undefined> {
  return installPackages(join(SOURCES, "alpaca-py/requirements.txt"), ENVIRONMENT);
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
