import type { Runtime, Timer } from "@tickerplant/client";
import type { AnyRecord } from "@tickerplant/client/wire";
import type { Feed, FeedSink } from "../feeds/feed.ts";
import type { Client } from "./client.ts";
import { FanOut } from "./fan-out.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/** Runs one feed and fans it out to the clients of every endpoint that serves it. */
export class Hub implements FeedSink {
  readonly fanOut: FanOut<Client> = new FanOut();
  readonly #feed: Feed;
  readonly #runtime: Runtime;
  readonly #clients = new Set<Client>();
  readonly #abort = new AbortController();
  #isFlushDue = false;
  #running: Promise<void> | undefined;
  #roomWaiters: (() => void)[] = [];
  #firstSubscription: () => void = () => {};
  /** Resolves when a client subscribes for the first time. */
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#firstSubscription = resolve;
  });

  constructor(feed: Feed, runtime: Runtime) {
    this.#feed = feed;
    this.#runtime = runtime;
  }

  /** Adds a client of one of its endpoints. */
  join(client: Client): void {
    this.#clients.add(client);
  }

  /** A client has subscribed to something. */
  subscribed(): void {
    this.#firstSubscription();
    this.drained();
  }

  /** A client is gone. */
  leave(client: Client): void {
    this.#clients.delete(client);
    this.drained();
  }

  /** Runs the feed, at once or from the first subscription on; resolves when it has ended and is flushed. */
  run(startsAtSubscription: boolean): Promise<void> {
    this.#running ??= this.#run(startsAtSubscription);
    return this.#running;
  }

  /** Ends the feed. */
  stop(): void {
    this.#abort.abort();
    this.#firstSubscription();
    this.#wakeFeed();
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
    if (this.#feed.paced || this.#hasRoom) return undefined;
    return this.#untilRoom();
  }

  /** Whoever waits for room looks again. */
  drained(): void {
    if (this.#roomWaiters.length > 0 && this.#hasRoom) this.#wakeFeed();
  }

  async #run(startsAtSubscription: boolean): Promise<void> {
    if (startsAtSubscription) await this.#subscribed;
    if (!this.#abort.signal.aborted) await this.#feed.run(this, this.#abort.signal);
    this.#flush();
  }

  #flush(): void {
    this.#isFlushDue = false;
    for (const client of this.#clients) client.flush();
  }

  /** Somebody listens, and nobody is behind. A feed without a clock that nobody listens to stands still. */
  get #hasRoom(): boolean {
    if (this.#abort.signal.aborted) return true;
    let hasReader = false;
    for (const client of this.#clients) {
      if (client.session.subscriptions.isEmpty) continue;
      hasReader = true;
      if (client.bufferedBytes > GATEWAY_LIMITS.feedWaitBytes) return false;
    }
    return hasReader;
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      let watch: Timer;
      this.#roomWaiters.push(() => {
        this.#runtime.clearTimer(watch);
        resolve();
      });
      const taken = new Map<Client, number>();
      const watchStalls = (): void => {
        for (const client of this.#clients) {
          const isBehind = client.bufferedBytes > GATEWAY_LIMITS.feedWaitBytes;
          if (isBehind && taken.get(client) === client.takenBytes) client.cutOffAsSlow();
          taken.set(client, client.takenBytes);
        }
        watch = this.#runtime.setTimer(watchStalls, GATEWAY_LIMITS.stallTimeoutMs);
      };
      watchStalls();
    });
  }

  #wakeFeed(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }
}
