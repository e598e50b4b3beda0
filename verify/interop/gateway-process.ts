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
  /** The type, if the line is an event of the gateway. */
  readonly type?: string;
  readonly url?: string;
  readonly port?: number;
  /** The error number of a rejection. */
  readonly error?: number;
}

/** A process that runs `tickerplant serve`. */
export class GatewayProcess implements AsyncDisposable {
  readonly log: LogLine[] = [];
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #ended: Promise<number | null>;
  readonly #started: Promise<LogLine>;

  /** Set for a relay: the gateway that it reads from. */
  readonly #upstream: GatewayProcess | undefined;

  /** Starts the process with further arguments, on a free port by default. */
  static async start(args: readonly string[], port = 0): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(["serve", "--json", "--port", String(port), ...args]);
    await gateway.#started;
    return gateway;
  }

  /** Starts a process that reads from another gateway with a key, and ends with it. */
  static async startRelay(
    upstream: GatewayProcess,
    { key, secret }: { readonly key: string; readonly secret: string },
    args: readonly string[],
    port = 0,
  ): Promise<GatewayProcess> {
    const keys = { APCA_API_KEY_ID: key, APCA_API_SECRET_KEY: secret };
    const command = ["serve", "--json", "--port", String(port), "--upstream", `${upstream.url}/v2/iex`, ...args];
    const relay = new GatewayProcess(command, keys, upstream);
    await relay.#started;
    return relay;
  }

  private constructor(args: readonly string[], keys: Readonly<Record<string, string>> = {}, upstream?: GatewayProcess) {
    this.#upstream = upstream;
    const env = { ...process.env, ...keys };
    this.#child = spawn(process.execPath, [BIN, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
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
      void this.#ended.then((code) => reject(new Error(`the gateway ended with ${code}: ${this.#lastMessages}`)));
    });
    this.#started.catch(() => {}); // `start` rejects with it
  }

  /** The URL without a path. */
  get url(): string {
    return this.log.find(({ url }) => url !== undefined)?.url ?? "";
  }

  /** The port. */
  get port(): number {
    return this.log.find(({ port }) => port !== undefined)?.port ?? 0;
  }

  /** How often the gateway rejected credentials with an error number. */
  rejections(error: number): number {
    return this.log.filter((line) => line.type === "rejected" && line.error === error).length;
  }

  /** Resolves once the gateway, started with `--once`, has sent everything and exited; rejects unless with code 0. */
  async played(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the gateway did not end: ${this.#lastMessages}`)), END_TIMEOUT_MS);
    });
    const code = await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
    if (code !== 0) throw new Error(`the gateway ended with ${code}: ${this.#lastMessages}`);
  }

  /** Resolves once the gateway has logged a message that matches. */
  async logged(pattern: RegExp): Promise<void> {
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (!this.log.some(({ message }) => pattern.test(message))) {
      if (performance.now() > deadlineMs) throw new Error(`the gateway did not log ${pattern}: ${this.#lastMessages}`);
      await new Promise<void>((resolve) => this.#child.stderr.once("data", () => resolve()));
    }
  }

  /** Ends the process: with `SIGTERM` it closes every connection, with `SIGKILL` the connections are lost. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
    await this.#upstream?.[Symbol.asyncDispose]();
  }

  get #lastMessages(): string {
    return this.log
      .slice(-3)
      .map(({ message }) => message)
      .join("; ");
  }
}

function readLogLine(line: string): LogLine {
  // The command writes JSON lines; Node may add a warning of its own.
  return line.startsWith("{") ? (JSON.parse(line) as LogLine) : { message: line };
}
