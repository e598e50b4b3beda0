/** One behaviour of the list. */
export interface Line {
  /** The id that titles of tests have in brackets: letters for the source, and a number. */
  readonly id: string;
  /** The behaviour. After `ours:` stands our own, where that of the source is a weakness. */
  readonly what: string;
  /** Why it does not apply and needs no test. */
  readonly excuse: string | undefined;
}

/** Lines that belong together. */
export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Returns a section of lines, each given as its id, behaviour and, if it does not apply, excuse. */
export function section(title: string, ...lines: readonly [id: string, what: string, excuse?: string][]): Section {
  return { title, lines: lines.map(([id, what, excuse]) => ({ id, what, excuse })) };
}
