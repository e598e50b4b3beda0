import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { QueryMacro, QueryTable } from "@tickerplant/recorder";
import { completerFor } from "./query-completion.ts";
import { QUERY_EXAMPLES } from "./query-examples.ts";

/** Statements that the history keeps. */
const HISTORY_LENGTH = 1000;

const PROMPT = "tickerplant> ";
const CONTINUATION = "        ...> ";

const HELP = `Type SQL, over several lines if you like, and end it with a semicolon.

  .tables            tables and macros
  .columns TABLE     the columns of a table
  .examples          questions and their SQL
  .help              this text
  .exit              leave; so does Ctrl-D

Tab completes names. Ctrl-C ends a running query, or clears what you typed.`;

/** Options of {@link runQueryShell}. */
export interface QueryShellOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly tables: readonly QueryTable[];
  readonly macros: readonly QueryMacro[];
  /** Keeps statements for the next time. */
  readonly historyFile: string;
  /** Runs a statement, and prints its rows or its error. It ends early when `signal` is aborted. */
  run(sql: string, signal: AbortSignal): Promise<void>;
}

/** Reads statements from a terminal and runs them, until the end of the input or `.exit`. */
export function runQueryShell(options: QueryShellOptions): Promise<void> {
  return new QueryShell(options).ended;
}

class QueryShell {
  readonly ended: Promise<void>;
  readonly #options: QueryShellOptions;
  readonly #lines: Interface;
  readonly #history: string[];
  /** What readline keeps of the lines, for the keys that go up and down. */
  #typed: string[] = [];
  /** The lines of a statement that is not complete. */
  #statement: string[] = [];
  /** Lines that were typed while a query ran. */
  readonly #waiting: string[] = [];
  #running: AbortController | undefined;
  #isClosed = false;

  constructor(options: QueryShellOptions) {
    this.#options = options;
    this.#history = readHistory(options.historyFile);
    const complete = completerFor(options.tables, options.macros);
    this.#lines = createInterface({
      input: options.input,
      output: options.output,
      terminal: true,
      history: [...this.#history],
      historySize: HISTORY_LENGTH,
      removeHistoryDuplicates: true,
      prompt: PROMPT,
      completer: (line: string) => complete(line, this.#statement.join("\n")),
    });
    this.ended = new Promise((resolve, reject) => {
      this.#lines.on("close", () => {
        this.#isClosed = true;
        this.#running?.abort();
        writeHistory(options.historyFile, this.#history);
        options.output.write("\n");
        resolve();
      });
      this.#lines.on("line", (line) => {
        this.#waiting.push(line);
        if (this.#running !== undefined) return;
        this.#next().catch((error: unknown) => {
          reject(error);
          this.#lines.close();
        });
      });
    });
    this.#lines.on("history", (typed) => {
      this.#typed = typed;
    });
    this.#lines.on("SIGINT", () => this.#interrupt());
    this.#print(`Type SQL that ends with a semicolon, or .help`);
    this.#lines.prompt();
  }

  /** Accepts the lines that wait, and asks for more. */
  async #next(): Promise<void> {
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) await this.#accept(line);
    if (!this.#isClosed) this.#prompt();
  }

  async #accept(line: string): Promise<void> {
    const command = line.trim();
    if (this.#statement.length === 0) {
      if (command === "") return;
      if (/^(?:exit|quit|\\q)$/i.test(command)) return this.#lines.close();
      if (command.startsWith(".") || command.startsWith("\\")) {
        this.#remember([command]);
        return this.#obey(command);
      }
    }
    this.#statement.push(line);
    if (!isComplete(this.#statement)) return;
    const sql = this.#statement.join("\n");
    this.#remember(this.#statement);
    this.#statement = [];
    const ending = new AbortController();
    this.#running = ending;
    try {
      await this.#options.run(sql, ending.signal);
    } finally {
      this.#running = undefined;
    }
  }

  #obey(command: string): void {
    const { tables, macros } = this.#options;
    const [name = "", argument] = command.split(/\s+/);
    switch (name) {
      case ".exit":
      case ".quit":
        return this.#lines.close();
      case ".help":
        return this.#print(HELP);
      case ".examples":
        return this.#print(QUERY_EXAMPLES.map(({ question, sql }) => `-- ${question}\n${sql};`).join("\n\n"));
      case ".tables":
      case "\\d":
        if (argument !== undefined) return this.#printColumns(argument);
        return this.#print(
          aligned(
            [...tables, ...macros.map((macro) => ({ ...macro, name: macro.name + macro.parameters }))],
            this.#width,
          ),
        );
      case ".columns":
      case ".schema":
        return this.#printColumns(argument);
      default:
        return this.#print(`There is no command ${name}. Type .help`);
    }
  }

  #printColumns(name: string | undefined): void {
    const { tables } = this.#options;
    const table = tables.find((known) => [known.name, known.recordedAs].includes(name));
    if (table === undefined) return this.#print(`Expected a table: ${tables.map((known) => known.name).join(", ")}`);
    this.#print(
      aligned(
        table.columns.map((column) => ({ name: column.name, meaning: column.type })),
        this.#width,
      ),
    );
  }

  /** Ctrl-C ends the query, or clears what was typed. */
  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#waiting.length = 0;
      this.#running.abort();
      return;
    }
    this.#statement = [];
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#options.output.write("^C\n");
    this.#prompt();
  }

  #prompt(): void {
    this.#lines.setPrompt(this.#statement.length === 0 ? PROMPT : CONTINUATION);
    this.#lines.prompt();
  }

  /** Keeps a statement of several lines as one entry. One with a comment stays in its lines, which end the comment. */
  #remember(lines: readonly string[]): void {
    const entries = lines.some((line) => line.includes("--")) ? lines.toReversed() : [lines.join(" ")];
    this.#typed.splice(0, Math.min(this.#typed.length, lines.length), ...entries);
    const isRepeated = entries.length === 1 && this.#history[0] === entries[0];
    if (!isRepeated) this.#history.unshift(...entries);
    this.#history.length = Math.min(this.#history.length, HISTORY_LENGTH);
  }

  /** Columns of the terminal; no limit for an output that is none. */
  get #width(): number {
    const { columns = Number.POSITIVE_INFINITY } = this.#options.output as Partial<NodeJS.WriteStream>;
    return columns;
  }

  #print(text: string): void {
    this.#options.output.write(`${text}\n`);
  }
}

/** Whether a statement ends with a semicolon that is in no string, name or comment. */
function isComplete(lines: readonly string[]): boolean {
  const text = lines.join("\n").replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
  return text.trimEnd().endsWith(";") && !/['"]|\/\*/.test(text);
}

/** Names with their meanings in two columns, cut to the terminal's width. */
function aligned(rows: readonly { readonly name: string; readonly meaning: string }[], width: number): string {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, meaning }) => `${name.padEnd(nameWidth)}  ${meaning}`);
  return lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line)).join("\n");
}

/** Where the history is kept: the folder for a program's state of the user. */
export function historyFileOf(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const { XDG_STATE_HOME, LOCALAPPDATA, HOME = ".", USERPROFILE = HOME } = environment;
  const folder =
    platform === "win32"
      ? (LOCALAPPDATA ?? join(USERPROFILE, "AppData", "Local"))
      : XDG_STATE_HOME || join(HOME, ".local", "state");
  return join(folder, "tickerplant", "query-history");
}

/** The newest first. A history that cannot be read is empty: queries work without one. */
function readHistory(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .slice(0, HISTORY_LENGTH);
  } catch {
    return [];
  }
}

function writeHistory(file: string, history: readonly string[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${history.join("\n")}\n`, { mode: 0o600 });
  } catch {
    // A home that may not be written to must not fail the queries.
  }
}
