import { createLogUpdate } from "log-update";

/** A block of text at the bottom of a terminal that is redrawn in place, with log lines printed above it. */
export class LiveText {
  readonly #render: ReturnType<typeof createLogUpdate>;
  #text = "";
  #isDone = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#render = createLogUpdate(stream);
  }

  /** Replaces the text. */
  show(text: string): void {
    if (this.#isDone) return;
    this.#text = text;
    this.#render(text);
  }

  /** Prints a line above the text. */
  print(line: string): void {
    this.#render.persist(line.endsWith("\n") ? line : `${line}\n`);
    if (!this.#isDone && this.#text !== "") this.#render(this.#text);
  }

  /** Leaves the text on the terminal, with the cursor below it. */
  done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#render.done();
  }

  /** Removes the text. */
  clear(): void {
    if (!this.#isDone) this.#render.clear();
    this.done();
  }
}
