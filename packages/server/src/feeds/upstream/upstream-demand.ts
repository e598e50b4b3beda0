import type { Clock, Subscription, Timer } from "@tickerplant/client";
import {
  type ChannelSymbols,
  type MarketRecord,
  SERVER_ERROR_TEXTS,
  StreamError,
  WILDCARD,
} from "@tickerplant/client/wire";
import type { DemandChange, DemandRequest, Rejection } from "../feed.ts";
import { rejectionOf } from "./rejection-of.ts";
import { keysOf, symbolsOf } from "./symbol-keys.ts";
import type { SymbolLimit } from "./symbol-limit.ts";
import type { UpstreamStream } from "./upstream-stream.ts";

/** Parts of an {@link UpstreamDemand}. */
export interface UpstreamDemandParts {
  readonly stream: Pick<UpstreamStream, "subscribe" | "unsubscribe">;
  /** The handler of every subscription: a stream calls one handler once for each record. */
  readonly handler: (record: MarketRecord) => void;
  readonly limit: SymbolLimit;
  readonly lingerMs: number;
  readonly clock: Clock;
  /** The limit rejected a request, which upstream was not sent. */
  readonly overLimit: (error: StreamError) => void;
  /** Upstream no longer grants symbols that it had confirmed. */
  readonly withdrawn: (symbols: ChannelSymbols, rejection: Rejection) => void;
  /** Symbols that upstream had confirmed are unsubscribed. */
  readonly unsubscribed: (symbols: ChannelSymbols) => void;
}

/** A request that upstream was not sent yet. */
interface Waiting {
  readonly request: DemandRequest;
  /** Its symbols. */
  readonly keys: readonly string[];
  /** Whether it was sent before, and lingering symbols have made room for it. */
  readonly isRetried: boolean;
}

/** A request that upstream has not answered. */
interface Asked extends Waiting {
  readonly subscription: Subscription;
  /** What is asked for: the symbols that were not carried. */
  readonly missing: readonly string[];
}

/**
 * Turns the clients' demand into subscriptions of the upstream stream: one for each request, so that upstream's
 * rejection hits that request alone. The stream joins them into few messages.
 *
 * A symbol is asked for by one request at a time: a request that names one which another has asked for waits until
 * that is answered, and is then confirmed, or asks for itself.
 */
export class UpstreamDemand {
  readonly #parts: UpstreamDemandParts;
  /** What upstream has confirmed, as `channel symbol`. */
  readonly #carried = new Set<string>();
  /** What requests were confirmed for, until it is released. */
  readonly #held = new Set<string>();
  /** What is carried and has no client any more, with the time of its end; in the order of these times. */
  readonly #lingering = new Map<string, number>();
  /** Requests that are not answered. */
  readonly #asked = new Set<Asked>();
  /** What these ask for. */
  readonly #asking = new Set<string>();
  readonly #subscriptions = new Set<Subscription>();
  /** Requests that were not sent yet, the oldest first. */
  #waiting: Waiting[] = [];
  /** Subscriptions to be ended: what upstream granted of a request that it rejected. */
  #rejected: Subscription[] = [];
  /** Whether upstream's symbol limit is reached while symbols linger. */
  #needsRoom = false;
  #lingerTimer: Timer;
  #isWorkDue = false;
  #isStopped = false;

  constructor(parts: UpstreamDemandParts) {
    this.#parts = parts;
  }

  /** What upstream has confirmed, and what it was asked for, as `channel symbol`. */
  get keys(): string[] {
    return [...this.#carried, ...this.#asking];
  }

  /** Whether upstream has confirmed a symbol, by its name or by `*`. */
  carries(channel: string, symbol: string): boolean {
    return keysOf({ [channel]: [symbol, WILDCARD] }).some((key) => this.#carried.has(key));
  }

  /** Whether a symbol is subscribed upstream by that name, or requested. */
  wants(channel: string, symbol: string): boolean {
    return keysOf({ [channel]: [symbol] }).some((key) => this.#carried.has(key) || this.#asking.has(key));
  }

  /** The clients' demand has changed. */
  change({ released, requests }: DemandChange): void {
    const keys = keysOf(released);
    for (const key of keys) this.#held.delete(key);
    this.#lingerUnneeded(keys);
    for (const request of requests) this.#waiting.push({ request, keys: keysOf(request.symbols), isRetried: false });
    this.#work();
  }

  /** The stream has reported an error: upstream may have rejected what it had confirmed on an earlier connection. */
  checkWithdrawn({ symbols = {} }: StreamError): void {
    if (!keysOf(symbols).some((key) => this.#carried.has(key))) return;
    const keys: string[] = [];
    let cause: StreamError | undefined;
    for (const subscription of this.#subscriptions) {
      for (const { channel, symbol, state, error } of subscription.states) {
        const key = `${channel} ${symbol}`;
        if (state !== "rejected" || !this.#carried.has(key)) continue;
        keys.push(key);
        cause ??= error;
      }
    }
    if (keys.length === 0) return;
    const held = keys.filter((key) => this.#held.has(key));
    this.#drop(keys);
    const rejection = rejectionOf(cause ?? new StreamError("not_confirmed", "upstream lists symbols no longer"));
    if (held.length > 0) this.#parts.withdrawn(symbolsOf(held), rejection);
  }

  /** The feed ends. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#parts.clock.clearTimer(this.#lingerTimer);
  }

  #work(): void {
    this.#isWorkDue = false;
    if (this.#isStopped) return;
    for (const subscription of this.#rejected.splice(0)) void subscription.unsubscribe();
    if (this.#needsRoom) this.#drop([...this.#lingering.keys()]);
    this.#needsRoom = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) if (!this.#begin(request)) this.#waiting.push(request);
    this.#armLinger();
  }

  /** Answers come while a frame is decoded: what follows from those of one frame is done at once, after them. */
  #scheduleWork(): void {
    if (this.#isWorkDue) return;
    this.#isWorkDue = true;
    queueMicrotask(() => this.#work());
  }

  /** Asks upstream for what a request lacks. Returns false if the request has to wait for another one. */
  #begin(waiting: Waiting): boolean {
    const { keys } = waiting;
    if (keys.some((key) => this.#asking.has(key))) return false;
    const missing = keys.filter((key) => !this.#carried.has(key));
    for (const key of keys) this.#lingering.delete(key);
    const rejection = this.#overLimit(missing);
    if (rejection !== undefined) this.#reject(waiting, rejection);
    else if (missing.length === 0) this.#confirm(waiting);
    else this.#ask(waiting, missing);
    return true;
  }

  #ask(waiting: Waiting, missing: readonly string[]): void {
    const { stream, handler } = this.#parts;
    let subscription: Subscription;
    try {
      subscription = stream.subscribe(symbolsOf(missing), handler);
    } catch (error) {
      // The gateway accepts strings that the stream does not take for symbols, such as "undefined".
      if (!(error instanceof TypeError)) throw error;
      return this.#reject(waiting, { number: 400, message: SERVER_ERROR_TEXTS[400] });
    }
    for (const key of missing) this.#asking.add(key);
    const asked = { ...waiting, missing, subscription };
    this.#asked.add(asked);
    // At once, and not by a promise: records may follow the confirmation in the same turn.
    subscription.onDecided((error) => this.#decided(asked, error));
  }

  #decided(asked: Asked, error: StreamError | undefined): void {
    if (this.#isStopped) return;
    const { request, keys, missing, subscription, isRetried } = asked;
    this.#asked.delete(asked);
    for (const key of missing) this.#asking.delete(key);
    this.#scheduleWork();
    if (error === undefined) {
      for (const key of missing) this.#carried.add(key);
      this.#subscriptions.add(subscription);
      const isWhole = keys.every((key) => this.#carried.has(key)); // upstream may have withdrawn others in the meantime
      return isWhole ? this.#confirm(asked) : void this.#waiting.unshift({ request, keys, isRetried });
    }
    this.#rejected.push(subscription);
    if (error.serverCode !== 405 || isRetried || this.#lingering.size === 0)
      return this.#reject(asked, rejectionOf(error));
    this.#needsRoom = true;
    this.#waiting.unshift({ request, keys, isRetried: true });
  }

  #confirm({ request, keys }: Waiting): void {
    for (const key of keys) this.#held.add(key);
    request.confirm();
  }

  #reject({ request, keys }: Waiting, rejection: Rejection): void {
    this.#lingerUnneeded(keys);
    request.reject(rejection);
  }

  /** The error for a request over the limit. Lingering symbols give way. */
  #overLimit(missing: readonly string[]): Rejection | undefined {
    const { limit, overLimit } = this.#parts;
    const held = (): string[] => [...this.#carried, ...this.#asking];
    if (limit.rejection(held, missing) === undefined) return undefined;
    this.#drop([...this.#lingering.keys()].filter((key) => limit.counts(key)));
    const rejection = limit.rejection(held, missing);
    if (rejection !== undefined) {
      const { number: serverCode, message } = rejection;
      overLimit(new StreamError("symbol_limit", message, { serverCode, symbols: symbolsOf(missing) }));
    }
    return rejection;
  }

  /** What is carried lingers, except for what another client has, or is about to have. */
  #lingerUnneeded(keys: readonly string[]): void {
    if (keys.length === 0) return; // what others need takes long to list
    const { clock, lingerMs } = this.#parts;
    const endMs = clock.monotonic() + lingerMs;
    const others = [...this.#asked, ...this.#waiting.filter(({ isRetried }) => isRetried)];
    const needed = new Set(others.flatMap((other) => other.keys));
    for (const key of keys) {
      if (!this.#carried.has(key) || this.#held.has(key) || needed.has(key)) continue;
      this.#lingering.delete(key); // to the end of the order
      this.#lingering.set(key, endMs);
    }
  }

  #armLinger(): void {
    const { clock } = this.#parts;
    clock.clearTimer(this.#lingerTimer);
    const [endMs] = this.#lingering.values();
    if (endMs === undefined) return;
    this.#lingerTimer = clock.setTimer(() => this.#endLinger(), Math.max(0, endMs - clock.monotonic()));
  }

  #endLinger(): void {
    const nowMs = this.#parts.clock.monotonic();
    this.#drop([...this.#lingering].filter(([, endMs]) => endMs <= nowMs).map(([key]) => key));
    this.#armLinger();
  }

  /** Unsubscribes upstream from symbols, with one request. */
  #drop(keys: readonly string[]): void {
    if (keys.length === 0) return;
    for (const key of keys) {
      this.#carried.delete(key);
      this.#held.delete(key);
      this.#lingering.delete(key);
    }
    const symbols = symbolsOf(keys);
    void this.#parts.stream.unsubscribe(symbols); // the stream reports a failure
    this.#parts.unsubscribed(symbols);
    for (const subscription of this.#subscriptions)
      if (subscription.symbols.length === 0) this.#subscriptions.delete(subscription);
  }
}
