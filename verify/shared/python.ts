import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run, succeed } from "./run-command.ts";

/**
 * Installs pinned packages into a virtual environment of Python, if it does not have them. Returns the reason if this
 * machine lacks what that needs.
 */
export async function installPackages(requirements: string, environment: string): Promise<string | undefined> {
  const folder = dirname(requirements);
  const python = await run("python3", ["-c", "import venv, ensurepip"], folder);
  if (python.isMissing) return "python3 is not installed";
  if (python.code !== 0) return "python3 is installed without its module venv";
  const stamp = join(environment, "installed.txt");
  const wanted = await readFile(requirements, "utf8");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return undefined;
  await mkdir(dirname(environment), { recursive: true });
  await succeed("python3", ["-m", "venv", "--clear", environment], folder);
  const install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements];
  await succeed(pythonOf(environment), install, folder);
  await writeFile(stamp, wanted);
  return undefined;
}

/** The Python of a virtual environment. */
export function pythonOf(environment: string): string {
  return join(environment, "bin/python");
}
