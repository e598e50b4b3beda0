import duckdb from "@duckdb/node-bindings";
import * as LIMITS from "../limits.ts";

/** Bytes of the longest string that DuckDB has in the vector itself, behind its length. */
const MAX_SHORT_BYTES = 12;
/** Integers of a string in a vector: its length, and twelve bytes. */
const ENTRY = 4;

const encoder = new TextEncoder();

/** Strings as a vector of DuckDB has them (`duckdb_string_t`): nearly all symbols and codes are short. */
export class TextBuffer {
  #entries = new Uint32Array(LIMITS.chunkRows * ENTRY);
  /** The bytes of long strings, by their index. */
  readonly #long = new Map<number, Uint8Array>();

  set(index: number, text: string): void {
    const start = index * ENTRY;
    if (start >= this.#entries.length) this.#grow();
    const entry = shortEntry(text);
    if (entry === undefined) this.#long.set(index, encoder.encode(text));
    else for (let at = 0; at < ENTRY; at++) this.#entries[start + at] = entry[at] ?? 0;
  }

  /** Moves the first strings into a vector. */
  moveTo(vector: duckdb.Vector, count: number): void {
    for (const index of this.#long.keys()) this.#entries.fill(0, index * ENTRY, (index + 1) * ENTRY);
    duckdb.copy_data_to_vector(vector, 0, this.#entries.buffer, 0, count * ENTRY * 4);
    for (const [index, bytes] of this.#long) duckdb.vector_assign_string_element_len(vector, index, bytes);
    this.#long.clear();
  }

  #grow(): void {
    const grown = new Uint32Array(this.#entries.length * 2);
    grown.set(this.#entries);
    this.#entries = grown;
  }
}

/** The entries of short strings: a recording has few, and each of them often. */
const shortEntries = new Map<string, Uint32Array>();

function shortEntry(text: string): Uint32Array | undefined {
  const known = shortEntries.get(text);
  if (known !== undefined || text.length > MAX_SHORT_BYTES) return known;
  const bytes = encoder.encode(text);
  if (bytes.length > MAX_SHORT_BYTES) return undefined;
  const entry = new Uint32Array(ENTRY);
  entry[0] = bytes.length;
  new Uint8Array(entry.buffer).set(bytes, 4);
  if (shortEntries.size >= LIMITS.knownTexts) shortEntries.clear();
  shortEntries.set(text, entry);
  return entry;
}
