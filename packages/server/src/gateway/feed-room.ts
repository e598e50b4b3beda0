import type { Clock, Timer } from "@tickerplant/client";
import type { ConnectedClient } from "./connected-client.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/**
 * Backpressure for a feed without a clock: it waits while a client has too much waiting, and while no
 * client reads. A client that it waits for and that reads nothing is cut off.
 */
export class FeedRoom {
  readonly #clock: Clock;
  readonly #isRead: () => boolean;
  readonly #stallMs: number;
  /** Clients over the wait threshold at the last check; a superset of those still over it. */
  readonly #behind = new Set<ConnectedClient>();
  #waiting: { readonly promise: Promise<void>; resolve(): void } | undefined;
  #stallTimer: Timer;
  #isEnding = false;

  /** `isRead` returns whether any client reads, or waits to; one that reads nothing for `stallMs` is cut off. */
  constructor(clock: Clock, isRead: () => boolean, stallMs: number = GATEWAY_LIMITS.stallTimeoutMs) {
    this.#clock = clock;
    this.#isRead = isRead;
    this.#stallMs = stallMs;
  }

  /** A client has more bytes waiting than the feed may leave behind. */
  fellBehind(client: ConnectedClient): void {
    this.#behind.add(client);
  }

  /** A client is gone. */
  leave(client: ConnectedClient): void {
    this.#behind.delete(client);
  }

  /** Undefined if there is room; otherwise a promise that resolves when there is. */
  wait(): Promise<void> | undefined {
    if (this.#hasRoom) return undefined;
    if (this.#waiting !== undefined) return this.#waiting.promise;
    let resolve = (): void => {};
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#waiting = { promise, resolve };
    this.#checkStalls(new Map());
    return promise;
  }

  /** A client was sent bytes, or no longer counts: there may be room. */
  check(): void {
    if (this.#waiting === undefined || !this.#hasRoom) return;
    this.#clock.clearTimer(this.#stallTimer);
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  /** From now on there is always room: the feed is to end. */
  end(): void {
    this.#isEnding = true;
    this.check();
  }

  get #hasRoom(): boolean {
    if (this.#isEnding) return true;
    for (const client of this.#behind) {
      if (isHoldingUp(client)) return false;
      this.#behind.delete(client);
    }
    return this.#isRead();
  }

  /** While the feed waits: cuts off each client that it waits for and that was sent nothing for the limit. */
  #checkStalls(before: ReadonlyMap<ConnectedClient, Standstill>): void {
    const nowMs = this.#clock.monotonic();
    const standstills = new Map<ConnectedClient, Standstill>();
    for (const client of [...this.#behind]) {
      if (!isHoldingUp(client)) continue;
      const { sentBytes } = client;
      const known = before.get(client);
      const sinceMs = known?.sentBytes === sentBytes ? known.sinceMs : nowMs;
      if (nowMs - sinceMs >= this.#stallMs) client.cutOffAsSlow();
      else standstills.set(client, { sentBytes, sinceMs });
    }
    if (this.#waiting === undefined) return; // the feed waited only for clients that were cut off
    this.#stallTimer = this.#clock.setTimer(() => this.#checkStalls(standstills), GATEWAY_LIMITS.stallCheckMs);
  }
}

/** How long a client was sent nothing. */
interface Standstill {
  readonly sentBytes: number;
  readonly sinceMs: number;
}

/** Whether a feed without a clock waits for a client. */
function isHoldingUp({ isReading, bufferedBytes }: ConnectedClient): boolean {
  return isReading && bufferedBytes > GATEWAY_LIMITS.feedWaitBytes;
}
