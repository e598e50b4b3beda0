import type { Published } from "./market.ts";

/** A symbol whose gap a relay has closed: what it held for it was published by then, unless it has another gap. */
interface Release {
  /** The symbol, as `channel symbol`. */
  readonly key: string;
  /** The gap's begin, and its end, in the market's time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Virtual time of the report. */
  readonly atMs: number;
  /** The market's time of the report. */
  readonly closedMs: number;
}

/** Lost connections of one client of a relay, up to the confirmation of its symbols. */
interface Interruption {
  readonly client: string;
  /** When the newest records were sent that had arrived at the first loss, in virtual time. */
  readonly sinceMs: number;
  /** The market's time when it was over. */
  readonly untilMs: number;
}

/**
 * Records that a relay held while it filled a gap, and released while a client of its had lost its own connection.
 * The client's gap begins at the newest time that it has received, which may be later: it cannot know of them.
 */
export class ReleasedRecords {
  readonly #releases: Release[] = [];
  readonly #interruptions: Interruption[] = [];

  /** A relay has closed a gap. */
  released(release: Release): void {
    this.#releases.push(release);
  }

  /** A client was without its connection. */
  interrupted(interruption: Interruption): void {
    this.#interruptions.push(interruption);
  }

  /** Whether one of the clients may have missed a record that was released meanwhile. */
  mayHaveMissed(clients: readonly string[], { keys, rightTimeMs, publishedMs, atMs }: Published): boolean {
    const releases = this.#releasesOf(keys).filter((release) => rightTimeMs >= release.fromMs && atMs <= release.atMs);
    return this.#interruptions.some(
      ({ client, sinceMs, untilMs }) =>
        clients.includes(client) &&
        publishedMs <= untilMs &&
        releases.some((release) => release.atMs >= sinceMs && release.toMs <= untilMs),
    );
  }

  /** The releases of a symbol, oldest first. One whose gap was known before the previous one was closed is held since that one. */
  #releasesOf(keys: readonly string[]): Release[] {
    const releases: Release[] = [];
    for (const release of this.#releases) {
      if (!keys.includes(release.key)) continue;
      const before = releases.at(-1);
      const fromMs = before !== undefined && release.toMs <= before.closedMs ? before.fromMs : release.fromMs;
      releases.push({ ...release, fromMs: Math.min(fromMs, release.fromMs) });
    }
    return releases;
  }
}
