import { createGateway, type Gateway } from "tickerplant";
import type { Random } from "../../shared/random.ts";
import type { FaultInjector } from "../fault-injector.ts";
import type { Market } from "../market.ts";
import { PartyClock, type WorldClock } from "../world-clock.ts";

/** The gateway of the market, as the ingests reach it: it may be down, or one of them cut off. */
export class MarketGateway {
  readonly #market: Market;
  readonly #faults: FaultInjector;
  readonly #clock: PartyClock;
  /** Whether it allows one connection. */
  readonly #isLimited: boolean;
  #gateway: Gateway | undefined;
  readonly #cutOff = new Set<string>();

  constructor(market: Market, faults: FaultInjector, clock: WorldClock, random: Random) {
    this.#market = market;
    this.#faults = faults;
    this.#clock = new PartyClock(clock, random.fork().next);
    this.#isLimited = random.chance(0.6);
  }

  /** The gateway as an ingest reaches it; undefined while it does not. */
  reachedBy(ingest: string): Gateway | undefined {
    return this.#cutOff.has(ingest) ? undefined : this.#gateway;
  }

  get isRunning(): boolean {
    return this.#gateway !== undefined;
  }

  start(): void {
    if (this.isRunning) return;
    const { paced } = this.#market;
    this.#gateway = createGateway({
      ...(this.#isLimited && { maxConnections: 1 }),
      feeds: { iex: { paced, run: (sink, signal) => this.#market.run(sink, signal) } },
      faults: this.#faults.forGateway(),
      clock: this.#clock,
      onEvent: () => {},
    });
    void this.#gateway.start();
  }

  stop(): void {
    void this.#gateway?.close(0);
    this.#gateway = undefined;
  }

  /** Lets an ingest reach it, or not. Its connections stay. */
  cutOff(ingest: string, isCutOff: boolean): void {
    if (isCutOff) this.#cutOff.add(ingest);
    else this.#cutOff.delete(ingest);
  }
}
