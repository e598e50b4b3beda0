import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { watchLines } from "./watch-lines.ts";

/** A record as a client prints it: the keys of the wire, ids and times as strings. */
export type SeenRecord = Readonly<Record<string, unknown>>;

/** Channels that can be subscribed to. */
export type Channel = "trades" | "quotes" | "bars" | "updatedBars" | "dailyBars" | "statuses" | "lulds" | "imbalances";

/** A command to a client's program, one a line. */
export type Command =
  | { readonly do: "connect" }
  | { readonly do: "subscribe" | "unsubscribe"; readonly channel: Channel; readonly symbols: readonly string[] };

/** An event that a client's program prints, one a line. */
type ClientEvent =
  | { readonly event: "record"; readonly record: SeenRecord }
  | { readonly event: "report"; readonly text: string }
  | { readonly event: "connected" | "disconnected" | "ended" | "done" };

/** Time limit of every wait. Python needs seconds to start. */
const WAIT_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 8_000;

/** The running program of an official client: gets commands, and its output is collected. */
export class ClientProcess implements AsyncDisposable {
  readonly records: SeenRecord[] = [];
  /** The messages of the client: its errors, and its log from warnings on. */
  readonly reports: string[] = [];
  /** How often the client has connected. */
  connects = 0;
  /** True once the client has ended by itself. */
  hasEnded = false;
  #returned = 0;
  #errors = "";
  #hasExited = false;
  #waiters: (() => void)[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exited: Promise<void>;

  constructor(program: string, args: readonly string[]) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^APCA_|^DATA_PROXY_WS$/.test(name));
    this.#child = spawn(program, args, { env: Object.fromEntries(inherited), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {}); // the process has ended, which is handled below
    watchLines(this.#child.stdout, (line) => this.#onLine(line));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    this.#exited = new Promise((resolve) => {
      const leave = (): void => {
        this.#hasExited = true;
        this.#wake();
        resolve();
      };
      this.#child.once("close", leave);
      this.#child.once("error", (error) => {
        this.#errors += error.message;
        leave();
      });
    });
  }

  /** Sends a command, and resolves once the call of the library has returned. */
  async send(command: Command): Promise<void> {
    const before = this.#returned;
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    await this.until(`the command "${command.do}" returns`, () => this.#returned > before);
  }

  /** Resolves once `isMet` returns true; rejects after the time limit, with the last messages of the client. */
  async until(what: string, isMet: () => boolean, timeoutMs: number = WAIT_TIMEOUT_MS): Promise<void> {
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, timeoutMs);
    try {
      while (!isMet()) {
        if (this.#hasExited) throw new Error(`the client exited before ${what}. ${this.#lastMessages}`);
        if (isLate) throw new Error(`timeout of ${timeoutMs} ms before ${what}. ${this.#lastMessages}`);
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Resolves once the client has reported a message that matches. */
  async reported(pattern: RegExp): Promise<void> {
    await this.until(`it reports ${pattern}`, () => this.reports.some((text) => pattern.test(text)));
  }

  /** Ends the program; resolves once all its output is collected. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #onLine(line: string): void {
    // Our programs print events; any other line comes from a library.
    const event: ClientEvent = line.startsWith("{") ? JSON.parse(line) : { event: "report", text: line };
    if (event.event === "record") this.records.push(event.record);
    else if (event.event === "report") this.reports.push(event.text);
    else if (event.event === "connected") this.connects++;
    else if (event.event === "ended") this.hasEnded = true;
    else if (event.event === "done") this.#returned++;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  get #lastMessages(): string {
    const messages = [`${this.records.length} records arrived`, ...this.reports.slice(-3), this.#errors.trim()];
    return messages.filter((text) => text !== "").join("; ");
  }
}
