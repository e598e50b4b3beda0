import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { watchLines } from "./watch-lines.ts";

/** A record as a client prints it: the wire's names, ids and times as text. */
export type SeenRecord = Readonly<Record<string, unknown>>;

/** Channels that can be subscribed to. */
export type Channel = "trades" | "quotes" | "bars" | "updatedBars" | "dailyBars" | "statuses" | "lulds" | "imbalances";

/** What a client's program is told, one a line. */
export type Command =
  | { readonly do: "connect" }
  | { readonly do: "subscribe" | "unsubscribe"; readonly channel: Channel; readonly symbols: readonly string[] };

/** What a client's program prints, one a line. */
type ClientEvent =
  | { readonly event: "record"; readonly record: SeenRecord }
  | { readonly event: "report"; readonly text: string }
  | { readonly event: "connected" | "disconnected" | "ended" | "done" };

/** How long a client may take for anything it is waited for. Python needs seconds to start. */
const PATIENCE_MS = 15_000;
const END_TIMEOUT_MS = 8_000;

/** An official client's program, running: told what to do, and watched. */
export class ClientProcess implements AsyncDisposable {
  readonly records: SeenRecord[] = [];
  /** What the client reported, in its own words: errors, and its log from warnings on. */
  readonly reports: string[] = [];
  /** How often it has connected. */
  connects = 0;
  /** Whether it has given up by itself. */
  hasEnded = false;
  #dones = 0;
  #errors = "";
  #isGone = false;
  #waiters: (() => void)[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #gone: Promise<void>;

  constructor(program: string, args: readonly string[]) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^APCA_|^DATA_PROXY_WS$/.test(name));
    this.#child = spawn(program, args, { env: Object.fromEntries(inherited), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {}); // it is gone, which shows below
    watchLines(this.#child.stdout, (line) => this.#take(line));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    this.#gone = new Promise((resolve) => {
      const leave = (): void => {
        this.#isGone = true;
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

  /** Has it do something, and waits until its library has returned. */
  async tell(command: Command): Promise<void> {
    const before = this.#dones;
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    await this.until(`it has done "${command.do}"`, () => this.#dones > before);
  }

  /** Resolves once `isMet`; rejects, with what the client said last, when that takes too long. */
  async until(what: string, isMet: () => boolean, timeoutMs: number = PATIENCE_MS): Promise<void> {
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, timeoutMs);
    try {
      while (!isMet()) {
        if (this.#isGone) throw new Error(`the client is gone before ${what}. ${this.#lastWords}`);
        if (isLate) throw new Error(`no sign in ${timeoutMs} ms that ${what}. ${this.#lastWords}`);
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Waits for a report that matches. */
  async reported(pattern: RegExp): Promise<void> {
    await this.until(`it reports ${pattern}`, () => this.reports.some((text) => pattern.test(text)));
  }

  /** Lets it end; everything it has to say has been taken then. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  #take(line: string): void {
    // The programs beside this one write events; what else there is, a library has printed.
    const said: ClientEvent = line.startsWith("{") ? JSON.parse(line) : { event: "report", text: line };
    if (said.event === "record") this.records.push(said.record);
    else if (said.event === "report") this.reports.push(said.text);
    else if (said.event === "connected") this.connects++;
    else if (said.event === "ended") this.hasEnded = true;
    else if (said.event === "done") this.#dones++;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  get #lastWords(): string {
    const words = [`${this.records.length} records came`, ...this.reports.slice(-3), this.#errors.trim()];
    return words.filter((text) => text !== "").join("; ");
  }
}
