import { type Profiler, Session } from "node:inspector";

/** Which files' blocks count. */
const FUZZED = /\/packages\/(client|server)\/dist\//;

/** The blocks of code that have run, by V8's own count. It slows the code down while it is on. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks that have run so far, as far as they were added. */
  get blocks(): number {
    return this.#seen.size;
  }

  /** Whether blocks ran since the last call of either method that were never added. */
  hasNew(): boolean {
    return this.#blocks().some((block) => !this.#seen.has(block));
  }

  /** Adds the blocks that ran since the last call of either method; returns how many are new. */
  add(): number {
    const before = this.#seen.size;
    for (const block of this.#blocks()) this.#seen.add(block);
    return this.#seen.size - before;
  }

  /** Lets the code run at full speed again. */
  stop(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  #blocks(): string[] {
    const blocks: string[] = [];
    // The answer comes before `post` returns: the session is this thread's own.
    this.#session.post("Profiler.takePreciseCoverage", (_error, { result }) => {
      for (const { url, scriptId, functions } of result) {
        if (FUZZED.test(url)) for (const { ranges } of functions) blocks.push(...namesOf(scriptId, ranges));
      }
    });
    return blocks;
  }
}

function namesOf(scriptId: string, ranges: readonly Profiler.CoverageRange[]): string[] {
  return ranges
    .filter(({ count }) => count > 0)
    .map(({ startOffset, endOffset }) => `${scriptId} ${startOffset} ${endOffset}`);
}
