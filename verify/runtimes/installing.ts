import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where runtimes are kept between runs; git does not see it. */
export const CACHE: string = join(import.meta.dirname, "../../runtimes/.cache");

/** A runtime is not to be had on this machine: it is skipped, and the message says why. */
export class Unavailable extends Error {}

/** What an npm package with a runtime's binary is called on this machine. */
interface BinaryPackage {
  readonly name: string;
  /** Version or range. */
  readonly version: string;
  /** Path of the binary in the package. */
  readonly binary: string;
}

/** Longest time for one package to arrive: the largest has 200 MB. */
const INSTALL_TIMEOUT_MS = 180_000;

/**
 * The path of a runtime's binary, installed by npm on first use. The packages that carry the
 * binaries are installed themselves, because the ones named after the runtimes fetch them by a script.
 *
 * @throws Unavailable with npm's word when the package cannot be had.
 */
export async function installed({ name, version, binary }: BinaryPackage): Promise<string> {
  const folder = join(CACHE, `${name.replaceAll("/", "-")}-${version}`);
  const path = join(folder, "node_modules", name, binary);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    // The cache is no workspace of the project's: the prefix keeps npm from looking further up.
    await run("npm", ["install", "--prefix", folder, ...options, `${name}@${version}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string }; // execFile's own
    const said = stderr.split("\n").find((line) => line.includes("npm error")) ?? String(error);
    throw new Unavailable(`${name}@${version} cannot be installed: ${said.trim()}`);
  }
  if (!existsSync(path)) throw new Error(`${name}@${version} has no ${binary}`);
  return path;
}

/** The path of the first of these programs that this machine has. */
export function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** The packages with a binary for this machine; undefined where there is none. */
export function binaryPackages():
  | { node(major: number): BinaryPackage; bun: BinaryPackage; deno: BinaryPackage }
  | undefined {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64")) return undefined;
  return {
    node: (major) => ({ name: `node-linux-${arch}`, version: `${major}`, binary: "bin/node" }),
    bun: { name: `@oven/bun-linux-${arch === "arm64" ? "aarch64" : arch}`, version: "1", binary: "bin/bun" },
    deno: { name: `@deno/linux-${arch}-glibc`, version: "2", binary: "deno" },
  };
}
