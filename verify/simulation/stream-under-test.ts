import { inspect } from "node:util";
import {
  Codec,
  type Connector,
  type RecordIterator,
  StockDataStream,
  StreamError,
  type Subscription,
} from "@tickerplant/client";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import type { Market, MarketChannel } from "./market.ts";
import { PromiseWatch } from "./promise-watch.ts";
import type { SimulatedConnection } from "./simulated-connection.ts";
import { StreamChecker } from "./stream-checker.ts";
import { type CheckedOptions, SubscriptionChecker } from "./subscription-checker.ts";
import { PartyClock, type WorldClock } from "./world-clock.ts";

/** How soon after `stop` handlers are given up, and after it or `close` the socket is; see LIMITS of the client. */
const DRAIN_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What all streams of a world share. */
export interface WorldParts {
  readonly clock: WorldClock;
  readonly market: Market;
  readonly faults: FaultInjector;
  readonly invariants: Invariants;
  readonly apiKey: string;
  readonly secretKey: string;
}

/** One stream, whatever its user does with it: every promise is watched and every loss accounted for. */
export class StreamUnderTest {
  readonly name: string;
  readonly stream: StockDataStream<boolean>;
  readonly checker: StreamChecker;
  readonly market: Market;
  readonly faults: FaultInjector;
  readonly invariants: Invariants;
  /** The user's own time: not the stream's, whose timers are counted. */
  readonly clock: PartyClock;
  readonly promises: PromiseWatch;
  /** Whether the run that ends is begun again. */
  keepsRunning = false;
  readonly #streamClock: PartyClock;
  readonly #stops: PromiseWatch;
  readonly #seenCodes = new Set<string>();
  #abort = new AbortController();
  #isRunning = false;
  /** Runs and connects that wait with the signal of {@connection #abort}, which stops the stream only for them. */
  #signalWaits = 0;
  readonly #ackTimeoutMs: number;
  /** When the request was made that is not answered. */
  #askedMs: number | undefined;
  /** The stream's option; infinite for never. */
  readonly stalledAfterMs: number;
  #connection: SimulatedConnection | undefined;
  /** Since when the newest connection is not read. */
  #pausedMs: number | undefined;

  constructor(name: string, connector: Connector, parts: WorldParts, random: Random) {
    const { clock, market, faults, invariants, apiKey, secretKey } = parts;
    this.name = name;
    this.market = market;
    this.faults = faults;
    this.invariants = invariants;
    this.clock = new PartyClock(clock, random.next);
    this.#streamClock = new PartyClock(clock, random.fork().next);
    this.promises = new PromiseWatch(clock);
    this.#stops = new PromiseWatch(clock);
    this.#ackTimeoutMs = random.pick([800, 4000]);
    this.stalledAfterMs = random.pick([400, 3000, 10_000, Number.POSITIVE_INFINITY]);
    this.stream = new StockDataStream<boolean>({
      apiKey,
      secretKey,
      rawData: random.chance(0.2),
      urlOverride: "ws://gateway.test/v2/iex",
      codec: random.pick(Object.values(Codec)),
      reconnect: random.chance(0.1)
        ? false
        : {
            initialDelayMs: random.pick([50, 1000]),
            maxDelayMs: random.pick([1000, 8000]),
            maxAttempts: random.pick([2, 50]),
          },
      handshakeTimeoutMs: random.pick([1500, 10_000]),
      ackTimeoutMs: this.#ackTimeoutMs,
      pingIntervalMs: random.pick([3000, 10_000]),
      pongTimeoutMs: random.pick([1000, 3000]),
      stalledAfterMs: this.stalledAfterMs === Number.POSITIVE_INFINITY ? false : this.stalledAfterMs,
      clock: this.#streamClock,
      connector,
    });
    this.checker = new StreamChecker(
      this.stream,
      invariants,
      connector.pauses ? this.stalledAfterMs : 0,
      market.hiddenMs,
    );
    this.#listen();
  }

  /** Timers of the stream that are set. */
  get pendingTimers(): number {
    return this.#streamClock.pendingTimers;
  }

  /** Whether a run has begun and not ended. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** A connection is being made: one request at a time goes out on it. */
  connecting(connection: SimulatedConnection): void {
    this.#askedMs = undefined;
    this.#connection = connection;
    connection.onrequest = () => {
      const nowMs = this.clock.monotonic();
      const isPatient = this.#askedMs === undefined || nowMs - this.#askedMs >= this.#ackTimeoutMs;
      this.invariants.observe(isPatient, () => `${this.name} asks again before an answer`);
      this.#askedMs = nowMs;
    };
    connection.onanswer = () => {
      this.#askedMs = undefined;
    };
  }

  /** What a promise rejected with, or an event told. */
  heard(error: unknown): void {
    const { invariants } = this;
    if (!(error instanceof StreamError)) return invariants.checkOutput("an error", String(error));
    invariants.checkOutput(`error ${error.code}`, error.message);
    if (this.#seenCodes.has(error.code)) return;
    this.#seenCodes.add(error.code);
    invariants.checkOutput(`error ${error.code}`, error.stack, inspect(error, { depth: 5 }), JSON.stringify(error));
  }

  /** A subscription was made. */
  joined(subscription: Subscription, options: CheckedOptions): SubscriptionChecker {
    const checker = new SubscriptionChecker(subscription, options, this.invariants);
    this.checker.subscriptions.add(checker);
    this.#watch(`${options.label}.ready`, subscription.ready);
    return checker;
  }

  run(hasSignal: boolean): Promise<unknown> {
    return this.#start("run", hasSignal);
  }

  connect(hasSignal: boolean): Promise<unknown> {
    return this.#start("connect", hasSignal);
  }

  /** Stops or closes: everything that waits has to be settled soon. */
  stop(how: "stop" | "close"): Promise<unknown> {
    this.invariants.note(`${this.name} ${how}`);
    this.#halting(how);
    const promise = this.checker.givingUp(() => this.stream[how]());
    return this.#stops.watch(`${this.name} ${how}()`, promise, (error) => this.heard(error), CLOSE_TIMEOUT_MS + 1);
  }

  /** Aborts the signals of runs and connects. */
  abortRun(): void {
    this.invariants.note(`${this.name} aborts`);
    const abort = this.#abort;
    this.#abort = new AbortController();
    if (this.#signalWaits > 0) this.#halting("stop");
    this.#signalWaits = 0;
    this.checker.givingUp(() => abort.abort(new Error("the user has aborted")));
  }
  /** Ends one subscription. */
  unsubscribe(checker: SubscriptionChecker): void {
    const promise = this.checker.givingUp(() => checker.subscription.unsubscribe());
    // An iterator keeps what it holds, its user finds the end after it.
    if (checker.options.concurrency === undefined && !checker.isStuck) checker.excuse(() => true);
    else checker.end();
    this.#watch(`${checker.options.label}.unsubscribe()`, promise);
  }

  /** Leaves an iteration. */
  return(iterator: RecordIterator<unknown>, checker: SubscriptionChecker): void {
    const promise = this.checker.givingUp(() => iterator.return());
    checker.end();
    this.#watch(`${checker.options.label}.return()`, promise);
  }

  /** Takes symbols of a channel out of every subscription. */
  unsubscribeSymbols(channel: MarketChannel, symbols: readonly string[]): Promise<unknown> {
    this.invariants.note(`${this.name} unsubscribes ${channel} ${symbols.join()}`);
    const { stream } = this;
    const promise = this.checker.givingUp(() => {
      if (channel === "trades") return stream.unsubscribeTrades(...symbols);
      if (channel === "quotes") return stream.unsubscribeQuotes(...symbols);
      return stream.unsubscribeBars(...symbols);
    });
    for (const subscription of this.checker.subscriptions) {
      for (const symbol of symbols) subscription.forget(channel, symbol);
    }
    return this.#watch(`${this.name} unsubscribe(${channel} ${symbols.join()})`, promise);
  }

  /** Fails for a promise that should have settled, and for queues beyond their bounds. */
  check(maxBurst: number): void {
    this.checker.checkBounds(maxBurst);
    const overdue = [...this.promises.overdue, ...this.#stops.overdue];
    this.invariants.assert(overdue.length === 0, () => `a stop leaves hanging: ${overdue.join(", ")}`);
    this.#checkPause();
  }

  /** Fails for anything that is left after the end. */
  checkNothingLeft(): void {
    const { name, invariants, checker, stream } = this;
    const left = [...this.promises.pending, ...this.#stops.pending];
    invariants.assert(left.length === 0, () => `after the end these hang: ${left.join(", ")}`);
    invariants.assert(this.pendingTimers === 0, () => `${name} leaves ${this.pendingTimers} timers after the end`);
    const { handlerFailures } = stream.metrics;
    invariants.assert(
      handlerFailures === checker.failures,
      () => `${checker.failures} handler calls failed, ${handlerFailures} were reported`,
    );
    invariants.checkOutput("a stream", inspect(stream, { depth: 4 }), JSON.stringify(stream));
  }

  /** Reading is stopped for a subscription that makes progress, and for no other. */
  #checkPause(): void {
    const { nowMs } = this.invariants;
    if (this.#connection?.isPaused !== true) this.#pausedMs = undefined;
    else this.#pausedMs ??= nowMs;
    if (this.#pausedMs === undefined) return;
    const stillMs = nowMs - Math.max(this.#pausedMs, this.checker.progressMs);
    const allowedMs = this.stalledAfterMs * 3; // one after the other may be found to be stalled
    this.invariants.assert(
      stillMs <= allowedMs,
      () => `${this.name} has not read for ${stillMs} ms, and no subscription makes progress`,
    );
  }

  #start(how: "run" | "connect", hasSignal: boolean): Promise<unknown> {
    this.invariants.note(`${this.name} ${how}`);
    this.checker.isHalted = false;
    this.#isRunning = true;
    const { signal } = this.#abort;
    const promise = this.#watch(`${this.name} ${how}()`, this.stream[how](hasSignal ? { signal } : {}));
    if (!hasSignal) return promise;
    this.#signalWaits++;
    return promise.then(() => {
      if (!signal.aborted) this.#signalWaits--;
    });
  }

  #halting(how: "stop" | "close"): void {
    this.checker.isHalted = true;
    this.checker.ended();
    if (this.#isRunning) this.promises.settleWithin(how === "close" ? 1 : DRAIN_TIMEOUT_MS + 1);
  }

  #watch(what: string, promise: Promise<unknown>): Promise<unknown> {
    return this.promises.watch(what, promise, (error) => this.heard(error));
  }

  #listen(): void {
    const { stream, invariants, name } = this;
    stream.on("error", (error) => {
      invariants.note(`${name} hears ${error.code} ${JSON.stringify(error.symbols ?? {})}`);
      this.heard(error);
    });
    stream.on("gap", ({ channel, symbols, from, to }) => {
      invariants.note(`${name} hears of a gap: ${channel} ${symbols.join()} ${from.toISOString()} ${to.toISOString()}`);
    });
    stream.on("slow", ({ subscription, overflow, queued }) => {
      for (const { subscription: own, options } of this.checker.subscriptions) {
        const most = overflow === "block" ? Number.POSITIVE_INFINITY : options.maxQueued;
        if (own === subscription) invariants.observe(queued <= most, () => `${options.label} holds ${queued} records`);
      }
    });
    stream.on("status", (status) => {
      const { state } = status;
      invariants.note(`${name} is ${state}${state === "reconnecting" ? ` after ${status.cause.code}` : ""}`);
      if (state === "reconnecting") this.heard(status.cause);
      if (state !== "closed") return;
      if (status.reason !== undefined) this.heard(status.reason);
      this.#isRunning = false;
      this.checker.closed();
      if (this.keepsRunning) this.clock.setTimer(() => void this.run(false), 500);
    });
  }
}
