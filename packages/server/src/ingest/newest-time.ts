import type { MarketRecord, StreamSchema } from "@tickerplant/client/wire";

/**
 * The newest market time that the records of a feed show, of the channels whose records come at their time. A time counts
 * when it is the middle one of three in a row: one alone may be wrong.
 */
export class NewestTime {
  readonly #prompt: ReadonlySet<string>;
  #newestMs = Number.NEGATIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #secondLastMs = Number.NEGATIVE_INFINITY;

  constructor({ channels, traits }: StreamSchema) {
    this.#prompt = new Set(
      channels.filter((channel) => traits[channel]?.isPrompt && traits[channel].sentAfterMs === 0),
    );
  }

  /** In milliseconds since the Unix epoch; minus infinity before the second record. */
  get ms(): number {
    return this.#newestMs;
  }

  /** A record was published. */
  add({ channel, seconds, nanos }: MarketRecord): void {
    if (!this.#prompt.has(channel)) return;
    const ms = seconds * 1000 + Math.floor(nanos / 1e6);
    const low = Math.min(ms, this.#lastMs);
    const high = Math.max(ms, this.#lastMs);
    const reachedMs = Math.max(low, Math.min(high, this.#secondLastMs));
    this.#secondLastMs = this.#lastMs;
    this.#lastMs = ms;
    if (reachedMs > this.#newestMs) this.#newestMs = reachedMs;
  }
}
