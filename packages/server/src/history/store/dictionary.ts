import { STORE_LIMITS } from "./limits.ts";

/** Numbers from here on stand for strings of another length than one; those below are characters. */
const FIRST_LONG = 0x1_0000;

/** The strings of one character that nearly all codes are: a call of the platform for each takes several times as long. */
const CHARACTERS: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Numbers for strings that repeat, such as codes of exchanges: nearly all are one character, and need no look-up. */
export class Dictionary {
  readonly #numbers = new Map<string, number>();
  readonly #values: string[] = [];

  /** @throws RangeError for more different strings than a feed has. */
  numberOf(value: string): number {
    return value.length === 1 ? value.charCodeAt(0) : (this.#numbers.get(value) ?? this.#add(value));
  }

  value(number: number): string {
    const character = CHARACTERS[number];
    if (character !== undefined) return character;
    return number < FIRST_LONG ? String.fromCharCode(number) : (this.#values[number - FIRST_LONG] ?? "");
  }

  #add(value: string): number {
    if (this.#values.length >= STORE_LIMITS.maxCodes)
      throw new RangeError(`the history can hold ${STORE_LIMITS.maxCodes} different codes, and the feed has more`);
    const number = FIRST_LONG + this.#values.push(value) - 1;
    this.#numbers.set(value, number);
    return number;
  }
}

/** Numbers for lists of conditions. */
export class Conditions {
  readonly #texts = new Dictionary();
  /** By the numbers of their texts, counted from 0. */
  readonly #lists: (readonly string[])[] = [];
  /** Lists that were seen, by identity: a feed shares them, and making a list's text takes longer than all else. */
  readonly #known = new Map<readonly string[], number>();
  /** The last list, which is the next record's as a rule. */
  #last: readonly string[] | undefined;
  #lastNumber = 0;

  /** @throws RangeError for more different lists than a feed has. */
  numberOf(list: readonly string[]): number {
    if (list !== this.#last) {
      this.#lastNumber = this.#known.get(list) ?? this.#add(list);
      this.#last = list;
    }
    return this.#lastNumber;
  }

  value(number: number): readonly string[] {
    return this.#lists[number - FIRST_LONG] ?? [];
  }

  #add(list: readonly string[]): number {
    const number = this.#texts.numberOf(JSON.stringify(list)); // of two characters and more: a long one
    this.#lists[number - FIRST_LONG] ??= Object.freeze([...list]);
    if (this.#known.size >= STORE_LIMITS.maxKnownLists) this.#known.clear();
    this.#known.set(list, number);
    return number;
  }
}
