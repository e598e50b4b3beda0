import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** How to start a reader: a program and its arguments. */
export interface ReaderCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** What a reader has counted since its start. */
export interface Totals {
  readonly messages: number;
  /** Seconds of processor time of the process, all threads. */
  readonly cpuS: number;
  /** Seconds of the monotonic clock. */
  readonly atS: number;
}

/** Python and a TLS handshake need some seconds on a busy machine. */
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/**
 * A client of the frame server or of the history server in a process of its own, in any language. It
 * prints its {@link Totals} as a line of JSON for each line that it reads, and ends with its standard
 * input. A client of the history server first reads the whole history for each line.
 */
export class Reader {
  readonly name: string;
  readonly #child: ReturnType<typeof start>;
  readonly #lines: AsyncIterator<string>;

  constructor({ name, program, args }: ReaderCommand) {
    this.name = name;
    this.#child = start(program, args);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves with what the reader has counted so far. Rejects if it has ended. */
  async totals(): Promise<Totals> {
    this.#child.stdin.write("\n");
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the reader "${this.name}" ended; its messages are above`);
    return JSON.parse(value) as Totals; // written by our own programs
  }

  /** Resolves when the first messages have arrived. */
  async receives(): Promise<void> {
    const startedAt = performance.now();
    while ((await this.totals()).messages === 0) {
      if (performance.now() - startedAt > START_TIMEOUT_MS)
        throw new Error(`the reader "${this.name}" received no message within ${START_TIMEOUT_MS} ms`);
      await sleep(POLL_MS);
    }
  }

  /** Stops the process where it is, until {@link Reader.resume}. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets a paused process continue. */
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends the process, paused or not. */
  async end(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return; // it never started, or has ended
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

/** Returns the command that reads with a program of `processes/frame-reader.ts`. */
export function nodeReader(
  name: string,
  build: string,
  kind: string,
  ...args: readonly (string | number)[]
): ReaderCommand {
  const program = join(import.meta.dirname, "processes/frame-reader.js");
  return { name, program: process.execPath, args: [program, build, kind, ...args.map(String)] };
}

/** In a reader in Node: prints its totals for each line of standard input, once the number of messages is known. */
export function printTotals(messages: () => number | Promise<number>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async () => {
    const count = await messages();
    const { user, system } = process.cpuUsage();
    const totals: Totals = { messages: count, cpuS: (user + system) / 1e6, atS: performance.now() / 1000 };
    process.stdout.write(`${JSON.stringify(totals)}\n`);
  });
  lines.on("close", () => process.exit());
}

// No return type: it follows from the kinds of streams, and only this file uses it.
function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {}); // the process has ended, which `totals` reports
  child.on("error", (error) => console.error(error.message)); // it could not be started
  return child;
}
