import { inspect } from "node:util";
import { Codec, type Connector, StockDataStream, StreamError, type Subscription } from "@tickerplant/client";
import { scriptedHistory } from "@tickerplant/client/testing";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import type { Market, MarketChannel } from "./market.ts";
import { PromiseWatch } from "./promise-watch.ts";
import type { RelayChain } from "./relay-chain.ts";
import type { SimulatedConnection } from "./simulated-connection.ts";
import type { SimulatedHistory, SimulatedHistorySource } from "./simulated-history.ts";
import { StreamChecker } from "./stream-checker.ts";
import { type CheckedOptions, type Doubts, SubscriptionChecker } from "./subscription-checker.ts";
import { PartyClock, type WorldClock } from "./world-clock.ts";

/** How long a `stop` waits for handlers, and how long a stop or close waits for the socket; see LIMITS of the client. */
const DRAIN_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** The parts that all streams of a world share. */
export interface WorldParts {
  readonly clock: WorldClock;
  readonly market: Market;
  readonly faults: FaultInjector;
  readonly invariants: Invariants;
  /** The past of the market; undefined: gaps are not filled. */
  readonly history: SimulatedHistory | undefined;
  /** Set in worlds with relays. */
  readonly relays: RelayChain | undefined;
  readonly apiKey: string;
  readonly secretKey: string;
}

/** One stream with its checks: every promise is watched, and every loss is accounted for. */
export class StreamUnderTest {
  readonly name: string;
  readonly stream: StockDataStream<boolean>;
  readonly checker: StreamChecker;
  readonly market: Market;
  readonly faults: FaultInjector;
  readonly invariants: Invariants;
  /** The user's clock; the stream has another, whose timers are counted. */
  readonly clock: PartyClock;
  readonly promises: PromiseWatch;
  /** True if a run that ends is started again. */
  keepsRunning = false;
  readonly #streamClock: PartyClock;
  readonly #history: SimulatedHistory | undefined;
  readonly #relays: RelayChain | undefined;
  readonly #stops: PromiseWatch;
  readonly #seenCodes = new Set<string>();
  #abort = new AbortController();
  #isRunning = false;
  /** Pending runs and connects with the signal of {@link #abort}: without any, an abort does not stop the stream. */
  #signalWaits = 0;
  readonly #ackTimeoutMs: number;
  /** When the unanswered request was sent. */
  #askedMs: number | undefined;
  /** The option of the stream; infinite if it is switched off. */
  readonly stalledAfterMs: number;
  #connection: SimulatedConnection | undefined;
  /** When the newest records were sent that have arrived by connections before this one. */
  #arrivedMs = 0;
  /** The same at the loss of each connection, by its cause. */
  readonly #arrivedAtLossMs = new WeakMap<Error, number>();
  /** Since when the newest connection has not been read. */
  #pausedMs: number | undefined;

  constructor(
    name: string,
    connector: Connector,
    parts: WorldParts,
    random: Random,
    historySource: SimulatedHistorySource | undefined,
  ) {
    const { clock, market, faults, invariants, history, relays, apiKey, secretKey } = parts;
    this.name = name;
    this.market = market;
    this.faults = faults;
    this.invariants = invariants;
    this.clock = new PartyClock(clock, random.next);
    this.#streamClock = new PartyClock(clock, random.fork().next);
    this.#history = history;
    this.#relays = relays;
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
      ...(historySource && { history: scriptedHistory(historySource), fill: ["trades", "quotes", "bars"] }),
      clock: this.#streamClock,
      connector,
    });
    const stalledAfterMs = connector.pauses ? this.stalledAfterMs : 0;
    this.checker = new StreamChecker(this.stream, invariants, stalledAfterMs, market, history);
    if (historySource !== undefined) historySource.mayAsk = () => !this.checker.isHalted;
    this.#listen();
  }

  /** The number of timers that the stream has set. */
  get pendingTimers(): number {
    return this.#streamClock.pendingTimers;
  }

  get #newestArrivedMs(): number {
    return this.#connection?.newestArrivedMs ?? this.#arrivedMs;
  }

  /** True while a run is going on. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Handles a new connection: it carries one request at a time. */
  connecting(connection: SimulatedConnection): void {
    this.#arrivedMs = this.#newestArrivedMs;
    this.#askedMs = undefined;
    this.#connection = connection;
    connection.onrequest = () => {
      const nowMs = this.clock.monotonic();
      const isInTurn = this.#askedMs === undefined || nowMs - this.#askedMs >= this.#ackTimeoutMs;
      this.invariants.observe(isInTurn, () => `${this.name} sends a request before the answer to the last one`);
      this.#askedMs = nowMs;
    };
    connection.onanswer = () => {
      this.#askedMs = undefined;
    };
  }

  /** Checks an error that a promise rejected with or an event reported. */
  checkError(error: unknown): void {
    const { invariants } = this;
    if (!(error instanceof StreamError)) return invariants.checkOutput("an error", String(error));
    invariants.checkOutput(`error ${error.code}`, error.message);
    if (this.#seenCodes.has(error.code)) return;
    this.#seenCodes.add(error.code);
    invariants.checkOutput(`error ${error.code}`, error.stack, inspect(error, { depth: 5 }), JSON.stringify(error));
  }

  /** Adds a subscription. */
  joined(subscription: Subscription, options: CheckedOptions): SubscriptionChecker {
    const { market, invariants } = this;
    const { length } = market.published;
    const checker = new SubscriptionChecker(subscription, options, invariants, length, this.#history, {
      time: market.isDelayed || market.speed > 1,
      answers: market.hasLateAnswers,
      rejected: this.checker.rejectedKeys,
      mayRelayLate: this.#mayRelayLate,
    });
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

  /** Stops or closes the stream: all pending promises get a deadline. */
  stop(how: "stop" | "close"): Promise<unknown> {
    this.invariants.note(`${this.name} ${how}`);
    this.#halt(how);
    const promise = this.checker.countDropsByUser(() => this.stream[how]());
    return this.#stops.watch(`${this.name} ${how}()`, promise, (error) => this.checkError(error), CLOSE_TIMEOUT_MS + 1);
  }

  /** Aborts the signals of runs and connects. */
  abortRun(): void {
    this.invariants.note(`${this.name} aborts`);
    const abort = this.#abort;
    this.#abort = new AbortController();
    if (this.#signalWaits > 0) this.#halt("stop");
    this.#signalWaits = 0;
    this.checker.countDropsByUser(() => abort.abort(new Error("aborted by the user")));
  }

  /** Ends one subscription. */
  unsubscribe(checker: SubscriptionChecker): void {
    const promise = this.checker.countDropsByUser(() => checker.subscription.unsubscribe());
    // An iterator still returns the records that it holds, and ends after them.
    if (checker.options.concurrency === undefined && !checker.isStuck) checker.excuse(() => true);
    else checker.end();
    this.#watch(`${checker.options.label}.unsubscribe()`, promise);
  }

  /** Ends an iteration. */
  return(records: { return(): Promise<unknown> }, checker: SubscriptionChecker): void {
    const promise = this.checker.countDropsByUser(() => records.return());
    checker.end();
    this.#watch(`${checker.options.label}.return()`, promise);
  }

  /** Removes symbols of a channel from every subscription. */
  unsubscribeSymbols(channel: MarketChannel, symbols: readonly string[]): Promise<unknown> {
    this.invariants.note(`${this.name} unsubscribes ${channel} ${symbols.join()}`);
    const { stream } = this;
    const promise = this.checker.countDropsByUser(() => {
      if (channel === "trades") return stream.unsubscribeTrades(...symbols);
      if (channel === "quotes") return stream.unsubscribeQuotes(...symbols);
      return stream.unsubscribeBars(...symbols);
    });
    for (const subscription of this.checker.subscriptions) {
      for (const symbol of symbols) subscription.removeSymbol(channel, symbol);
    }
    return this.#watch(`${this.name} unsubscribe(${channel} ${symbols.join()})`, promise);
  }

  /** Fails for a promise past its deadline, and for queues over their limits. */
  check(maxBurst: number): void {
    this.checker.checkQueued(maxBurst);
    const overdue = [...this.promises.overdue, ...this.#stops.overdue];
    this.invariants.assert(overdue.length === 0, () => `a stop does not settle: ${overdue.join(", ")}`);
    this.#checkPause();
  }

  /** Fails for any pending promise, timer or unreported failure after the end. */
  checkNothingLeft(): void {
    const { name, invariants, checker, stream } = this;
    const left = [...this.promises.pending, ...this.#stops.pending];
    invariants.assert(left.length === 0, () => `pending after the end: ${left.join(", ")}`);
    invariants.assert(this.pendingTimers === 0, () => `${name} leaves ${this.pendingTimers} timers after the end`);
    const { handlerFailures } = stream.metrics;
    invariants.assert(
      handlerFailures === checker.failures,
      () => `${checker.failures} handler calls failed, ${handlerFailures} were reported`,
    );
    invariants.checkOutput("a stream", inspect(stream, { depth: 4 }), JSON.stringify(stream));
  }

  /** Fails if reading is paused although no subscription makes progress. */
  #checkPause(): void {
    const { nowMs } = this.invariants;
    if (this.#connection?.isPaused !== true) this.#pausedMs = undefined;
    else this.#pausedMs ??= nowMs;
    if (this.#pausedMs === undefined) return;
    const stillMs = nowMs - Math.max(this.#pausedMs, this.checker.progressMs);
    const allowedMs = this.stalledAfterMs * 3; // several subscriptions may stall one after the other
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

  get #mayRelayLate(): Doubts["mayRelayLate"] {
    const relays = this.#relays;
    return relays?.history && ((record) => relays.mayRelayLate(record));
  }

  #halt(how: "stop" | "close"): void {
    this.checker.isHalted = true;
    this.checker.ended();
    if (this.#isRunning) this.promises.settleWithin(how === "close" ? 1 : DRAIN_TIMEOUT_MS + 1);
  }

  #watch(what: string, promise: Promise<unknown>): Promise<unknown> {
    return this.promises.watch(what, promise, (error) => this.checkError(error));
  }

  #listen(): void {
    const { stream, invariants, name } = this;
    stream.on("error", (error) => {
      invariants.note(`${name} reports ${error.code} ${JSON.stringify(error.symbols ?? {})}`);
      this.checkError(error);
    });
    stream.on("gap", ({ channel, symbols, from, to, cause }) => {
      const untilMs = this.market.nowMs;
      const sinceMs = this.#arrivedAtLossMs.get(cause) ?? this.#arrivedMs;
      this.#relays?.releases.interrupted({ client: name, sinceMs, untilMs });
      invariants.note(`${name} reports a gap: ${channel} ${symbols.join()} ${from.toISOString()} ${to.toISOString()}`);
    });
    stream.on("slow", ({ subscription, overflow, queued }) => {
      for (const { subscription: own, options } of this.checker.subscriptions) {
        const most = overflow === "block" ? Number.POSITIVE_INFINITY : options.maxQueued;
        if (own === subscription)
          invariants.observe(queued <= most, () => `${options.label} has ${queued} records queued`);
      }
    });
    stream.on("status", (status) => {
      const { state } = status;
      invariants.note(`${name} is ${state}${state === "reconnecting" ? ` after ${status.cause.code}` : ""}`);
      if (state === "reconnecting") {
        this.checkError(status.cause);
        this.#arrivedAtLossMs.set(status.cause, this.#newestArrivedMs);
      }
      if (state !== "closed") return;
      if (status.reason !== undefined) this.checkError(status.reason);
      this.#isRunning = false;
      this.checker.closed();
      if (this.keepsRunning) this.clock.setTimer(() => void this.run(false), 500);
    });
  }
}
