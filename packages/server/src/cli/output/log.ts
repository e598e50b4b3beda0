import { type Paint, paintFor } from "./paint.ts";
import { printable } from "./printable.ts";

/** Fields of a log line, for programs that read the log. */
export type LogFields = { readonly [name: string]: string | number | boolean | readonly string[] | undefined };

/** Options of a {@link Log}. */
export interface LogOptions {
  /** Whether to write JSON lines instead of text. */
  readonly json: boolean;
  /**
   * Where to write.
   *
   * @defaultValue standard error
   */
  readonly stream?: NodeJS.WriteStream;
}

/** What prints the lines of a log while it fills the same terminal. */
export interface LinePrinter {
  print(line: string): void;
}

type Level = "info" | "warn" | "error";

/**
 * Writes the log messages of a command to standard error, as text or as JSON lines. Escapes control characters,
 * so that no peer can write to the terminal.
 */
export class Log {
  readonly json: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #paint: Paint;
  #printer: LinePrinter | undefined;

  constructor({ json, stream = process.stderr }: LogOptions) {
    this.json = json;
    this.#stream = stream;
    this.#paint = paintFor(stream);
    stream.on("error", () => {}); // a closed log must not end the command
  }

  /** Whether the log is text on a terminal. */
  get isWatched(): boolean {
    return this.#stream.isTTY === true && !this.json;
  }

  /** Logs an event. */
  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  /** Logs a problem that does not end the command. */
  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  /** Logs the failure of a command or of a request. */
  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  /** Writes lines as they are, without time; nothing in a log of JSON lines. */
  text(lines: readonly string[]): void {
    if (!this.json) this.put(lines.join("\n"));
  }

  /** Hands further lines to what fills the same terminal; undefined ends that. */
  attach(printer: LinePrinter | undefined): void {
    if (this.#stream.isTTY === true) this.#printer = printer;
  }

  /** Writes a line that was formatted before. */
  put(line: string): void {
    if (this.#printer !== undefined) this.#printer.print(line);
    else this.#stream.write(`${line}\n`);
  }

  #write(level: Level, message: string, fields: LogFields = {}): void {
    const now = new Date();
    if (this.json) this.put(printable(JSON.stringify({ time: now.toISOString(), level, message, ...fields })));
    else this.put(this.#format(level, printable(message), now));
  }

  #format(level: Level, message: string, now: Date): string {
    if (level === "error") return `${this.#paint("red", "error:")} ${message}`;
    const time = this.#paint("dim", now.toTimeString().slice(0, 8));
    return level === "warn" ? `${time} ${this.#paint("yellow", "warning:")} ${message}` : `${time} ${message}`;
  }
}
