import type { StreamSchema } from "../wire/index.ts";

/** One value for each channel of a schema. The two channels that make up most of a stream need no look-up by name. */
export class ByChannel<T> {
  readonly #values: ReadonlyMap<string, T>;
  readonly #firstHot: string;
  readonly #secondHot: string;
  readonly #firstValue: T;
  readonly #secondValue: T;

  constructor({ channels, hot }: StreamSchema, make: (channel: string) => T) {
    this.#values = new Map(channels.map((channel) => [channel, make(channel)]));
    [this.#firstHot, this.#secondHot] = hot;
    this.#firstValue = this.#values.get(this.#firstHot) as T; // a value for each channel, by construction
    this.#secondValue = this.#values.get(this.#secondHot) as T;
  }

  /** The value of a channel of the schema. */
  get(channel: string): T {
    if (channel === this.#firstHot) return this.#firstValue;
    if (channel === this.#secondHot) return this.#secondValue;
    return this.#values.get(channel) as T; // callers name channels of the schema, which are all there
  }

  /** All values, in the order of the schema. */
  values(): Iterable<T> {
    return this.#values.values();
  }
}
