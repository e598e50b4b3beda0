import * as LIMITS from "../../limits.ts";

/** A revised record that was delivered. */
interface Revision {
  readonly seconds: number;
  readonly nanos: number;
  readonly identity: number;
  /** Whether history had it first: the stream may bring it again. */
  readonly isPast: boolean;
}

/** Remembers the newest revisions that were delivered of each symbol, so that a fill delivers none of them again. */
export class KnownRevisions {
  readonly #bySymbol = new Map<string, Revision[]>();

  /** Notes a live revision. True if it is passed over, because history had it first. */
  received(symbol: string, seconds: number, nanos: number, identity: number): boolean {
    const known = this.#find(symbol, seconds, nanos);
    if (known?.isPast && known.identity === identity) return true;
    this.#add(symbol, { seconds, nanos, identity, isPast: false });
    return false;
  }

  /** Notes a revision of history. False if it was delivered before. */
  addPast(symbol: string, seconds: number, nanos: number, identity: number): boolean {
    if (this.#find(symbol, seconds, nanos)?.identity === identity) return false;
    this.#add(symbol, { seconds, nanos, identity, isPast: true });
    return true;
  }

  #find(symbol: string, seconds: number, nanos: number): Revision | undefined {
    return this.#bySymbol.get(symbol)?.findLast((known) => known.seconds === seconds && known.nanos === nanos);
  }

  #add(symbol: string, revision: Revision): void {
    const known = this.#bySymbol.get(symbol);
    if (known === undefined) this.#bySymbol.set(symbol, [revision]);
    else if (known.push(revision) > LIMITS.maxKnownRevisions) known.shift();
  }
}
