import type { Entry, EntryStore } from "../log/entry-store.ts";
import type { Link } from "./link.ts";

/** A bucket as one process reaches it, over a {@link Link}. */
export class FaultyEntries implements EntryStore {
  readonly #entries: EntryStore;
  readonly #link: Link;

  constructor(entries: EntryStore, link: Link) {
    this.#entries = entries;
    this.#link = link;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#link.call(() => this.#entries.get(key));
  }

  create(key: string, value: string): Promise<number | undefined> {
    return this.#link.call(() => this.#entries.create(key, value));
  }

  update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.#link.call(() => this.#entries.update(key, value, revision));
  }

  put(key: string, value: string): Promise<void> {
    return this.#link.call(() => this.#entries.put(key, value));
  }

  remove(key: string): Promise<void> {
    return this.#link.call(() => this.#entries.remove(key));
  }

  list(): Promise<readonly Entry[]> {
    return this.#link.call(() => this.#entries.list());
  }
}
