import type { KV, KvEntry } from "@nats-io/kv";
import type { Entry, EntryStore } from "../log/entry-store.ts";
import { natsError } from "./nats-errors.ts";

/** A bucket of NATS's key-value store. */
export class NatsEntryStore implements EntryStore {
  readonly #bucket: KV;
  readonly #name: string;

  constructor(bucket: KV, name: string) {
    this.#bucket = bucket;
    this.#name = name;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#call("read", key, async () => entryOf(await this.#bucket.get(key)));
  }

  create(key: string, value: string): Promise<number | undefined> {
    return this.#call("write", key, () => this.#ifUnchanged(this.#bucket.create(key, value)));
  }

  update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.#call("write", key, () => this.#ifUnchanged(this.#bucket.update(key, value, revision)));
  }

  put(key: string, value: string): Promise<void> {
    return this.#call("write", key, async () => void (await this.#bucket.put(key, value)));
  }

  remove(key: string): Promise<void> {
    return this.#call("remove", key, () => this.#bucket.purge(key));
  }

  list(): Promise<readonly Entry[]> {
    return this.#call("read", "its entries", async () => {
      const entries: Entry[] = [];
      for await (const change of await this.#bucket.history()) {
        const entry = entryOf(change);
        if (entry !== undefined) entries.push(entry);
      }
      return entries;
    });
  }

  async #call<T>(action: string, key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw natsError(`could not ${action} ${key} in the bucket ${this.#name}`, error);
    }
  }

  /** Undefined if the key has changed. */
  async #ifUnchanged(written: Promise<number>): Promise<number | undefined> {
    try {
      return await written;
    } catch (error) {
      if (natsError("", error).code === "fenced") return undefined;
      throw error;
    }
  }
}

function entryOf(entry: KvEntry | null): Entry | undefined {
  if (entry === null || entry.operation !== "PUT") return undefined;
  return { key: entry.key, value: entry.string(), revision: entry.revision };
}
