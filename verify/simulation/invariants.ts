/** The error of an invariant that does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/**
 * The invariants of one world: the first violation, and a trace of what happened before it. The
 * product catches errors of handlers and listeners, so a violation is kept as well as thrown.
 */
export class Invariants {
  /** The first violation. */
  violation: Violation | undefined;
  /** The latest events, the newest last. */
  readonly trace: string[] = [];
  readonly #secret: string;
  readonly #nowMs: () => number;

  /** `secret` must appear in no text that is passed to {@link checkOutput}. */
  constructor(secret: string, nowMs: () => number) {
    this.#secret = secret;
    this.#nowMs = nowMs;
  }

  /** Virtual time. */
  get nowMs(): number {
    return this.#nowMs();
  }

  /** Throws a {@link Violation} unless `holds`. */
  assert(holds: boolean, what: () => string): void {
    this.observe(holds, what);
    if (!holds) this.check();
  }

  /** Keeps a {@link Violation} unless `holds`, for a place where a thrown error would be lost. */
  observe(holds: boolean, what: () => string): void {
    if (!holds) this.violation ??= new Violation(`at ${this.#nowMs()} ms: ${what()}`);
  }

  /** Fails if the secret appears in output of the product. */
  checkOutput(where: string, ...texts: (string | undefined)[]): void {
    for (const text of texts) this.assert(!text?.includes(this.#secret), () => `${where} contains the secret`);
  }

  /** Adds a line to the trace, which is printed for a failing seed. */
  note(line: string): void {
    this.trace.push(`${String(this.#nowMs()).padStart(7)} ms  ${line}`);
    if (this.trace.length > MAX_TRACE_LINES) this.trace.splice(0, MAX_TRACE_LINES / 2);
  }

  /** Throws the first violation, if there is one. */
  check(): void {
    if (this.violation !== undefined) throw this.violation;
  }
}

const MAX_TRACE_LINES = 400;
