import type { Runtime, Timer } from "@tickerplant/client";
import type { AnyRecord } from "@tickerplant/client/wire";
import type { Feed, FeedSink } from "../feeds/feed.ts";
import type { Client } from "./client.ts";
import { FanOut } from "./fan-out.ts";
import { concernsSingleRecords, type Faults } from "./faults.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/** How a hub runs its feed. */
export interface HubOptions {
  /** Whether the feed starts with the first subscription, and not at once. */
  readonly startsAtSubscription: boolean;
  /** Whether the feed's end closes the clients. */
  readonly closesAtEnd: boolean;
}

/** Why a hub's clients are closed when its feed has ended, and at once if they come later. */
const FAREWELL = "the feed has ended";

/** Runs one feed and fans it out to the clients of every endpoint that serves it. */
export class Hub implements FeedSink {
  readonly fanOut: FanOut<Client>;
  readonly #feed: Feed;
  readonly #runtime: Runtime;
  readonly #options: HubOptions;
  readonly #clients = new Set<Client>();
  /** Those who were behind when they were last looked at: nobody else is. */
  readonly #behind = new Set<Client>();
  readonly #abort = new AbortController();
  #state: "running" | "ended" | "failed" = "running";
  #isFlushDue = false;
  #running: Promise<void> | undefined;
  readonly #waiters = new Set<{ isMet(): boolean; resolve(): void }>();
  #stallWatch: Timer;
  #firstSubscription: () => void = () => {};
  /** Resolves when a client subscribes for the first time. */
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#firstSubscription = resolve;
  });

  constructor(feed: Feed, runtime: Runtime, faults: Faults, options: HubOptions) {
    this.fanOut = new FanOut(() => concernsSingleRecords(faults));
    this.#feed = feed;
    this.#runtime = runtime;
    this.#options = options;
  }

  /** Adds a client of one of its endpoints. */
  join(client: Client): void {
    this.#clients.add(client);
  }

  /** A client has changed its subscription. */
  subscribed(client: Client): void {
    if (!client.isReading) return this.drained();
    if (this.#state === "failed") return client.fail("the feed failed");
    if (this.#state === "ended" && this.#options.closesAtEnd) return client.close(1000, FAREWELL);
    this.#firstSubscription();
    this.drained();
  }

  /** A client has more bytes waiting than a feed without a clock allows. */
  fellBehind(client: Client): void {
    this.#behind.add(client);
  }

  /** A client is gone. */
  leave(client: Client): void {
    this.#clients.delete(client);
    this.#behind.delete(client);
  }

  /**
   * Runs the feed. Resolves when it has ended and, where that closes the clients, each of them has
   * taken everything and is gone. Rejects when the feed fails; its clients are told so.
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Ends the feed. */
  stop(): void {
    this.#abort.abort();
    this.#firstSubscription();
    this.drained();
  }

  publish(record: AnyRecord): void {
    this.fanOut.publish(record);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Everything that the feed publishes in one go leaves in one frame per client.
    queueMicrotask(() => this.#flush());
  }

  room(): Promise<void> | undefined {
    this.#flush();
    return this.#feed.paced || this.#hasRoom ? undefined : this.#until(() => this.#hasRoom);
  }

  /** Whoever waits for the clients looks again. */
  drained(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (!waiter.isMet()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
    if (this.#waiters.size === 0) this.#runtime.clearTimer(this.#stallWatch);
  }

  async #run(): Promise<void> {
    if (this.#options.startsAtSubscription) await this.#subscribed;
    try {
      if (!this.#abort.signal.aborted) await this.#feed.run(this, this.#abort.signal);
    } catch (error) {
      this.#state = "failed";
      for (const client of [...this.#clients]) client.fail("the feed failed");
      throw error;
    }
    this.#flush();
    this.#state = "ended";
    if (this.#options.closesAtEnd) await Promise.all([...this.#clients].map((client) => this.#dismiss(client)));
  }

  /** Lets a client take what waits for it, however long that is, as long as it takes some. */
  async #dismiss(client: Client): Promise<void> {
    await this.#until(() => client.hasTakenAll);
    if (!client.isClosing) client.close(1000, FAREWELL, GATEWAY_LIMITS.farewellTimeoutMs);
    await this.#until(() => client.isGone);
  }

  #flush(): void {
    this.#isFlushDue = false;
    this.fanOut.flush();
  }

  /** Somebody listens, and nobody is behind. A feed without a clock that nobody listens to stands still. */
  get #hasRoom(): boolean {
    if (this.#abort.signal.aborted) return true;
    for (const client of this.#behind) {
      if (client.isReading && client.bufferedBytes > GATEWAY_LIMITS.feedWaitBytes) return false;
      this.#behind.delete(client);
    }
    return !this.fanOut.isEmpty;
  }

  /** Waits for the clients; one that holds everybody up and takes nothing at all is cut off. */
  async #until(isMet: () => boolean): Promise<void> {
    if (isMet()) return;
    const met = new Promise<void>((resolve) => this.#waiters.add({ isMet, resolve }));
    if (this.#waiters.size === 1) this.#watchStalls(new Map());
    await met;
  }

  #watchStalls(takenBefore: ReadonlyMap<Client, number>): void {
    const allowedBytes = this.#state === "ended" ? 0 : GATEWAY_LIMITS.feedWaitBytes;
    const taken = new Map<Client, number>();
    for (const client of [...this.#clients]) {
      if (client.bufferedBytes > allowedBytes && takenBefore.get(client) === client.takenBytes) client.cutOffAsSlow();
      taken.set(client, client.takenBytes);
    }
    if (this.#waiters.size === 0) return; // those who were cut off were all that it waited for
    this.#stallWatch = this.#runtime.setTimer(() => this.#watchStalls(taken), GATEWAY_LIMITS.stallTimeoutMs);
  }
}
