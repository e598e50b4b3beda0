import type { Entry, EntryStore } from "../log/entry-store.ts";

/** A bucket of NATS's key-value store in memory: revisions count all writes of the bucket. */
export class ModelEntries implements EntryStore {
  readonly #entries = new Map<string, Entry>();
  #revision = 0;

  async get(key: string): Promise<Entry | undefined> {
    return this.#entries.get(key);
  }

  async create(key: string, value: string): Promise<number | undefined> {
    return this.#entries.has(key) ? undefined : this.#write(key, value);
  }

  async update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.#entries.get(key)?.revision === revision ? this.#write(key, value) : undefined;
  }

  async put(key: string, value: string): Promise<void> {
    this.#write(key, value);
  }

  async remove(key: string): Promise<void> {
    this.#entries.delete(key);
    this.#revision++;
  }

  async list(): Promise<readonly Entry[]> {
    return [...this.#entries.values()];
  }

  #write(key: string, value: string): number {
    const revision = ++this.#revision;
    this.#entries.set(key, { key, value, revision });
    return revision;
  }
}
