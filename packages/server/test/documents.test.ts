import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

interface Block {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

/** Every fenced block of the documents that a user reads. */
async function blocks(): Promise<Block[]> {
  const names = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
  const docs = names.map((name) => join("docs", name));
  const files = ["README.md", ...docs, "examples/README.md", "packages/client/README.md"];
  files.push("packages/recorder/README.md", "packages/server/README.md");
  const found: Block[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), "utf8");
    for (const match of text.matchAll(/^```(\w+)\n(.*?)^```/gms)) {
      const line = text.slice(0, match.index).split("\n").length;
      found.push({ where: `${file}:${line}`, language: match[1] ?? "", text: match[2] ?? "" });
    }
  }
  return found;
}

const all = await blocks();

describe("TypeScript in documents", () => {
  const folder = join(root, "node_modules/.cache/documents"); // inside, so that the packages resolve as for a user
  const sources = all.filter(({ language }) => language === "ts");

  test("every TypeScript block of the documents compiles", { timeout: 60_000 }, async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [index, { text }] of sources.entries()) await writeFile(join(folder, `block${index}.ts`), text);
    const config = {
      extends: relative(folder, join(root, "tsconfig.base.json")),
      compilerOptions: { noEmit: true, composite: false, isolatedDeclarations: false, types: ["node"] },
      files: sources.map((_, index) => `block${index}.ts`),
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch((error) => error);
    const told = String(stdout).replaceAll(/\S*block(\d+)\.ts/g, (_, index) => sources[Number(index)]?.where ?? "?");
    expect(told).toBe("");
    expect(sources.length).toBeGreaterThan(5);
  });
});

/** Every document of the repository with its text. */
async function documents(): Promise<{ file: string; text: string }[]> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "--", "*.md"], { cwd: root });
  const files = stdout.trim().split("\n");
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(root, file), "utf8") })));
}

/** The anchor that a heading gets: small letters and hyphens. */
function anchorOf(heading: string): string {
  const plain = heading.replaceAll(/[`*]|\]\([^)]*\)|\[/g, "").trim();
  return plain
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

test("every link between the documents leads to a file and a heading that exist", async () => {
  const broken: string[] = [];
  for (const { file, text } of await documents()) {
    for (const [, target = ""] of text.replaceAll(/^```.*?^```/gms, "").matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)) {
      if (/^\w+:/.test(target)) continue; // another site
      const [path = "", anchor] = target.split("#");
      const full = path === "" ? join(root, file) : resolve(root, file, "..", path);
      const found = await readFile(full, "utf8").catch(() => (existsSync(full) ? "" : undefined)); // a folder has no text
      const headings = [...(found ?? "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
      if (found === undefined || (anchor !== undefined && !headings.includes(anchor)))
        broken.push(`${file}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test("docs/installing.md names every version that npm run test:installing installs", async () => {
  const program = await readFile(join(root, "verify/installing/project.ts"), "utf8");
  const document = await readFile(join(root, "docs/installing.md"), "utf8");
  const named = [...program.matchAll(/^ {2}"@?([\w/-]+)@([\d.]+)",$/gm)].map(([, name = "", version = ""]) => [
    name,
    version,
  ]);
  const missing = named.filter(([name, version = ""]) => name !== "types/node" && !document.includes(version));
  expect(named.length).toBeGreaterThan(5);
  expect(missing).toEqual([]);
});

describe("shell lines in documents", () => {
  const lines = all
    .filter(({ language }) => language === "sh")
    .flatMap(({ where, text }) =>
      text
        .trim()
        .split("\n")
        .map((line) => ({ where, line })),
    );
  const installs = lines.filter(({ line }) => line.startsWith("npm "));
  const commands = lines.filter(({ line }) => !line.startsWith("npm "));
  let folder: string;
  /** Stands for the documents' port, which a program of the reader's may have. */
  let port: number;
  /** A gateway that an earlier line started, for the lines after it. */
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    port = await freePort();
    folder = await mkdtemp(join(tmpdir(), "tickerplant-documents-"));
    const trade = { T: "t", S: "AAPL", i: 1, x: "V", p: 190.5, s: 100, c: ["@"], t: "2025-11-14T14:30:00.5Z", z: "C" };
    await writeFile(join(folder, "day.jsonl.gz"), gzipSync(`${JSON.stringify(trade)}\n`));
    const keys = all.find(({ language, text }) => language === "json" && text.includes('"secretHash"'));
    await writeFile(join(folder, "keys.json"), keys?.text ?? "");
  });

  afterAll(async () => {
    await interrupt(server);
    await rm(folder, { recursive: true, force: true });
  });

  test.each(installs)("the documented command $line is run unchanged by .ci/run ($where)", async ({ line }) => {
    expect(await readFile(join(root, ".ci/run"), "utf8")).toContain(line);
  });

  test.each(commands)("the documented command $line works ($where)", { timeout: 60_000 }, async ({ line }) => {
    const isServer = line.includes(" serve --") && !line.includes("--help");
    const isEndless = isServer || !/--help|--duration|--count|^node | key | query | recording /.test(line);
    if (isServer) await interrupt(server);
    const command =
      isServer && !line.includes("--port") ? `${line} --port ${port}` : line.replaceAll("8765", `${port}`);
    const child = start(command, folder);
    onTestFinished(() => void (child === server || child.kill("SIGKILL")));
    if (!isEndless) {
      await once(child, "close");
    } else {
      await heard(child);
      if (isServer) server = child;
      else await interrupt(child);
    }
    expect(child.exitCode ?? 0).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo; // a TCP server that listens has one
  probe.close();
  await once(probe, "close");
  return port;
}

/** Starts a line as a user would type it, with the command that the package installs. */
function start(line: string, cwd: string): ChildProcess {
  const program = line
    .replace(
      /(^|\s)(npx )?tickerplant /,
      `$1exec "${process.execPath}" "${join(root, "packages/server/bin/tickerplant.js")}" `,
    )
    .replace(/^node examples/, `exec "${process.execPath}" ${join(root, "examples")}`)
    // An assignment in front of `exec` would set it for the shell's builtin alone.
    .replace(/^((?:\w+=\S+ )+)/, (assignments) => `export ${assignments.trim()}; `);
  const env = { ...process.env, APCA_API_KEY_ID: "K", APCA_API_SECRET_KEY: "S", NO_COLOR: "1" };
  return spawn("bash", ["-c", program], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Resolves when a program prints something, rejects if it ends before. */
async function heard(child: ChildProcess): Promise<void> {
  await Promise.race([
    once(child.stderr ?? child, "data"),
    once(child.stdout ?? child, "data"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`it ended with ${code} before it printed anything`))),
  ]);
}

async function interrupt(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
  expect(child.exitCode).toBe(0);
}
