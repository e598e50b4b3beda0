/** Bytes that a comparison may fetch behind a message, and the comma behind it in JSON. */
const SLACK_BYTES = 4;

/**
 * The statements that read one message straight down its keys. Fixed bytes are compared at constant
 * offsets from `at`, which moves behind each value of variable length; all comparisons between two
 * such values are one `if`.
 */
export class Segments {
  /** Fields in wire order: the expression of each value by the field's name. */
  readonly values: Map<string, string> = new Map();
  readonly #statements: string[] = [];
  #conditions: string[] = [];
  #moves = false;
  /** Bytes from `at` to the present place. */
  #offset = 0;
  /** Fixed bytes that end at the present place and are not compared yet. */
  #fixed: number[] = [];
  #comment = "";
  #maxBytes = SLACK_BYTES;

  /** The longest message, and what may be fetched behind it. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Fixed bytes. Those in a row are compared together. */
  fixed(bytes: readonly number[], comment: string): void {
    this.#fixed.push(...bytes);
    this.#comment += comment;
    this.#advance(bytes.length);
  }

  /** A value of constant width. */
  value(bytes: number): void {
    this.#compareFixed();
    this.#advance(bytes);
  }

  /** Adds statements that run before the comparisons of this segment. */
  statements(...statements: readonly string[]): void {
    this.#statements.push(...statements);
  }

  /** Leaves the message to the general reader under a condition. */
  rejectIf(condition: string): void {
    this.#compareFixed();
    this.#conditions.push(`${condition} || `);
  }

  /** Leaves the message to the general reader unless bytes stand at a place of their own. */
  rejectUnless(at: string, bytes: readonly number[], comment: string): void {
    this.#compareFixed();
    this.#conditions.push(mismatch(at, bytes, comment));
  }

  /** Ends the comparisons of a segment. What follows runs only for a message that passed them. */
  check(): void {
    this.#compareFixed();
    if (this.#conditions.length > 0) this.#statements.push(`if (${joined(this.#conditions)}) return undefined;`);
    this.#conditions = [];
  }

  /** Moves `at` behind a value of variable length, of `maxBytes` at most. */
  moveTo(place: string, maxBytes: number): void {
    this.#statements.push(`at = (${place}) | 0;\n`);
    this.#moves = true;
    this.#offset = 0;
    this.#maxBytes += maxBytes;
  }

  /** The expression of the present place, or one behind it. */
  at(more = 0): string {
    return plus("at", this.#offset + more);
  }

  /** The statements of a reader from `at = start` up to a message that is whole, which ends at `next`. */
  source(start: string): string {
    this.#statements.push(`const next = ${this.#offset === 0 ? "at" : `(${this.at()}) | 0`};`);
    this.rejectIf("next > end");
    this.check();
    return `${this.#moves ? "let" : "const"} at = ${start};\n${this.#statements.join("\n")}`;
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    this.#maxBytes += bytes;
  }

  #compareFixed(): void {
    if (this.#fixed.length === 0) return;
    this.#conditions.push(mismatch(this.at(-this.#fixed.length), this.#fixed, this.#comment));
    this.#fixed = [];
    this.#comment = "";
  }
}

/** Conditions, each of which ends with `||` and perhaps a comment, as one. */
export function joined(conditions: readonly string[]): string {
  return conditions.join("").replace(/ \|\| (\/\/[^\n]*\n)?$/, " $1");
}

/** The condition that other bytes stand at `at`. */
export function mismatch(at: string, bytes: readonly number[], comment: string): string {
  const words = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) => wordMismatch(at, bytes, 4 * index));
  return `${words.join(" || ")} || // ${comment}\n`;
}

/** Compares up to four bytes from `start` on, as one integer. The last one of 32 bits may overlap the one before. */
function wordMismatch(at: string, bytes: readonly number[], start: number): string {
  const rest = bytes.length - start;
  if (rest === 1) return `view.getUint8(${plus(at, start)}) !== ${word(bytes.slice(start))}`;
  if (rest === 2) return `view.getUint16(${plus(at, start)}) !== ${word(bytes.slice(start))}`;
  if (rest === 3 && start === 0) return `view.getUint32(${at}) >>> 8 !== ${word(bytes)}`;
  const first = rest === 3 ? start - 1 : start;
  return `view.getUint32(${plus(at, first)}) !== ${word(bytes.slice(first, first + 4))}`;
}

/** An expression plus a constant. */
export function plus(at: string, offset: number): string {
  const [base = at, constant = "0"] = at.split(" + ");
  const sum = Number(constant) + offset;
  return sum === 0 ? base : `${base} + ${sum}`;
}

/** The bytes of an ASCII string. */
export function bytesOf(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}

/** Up to four bytes as one big-endian integer. */
export function word(bytes: readonly number[]): string {
  return `0x${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
