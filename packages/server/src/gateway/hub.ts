import type { Clock, Timer } from "@tickerplant/client";
import type { MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import type { Feed, FeedSink } from "../feeds/feed.ts";
import type { ConnectedClient } from "./connected-client.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { concernsSingleRecords, type Faults } from "./faults.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { CloseLimits } from "./socket.ts";

/** How a hub runs its feed. */
export interface HubOptions {
  /** Whether the feed starts with the first subscription, and not at once. */
  readonly startsAtSubscription: boolean;
  /** Whether the feed is for its readers alone: its end closes the clients, and it ends without readers. */
  readonly isOnce: boolean;
}

/** With `once`: no client took the feed to its end. */
export class UndeliveredError extends Error {
  override readonly name = "UndeliveredError";
}

/** Why a hub's clients are closed when its feed has ended, and at once if they come later. */
const FAREWELL = "the feed has ended";

/** At a feed's end, clients may take what waits for them as slowly as they like, as long as they take some. */
const PATIENT: CloseLimits = { stallMs: GATEWAY_LIMITS.stallTimeoutMs, totalMs: Number.POSITIVE_INFINITY };

/** A client that has left. */
interface Departure {
  readonly reason: string;
  readonly undeliveredBytes: number;
  /** Records that had been published by then. */
  readonly published: number;
}

/** Runs one feed and fans it out to the clients of every endpoint that serves it. */
export class Hub implements FeedSink {
  readonly fanOut: FanOut<ConnectedClient>;
  readonly schema: WritableSchema;
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #options: HubOptions;
  readonly #clients = new Set<ConnectedClient>();
  /** Clients over the wait threshold at the last check; a superset of those still over it. */
  readonly #behind = new Set<ConnectedClient>();
  readonly #abort = new AbortController();
  #state: "waiting" | "running" | "ended" | "failed" = "waiting";
  #isFlushDue = false;
  #running: Promise<void> | undefined;
  /** What a feed without a clock waits for. */
  #room: { readonly promise: Promise<void>; resolve(): void } | undefined;
  #stallTimer: Timer;
  #noReaderTimer: Timer;
  #stopTimer: Timer;
  /** The newest departure of a client that had subscribed. */
  #departure: Departure | undefined;
  /** Records that some client has taken all of. */
  #deliveredUpTo = 0;
  #firstSubscription: () => void = () => {};
  /** Resolves when a client subscribes for the first time. */
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#firstSubscription = resolve;
  });
  #giveUp: (error: Error) => void = () => {};
  /** Rejects when the feed is not waited for any more. */
  readonly #givenUp = new Promise<never>((_resolve, reject) => {
    this.#giveUp = reject;
  });

  constructor(feed: Feed, schema: WritableSchema, clock: Clock, faults: Faults, options: HubOptions) {
    this.fanOut = new FanOut(schema, () => concernsSingleRecords(faults));
    this.schema = schema;
    this.#feed = feed;
    this.#clock = clock;
    this.#options = options;
    this.#givenUp.catch(() => {}); // it may reject when the feed has settled
  }

  /** Adds a client of one of its endpoints. */
  join(client: ConnectedClient): void {
    this.#clients.add(client);
  }

  /** A client has changed its subscription. */
  subscribed(client: ConnectedClient): void {
    if (client.isReading) {
      if (this.#state === "failed") return client.fail("the feed failed");
      if (this.#state === "ended" && this.#options.isOnce) {
        this.#clients.delete(client); // it came too late to have taken anything
        return client.drain(FAREWELL, PATIENT);
      }
      this.#firstSubscription();
    }
    this.drained();
    this.#watchReaders();
  }

  /** A client has more bytes waiting than a feed without a clock allows. */
  fellBehind(client: ConnectedClient): void {
    this.#behind.add(client);
  }

  /** A client is gone. */
  leave(client: ConnectedClient, reason: string, undeliveredBytes: number): void {
    this.#behind.delete(client);
    if (!this.#clients.delete(client) || client.session.subscriptions.isEmpty) return;
    const { published } = this.fanOut;
    this.#departure = { reason, undeliveredBytes, published };
    if (undeliveredBytes === 0) this.#deliveredUpTo = published;
    this.#watchReaders();
  }

  /**
   * Runs the feed. Resolves when it has ended and, with `isOnce`, its clients are gone. Rejects when
   * the feed fails, and its clients are sent 500; with `isOnce` also when no client took it to its end.
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Ends the feed. */
  stop(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#firstSubscription();
    this.drained();
    if (this.#state !== "running") return;
    const ms = GATEWAY_LIMITS.feedStopTimeoutMs;
    const late = new Error(`the feed did not end within ${ms / 1000} s of its signal: a feed has to obey it`);
    this.#stopTimer = this.#clock.setTimer(() => this.#giveUp(late), ms);
  }

  publish(record: MarketRecord): void {
    if (this.#abort.signal.aborted) return;
    this.fanOut.publish(record);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Everything that the feed publishes in one go leaves in one frame per client.
    queueMicrotask(() => this.#flush());
  }

  room(): Promise<void> | undefined {
    this.#flush();
    if (this.#feed.paced || this.#hasRoom) return undefined;
    if (this.#room !== undefined) return this.#room.promise;
    let resolve = (): void => {};
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#room = { promise, resolve };
    this.#watchStalls(new Map());
    return promise;
  }

  /** A client took bytes, or will take none any more: there may be room. */
  drained(): void {
    if (this.#room === undefined || !this.#hasRoom) return;
    this.#clock.clearTimer(this.#stallTimer);
    this.#room.resolve();
    this.#room = undefined;
  }

  async #run(): Promise<void> {
    if (this.#options.startsAtSubscription) await this.#subscribed;
    try {
      if (!this.#abort.signal.aborted) await this.#play();
    } catch (error) {
      this.#state = error instanceof UndeliveredError ? "ended" : "failed";
      for (const client of [...this.#clients]) {
        if (this.#state === "failed") client.fail("the feed failed");
        else client.drain(FAREWELL, PATIENT);
      }
      throw error;
    } finally {
      for (const timer of [this.#stopTimer, this.#noReaderTimer]) this.#clock.clearTimer(timer);
    }
    this.#flush();
    this.#state = "ended";
    if (this.#options.isOnce && !this.#abort.signal.aborted) await this.#drainAll();
  }

  async #play(): Promise<void> {
    this.#state = "running";
    this.#watchReaders();
    const { signal } = this.#abort;
    await Promise.race([this.#feed.run(this, signal), this.#givenUp]);
  }

  async #drainAll(): Promise<void> {
    const clients = [...this.#clients];
    for (const client of clients) client.drain(FAREWELL, PATIENT);
    await Promise.all(clients.map((client) => client.gone));
    const { published } = this.fanOut;
    if (this.#abort.signal.aborted || this.#deliveredUpTo === published) return;
    throw new UndeliveredError(
      `the feed ended after ${published} records, and no client took all of them: ${this.#lastLeft}`,
    );
  }

  /** With `isOnce`, a feed that no client reads any more ends. */
  #watchReaders(): void {
    if (!this.#options.isOnce || this.#state !== "running") return;
    this.#clock.clearTimer(this.#noReaderTimer);
    if (!this.fanOut.isEmpty) return;
    const ms = GATEWAY_LIMITS.noReaderTimeoutMs;
    this.#noReaderTimer = this.#clock.setTimer(() => {
      this.#giveUp(
        new UndeliveredError(
          `the feed was stopped after ${this.fanOut.published} records, and the rest was not delivered: ` +
            `${this.#lastLeft}, and no client subscribed within ${ms / 1000} s`,
        ),
      );
      this.#abort.abort();
      this.drained();
    }, ms);
  }

  get #lastLeft(): string {
    if (this.#departure === undefined) return "the last client unsubscribed";
    const { reason, undeliveredBytes, published } = this.#departure;
    const bytes = undeliveredBytes === 0 ? "" : ` and up to ${undeliveredBytes} bytes not taken`;
    return `the last client left after ${published} records${bytes} (${reason})`;
  }

  #flush(): void {
    this.#isFlushDue = false;
    this.fanOut.flush();
  }

  /** Some client reads, and none is behind. A feed without a clock that no client reads stands still. */
  get #hasRoom(): boolean {
    if (this.#abort.signal.aborted) return true;
    for (const client of this.#behind) {
      if (isHoldingUp(client)) return false;
      this.#behind.delete(client);
    }
    return !this.fanOut.isEmpty;
  }

  /** While the feed waits for room: cuts off each client that holds it up and has taken nothing for the limit. */
  #watchStalls(before: ReadonlyMap<ConnectedClient, Standstill>): void {
    const nowMs = this.#clock.monotonic();
    const standstills = new Map<ConnectedClient, Standstill>();
    for (const client of [...this.#behind]) {
      if (!isHoldingUp(client)) continue;
      const { sentBytes } = client;
      const known = before.get(client);
      const sinceMs = known?.sentBytes === sentBytes ? known.sinceMs : nowMs;
      if (nowMs - sinceMs >= GATEWAY_LIMITS.stallTimeoutMs) client.cutOffAsSlow();
      else standstills.set(client, { sentBytes, sinceMs });
    }
    if (this.#room === undefined) return; // those that were cut off were all that it waited for
    this.#stallTimer = this.#clock.setTimer(() => this.#watchStalls(standstills), GATEWAY_LIMITS.stallCheckMs);
  }
}

/** How long a client has taken nothing. */
interface Standstill {
  readonly sentBytes: number;
  readonly sinceMs: number;
}

/** Whether a feed without a clock waits for a client. */
function isHoldingUp({ isReading, bufferedBytes }: ConnectedClient): boolean {
  return isReading && bufferedBytes > GATEWAY_LIMITS.feedWaitBytes;
}
