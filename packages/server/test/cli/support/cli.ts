import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Environment variables with credentials. */
export const KEYS = { APCA_API_KEY_ID: "K", APCA_API_SECRET_KEY: "S" };

/** Exit code and output of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a {@link Cli}. */
export interface CliOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether to read standard output. Default true. */
  readonly readsOutput?: boolean;
  /** Content of standard input. Default: empty. */
  readonly input?: Uint8Array;
  /** Whether standard input stays open without content. Default false. */
  readonly keepsInputOpen?: boolean;
}

/** A command in a process. */
export class Cli {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
  #stderr = "";
  #waiters: (() => void)[] = [];

  constructor(
    args: readonly string[],
    { environment = {}, readsOutput = true, input, keepsInputOpen = false }: CliOptions = {},
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("APCA_"));
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.child.stdin.on("error", () => {}); // a command may exit before reading all of it
    if (!keepsInputOpen) this.child.stdin.end(input);
    const chunks: Buffer[] = [];
    if (readsOutput) this.child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code) => {
        resolve({ code, stdout: Buffer.concat(chunks).toString(), stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the match as soon as standard error has one; rejects if the command exits before. */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.#stderr.match(pattern);
      if (match !== null) return match;
      if (this.child.exitCode !== null) throw new Error(`exited without ${pattern}: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** Starts a command, and kills it at the end of the test. */
export function start(args: readonly string[], options: CliOptions = {}): Cli {
  const cli = new Cli(args, options);
  onTestFinished(() => {
    cli.child.kill("SIGKILL");
  });
  return cli;
}

/** Runs a command that exits by itself. */
export function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Cli(args, { environment }).ended;
}

/** Starts `serve` on a free port; resolves when clients can connect. */
export async function serve(...args: string[]): Promise<{ server: Cli; url: string }> {
  const server = start(["serve", "--port", "0", ...args]);
  const [, url = ""] = await server.says(/serving .* at (ws{1,2}:\/\/127\.0\.0\.1:\d+)/);
  return { server, url };
}

/** Runs `stream` with a URL and credentials. */
export function stream(url: string, ...args: string[]): Promise<Ended> {
  return run(["stream", ...args, "--url", url], KEYS);
}

/** Writes a file into a new directory, which is removed at the end of the test. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const directory = mkdtempSync(join(tmpdir(), "tickerplant-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

/** Splits text that ends with a line feed into lines. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.slice(0, -1).split("\n");
}
