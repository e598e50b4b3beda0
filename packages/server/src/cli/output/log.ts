import type { LiveText } from "./live-text.ts";
import { type Paint, paintFor } from "./paint.ts";
import { printable } from "./printable.ts";

/** Particulars of a log line, for programs that read it. */
export type LogFields = { readonly [name: string]: string | number | boolean | readonly string[] | undefined };

/** How a log is written. */
export interface LogOptions {
  /** One JSON object a line instead of text for people. */
  readonly json: boolean;
  /** Where to. Default: standard error. */
  readonly stream?: NodeJS.WriteStream;
}

type Level = "info" | "warn" | "error";

/**
 * The log of a command, on standard error: text for people, or JSON lines. Whatever came over the
 * network is escaped, so that no peer can write to the terminal.
 */
export class Log {
  readonly json: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #paint: Paint;
  #live: LiveText | undefined;

  constructor({ json, stream = process.stderr }: LogOptions) {
    this.json = json;
    this.#stream = stream;
    this.#paint = paintFor(stream);
    stream.on("error", () => {}); // a log that nobody reads any more must not end the command
  }

  /** Whether people watch it: a terminal, and not JSON. */
  get isWatched(): boolean {
    return this.#stream.isTTY === true && !this.json;
  }

  /** Says what happened. */
  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  /** Says what the user should look at. */
  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  /** Says why it ends. */
  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  /** Writes several lines as they are, for people only: what a command says of itself. */
  text(lines: readonly string[]): void {
    if (!this.json) this.#put(lines.join("\n"));
  }

  /** Lets lines go by above a text that is drawn on the same terminal; undefined ends that. */
  attach(live: LiveText | undefined): void {
    if (this.#stream.isTTY === true) this.#live = live;
  }

  #write(level: Level, message: string, fields: LogFields = {}): void {
    const now = new Date();
    if (this.json) this.#put(printable(JSON.stringify({ time: now.toISOString(), level, message, ...fields })));
    else this.#put(this.#forPeople(level, printable(message), now));
  }

  #forPeople(level: Level, message: string, now: Date): string {
    if (level === "error") return `${this.#paint("red", "error:")} ${message}`;
    const time = this.#paint("dim", now.toTimeString().slice(0, 8));
    return level === "warn" ? `${time} ${this.#paint("yellow", "warning:")} ${message}` : `${time} ${message}`;
  }

  #put(line: string): void {
    if (this.#live !== undefined) this.#live.print(line);
    else this.#stream.write(`${line}\n`);
  }
}
