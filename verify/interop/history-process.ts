import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { watchLines } from "./watch-lines.ts";

/** A request that a client's program makes, one a line. */
export interface HistoryCommand {
  readonly ask:
    | "trades"
    | "quotes"
    | "bars"
    | "auctions"
    | "latest trades"
    | "latest quotes"
    | "latest bars"
    | "snapshots"
    | "conditions"
    | "exchanges";
  readonly symbols: readonly string[];
  /** Whether the method for one symbol is called. */
  readonly single?: boolean;
  readonly start?: string;
  readonly end?: string;
  /** Records in all, or of a page where the library leaves the pages to its user. */
  readonly limit?: number;
  readonly descending?: boolean;
  readonly timeframe?: readonly [number, "Min" | "Hour" | "Day"];
}

/** What a client's library returned: a value, or its error. */
export interface HistoryAnswer {
  readonly value?: unknown;
  readonly status?: number;
  readonly text?: string;
}

/** Time limit of one request: 52,000 records over pages, and Python's start. */
const ANSWER_TIMEOUT_MS = 60_000;

/** The running program of an official client of history: answers commands one by one. */
export class HistoryProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  #errors = "";
  #answered: (answer: HistoryAnswer) => void = () => {};

  constructor(program: string, args: readonly string[]) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("APCA_"));
    this.#child = spawn(program, args, { env: Object.fromEntries(inherited), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {}); // the process has ended, which is handled below
    watchLines(this.#child.stdout, (line) => this.#answered(JSON.parse(line)));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => resolve());
      this.#child.once("error", (error) => {
        this.#errors += error.message;
        resolve();
      });
    });
  }

  /** Sends a command, and resolves with what the library returned. */
  async ask(command: HistoryCommand): Promise<HistoryAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<HistoryAnswer>((resolve, reject) => {
      const failed = (what: string): void => reject(new Error(`${what} at "${command.ask}": ${this.#errors.trim()}`));
      this.#answered = resolve;
      timer = setTimeout(() => failed("timeout"), ANSWER_TIMEOUT_MS);
      void this.#ended.then(() => failed("the client exited"));
    });
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
