import { type IBufferCell, Terminal } from "@xterm/headless";

/** A cell of a screen, as a terminal would show it. */
export interface Cell {
  readonly text: string;
  /** `#RRGGBB`, a number of 16 colours, or undefined for the terminal's own colour. */
  readonly front: string | number | undefined;
  readonly back: string | number | undefined;
  readonly isBold: boolean;
  readonly isInverse: boolean;
  readonly isStruck: boolean;
}

/** A terminal without a window: shows what a program wrote. */
export class ScreenModel {
  readonly #terminal: Terminal;

  constructor(columns: number, rows: number) {
    this.#terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  }

  /** Whether the alternate screen is shown. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  write(output: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(output, resolve));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** The text of each line, without blanks at its end. */
  lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
  }

  /** The cells of each line. */
  cells(): Cell[][] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, row) =>
      Array.from({ length: this.#terminal.cols }, (_, column) => cellOf(buffer.getLine(row)?.getCell(column))),
    );
  }
}

function cellOf(cell: IBufferCell | undefined): Cell {
  if (cell === undefined) throw new Error("the terminal has no such cell");
  return {
    text: cell.getChars() || " ",
    front: cell.isFgDefault() ? undefined : cell.isFgRGB() ? hex(cell.getFgColor()) : cell.getFgColor(),
    back: cell.isBgDefault() ? undefined : cell.isBgRGB() ? hex(cell.getBgColor()) : cell.getBgColor(),
    isBold: cell.isBold() !== 0,
    isInverse: cell.isInverse() !== 0,
    isStruck: cell.isStrikethrough() !== 0,
  };
}

function hex(colour: number): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}
