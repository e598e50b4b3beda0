import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { QUERY_MACROS, QUERY_TABLES } from "@tickerplant/recorder";
import { expect, test } from "vitest";
import { completerFor } from "../../../src/cli/commands/query-completion.ts";
import { historyFileOf, runQueryShell } from "../../../src/cli/commands/query-shell.ts";
import { temporaryFolder } from "../support/recorded-market.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const UP = "\x1b[A";

/** A shell whose statements are kept, and run until the test lets them end. */
class TestShell {
  readonly statements: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly ended: Promise<void>;
  output = "";
  isBusy = false;
  readonly #input = new PassThrough();

  constructor(historyFile: string = join(temporaryFolder(), "state", "history")) {
    const output = new PassThrough();
    output.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
    });
    this.ended = runQueryShell({
      input: this.#input,
      output,
      tables: QUERY_TABLES,
      macros: QUERY_MACROS,
      historyFile,
      run: async (sql, signal) => {
        this.statements.push(sql);
        this.signals.push(signal);
        if (this.isBusy) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    });
  }

  async type(...keys: string[]): Promise<void> {
    for (const key of keys) {
      this.#input.write(key);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
  }
}

test("the shell runs a statement when a line ends with its semicolon", async () => {
  const shell = new TestShell();
  await shell.type("select 1\r", "from trades;\r", "select ';\r", "';\r", "select 2 -- ;\r", ";\r", "\r", CTRL_D);
  await shell.ended;
  expect(shell.statements).toEqual(["select 1\nfrom trades;", "select ';\n';", "select 2 -- ;\n;"]);
});

test("Ctrl-C ends the running statement, and the shell goes on", async () => {
  const shell = new TestShell();
  shell.isBusy = true;
  await shell.type("select 1;\r");
  expect(shell.signals[0]?.aborted).toBe(false);
  await shell.type(CTRL_C);
  expect(shell.signals[0]?.aborted).toBe(true);
  shell.isBusy = false;
  await shell.type("select 2;\r", ".exit\r");
  await shell.ended;
  expect(shell.statements).toEqual(["select 1;", "select 2;"]);
});

test("Ctrl-C clears what was typed, in this line and in the lines before", async () => {
  const shell = new TestShell();
  await shell.type("select 1\r", "from", CTRL_C, "select 2;\r", CTRL_D);
  await shell.ended;
  expect(shell.statements).toEqual(["select 2;"]);
});

test("lines that are typed while a statement runs are run behind it", async () => {
  const shell = new TestShell();
  shell.isBusy = true;
  await shell.type("select 1;\r", "select 2;\r");
  expect(shell.statements).toEqual(["select 1;"]);
  await shell.type(CTRL_C);
  expect(shell.statements).toEqual(["select 1;"]); // Ctrl-C drops them, too
  shell.isBusy = false;
  await shell.type("quit\r");
  await shell.ended;
});

test("the end of the input ends the running statement", async () => {
  const shell = new TestShell();
  shell.isBusy = true;
  await shell.type("select 1;\r", CTRL_D);
  await shell.ended;
  expect(shell.signals[0]?.aborted).toBe(true);
});

test("a statement of several lines is one entry of the history, also for the next shell", async () => {
  const file = join(temporaryFolder(), "state", "history");
  const first = new TestShell(file);
  await first.type("select 1\r", "from trades;\r", UP, "\r", CTRL_D);
  await first.ended;
  expect(first.statements).toEqual(["select 1\nfrom trades;", "select 1 from trades;"]);
  expect(readFileSync(file, "utf8")).toBe("select 1 from trades;\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = new TestShell(file);
  await second.type(UP, "\r", CTRL_D);
  await second.ended;
  expect(second.statements).toEqual(["select 1 from trades;"]);
});

test("a statement with a comment stays in its lines, because the comment would hide what follows", async () => {
  const file = join(temporaryFolder(), "history");
  const shell = new TestShell(file);
  await shell.type("select 1 -- one\r", ";\r", UP, UP, "\r", UP, UP, "\r", CTRL_D);
  await shell.ended;
  expect(shell.statements).toEqual(["select 1 -- one\n;", "select 1 -- one\n;"]);
  expect(readFileSync(file, "utf8")).toContain(";\nselect 1 -- one\n");
});

test("a history that cannot be written does not fail the shell", async () => {
  const shell = new TestShell("/dev/null/history");
  await shell.type("select 1;\r", CTRL_D);
  await shell.ended;
  expect(shell.statements).toEqual(["select 1;"]);
  expect(existsSync("/dev/null/history")).toBe(false);
});

test("a failure of the output ends the shell", async () => {
  const input = new PassThrough();
  const run = async (): Promise<void> => {
    throw new Error("standard output failed");
  };
  const historyFile = join(temporaryFolder(), "history");
  const ended = runQueryShell({ input, output: new PassThrough(), tables: [], macros: [], historyFile, run });
  input.write("select 1;\r");
  await expect(ended).rejects.toThrow("standard output failed");
});

test("commands list tables, columns and examples, and unknown ones are answered with a hint", async () => {
  const shell = new TestShell();
  await shell.type(".tables\r", ".columns gaps\r", ".examples\r", ".columns nope\r", ".nope\r", ".help\r", CTRL_D);
  await shell.ended;
  expect(shell.output).toContain("updated_bars");
  expect(shell.output).toContain("bars_of(symbol, length, from, to)");
  expect(shell.output).toMatch(/fromTime +TIMESTAMP_NS/);
  expect(shell.output).toContain("-- Halts and resumptions");
  expect(shell.output).toContain("Expected a table: trades, quotes");
  expect(shell.output).toContain("There is no command .nope");
  expect(shell.statements).toEqual([]);
});

test("Tab completes tables, macros, keywords, commands, and the columns of the tables that are named", () => {
  const complete = completerFor(QUERY_TABLES, QUERY_MACROS);
  expect(complete("select * from upd", "")).toEqual([["updatedBars", "updated_bars"].slice(1), "upd"]);
  expect(complete("from bars_", "")).toEqual([["bars_of("], "bars_"]);
  expect(complete("sel", "")).toEqual([["select"], "sel"]);
  expect(complete(".col", "")).toEqual([[".columns"], ".col"]);
  expect(complete(".columns lu", "")).toEqual([["lulds"], "lu"]);
  expect(complete("select bid", "")[0]).toContain("bidPrice");
  expect(complete("select BIDP", "")[0]).toEqual(["bidPrice"]);
  expect(complete("from trades where bid", "")[0]).toEqual([]);
  expect(complete("  where bid", "from quotes")[0]).toContain("bidSize");
  expect(complete("from quotes q where q.askp", "")).toEqual([["askPrice"], "askp"]);
});

test("the history is kept in the user's folder for state", () => {
  expect(historyFileOf({ HOME: "/home/a" }, "linux")).toBe("/home/a/.local/state/tickerplant/query-history");
  expect(historyFileOf({ HOME: "/home/a", XDG_STATE_HOME: "/s" }, "linux")).toBe("/s/tickerplant/query-history");
  expect(historyFileOf({ LOCALAPPDATA: "/l" }, "win32")).toBe("/l/tickerplant/query-history");
});
