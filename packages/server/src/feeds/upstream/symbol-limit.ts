import { SERVER_ERROR_TEXTS, type StreamSchema, WILDCARD } from "@tickerplant/client/wire";
import type { Rejection } from "../feed.ts";
import { pairOf } from "./symbol-keys.ts";

/**
 * A limit on upstream symbols. A symbol counts once for all channels that plans limit, and not on the others, such as
 * bars; that is the most lenient reading of Alpaca's limit, so that nothing is rejected here which Alpaca would grant.
 */
export class SymbolLimit {
  readonly #max: number;
  readonly #schema: StreamSchema;

  constructor(max: number, schema: StreamSchema) {
    this.#max = max;
    this.#schema = schema;
  }

  /** Whether a key counts. */
  counts(key: string): boolean {
    return this.#schema.traits[pairOf(key)[0]]?.limited ?? false;
  }

  /** The error for a request that adds keys to those that are held; undefined if the limit allows it. */
  rejection(held: () => Iterable<string>, added: readonly string[]): Rejection | undefined {
    if (this.#max === Number.POSITIVE_INFINITY) return undefined;
    const wanted = this.#symbolsOf(added);
    if (wanted.size === 0) return undefined;
    const before = this.#symbolsOf(held());
    if (wanted.has(WILDCARD)) return rejected(`* does not fit into this relay's ${this.#max} upstream symbols`);
    if (new Set([...before, ...wanted]).size <= this.#max) return undefined;
    return rejected(`${before.size} of this relay's ${this.#max} upstream symbols are in use`);
  }

  #symbolsOf(keys: Iterable<string>): Set<string> {
    const symbols = new Set<string>();
    for (const key of keys) if (this.counts(key)) symbols.add(pairOf(key)[1]);
    return symbols;
  }
}

function rejected(detail: string): Rejection {
  return { number: 405, message: `${SERVER_ERROR_TEXTS[405]}: ${detail}` };
}
