import { emitKeypressEvents } from "node:readline";

/** A key as `node:readline` reports it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly sequence?: string | undefined;
}

/** What happens to a screen. */
export interface ScreenEvents {
  key(text: string | undefined, key: Key): void;
  /** The content of the screen is not known any more: draw all of it. */
  redraw(): void;
}

/** The alternate screen, without cursor and without wrapping at the last column. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const LEAVE = "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l";

/** Signals that end the process, and that nothing else handles here. */
const FATAL_SIGNALS = ["SIGHUP", "SIGQUIT"] as const;

/** Process events after which the terminal must be as it was: the first comes before a crash is printed. */
const ENDS = ["uncaughtExceptionMonitor", "exit"] as const;

/** Whether a stream is a terminal with a cursor that can be moved: `TERM=dumb` is one without. */
export function isScreen({ isTTY }: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return isTTY === true && env.TERM !== "dumb";
}

/**
 * A terminal that a program fills: it enters the alternate screen and reads keys, and leaves the terminal as it was at
 * the end, at a crash, and while the process is stopped.
 */
export class Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  readonly #events: ScreenEvents;
  #isEntered = false;

  constructor(output: NodeJS.WriteStream, input: NodeJS.ReadStream, events: ScreenEvents) {
    this.#output = output;
    this.#input = input;
    this.#events = events;
  }

  /** Whether keys can be read. */
  get hasKeys(): boolean {
    return this.#input.isTTY === true;
  }

  /** Begins: the screen belongs to the program until `close`. */
  open(): void {
    if (this.hasKeys) emitKeypressEvents(this.#input, undefined);
    this.#input.on("keypress", this.#keyPressed);
    this.#output.on("resize", this.#events.redraw);
    process.on("SIGTSTP", this.#stopped);
    process.on("SIGCONT", this.#continued);
    for (const name of ENDS) process.on(name, this.#leave);
    for (const signal of FATAL_SIGNALS) process.once(signal, this.#killed);
    this.#enter();
  }

  /** Writes escape codes and text. */
  write(output: string): void {
    if (this.#isEntered && output !== "") this.#output.write(output);
  }

  /** Stops the jobs of this terminal, as Ctrl-Z does outside of raw mode. */
  suspend(): void {
    if (process.platform === "win32") return; // has no such signal
    process.kill(0, "SIGTSTP"); // the whole group: a shell waits for all of its processes
  }

  /** Ends: the terminal is as it was. */
  close(): void {
    this.#leave();
    this.#input.off("keypress", this.#keyPressed);
    this.#output.off("resize", this.#events.redraw);
    process.off("SIGTSTP", this.#stopped);
    process.off("SIGCONT", this.#continued);
    for (const name of ENDS) process.off(name, this.#leave);
    for (const signal of FATAL_SIGNALS) process.off(signal, this.#killed);
  }

  #enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#output.write(ENTER);
    if (this.hasKeys) this.#input.setRawMode(true).resume();
    this.#events.redraw();
  }

  readonly #leave = (): void => {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    if (this.hasKeys) this.#input.setRawMode(false).pause();
    this.#output.write(LEAVE);
  };

  readonly #keyPressed = (text: string | undefined, key: Key): void => this.#events.key(text, key);

  readonly #stopped = (): void => {
    this.#leave();
    process.kill(process.pid, "SIGSTOP"); // SIGTSTP has a handler, and would not stop the process
  };

  readonly #killed = (signal: NodeJS.Signals): void => {
    this.#leave();
    process.kill(process.pid, signal); // the handler is gone: the process ends
  };

  readonly #continued = (): void => this.#enter();
}
