import type { Palette } from "./palette.ts";
import type { Line } from "./styled-text.ts";

/** Starts and ends an update that the terminal shows at once; others ignore both. */
const BEGIN_UPDATE = "\u001b[?2026h";
const END_UPDATE = "\u001b[?2026l";

/** Ends all styles. */
const RESET = "\u001b[0m";

/** Clears from the cursor to the end of the line. */
const CLEAR_REST = "\u001b[K";

/** Converts lines to escape codes, and only those lines that differ from the ones before. */
export class Painter {
  readonly #palette: Palette;
  #shown: readonly string[] = [];

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  /** The next paint writes every line: the content of the screen is not known. */
  forget(): void {
    this.#shown = [];
  }

  /** Returns what to write so that the screen shows `lines`; an empty string if it does already. */
  paint(lines: readonly Line[]): string {
    const drawn = lines.map((line) => this.#encode(line));
    const shown = this.#shown;
    this.#shown = drawn;
    let output = "";
    for (const [index, text] of drawn.entries())
      if (text !== shown[index]) output += `\u001b[${index + 1};1H${text}${CLEAR_REST}`;
    for (let index = drawn.length; index < shown.length; index++) output += `\u001b[${index + 1};1H${CLEAR_REST}`;
    return output === "" ? "" : `${BEGIN_UPDATE}${output}${END_UPDATE}`;
  }

  /** Encodes a line. Blanks at its end without a background are left to the terminal. */
  #encode(line: Line): string {
    let output = "";
    let current = "";
    for (const style of line) {
      if (style.text === "") continue;
      const code = this.#palette.code(style);
      if (code !== current) {
        output += current === "" ? code : `${RESET}${code}`;
        current = code;
      }
      output += style.text;
    }
    return current === "" ? output.trimEnd() : `${output}${RESET}`;
  }
}
