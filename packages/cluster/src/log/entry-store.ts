/** The value of a key. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Changes with each write; larger than before. */
  readonly revision: number;
}

/**
 * Keys with one value each. A write can require that no other write came since the value was read: a bucket of NATS's key-value store, as far
 * as the cluster relies on it. Methods reject with a `ClusterError`; `unreachable` leaves open whether a value was
 * written.
 */
export interface EntryStore {
  get(key: string): Promise<Entry | undefined>;
  /** Writes the first value of a key. Returns its revision; undefined if the key has a value. */
  create(key: string, value: string): Promise<number | undefined>;
  /** Replaces the value with a revision. Returns the new one; undefined if the key has another value by now. */
  update(key: string, value: string, revision: number): Promise<number | undefined>;
  /** Writes a value, whatever the key has. */
  put(key: string, value: string): Promise<void>;
  /** Removes a key. */
  remove(key: string): Promise<void>;
  /** Returns all entries. */
  list(): Promise<readonly Entry[]>;
}
