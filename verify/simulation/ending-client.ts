import {
  Codec,
  type GapEvent,
  StockDataStream,
  type StockDataStreamOptions,
  type Subscription,
} from "@tickerplant/client";
import type { Random } from "../shared/random.ts";
import type { Invariants } from "./invariants.ts";
import { MARKET_CHANNELS, type Market, numberOf, type Published, SYMBOLS } from "./market.ts";

/** A client of a market that ends: it subscribes once, handles records at its own pace, and does not reconnect. */
export class EndingClient {
  readonly #name: string;
  readonly #stream: StockDataStream;
  readonly #subscription: Subscription;
  readonly #market: Market;
  readonly #invariants: Invariants;
  readonly #mayComeLate: boolean;
  readonly #expected = new Map<number, Published>();
  readonly #received = new Set<number>();
  /** The number of the newest record, by `channel symbol`. */
  readonly #newest = new Map<string, number>();
  /** How its run ended; undefined before. */
  #outcome: { readonly error: unknown } | undefined;

  /** `mayComeLate`: a relay fills its gaps, and may deliver records after newer ones. */
  constructor(
    name: string,
    options: StockDataStreamOptions,
    market: Market,
    invariants: Invariants,
    random: Random,
    mayComeLate: boolean,
    isGapOfRelay: (gap: GapEvent) => boolean,
  ) {
    this.#name = name;
    this.#market = market;
    this.#invariants = invariants;
    this.#mayComeLate = mayComeLate;
    const { clock } = options;
    const delayMs = random.pick([0, 0, 1, 5]);
    this.#stream = new StockDataStream({
      ...options,
      apiKey: "key",
      urlOverride: "ws://gateway.test/v2/iex",
      codec: random.pick(Object.values(Codec)),
      reconnect: false,
    });
    // Its own connection is never lost.
    this.#stream.on("gap", (gap) =>
      invariants.observe(isGapOfRelay(gap), () => `${name} reports a gap of ${gap.channel} that no relay has`),
    );
    const symbols = MARKET_CHANNELS.map(
      (channel) => [channel, random.chance(0.5) ? ["*"] : random.sample(SYMBOLS, 8)] as const,
    );
    this.#subscription = this.#stream.subscribe(
      Object.fromEntries(symbols),
      (record) => {
        this.#receive(record);
        if (delayMs === 0) return undefined;
        return new Promise<void>((resolve) => void clock?.setTimer(resolve, delayMs));
      },
      { maxQueued: random.pick([1, 10, 10_000]), concurrency: random.pick([1, 4]) },
    );
  }

  get hasEnded(): boolean {
    return this.#outcome !== undefined;
  }

  start(): void {
    this.#invariants.note(`${this.#name} runs`);
    this.#stream.run().then(
      () => {
        this.#outcome = { error: undefined };
        this.#invariants.note(`${this.#name} has ended`);
      },
      (error: unknown) => {
        this.#outcome = { error };
      },
    );
  }

  /** Handles a published record: it is expected if the server has confirmed the symbol. */
  published(record: Published): void {
    const { keys, number } = record;
    const isActive = this.#subscription.states.some(
      ({ channel, symbol, state }) => state === "active" && keys.includes(`${channel} ${symbol}`),
    );
    if (isActive) this.#expected.set(number, record);
  }

  /** Fails unless it ended normally, with every record that it was owed and that `isReported` does not accept. */
  checkEnded(isReported: (record: Published) => boolean): void {
    const { error } = this.#outcome ?? { error: "no end" };
    this.#assert(error === undefined, () => `${this.#name} ended with ${error}`);
    const missing = [...this.#expected.values()].filter(
      (record) => !this.#received.has(record.number) && !isReported(record),
    );
    this.#assert(
      missing.length === 0,
      () => `${this.#name} misses ${missing.length} records, the first is ${JSON.stringify(missing[0])}`,
    );
  }

  #receive(record: unknown): void {
    const { number, channel, symbol } = numberOf(record);
    const key = `${channel} ${symbol}`;
    const newest = this.#newest.get(key) ?? -1;
    const original = this.#market.published[number];
    this.#assert(
      original?.keys[0] === key,
      () => `${this.#name} received a record that was not published: ${key} ${number}`,
    );
    this.#assert(!this.#received.has(number), () => `${this.#name} received record ${number} twice`);
    const isInOrder = number > newest || this.#mayComeLate;
    this.#assert(isInOrder, () => `${this.#name} received record ${number} of ${key} after ${newest}`);
    this.#received.add(number);
    this.#newest.set(key, Math.max(number, newest));
  }

  #assert(holds: boolean, what: () => string): void {
    this.#invariants.observe(holds, what); // the product catches what a handler throws
  }
}
