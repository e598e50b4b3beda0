import type { Published } from "./market.ts";

/** Symbols whose gap a relay has closed: what it held for them was published by then. */
interface Release {
  readonly keys: ReadonlySet<string>;
  /** The gap's begin, and its end, in the market's time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Virtual time of the report. */
  readonly atMs: number;
}

/** A lost connection of one client of a relay. */
interface Interruption {
  readonly client: string;
  /** When the newest records that arrived were sent, in virtual time. */
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
    const releases = this.#releases.filter(
      (release) => keys.some((key) => release.keys.has(key)) && rightTimeMs >= release.fromMs && atMs <= release.atMs,
    );
    return this.#interruptions.some(
      ({ client, sinceMs, untilMs }) =>
        clients.includes(client) &&
        publishedMs <= untilMs &&
        releases.some((release) => release.atMs >= sinceMs && release.toMs <= untilMs),
    );
  }
}
