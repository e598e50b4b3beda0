import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClientProcess, type SeenRecord } from "./client-process.ts";
import { run } from "./run-command.ts";
import type { SentRecord } from "./sent-records.ts";

/** An official client of Alpaca's, and what is known of it: the scenarios hold it to this. */
export interface OfficialClient {
  readonly name: string;
  /** The version that is pinned. */
  readonly version: string;
  /** Why it does not model a type of record, by the wire's letter; it models all others. */
  readonly missingTypes: Readonly<Record<string, string>>;
  /** Why it cannot hand out raw records; undefined: it can. */
  readonly noRaw?: string;
  /** What it does when its key is refused with 402. */
  readonly afterWrongKey: "ends" | "tries again";
  /** What it does when the feed is refused with 409. */
  readonly afterRefusedFeed: "ends" | "stays connected";
  /** Installs or builds it. Gives a sentence when that needs something which is not on this machine. */
  prepare(): Promise<string | undefined>;
  /** Starts its program; `url` is the gateway's, without a path. */
  start(url: string, key: string, secret: string, raw?: boolean): ClientProcess;
  /** What it must show for a record that was sent. */
  expected(record: SentRecord, raw?: boolean): SeenRecord;
}

/** The folder of the sources; this file runs from `dist`. */
const HERE = fileURLToPath(new URL("../../interop/", import.meta.url));
/** What is installed and built; not in the repository. */
const CACHE = join(HERE, ".cache");
const VENV_PYTHON = join(CACHE, "alpaca-py/bin/python");
const GO_PROGRAM = join(CACHE, "alpaca-trade-api-go/client");

const alpacaPy: OfficialClient = {
  name: "alpaca-py",
  version: pinned("alpaca-py/requirements.txt", /^alpaca-py==(\S+)$/m),
  missingTypes: {
    l: "alpaca-py's StockDataStream has no method to subscribe to LULD bands, and no model",
    i: "alpaca-py's StockDataStream has no method to subscribe to imbalances, and no model",
  },
  afterWrongKey: "tries again",
  afterRefusedFeed: "ends",
  async prepare() {
    const python = await run("python3", ["-c", "import venv, ensurepip"], HERE);
    if (python.isMissing) return "python3 is not on this machine";
    if (python.code !== 0) return "python3 is on this machine without its module venv";
    const requirements = join(HERE, "alpaca-py/requirements.txt");
    const mark = join(CACHE, "alpaca-py/installed.txt");
    const wanted = await readFile(requirements, "utf8");
    if (existsSync(mark) && (await readFile(mark, "utf8")) === wanted) return undefined;
    await succeed("python3", ["-m", "venv", "--clear", join(CACHE, "alpaca-py")]);
    await succeed(VENV_PYTHON, ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]);
    await writeFile(mark, wanted);
    return undefined;
  },
  start: (url, key, secret, raw = false) =>
    new ClientProcess(VENV_PYTHON, [
      join(HERE, "alpaca-py/client.py"),
      `${url}/v2/iex`,
      key,
      secret,
      ...(raw ? ["raw"] : []),
    ]),
  // Its models have Python's datetime, which ends at microseconds; a raw record has all nine digits.
  expected: (record, raw = false) =>
    raw ? shown(record) : { ...withoutReceipt(shown(record)), t: `${record.t.slice(0, 26)}Z` },
};

const alpacaGo: OfficialClient = {
  name: "alpaca-trade-api-go",
  version: pinned("alpaca-trade-api-go/go.mod", /alpaca-trade-api-go\/v3 v(\S+)/),
  missingTypes: {},
  noRaw: "the Go client has no raw records; its models have nanoseconds",
  afterWrongKey: "ends",
  afterRefusedFeed: "ends",
  async prepare() {
    const go = await run("go", ["version"], HERE);
    if (go.isMissing) return "go is not on this machine";
    await mkdir(dirname(GO_PROGRAM), { recursive: true });
    await succeed("go", ["build", "-mod=readonly", "-o", GO_PROGRAM, "."], join(HERE, "alpaca-trade-api-go"));
    return undefined;
  },
  start: (url, key, secret) => new ClientProcess(GO_PROGRAM, [`${url}/v2`, key, secret]),
  expected: (record) => shown(record),
};

const alpacaJs: OfficialClient = {
  name: "@alpacahq/alpaca-trade-api",
  // The program has it from the lock file; this is what was installed.
  version: pinned(
    join(dirname(createRequire(import.meta.url).resolve("@alpacahq/alpaca-trade-api")), "../package.json"),
    /"version": "([^"]+)"/,
  ),
  missingTypes: {},
  noRaw: "the TypeScript client has no raw records; its models have nanoseconds beside the Date",
  afterWrongKey: "ends",
  afterRefusedFeed: "stays connected",
  prepare: async () => undefined,
  start: (url, key, secret) =>
    new ClientProcess(process.execPath, [
      fileURLToPath(new URL("alpaca-trade-api-js/client.js", import.meta.url)),
      `${url}/v2/iex`,
      key,
      secret,
    ]),
  // Beside all nine digits it has a Date, which ends at milliseconds.
  expected: (record) => ({ ...withoutReceipt(shown(record)), date: `${record.t.slice(0, 23)}Z` }),
};

/** Alpaca's clients that know the stock stream. */
export const OFFICIAL_CLIENTS: readonly OfficialClient[] = [alpacaPy, alpacaGo, alpacaJs];

/** The record with ids as text, as the programs print them. */
function shown(record: SentRecord): SeenRecord {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]));
}

/** `r`, when Alpaca received the record, is undocumented: only the Go client models it. */
function withoutReceipt({ r: _, ...record }: SeenRecord): SeenRecord {
  return record;
}

/** What a file pins; it stands in the sources unless the path is a whole one. */
function pinned(file: string, pattern: RegExp): string {
  const version = readFileSync(file.startsWith("/") ? file : join(HERE, file), "utf8").match(pattern)?.[1];
  if (version === undefined) throw new Error(`${file} pins no version`);
  return version;
}

async function succeed(program: string, args: readonly string[], folder = HERE): Promise<void> {
  const { code, output } = await run(program, args, folder);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${output.trim().slice(-2_000)}`);
}
