import { execFile } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Unavailable } from "../runtimes/installing.ts";

export const ROOT: string = join(import.meta.dirname, "../../..");

/** What the cases need besides our packages; a range would make a failure depend on the day. */
const TOOLS: readonly string[] = [
  "@rollup/plugin-node-resolve@16.0.3",
  "@types/node@20.19.43",
  "esbuild@0.28.2",
  "jest@30.5.2",
  "rollup@4.68.5",
  "ts-jest@29.4.15",
  "typescript@5.9.3",
  "vite@8.3.8",
  "vitest@4.1.12",
  "webpack@5.112.2",
];

/** Longest time for one command: the tools are 400 packages. */
const COMMAND_TIMEOUT_MS = 180_000;

/** Outcome of a command that ended. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Where a {@link Project} lies, and what its programs connect to. */
export interface Place {
  readonly folder: string;
  /** Address of a gateway with a simulated market. */
  readonly url: string;
  /** Address of a server of the folder's files, for pages. */
  readonly origin: string;
}

/** A user's folder outside of the repository, with our packages installed from their archives. */
export class Project {
  readonly folder: string;
  readonly url: string;
  readonly origin: string;
  /** Names of the packages' archives, in the folder. */
  archives: readonly string[] = [];
  #tools: Promise<void> | undefined;

  constructor({ folder, url, origin }: Place) {
    this.folder = folder;
    this.url = url;
    this.origin = origin;
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  /** Runs a program of Node's in the folder. */
  node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.run(process.execPath, args, env);
  }

  /** Runs the command of an installed tool, which is installed first if necessary. */
  async tool(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    await this.tools();
    return this.run(join(this.folder, "node_modules/.bin", name), args, env);
  }

  /** Installs the tools once. Rejects with `Unavailable` if npm cannot get them. */
  tools(): Promise<void> {
    this.#tools ??= install(this, [...TOOLS]);
    return this.#tools;
  }

  /** Installs a package of this project beside the others. Rejects with `Unavailable` if npm cannot get what it needs. */
  async addPackage(name: string): Promise<void> {
    const archives = await pack([name], this.folder);
    await install(
      this,
      archives.map((name) => `./${name}`),
    );
  }

  run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const options = { cwd: this.folder, env: { ...process.env, NO_COLOR: "1", URL: this.url, ...env } };
    return command(file, args, options);
  }
}

/** The packages that every user may install. Recorder and cluster come later: not every user needs DuckDB or NATS. */
const PACKAGES = ["@tickerplant/client", "tickerplant"];

/** Packs the client and the gateway, and installs their archives in an empty folder. */
export async function makeProject(place: Place): Promise<Project> {
  const project = new Project(place);
  await project.write("package.json", '{ "private": true }\n');
  project.archives = await pack(PACKAGES, place.folder);
  await install(
    project,
    project.archives.map((name) => `./${name}`),
  );
  return project;
}

/** Packs packages of the repository into a folder; returns the names of the archives. */
async function pack(names: readonly string[], folder: string): Promise<string[]> {
  const before = await readdir(folder);
  const packing = ["pack", ...names.map((name) => `--workspace=${name}`), "--pack-destination", folder];
  const { code, output } = await command("npm", packing, { cwd: ROOT });
  if (code !== 0) throw new Error(`npm ${packing.join(" ")} ended with ${code}:\n${output}`);
  return (await readdir(folder)).filter((name) => name.endsWith(".tgz") && !before.includes(name));
}

async function install({ folder }: Project, packages: readonly string[]): Promise<void> {
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code, output } = await command("npm", ["install", ...options, ...packages], { cwd: folder });
  if (code === 0) return;
  const reason = output.split("\n").find((line) => line.includes("npm error")) ?? output;
  throw new Unavailable(`npm cannot install ${packages.join(" ")}: ${reason.trim()}`);
}

async function command(file: string, args: readonly string[], options: object): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { timeout: COMMAND_TIMEOUT_MS, ...options });
    return { code: 0, output: `${stdout}${stderr}` };
  } catch (error) {
    const { code, stdout = "", stderr = "", message } = error as Error & Record<string, unknown>; // execFile's own
    return { code: typeof code === "number" ? code : 1, output: `${stdout}${stderr}` || message };
  }
}
