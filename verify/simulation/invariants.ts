/** An invariant that does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/**
 * Whether the invariants of one world hold. The product catches what handlers and listeners throw,
 * so the first violation is kept here as well.
 */
export class Invariants {
  /** The first invariant that did not hold. */
  violation: Violation | undefined;
  /** What happened lately, the newest last. */
  readonly trace: string[] = [];
  readonly #secret: string;
  readonly #nowMs: () => number;

  /** `secret` must appear in nothing that is told to {@connection checkOutput}. */
  constructor(secret: string, nowMs: () => number) {
    this.#secret = secret;
    this.#nowMs = nowMs;
  }

  /** Virtual time. */
  get nowMs(): number {
    return this.#nowMs();
  }

  /** Throws a {@connection Violation} unless `holds`. */
  assert(holds: boolean, what: () => string): void {
    this.observe(holds, what);
    if (!holds) this.check();
  }

  /** Keeps a {@connection Violation} unless `holds`, where nobody could catch it. */
  observe(holds: boolean, what: () => string): void {
    if (!holds) this.violation ??= new Violation(`at ${this.#nowMs()} ms: ${what()}`);
  }

  /** Fails for a secret in what the product says. */
  checkOutput(where: string, ...texts: (string | undefined)[]): void {
    for (const text of texts) this.assert(!text?.includes(this.#secret), () => `${where} shows the secret`);
  }

  /** Keeps a line for whoever looks into a failing seed. */
  note(line: string): void {
    this.trace.push(`${String(this.#nowMs()).padStart(7)} ms  ${line}`);
    if (this.trace.length > MAX_TRACE_LINES) this.trace.splice(0, MAX_TRACE_LINES / 2);
  }

  /** Fails when an invariant has not held. */
  check(): void {
    if (this.violation !== undefined) throw this.violation;
  }
}

const MAX_TRACE_LINES = 400;
