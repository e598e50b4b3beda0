import { STORE_LIMITS } from "./limits.ts";

/** Numbers for strings that repeat, such as exchanges. */
export class Dictionary {
  readonly #numbers = new Map<string, number>();
  readonly #values: string[] = [];

  /** @throws RangeError for more different strings than a feed has. */
  numberOf(value: string): number {
    return this.#numbers.get(value) ?? this.#add(value);
  }

  value(number: number): string {
    return this.#values[number] ?? "";
  }

  #add(value: string): number {
    if (this.#values.length >= STORE_LIMITS.maxCodes)
      throw new RangeError(`the history can hold ${STORE_LIMITS.maxCodes} different codes, and the feed has more`);
    this.#numbers.set(value, this.#values.length);
    return this.#values.push(value) - 1;
  }
}

/** Numbers for lists of conditions. */
export class Conditions {
  readonly #texts = new Dictionary();
  readonly #lists: (readonly string[])[] = [];
  /** Lists that were seen, by identity: a feed shares them, and making a list's text takes longer than all else. */
  readonly #known = new Map<readonly string[], number>();

  /** @throws RangeError for more different lists than a feed has. */
  numberOf(list: readonly string[]): number {
    const known = this.#known.get(list);
    if (known !== undefined) return known;
    const number = this.#texts.numberOf(JSON.stringify(list));
    this.#lists[number] ??= Object.freeze([...list]);
    if (this.#known.size >= STORE_LIMITS.maxKnownLists) this.#known.clear();
    this.#known.set(list, number);
    return number;
  }

  value(number: number): readonly string[] {
    return this.#lists[number] ?? [];
  }
}
