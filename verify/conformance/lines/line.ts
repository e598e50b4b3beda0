/** One behaviour of the list. */
export interface Line {
  /** As it stands in brackets in the titles of tests: a letter for the source, and a number. */
  readonly id: string;
  /** The behaviour, in a few words. Behind `ours:` what we do instead, where copying would copy a weakness. */
  readonly what: string;
  /** Why it does not apply, and needs no test. */
  readonly excuse: string | undefined;
}

/** Lines that belong together. */
export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** A section, with each line as its id, its behaviour and, where it does not apply, the excuse. */
export function section(title: string, ...lines: readonly [id: string, what: string, excuse?: string][]): Section {
  return { title, lines: lines.map(([id, what, excuse]) => ({ id, what, excuse })) };
}
