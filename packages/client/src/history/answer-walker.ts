import { JsonReader } from "../wire/json/json-reader.ts";
import { badMessage } from "../wire/wire-reader.ts";

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTATION_MARK = 0x22;
const NULL = 0x6e; // its first letter

/**
 * Walks an answer in place, from its bytes: the objects and arrays around the values, which {@link json} reads.
 * Both share one position.
 */
export class AnswerWalker {
  /** Reads values, from where the walk stands. */
  readonly json: JsonReader = new JsonReader();
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether the object or array that was entered last has had no entry yet. */
  #isFirst = false;

  /** @throws StreamError `bad_frame` for an answer that is neither an object nor an array. */
  open(body: Uint8Array): void {
    this.#bytes = body;
    this.json.open(body);
    this.json.skippedAt = -1; // of the answer before
  }

  enterObject(): void {
    this.#expect(OPEN_OBJECT, "an object");
    this.#isFirst = true;
  }

  enterList(): void {
    this.#expect(OPEN_LIST, "an array");
    this.#isFirst = true;
  }

  /** The next key of the entered object; undefined after the last. */
  nextName(): string | undefined {
    return this.#nextEntry(CLOSE_OBJECT) ? this.#key(this.json.text()) : undefined;
  }

  /** The next key of the entered object as a symbol, whose number the reader has; undefined after the last. */
  nextSymbol(): string | undefined {
    return this.#nextEntry(CLOSE_OBJECT) ? this.#key(this.json.symbol()) : undefined;
  }

  /** Moves to the next item of the entered array; false after the last. */
  nextItem(): boolean {
    return this.#nextEntry(CLOSE_LIST);
  }

  /** Skips null and returns true; false, and nothing skipped, before any other value. */
  skipNull(): boolean {
    if (this.#peek() !== NULL) return false;
    this.json.skip();
    return true;
  }

  /** @throws StreamError `bad_message` unless the whole answer was walked. */
  end(): void {
    if (this.#peek() !== undefined) throw badMessage("the end of the answer", "more");
  }

  #nextEntry(close: number): boolean {
    const isFirst = this.#isFirst;
    this.#isFirst = false; // behind an inner object, too: its end is no beginning of the outer one
    if (this.#peek() === close) {
      this.#expect(close, "the end");
      return false;
    }
    if (!isFirst) this.#expect(COMMA, "a comma or the end");
    if (close === CLOSE_OBJECT && this.#peek() !== QUOTATION_MARK) throw badMessage("a key", "another value");
    return true;
  }

  #key(name: string): string {
    this.#expect(COLON, "a colon");
    return name;
  }

  #expect(byte: number, expected: string): void {
    if (this.#peek() !== byte) throw badMessage(expected, "something else");
    this.json.rewind(this.json.mark() + 1);
  }

  /** Passes over white space and returns the byte that follows, which stays; undefined at the end. */
  #peek(): number | undefined {
    let at = this.json.mark();
    let byte = this.#bytes[at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#bytes[++at];
    this.json.rewind(at);
    return byte;
  }
}
