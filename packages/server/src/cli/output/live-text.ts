import { createLogUpdate } from "log-update";

/** A block of text at the bottom of a terminal that is drawn again and again, with lines going by above it. */
export class LiveText {
  readonly #render: ReturnType<typeof createLogUpdate>;
  #text = "";
  #isDone = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#render = createLogUpdate(stream);
  }

  /** Draws the text in place of the one before. */
  show(text: string): void {
    if (this.#isDone) return;
    this.#text = text;
    this.#render(text);
  }

  /** Writes a line above the text. */
  print(line: string): void {
    this.#render.persist(line.endsWith("\n") ? line : `${line}\n`);
    if (!this.#isDone && this.#text !== "") this.#render(this.#text);
  }

  /** Leaves the text where it is, and the cursor below it. */
  done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#render.done();
  }

  /** Takes the text away. */
  clear(): void {
    if (!this.#isDone) this.#render.clear();
    this.done();
  }
}
