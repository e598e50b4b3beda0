import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder in which installed platforms are kept; it is not in the repository. */
export const CACHE: string = join(import.meta.dirname, "../../runtimes/.cache");

/** The error of a platform that is not available on this machine; it is skipped, with the message as the reason. */
export class Unavailable extends Error {}

/** An npm package with the binary of a platform for this machine. */
interface BinaryPackage {
  readonly name: string;
  /** Version or range. */
  readonly version: string;
  /** Path of the binary in the package. */
  readonly binary: string;
}

/** Time limit for the installation of a package: the largest has 200 MB. */
const INSTALL_TIMEOUT_MS = 180_000;

/**
 * Returns the path of the binary of a platform, installed by npm on first use. The packages with the
 * binaries are installed directly, because those named after the platforms fetch them in a script.
 *
 * @throws Unavailable with the message of npm if the package cannot be installed.
 */
export async function installed({ name, version, binary }: BinaryPackage): Promise<string> {
  const folder = join(CACHE, `${name.replaceAll("/", "-")}-${version}`);
  const path = join(folder, "node_modules", name, binary);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    // The prefix keeps npm from treating the cache as part of the workspace.
    await run("npm", ["install", "--prefix", folder, ...options, `${name}@${version}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string }; // as execFile rejects
    const said = stderr.split("\n").find((line) => line.includes("npm error")) ?? String(error);
    throw new Unavailable(`${name}@${version} cannot be installed: ${said.trim()}`);
  }
  if (!existsSync(path)) throw new Error(`${name}@${version} has no ${binary}`);
  return path;
}

/** Returns the path of the first of these programs that is installed. */
export function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Returns the packages with binaries for this machine; undefined if there are none. */
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
