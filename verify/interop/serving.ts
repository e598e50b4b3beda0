import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { watchLines } from "./watch-lines.ts";

const BIN = fileURLToPath(new URL("../../../packages/server/bin/tickerplant.js", import.meta.url));
const START_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 15_000;

/** A line of the gateway's log. */
export interface LogLine {
  readonly message: string;
  /** What happened, where it is an event of the gateway. */
  readonly type?: string;
  readonly url?: string;
  readonly port?: number;
  /** The number of a refusal. */
  readonly error?: number;
}

/** A `tickerplant serve` that runs as a process of its own. */
export class Serving implements AsyncDisposable {
  readonly log: LogLine[] = [];
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #ended: Promise<number | null>;
  readonly #started: Promise<LogLine>;

  /** Starts it with further arguments, on a free port unless they name one. */
  static async start(args: readonly string[], port = 0): Promise<Serving> {
    const serving = new Serving(["serve", "--json", "--port", String(port), ...args]);
    await serving.#started;
    return serving;
  }

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
    this.#started = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the gateway did not start")), START_TIMEOUT_MS);
      watchLines(this.#child.stderr, (line) => {
        const entry = readLogLine(line);
        this.log.push(entry);
        if (entry.port === undefined) return;
        clearTimeout(timer);
        resolve(entry);
      });
      void this.#ended.then((code) => reject(new Error(`the gateway ended with ${code}: ${this.#lastWords}`)));
    });
    this.#started.catch(() => {}); // told by `start`
  }

  /** Its address without a path. */
  get url(): string {
    return this.log.find(({ url }) => url !== undefined)?.url ?? "";
  }

  /** The port it listens at. */
  get port(): number {
    return this.log.find(({ port }) => port !== undefined)?.port ?? 0;
  }

  /** How often it refused somebody's credentials with a number. */
  refusals(error: number): number {
    return this.log.filter((line) => line.type === "refused" && line.error === error).length;
  }

  /** Its exit code, once it has played everything with `--once` and its clients are gone. */
  async played(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the gateway did not end: ${this.#lastWords}`)), END_TIMEOUT_MS);
    });
    const code = await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
    if (code !== 0) throw new Error(`the gateway ended with ${code}: ${this.#lastWords}`);
  }

  /** Ends it: by `SIGTERM` it closes every connection with words, by `SIGKILL` it is just gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  get #lastWords(): string {
    return this.log
      .slice(-3)
      .map(({ message }) => message)
      .join("; ");
  }
}

function readLogLine(line: string): LogLine {
  // The command writes JSON lines; the clock below it may put in a warning of its own.
  return line.startsWith("{") ? (JSON.parse(line) as LogLine) : { message: line };
}
