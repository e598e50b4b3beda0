import { EventEmitter } from "node:events";

/** A terminal of a test: holds what a program wrote, and presses keys. */
export class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  columns: number;
  rows: number;
  readonly #colourBits: number;
  /** Everything written. */
  written = "";
  isRaw = false;
  isPaused = true;

  constructor(columns: number, rows: number, colourBits = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.#colourBits = colourBits;
  }

  /** The terminal as a stream that a program writes to. */
  get output(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream; // the rest of one is not used
  }

  /** The terminal as a stream that a program reads from. */
  get input(): NodeJS.ReadStream {
    return this as unknown as NodeJS.ReadStream; // the rest of one is not used
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  /** Returns what was written since the last call. */
  read(): string {
    const { written } = this;
    this.written = "";
    return written;
  }

  hasColors(): boolean {
    return this.#colourBits > 1;
  }

  getColorDepth(): number {
    return this.#colourBits;
  }

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    return this;
  }

  pause(): this {
    this.isPaused = true;
    return this;
  }

  /** Presses a key as `node:readline` reports it. */
  press(text: string, name: string = text, isCtrl = false): void {
    this.emit("keypress", text, { name, ctrl: isCtrl, meta: false, sequence: text });
  }
}
