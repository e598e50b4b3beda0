import type { EventEmitter } from "node:events";
import type { Bar } from "@tickerplant/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Board, type BoardOptions } from "../../../src/cli/board/board.ts";
import { isScreen } from "../../../src/cli/board/terminal/screen.ts";
import { Log } from "../../../src/cli/output/log.ts";
import { FakeTerminal } from "./support/fake-terminal.ts";
import { bar, FakeStream, quote, trade } from "./support/scenes.ts";
import { ScreenModel } from "./support/screen-model.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A board on a terminal of a test. */
class Stage {
  readonly stream = new FakeStream();
  readonly terminal: FakeTerminal;
  readonly screen: ScreenModel;
  readonly log: Log;
  readonly board: Board;
  readonly requests: string[] = [];
  /** The answer to each request for past bars. */
  past: readonly Bar[] | Error = [];
  readonly pastBars = async (symbol: string): Promise<readonly Bar[]> => {
    this.requests.push(symbol);
    if (this.past instanceof Error) throw this.past;
    return this.past;
  };
  quits = 0;
  failures = 0;

  constructor(columns = 80, rows = 24, previousCloses?: BoardOptions["previousCloses"]) {
    this.terminal = new FakeTerminal(columns, rows);
    this.screen = new ScreenModel(columns, rows);
    this.log = new Log({ json: false, stream: this.terminal.output });
    this.board = new Board(this.terminal.output, {
      stream: this.stream,
      log: this.log,
      feed: "iex",
      source: "simulated",
      pastBars: this.pastBars,
      ...(previousCloses && { previousCloses }),
      input: this.terminal.input,
      onFailure: () => this.failures++,
      onQuit: () => this.quits++,
    });
    this.stream.emit("status", { state: "authenticated" });
  }

  /** Draws a frame, and returns the lines of the screen. */
  async draw(): Promise<string[]> {
    vi.advanceTimersByTime(125);
    await this.screen.write(this.terminal.read());
    return this.screen.lines();
  }

  pushSymbols(count: number): void {
    for (let index = 0; index < count; index++) {
      const symbol = `S${String(index).padStart(2, "0")}`;
      this.board.show(quote(symbol, 10 + index, 10.01 + index));
      this.board.show(trade(symbol, 10 + index, 1_000 - index));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.board.end();
  }
}

test("a board fills the alternate screen, and leaves the terminal as it was", async () => {
  const stage = new Stage();
  await stage.screen.write("shell prompt");
  stage.pushSymbols(3);
  expect((await stage.draw()).slice(1, 3)).toEqual([expect.stringMatching(/^ SYMBOL/), expect.stringMatching(/^ S00/)]);
  expect(stage.screen.isAlternate).toBe(true);
  expect(stage.terminal).toMatchObject({ isRaw: true, isPaused: false });
  await stage.board.end();
  await stage.screen.write(stage.terminal.read());
  expect(stage.screen.isAlternate).toBe(false);
  expect(stage.screen.lines()[0]).toBe("shell prompt");
  expect(stage.terminal).toMatchObject({ isRaw: false, isPaused: true });
});

test("a frame without a change writes nothing", async () => {
  await using stage = new Stage();
  stage.pushSymbols(3);
  vi.setSystemTime(1_000);
  await stage.draw();
  vi.advanceTimersByTime(125);
  expect(stage.terminal.read()).toBe("");
});

test("a terminal that changes its size gets all lines again, in that size", async () => {
  await using stage = new Stage();
  stage.pushSymbols(30);
  await stage.draw();
  Object.assign(stage.terminal, { columns: 110, rows: 34 });
  stage.screen.resize(110, 34);
  stage.terminal.emit("resize");
  await stage.screen.write(stage.terminal.read());
  const lines = stage.screen.lines();
  expect(lines[2]).toMatch(/SYMBOL +TREND/);
  expect(lines.at(-1)).toContain("quit");
});

test("the selected symbol stays in view while the list scrolls under it", async () => {
  await using stage = new Stage();
  stage.pushSymbols(50);
  await stage.draw();
  for (let press = 0; press < 30; press++) stage.terminal.press("j");
  const down = await stage.draw();
  expect(down.some((line) => line.startsWith(" S30"))).toBe(true);
  expect(down.some((line) => line.startsWith(" S00"))).toBe(false);
  stage.terminal.press("", "home");
  expect((await stage.draw())[2]).toMatch(/^ S00/);
});

test("a paused board stands while the counters go on, and resumes with the newest values", async () => {
  await using stage = new Stage();
  stage.board.show(trade("AAPL", 100));
  await stage.draw();
  stage.terminal.press("p");
  stage.board.show(trade("AAPL", 105));
  stage.board.show(trade("MSFT", 50));
  stage.stream.metrics = { ...stage.stream.metrics, queued: 77 };
  vi.advanceTimersByTime(2_000);
  const paused = (await stage.draw()).join("\n");
  expect(paused).toContain("paused");
  expect(paused).toMatch(/AAPL +100\.00/);
  expect(paused).not.toContain("MSFT");
  expect(paused).toContain("queue 77");
  stage.terminal.press("p");
  const resumed = (await stage.draw()).join("\n");
  expect(resumed).toMatch(/AAPL +105\.00/);
  expect(resumed).toContain("MSFT");
});

test("typing filters the list, and no letter is a key meanwhile", async () => {
  await using stage = new Stage();
  for (const symbol of ["AAPL", "MSFT", "QQQ"]) stage.board.show(trade(symbol, 100));
  for (const key of ["/", "q", "q"]) stage.terminal.press(key);
  const lines = await stage.draw();
  expect(lines.slice(2, 4)).toEqual([expect.stringMatching(/^ QQQ +100\.00/), ""]);
  expect(stage.quits).toBe(0);
});

test("q ends the command", async () => {
  await using stage = new Stage();
  stage.terminal.press("q");
  expect(stage.quits).toBe(1);
});

test("Ctrl-C is the signal SIGINT, and Ctrl-Z stops the group of processes", async () => {
  await using stage = new Stage();
  const interrupted = vi.fn();
  process.once("SIGINT", interrupted);
  stage.terminal.press("\u0003", "c", true);
  expect(interrupted).toHaveBeenCalledOnce();
  const kill = vi.spyOn(process, "kill").mockImplementation(() => true);
  stage.terminal.press("\u001a", "z", true);
  expect(kill).toHaveBeenLastCalledWith(0, "SIGTSTP");
});

test("a stopped board gives the terminal back, and takes it again when it goes on", async () => {
  await using stage = new Stage();
  stage.pushSymbols(3);
  await stage.draw();
  const kill = vi.spyOn(process, "kill").mockImplementation(() => true);
  process.emit("SIGTSTP");
  await stage.screen.write(stage.terminal.read());
  expect(stage.screen.isAlternate).toBe(false);
  expect(stage.terminal.isRaw).toBe(false);
  expect(kill).toHaveBeenLastCalledWith(process.pid, "SIGSTOP");
  process.emit("SIGCONT");
  await stage.screen.write(stage.terminal.read());
  expect(stage.screen.isAlternate).toBe(true);
  expect(stage.terminal.isRaw).toBe(true);
  expect(stage.screen.lines()[2]).toMatch(/^ S00/);
});

test("a crash leaves the alternate screen before its message is printed", async () => {
  await using stage = new Stage();
  await stage.draw();
  const crashes: EventEmitter = process;
  crashes.emit("uncaughtExceptionMonitor", new Error("a crash"), "uncaughtException");
  await stage.screen.write(stage.terminal.read());
  expect(stage.screen.isAlternate).toBe(false);
  expect(stage.terminal.isRaw).toBe(false);
});

test("a board removes its listeners when it ends", async () => {
  const before = listenerCounts();
  const stage = new Stage();
  expect(listenerCounts()).not.toEqual(before);
  await stage.board.end();
  expect(listenerCounts()).toEqual(before);
});

function listenerCounts(): Record<string, number> {
  const names = ["SIGTSTP", "SIGCONT", "SIGHUP", "SIGQUIT", "uncaughtExceptionMonitor", "exit"];
  const events: EventEmitter = process;
  return Object.fromEntries(names.map((name) => [name, events.listenerCount(name)]));
}

test("lines of the log do not disturb the board: it shows warnings and the log, and prints all at its end", async () => {
  const stage = new Stage();
  stage.pushSymbols(3);
  stage.log.info("subscribed to trades");
  stage.log.warn("the server is slow");
  const lines = await stage.draw();
  expect(lines.at(-1)).toContain("warning: the server is slow");
  expect(lines.join("\n")).not.toContain("subscribed");
  stage.terminal.press("l");
  expect((await stage.draw()).join("\n")).toContain("subscribed to trades");
  await stage.board.end();
  await stage.screen.write(stage.terminal.read().replaceAll("\n", "\r\n"));
  expect(stage.screen.lines().join("\n")).toMatch(/subscribed to trades\n.*warning: the server is slow/);
});

test("c copies the selected symbol as JSON by the terminal's clipboard", async () => {
  await using stage = new Stage();
  stage.board.show(trade("AAPL", 100.5));
  stage.terminal.press("c");
  const [, copied = ""] = /\]52;c;([\w+/=]*)/.exec(stage.terminal.read()) ?? [];
  expect(JSON.parse(Buffer.from(copied, "base64").toString())).toMatchObject({ symbol: "AAPL", last: 100.5 });
});

test("changes count from the previous close where that is known, and each symbol is requested once", async () => {
  const requests: (readonly string[])[] = [];
  await using stage = new Stage(80, 24, async (symbols) => {
    requests.push(symbols);
    return new Map([["S00", 8]]);
  });
  stage.pushSymbols(2);
  await stage.draw();
  await vi.advanceTimersByTimeAsync(3_000);
  const lines = await stage.draw();
  expect(lines.find((line) => line.includes("S00"))).toContain("▲ +25.00%");
  expect(lines.find((line) => line.includes("S01"))).toContain("0.00%");
  expect(requests).toEqual([["S00", "S01"]]);
});

test("an opened symbol gets its past minutes, once", async () => {
  await using stage = new Stage(140, 40);
  stage.past = [bar("S00", -1, [90, 91, 89, 90.5]), bar("S00", -2, [89, 92, 88, 90])];
  stage.pushSymbols(3);
  await stage.draw();
  stage.terminal.press("", "return");
  await Promise.resolve(); // the answer
  const lines = await stage.draw();
  expect(lines.find((line) => line.includes("09:29 "))).toMatch(/90\.00 +91\.00 +89\.00 +90\.50/);
  for (const key of ["escape", "return"]) stage.terminal.press("", key);
  expect(stage.requests).toEqual(["S00"]);
});

test("past minutes that cannot be requested are reported, and the board goes on", async () => {
  await using stage = new Stage();
  stage.past = new Error("not\u0007 entitled");
  stage.pushSymbols(3);
  await stage.draw();
  stage.terminal.press("", "return");
  await Promise.resolve(); // the answer
  expect((await stage.draw()).at(-1)).toContain("no past bars of S00: not\\u0007 entitled");
});

test("a pipe and a dumb terminal are no screens for the board", () => {
  expect(isScreen({ isTTY: true }, { TERM: "xterm" })).toBe(true);
  expect(isScreen({ isTTY: true }, {})).toBe(true);
  expect(isScreen({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(isScreen({}, { TERM: "xterm" })).toBe(false);
});

test("a terminal that cannot be written to is reported", async () => {
  await using stage = new Stage();
  stage.terminal.emit("error", new Error("EIO"));
  expect(stage.failures).toBe(1);
});
