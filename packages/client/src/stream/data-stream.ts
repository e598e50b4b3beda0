import { checkOptions, FUNCTION } from "../checks/option-checks.ts";
import { kindOf } from "../checks/shown-value.ts";
import type { StreamPast } from "../continuity/backfill/stream-past.ts";
import type { StreamPosition } from "../continuity/stream-position.ts";
import type { Consumer, ConsumerOptions } from "../delivery/consumer.ts";
import { Delivery } from "../delivery/delivery.ts";
import { HandlerConsumer } from "../delivery/handler-consumer.ts";
import { IteratorConsumer } from "../delivery/iterator-consumer.ts";
import * as LIMITS from "../limits.ts";
import type { Timer } from "../platform/clock.ts";
import { SubscriptionLedger } from "../subscriptions/ledger.ts";
import { type LedgerEntry, symbolsByChannel } from "../subscriptions/ledger-entry.ts";
import { RecordIterator } from "../subscriptions/record-iterator.ts";
import { SpellingWatch } from "../subscriptions/spelling-watch.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import {
  consumerOptions,
  type SubscriptionOptions,
  SubscriptionRegistry,
} from "../subscriptions/subscription-registry.ts";
import { splitArguments } from "../subscriptions/symbol-arguments.ts";
import { checkedChannels, checkedSymbols, isList } from "../subscriptions/wanted-symbols.ts";
import { type ChannelSymbols, type StreamError, type StreamSchema, WILDCARD } from "../wire/index.ts";
import { ConnectionLoop } from "./connection-loop.ts";
import { type ListenerOptions, SIGNAL_OPTIONS } from "./emitter.ts";
import type { EventIterator } from "./event-iterator.ts";
import type { StreamEvents } from "./events.ts";
import { Halt, type HaltKind } from "./halt.ts";
import { notStarted, stopped, suspectSymbols, timeOutlier } from "./messages.ts";
import type { StreamMetrics } from "./metrics.ts";
import { Reporter } from "./reporter.ts";
import { SlowReporter } from "./slow-reporter.ts";
import type { StreamSettings } from "./stream-options.ts";

/** Options of `run` and `connect`. */
export interface RunOptions {
  /** Stops the stream when aborted, at any time until the run has ended. */
  readonly signal?: AbortSignal | undefined;
}

/** A handler. One that returns a promise is awaited before the symbol's next record. */
export type Handler<R> = (record: R) => unknown;

/** A stream across many connections: connects, reconnects, stops, and can run again. */
export class DataStream {
  readonly #settings: StreamSettings;
  readonly #schema: StreamSchema;
  readonly #ledger: SubscriptionLedger;
  readonly #delivery: Delivery;
  readonly #registry: SubscriptionRegistry;
  readonly #slow: SlowReporter;
  readonly #spelling: SpellingWatch;
  readonly #reporter = new Reporter();
  readonly #halt: Halt;
  readonly #connections: ConnectionLoop;
  readonly #past: StreamPast | undefined;
  /** Takes over from the stream whose tail is resumed: at the first run. */
  readonly #adoptTail: (() => void) | undefined;
  #connectWaiters: { resolve(): void; reject(error: StreamError): void }[] = [];
  #running: Promise<void> | undefined;
  /** Set while something waits for a stream that was not started. */
  #notStartedTimer: Timer;
  /** Whether {@link run} was called, which reports the reason of the end. */
  #isAwaited = false;

  constructor(settings: StreamSettings) {
    this.#settings = settings;
    const { clock, connector, connection, spelling } = settings;
    const { schema } = connection;
    const reporter = this.#reporter;
    this.#schema = schema;
    this.#ledger = new SubscriptionLedger(schema.subscribable);
    this.#delivery = new Delivery(schema, {
      pressureChanged: () => {
        this.#connections.decideReading();
        this.#past?.pressureChanged();
      },
      slow: (consumer) => this.#slow.atLimit(consumer),
      recovered: (consumer) => this.#slow.report(consumer),
      failed: (error) => this.#consumerFailed(error),
      outlier: (channel, symbol, timeMs) => reporter.error(timeOutlier(channel, symbol, timeMs)),
    });
    this.#slow = new SlowReporter({
      clock,
      pauses: connector.pauses,
      consumers: () => this.#delivery.routing.consumers,
      subscriptionOf: (consumer) => this.#registry.subscriptionOf(consumer),
      reporter,
    });
    this.#spelling = new SpellingWatch(spelling, clock, {
      hasHeard: (symbol) => this.#delivery.routing.hasHeard(symbol),
      suspected: (entries) => reporter.emit("warning", suspectSymbols(spelling, entries)),
    });
    this.#halt = new Halt(clock);
    this.#connections = new ConnectionLoop(settings, this.#ledger, this.#delivery, reporter, this.#halt, {
      changed: () => {
        this.#settleConnects();
        this.#spelling.check();
        this.#past?.lost(symbolsByChannel(this.#ledger.lost));
        this.#past?.changed();
      },
      disconnected: () => this.#spelling.stop(),
      ended: (gaps) => this.#past?.gapsEnded(gaps),
      gap: (gap) => {
        // What is filled needs no warning; what stays open has one of its own.
        reporter.emit("gap", gap, this.#past && (() => undefined));
        this.#past?.gapKnown(gap);
      },
      overfull: () => this.#slow.isolateOverfull(),
    });
    this.#past = settings.history?.attach({
      settings,
      reporter,
      routing: this.#delivery.routing,
      market: this.#connections.market,
      isReady: () => this.#connections.isReady && this.#ledger.isSettled,
      pressureChanged: () => this.#connections.decideReading(),
    });
    this.#delivery.hold = this.#past?.gate;
    const { resume } = settings;
    if (resume && "attach" in resume) this.#adoptTail = resume.attach(schema, this.#ledger, this.#delivery);
    else if (resume) this.#withHistory("resume", settings.history);
    const changed = (lost: readonly LedgerEntry[]): void => {
      this.#connections.unsubscribed(lost);
      this.#connections.flush();
      this.#connections.decideReading();
    };
    this.#registry = new SubscriptionRegistry(schema, this.#ledger, this.#delivery, changed, () => this.#awaited());
  }

  /** Calls `listener` at every event of a name; returns what removes it. */
  on<Name extends keyof StreamEvents>(
    name: Name,
    listener: (event: StreamEvents[Name]) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#reporter.emitter.on(name, listener, options);
  }

  /** Returns the events of a name, from now on, as an async iterable. */
  events<Name extends keyof StreamEvents>(name: Name, options?: ListenerOptions): EventIterator<StreamEvents[Name]> {
    return this.#reporter.emitter.events(name, options);
  }

  /** Subscribes a handler to symbols by channel. */
  subscribe(symbols: unknown, handler: Handler<never>, options: SubscriptionOptions): Subscription {
    checkHandler(handler, "the second argument, behind the symbols");
    return this.#subscribe(symbols, handler, options);
  }

  /** Subscribes a handler to symbols of one channel, from the arguments of a `subscribe…` method. */
  subscribeTo(channel: string, handler: Handler<never>, args: readonly unknown[]): Subscription {
    checkHandler(handler, "the first argument, before the symbols");
    const { symbols, options } = splitArguments(args);
    return this.#subscribe({ [channel]: symbols }, handler, options);
  }

  /** Subscribes a handler to all records of an implied channel. */
  register(channel: string, handler: Handler<never>, options: SubscriptionOptions): Subscription {
    checkHandler(handler, "the first argument, before the symbols");
    return this.#subscribe({ [channel]: [WILDCARD] }, handler, options);
  }

  #subscribe(symbols: unknown, handler: Handler<never>, options: SubscriptionOptions): Subscription {
    const wanted = checkedChannels(this.#schema.channels, symbols, this.#settings.spelling);
    const consumer = new HandlerConsumer(handler, this.#optionsFor(wanted, options), this.#delivery.consumerEvents);
    return this.#join(wanted, consumer, options);
  }

  /** Subscribes to symbols by channel; the iterator pulls the records. */
  pull<R>(symbols: unknown, options: SubscriptionOptions): RecordIterator<R> {
    const wanted = checkedChannels(this.#schema.channels, symbols, this.#settings.spelling);
    const consumer = new IteratorConsumer(this.#optionsFor(wanted, options), this.#delivery.consumerEvents);
    return new RecordIterator<R>(this.#join(wanted, consumer, options), consumer, () => this.#awaited());
  }

  /** The same for symbols of one channel, from the arguments of an iterator's method. */
  pullFrom<R>(channel: string, args: readonly unknown[]): RecordIterator<R> {
    const { symbols, options } = splitArguments(args);
    return this.pull({ [channel]: symbols }, options);
  }

  /** Removes symbols of a channel from every subscription, from the arguments of an `unsubscribe…` method. */
  unsubscribe(channel: string, args: readonly unknown[]): Promise<void> {
    const symbols = args.length === 1 && isList(args[0]) ? args[0] : args;
    return this.#registry.unsubscribe({ [channel]: checkedSymbols(channel, symbols, this.#settings.spelling) });
  }

  /** Removes symbols by channel from every subscription. */
  unsubscribeAll(symbols: unknown): Promise<void> {
    return this.#registry.unsubscribe(checkedChannels(this.#schema.channels, symbols, this.#settings.spelling));
  }

  /** Reads nothing until {@link resume}, once the session is ready. Does nothing where reading cannot stop. */
  pause(): void {
    this.#connections.isPaused = true;
  }

  /** Reads on. */
  resume(): void {
    this.#connections.isPaused = false;
  }

  /** Runs until stopped; rejects with the terminal error that ends it. */
  async run(options: RunOptions = {}): Promise<void> {
    checkOptions("run", options, SIGNAL_OPTIONS);
    const { signal } = options;
    signal?.throwIfAborted();
    const ended = this.#start(() => {
      this.#isAwaited = true;
    });
    this.#stopOnAbort(signal, ended);
    await orReasonOf(signal, ended);
  }

  /** Runs, and resolves once authenticated and subscribed. Its signal stops the run later, too. */
  async connect(options: RunOptions = {}): Promise<void> {
    checkOptions("connect", options, SIGNAL_OPTIONS);
    const { signal } = options;
    signal?.throwIfAborted();
    const connected = new Promise<void>((resolve, reject) => {
      const ended = this.#start(() => {
        this.#connectWaiters.push({ resolve, reject });
        this.#settleConnects();
      });
      this.#stopOnAbort(signal, ended);
      // Rejects a connect that still waits; later on the events `error` and `status` report the end.
      ended.then(() => reject(stopped()), reject);
    });
    await orReasonOf(signal, connected);
  }

  /** Stops: no further record is delivered, running handler calls may finish. Resolves when the socket is gone. */
  stop(): Promise<void> {
    return this.#end("stop");
  }

  /** Stops without waiting for running handler calls. */
  close(): Promise<void> {
    return this.#end("close");
  }

  /** A snapshot of the counters. */
  get metrics(): StreamMetrics {
    const { intake } = this.#delivery;
    intake.lag.move(this.#settings.clock.monotonic());
    return {
      records: Object.fromEntries(this.#schema.channels.map((channel) => [channel, intake.received(channel)])),
      recordCount: intake.receivedInAll,
      ...this.#connections.counts,
      ...this.#reporter.counts,
      events: { ...this.#reporter.events },
      ...this.#delivery.totals(),
      stalled: this.#slow.stalledCount,
      outliers: intake.outliers,
      lag: intake.lag.recent(),
      lagSinceStart: intake.lag.sinceStart(),
    };
  }

  /** The newest market time that records show for certain. */
  get marketMs(): number {
    return this.#connections.market.heardMs;
  }

  /** How far handlers and iterators have got. */
  get position(): StreamPosition {
    return this.#withHistory("position", this.#past).position;
  }

  #optionsFor(symbols: ChannelSymbols, options: SubscriptionOptions): ConsumerOptions {
    return consumerOptions(this.#schema, symbols, options, this.#settings.stalledAfterMs);
  }

  #join(symbols: ChannelSymbols, consumer: Consumer, { from, signal }: SubscriptionOptions): Subscription {
    const { history } = this.#settings;
    const fromNs = from === undefined ? undefined : this.#withHistory("from", history).timeNs("from", from);
    const subscription = this.#registry.join(symbols, consumer, signal);
    this.#past?.joined(consumer, symbols, fromNs, () =>
      subscription.states.every(({ state }) => state === "active" || state === "rejected"),
    );
    this.#spelling.watch(subscription.entries);
    this.#slow.added(consumer);
    return subscription;
  }

  /** @throws TypeError without a history, for `name`, which needs one. */
  #withHistory<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new TypeError(`${name} needs the option history of the stream`);
  }

  /** The run that is going on, or a new one. Calls `joined` when it is, and not if the stream is halted first. */
  #start(joined: () => void): Promise<void> {
    const halt = this.#halt;
    if (this.#running !== undefined && halt.kind !== undefined) {
      // The old run is about to end; the new one begins where it ends.
      const { count } = halt;
      return this.#running.catch(() => {}).then(() => (count === halt.count ? this.#start(joined) : undefined));
    }
    this.#adoptTail?.();
    this.#running ??= this.#live();
    joined();
    return this.#running;
  }

  async #live(): Promise<void> {
    this.#clearNotStarted();
    await null; // the caller holds the promise before anything happens
    this.#delivery.routing.isOpen = true;
    this.#slow.start();
    const reason = await this.#connections.run();
    const waitersError = reason ?? stopped();
    // At once: handlers may wait for these, and are waited for.
    this.#ledger.waiters.fail(waitersError);
    for (const waiter of this.#connectWaiters.splice(0)) waiter.reject(waitersError);
    // After a stop nothing is held.
    if (this.#halt.kind === undefined) await this.#past?.finish();
    this.#slow.stop();
    await this.#handlersDone();
    this.#stopDelivery();
    this.#registry.endIterators(reason);
    this.#ledger.waiters.allow();
    const isAwaited = this.#isAwaited;
    // Reset before emitting: a listener may call run().
    this.#running = undefined;
    this.#isAwaited = false;
    this.#halt.kind = undefined;
    this.#reporter.emit("status", { state: "closed", reason });
    if (reason === undefined) return;
    if (!isAwaited) this.#reporter.error(reason);
    throw reason;
  }

  /**
   * Waits for handlers. Records that came before the end reach them, as long as they make progress; after
   * a stop only running calls may finish, and after a close it waits for nothing.
   */
  async #handlersDone(): Promise<void> {
    const halt = this.#halt;
    const { routing } = this.#delivery;
    const drained = routing.drained();
    let left = Number.POSITIVE_INFINITY;
    while (halt.kind === undefined && routing.totals().queued < left) {
      left = routing.totals().queued;
      await halt.wait(LIMITS.drainTimeoutMs, drained);
    }
    if (halt.kind === "stop") await halt.wait(LIMITS.drainTimeoutMs, drained);
    if (halt.kind !== "close") this.#slow.abandonBusy();
  }

  async #end(kind: HaltKind): Promise<void> {
    this.#clearNotStarted();
    if (this.#running !== undefined) {
      this.#halt.request(kind);
      this.#stopDelivery();
      this.#ledger.waiters.fail(stopped());
      this.#connections.end(stopped());
    }
    await this.#connections.closed;
  }

  /** Lets a signal stop the stream until the run has ended. */
  #stopOnAbort(signal: AbortSignal | undefined, ended: Promise<void>): void {
    if (signal === undefined) return;
    const onAbort = (): void => void this.stop();
    const removeListener = (): void => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    ended.then(removeListener, removeListener);
  }

  #stopDelivery(): void {
    this.#past?.stopping();
    this.#delivery.stop();
    this.#past?.stop();
  }

  #settleConnects(): void {
    if (this.#connectWaiters.length === 0 || !this.#connections.isReady || !this.#ledger.isSettled) return;
    for (const waiter of this.#connectWaiters.splice(0)) waiter.resolve();
  }

  /** Something waits for the server or for records: without a run it would wait forever, without a report. */
  #awaited(): void {
    if (this.#running !== undefined || this.#notStartedTimer !== undefined) return;
    this.#notStartedTimer = this.#settings.clock.setTimer(() => {
      this.#notStartedTimer = undefined;
      this.#reporter.emit("warning", notStarted());
    }, LIMITS.notStartedMs);
  }

  #clearNotStarted(): void {
    this.#settings.clock.clearTimer(this.#notStartedTimer);
    this.#notStartedTimer = undefined;
  }

  #consumerFailed(error: StreamError): void {
    if (!error.terminal) return this.#reporter.error(error);
    this.#stopDelivery();
    this.#connections.end(error);
  }
}

function checkHandler(handler: unknown, place: string): void {
  if (FUNCTION.accepts(handler)) return;
  throw new TypeError(`handler must be a function, got ${kindOf(handler)}; it is ${place}`);
}

/** Waits for a promise; a failure that follows an abort is the signal's reason. */
async function orReasonOf(signal: AbortSignal | undefined, promise: Promise<void>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
