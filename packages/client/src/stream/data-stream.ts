import { ABORT_SIGNAL, checkOptions, type OptionChecks } from "../checks/option-checks.ts";
import { shownAddress } from "../checks/shown-address.ts";
import { Connection, type ConnectionEvents, type ConnectionOptions } from "../connection/connection.ts";
import { DataWatchdog } from "../continuity/data-watchdog.ts";
import { GapReporter } from "../continuity/gap-reporter.ts";
import { MarketClock } from "../continuity/market-clock.ts";
import type { GapEvent } from "../continuity/open-gap.ts";
import type { Schedule } from "../continuity/schedule.ts";
import { StalenessWatch } from "../continuity/staleness-watch.ts";
import type { Consumer, ConsumerOptions } from "../delivery/consumer.ts";
import { Delivery } from "../delivery/delivery.ts";
import { HandlerConsumer } from "../delivery/handler-consumer.ts";
import { IteratorConsumer } from "../delivery/iterator-consumer.ts";
import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Connector } from "../platform/transport/transport.ts";
import { SubscriptionLedger } from "../subscriptions/ledger.ts";
import { type Heard, type LedgerEntry, symbolsByChannel } from "../subscriptions/ledger-entry.ts";
import { RecordIterator } from "../subscriptions/record-iterator.ts";
import { SpellingWatch, type SymbolSpelling } from "../subscriptions/spelling-watch.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import {
  consumerOptions,
  type SubscriptionOptions,
  SubscriptionRegistry,
} from "../subscriptions/subscription-registry.ts";
import { checkedChannels, checkedSymbols } from "../subscriptions/wanted-symbols.ts";
import { type ChannelSymbols, StreamError, type StreamSchema } from "../wire/index.ts";
import { type ReconnectOptions, reconnectDelayMs } from "./backoff.ts";
import { checkListener, Emitter, type StreamEvents, type WarningEvent } from "./events.ts";
import type { StreamMetrics } from "./metrics.ts";
import { SlowReporter } from "./slow-reporter.ts";
import { listed } from "./stall-errors.ts";

/** Options of `run` and `connect`. */
export interface RunOptions {
  /** Stops the stream when aborted, at any time until the run has ended. */
  readonly signal?: AbortSignal | undefined;
}

/** What the options of `run` and `connect` must be. */
const RUN_OPTIONS: OptionChecks<RunOptions> = { signal: ABORT_SIGNAL };

/** What a stream is made of, every option resolved. */
export interface DataStreamSettings {
  readonly connection: ConnectionOptions;
  /** False: the first lost connection ends the stream. */
  readonly reconnect: ReconnectOptions | false;
  /** The schedule by which silence is judged; undefined: by none. */
  readonly schedule: Schedule | undefined;
  readonly spelling: SymbolSpelling;
  /** Silence that is stale at any hour, in milliseconds; undefined: by the schedule. */
  readonly staleAfterMs: number | undefined;
  /** No progress of a subscription for so long is a stall, in milliseconds; infinite for never. */
  readonly stalledAfterMs: number;
  readonly clock: Clock;
  readonly connector: Connector;
}

/** One life across many connections: connects, reconnects, stops, and can run again. */
export class DataStream {
  readonly #settings: DataStreamSettings;
  readonly #schema: StreamSchema;
  readonly #ledger: SubscriptionLedger;
  readonly #delivery: Delivery;
  readonly #registry: SubscriptionRegistry;
  readonly #watchdog: DataWatchdog;
  readonly #slow: SlowReporter;
  readonly #spelling: SpellingWatch;
  readonly #market: MarketClock;
  readonly #gaps: GapReporter;
  readonly #emitter = new Emitter<StreamEvents>();
  readonly #counters = { frames: 0, bytes: 0, reconnects: 0, unreadable: 0, handlerFailures: 0 };
  #connectWaiters: { resolve(): void; reject(error: StreamError): void }[] = [];
  #connection: Connection | undefined;
  /** Resolves when the last connection's socket is gone. */
  #closed: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  /** Set while something waits for a stream that was not started. */
  #notStartedTimer: Timer;
  /** Whether {@link run} was called, whose caller learns the reason of the end. */
  #isAwaited = false;
  #halt: "no" | "stop" | "close" = "no";
  /** How often the stream was halted. */
  #halts = 0;
  /** Ends the wait that the stream is in, if it is in one. */
  #interruptWait: () => void = () => {};
  /** When the server last took the credentials, by the monotonic clock; minus infinity before. */
  #authenticatedMs = Number.NEGATIVE_INFINITY;
  /** What was heard of the market when the server last answered a request. */
  #heardAtAnswer: Heard = { marketMs: Number.NEGATIVE_INFINITY, sinceMs: 0 };
  /** Attempts to reconnect since market data last came. */
  #failures = 0;

  constructor(settings: DataStreamSettings) {
    this.#settings = settings;
    const { schema } = settings.connection;
    this.#schema = schema;
    this.#ledger = new SubscriptionLedger(schema.subscribable);
    this.#delivery = new Delivery(schema, {
      pressureChanged: () => this.#decideReading(),
      slow: (consumer) => this.#slow.atLimit(consumer),
      recovered: (consumer) => this.#slow.report(consumer),
      failed: (error) => this.#consumerFailed(error),
      outlier: (channel, symbol, timeMs) => this.#report(outlier(channel, symbol, timeMs)),
    });
    const { clock, connector } = settings;
    this.#slow = new SlowReporter({
      clock,
      pauses: connector.pauses,
      consumers: () => this.#delivery.routing.consumers,
      subscriptionOf: (consumer) => this.#registry.subscriptionOf(consumer),
      failed: (error) => this.#report(error),
      slow: (event, describe) =>
        describe === undefined ? this.#emitter.emit("slow", event) : this.#emitOrLog("slow", event, describe),
    });
    this.#market = new MarketClock(schema, this.#delivery.intake, clock);
    this.#gaps = new GapReporter(schema, this.#market, clock, (gap) => this.#emitOrLog("gap", gap, describeGap));
    const watch = new StalenessWatch(settings.schedule, settings.staleAfterMs);
    this.#watchdog = new DataWatchdog(watch, this.#ledger, this.#delivery.intake, settings.clock, {
      stale: (channel, silentMs) => {
        this.#emitter.emit("status", { state: "stale", channel, silentMs });
        this.#connection?.end(stale(channel, silentMs));
      },
      calendarEnded: () => this.#report(calendarEnded()),
    });
    this.#spelling = new SpellingWatch(settings.spelling, settings.clock, {
      hasHeard: (symbol) => this.#delivery.routing.hasHeard(symbol),
      suspected: (entries) => this.#warn(suspectSymbols(settings.spelling, entries)),
    });
    const changed = (): void => {
      this.#connection?.flush();
      this.#decideReading();
    };
    this.#registry = new SubscriptionRegistry(schema, this.#ledger, this.#delivery, changed, () => this.#awaited());
  }

  /** Calls `listener` at every event of a name; returns what ends that. */
  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents[Name]) => void): () => void {
    checkListener(name, listener);
    return this.#emitter.on(name, listener);
  }

  /** Subscribes a handler to symbols by channel, which are checked here. */
  subscribe(symbols: unknown, handler: (record: never) => unknown, options: SubscriptionOptions): Subscription {
    const wanted = checkedChannels(this.#schema.channels, symbols);
    const consumer = new HandlerConsumer(handler, this.#optionsFor(wanted, options), this.#delivery.consumerEvents);
    return this.#join(wanted, consumer, options);
  }

  /** Subscribes to symbols by channel, which are checked here; the iterator pulls the records. */
  iterate<R>(symbols: unknown, options: SubscriptionOptions): RecordIterator<R> {
    const wanted = checkedChannels(this.#schema.channels, symbols);
    const consumer = new IteratorConsumer(this.#optionsFor(wanted, options), this.#delivery.consumerEvents);
    return new RecordIterator<R>(this.#join(wanted, consumer, options), consumer, () => this.#awaited());
  }

  /** Takes symbols of a channel, which are checked here, away from every subscription that holds them. */
  unsubscribe(channel: string, symbols: unknown): Promise<void> {
    return this.#registry.unsubscribe(channel, checkedSymbols(channel, symbols));
  }

  /** Runs until stopped; rejects with the terminal error that ends it. */
  async run(options: RunOptions = {}): Promise<void> {
    checkOptions("run", options, RUN_OPTIONS);
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
    checkOptions("connect", options, RUN_OPTIONS);
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

  /** Stops: no further record is handed on, handlers at work may finish. Resolves when the socket is gone. */
  stop(): Promise<void> {
    return this.#halting("stop");
  }

  /** Stops without regard to handlers at work. */
  close(): Promise<void> {
    return this.#halting("close");
  }

  /** A snapshot of the counters. */
  get metrics(): StreamMetrics {
    this.#delivery.intake.lag.move(this.#settings.clock.monotonic());
    const { channels } = this.#schema;
    return {
      records: Object.fromEntries(channels.map((channel) => [channel, this.#delivery.intake.received(channel)])),
      recordCount: this.#delivery.intake.receivedInAll,
      ...this.#counters,
      ...this.#delivery.totals(),
      stalled: this.#slow.stalledCount,
      outliers: this.#delivery.intake.outliers,
      lag: this.#delivery.intake.lag.recent(),
      lagSinceStart: this.#delivery.intake.lag.sinceStart(),
    };
  }

  #optionsFor(symbols: ChannelSymbols, options: SubscriptionOptions): ConsumerOptions {
    return consumerOptions(this.#schema, symbols, options, this.#settings.stalledAfterMs);
  }

  /** The run that is going on, or a new one. Calls `joined` when it is, and not if the stream is halted first. */
  #start(joined: () => void): Promise<void> {
    if (this.#running !== undefined && this.#halt !== "no") {
      // The old run is on its way out; the new one begins where it ends.
      const halts = this.#halts;
      return this.#running.catch(() => {}).then(() => (halts === this.#halts ? this.#start(joined) : undefined));
    }
    this.#running ??= this.#live();
    joined();
    return this.#running;
  }

  async #live(): Promise<void> {
    this.#forgetNotStarted();
    await null; // the caller holds the promise before anything happens
    this.#failures = 0;
    this.#delivery.open();
    this.#slow.start();
    const reason = await this.#connections();
    this.#gaps.flush();
    this.#slow.stop();
    const endError = reason ?? stopped();
    // At once: handlers may wait for these, and are waited for.
    this.#ledger.failWaiters(endError);
    for (const waiter of this.#connectWaiters.splice(0)) waiter.reject(endError);
    await this.#handlersDone();
    this.#delivery.stop();
    this.#registry.endIterators(reason);
    this.#ledger.allowWaiters();
    const isAwaited = this.#isAwaited;
    // Before anybody is told, who may want to run it again.
    this.#running = undefined;
    this.#isAwaited = false;
    this.#halt = "no";
    this.#emitter.emit("status", { state: "closed", reason });
    if (reason === undefined) return;
    if (!isAwaited) this.#report(reason);
    throw reason;
  }

  /** Connects again and again; returns why the stream ends, undefined for a stop or a normal close. */
  async #connections(): Promise<StreamError | undefined> {
    const { reconnect, clock } = this.#settings;
    let emptyConnections = 0; // connections in a row without market data
    while (this.#halt === "no") {
      const before = this.#delivery.intake.receivedInAll;
      const startedMs = clock.monotonic();
      const cause = await this.#oneConnection();
      this.#connection = undefined;
      this.#watchdog.stop();
      this.#spelling.stop();
      this.#delivery.intake.connectionLost();
      this.#gaps.flush();
      this.#ledger.connectionLost(this.#halt === "no" ? { heard: this.#heard, cause } : undefined);
      if (this.#halt !== "no") break;
      if (this.#isFinal(cause)) return cause;
      if (reconnect === false) return cause.closeCode === 1000 ? undefined : cause;
      // Only market data proves that a connection was good for something.
      const hasBroughtData = this.#delivery.intake.receivedInAll > before;
      emptyConnections = hasBroughtData ? 0 : emptyConnections + 1;
      this.#failures = hasBroughtData ? 1 : this.#failures + 1;
      if (this.#failures > (reconnect.maxAttempts ?? Number.POSITIVE_INFINITY))
        return reconnectLimit(this.#failures, cause);
      const ageMs = clock.monotonic() - startedMs;
      const lost = { cause, ageMs, handshakeMs: Math.max(0, this.#authenticatedMs - startedMs), emptyConnections };
      const delayMs = reconnectDelayMs(lost, reconnect, clock.random());
      this.#counters.reconnects++;
      const status = { state: "reconnecting", attempt: this.#failures, delayMs, cause } as const;
      this.#emitOrLog("status", status, () => describeLoss(delayMs, cause));
      // Without a delay not even the timer is waited for: a millisecond of market data.
      if (this.#halt === "no" && delayMs > 0) await this.#wait(delayMs);
    }
    return undefined;
  }

  /**
   * Whether a cause ends the stream. A server that was once trusted may show another certificate for a
   * while, during a deployment or behind a captive portal: that is no reason to end.
   */
  #isFinal({ code, terminal }: StreamError): boolean {
    return terminal && !(code === "untrusted_certificate" && this.#authenticatedMs > Number.NEGATIVE_INFINITY);
  }

  #oneConnection(): Promise<StreamError> {
    const { connection, clock, connector } = this.#settings;
    const url = shownAddress(connection.request.url);
    this.#emitter.emit("status", { state: "connecting", attempt: this.#failures, url });
    return new Promise((ended) => {
      if (this.#halt !== "no") return ended(stopped()); // by a listener, just now
      const events: ConnectionEvents = {
        opened: () => this.#emitter.emit("status", { state: "open" }),
        authenticated: () => {
          this.#authenticatedMs = clock.monotonic();
          this.#watchdog.start(() => this.#connection?.isPaused ?? false);
          this.#emitter.emit("status", { state: "authenticated" });
        },
        frame: (byteLength, nowMs) => {
          this.#counters.frames++;
          this.#counters.bytes += byteLength;
          this.#delivery.intake.frame(clock.now(), nowMs);
        },
        record: this.#delivery.record,
        decoded: (nowMs) => this.#gaps.decoded(nowMs),
        acknowledged: (restored, withdrawn) => this.#acknowledged(restored, withdrawn),
        reported: (error) => this.#report(error),
        changed: () => {
          this.#decideReading();
          this.#settleConnects();
          this.#watchdog.check();
          this.#spelling.check();
        },
        ended,
      };
      try {
        this.#connection = new Connection(connection, this.#ledger, clock, connector, events);
        this.#closed = this.#connection.closed;
      } catch (cause) {
        ended(cannotConnect(cause));
      }
    });
  }

  #acknowledged(restored: readonly LedgerEntry[], withdrawn: readonly LedgerEntry[]): void {
    this.#gaps.restored(restored);
    if (withdrawn.length > 0) {
      const cause = noLongerConfirmed(withdrawn);
      // When it ended nobody knows: some time after the server's word before this one.
      for (const entry of withdrawn) entry.loss ??= { heard: this.#heardAtAnswer, cause };
      this.#report(cause);
    }
    this.#heardAtAnswer = this.#heard;
  }

  /**
   * Waits for handlers. What came before the end reaches them, as long as they get on with it; after
   * a stop only those at work may finish, and after a close nothing is waited for.
   */
  async #handlersDone(): Promise<void> {
    const drained = this.#delivery.routing.drained();
    let left = Number.POSITIVE_INFINITY;
    while (this.#halt === "no" && this.#delivery.totals().queued < left) {
      left = this.#delivery.totals().queued;
      await this.#wait(LIMITS.drainTimeoutMs, drained);
    }
    if (this.#halt === "stop") await this.#wait(LIMITS.drainTimeoutMs, drained);
    if (this.#halt === "close") return;
    this.#slow.abandonBusy();
  }

  /** Something waits for the server or for records: without a run it would wait for ever, in silence. */
  #awaited(): void {
    if (this.#running !== undefined || this.#notStartedTimer !== undefined) return;
    this.#notStartedTimer = this.#settings.clock.setTimer(() => {
      this.#notStartedTimer = undefined;
      this.#warn(notStarted());
    }, LIMITS.notStartedMs);
  }

  #forgetNotStarted(): void {
    this.#settings.clock.clearTimer(this.#notStartedTimer);
    this.#notStartedTimer = undefined;
  }

  async #halting(how: "stop" | "close"): Promise<void> {
    this.#forgetNotStarted();
    if (this.#running !== undefined) {
      this.#halts++;
      if (this.#halt !== "close") this.#halt = how;
      this.#delivery.stop();
      this.#ledger.failWaiters(stopped());
      this.#interruptWait();
      this.#connection?.end(stopped());
    }
    await this.#closed;
  }

  /** Resolves after `delayMs`, or when `earlier` does, or when the stream is halted. Leaves no timer behind. */
  #wait(delayMs: number, earlier?: Promise<void>): Promise<void> {
    const { clock } = this.#settings;
    return new Promise((resolve) => {
      const done = (): void => {
        clock.clearTimer(timer);
        resolve();
      };
      const timer = clock.setTimer(done, delayMs);
      this.#interruptWait = done;
      void earlier?.then(done);
    });
  }

  /** Lets a signal stop the stream until the run has ended. */
  #stopOnAbort(signal: AbortSignal | undefined, ended: Promise<void>): void {
    if (signal === undefined) return;
    const onAbort = (): void => void this.stop();
    const letGo = (): void => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    ended.then(letGo, letGo);
  }

  #settleConnects(): void {
    if (this.#connectWaiters.length === 0 || !this.#connection?.isReady || !this.#ledger.isSettled) return;
    for (const waiter of this.#connectWaiters.splice(0)) waiter.resolve();
  }

  /**
   * Reading stops while a blocked subscription is full; but not while an answer of the server is
   * awaited, perhaps by the very handler that is behind: the answer stands behind the data. Nor
   * during the handshake, which has a deadline.
   */
  #decideReading(): void {
    const { isFull, isOverfull } = this.#delivery.routing;
    if (this.#settings.connector.pauses) {
      const mayPause = this.#connection?.isReady ?? false;
      this.#connection?.setPaused(mayPause && (isOverfull || (isFull && !this.#ledger.isAwaitingAnswer)));
    } else if (isOverfull) this.#slow.isolateOverfull();
  }

  get #heard(): Heard {
    return { marketMs: this.#market.heardMs, sinceMs: this.#authenticatedMs };
  }

  #consumerFailed(error: StreamError): void {
    if (!error.terminal) return this.#report(error);
    this.#delivery.stop();
    this.#connection?.end(error);
  }

  #join(symbols: ChannelSymbols, consumer: Consumer, { signal }: SubscriptionOptions): Subscription {
    const subscription = this.#registry.join(symbols, consumer, signal);
    this.#spelling.watch(subscription.entries);
    this.#slow.added(consumer);
    return subscription;
  }

  /** Emits an event. Without a listener the console shows it: a loss is never silent. */
  #emitOrLog<Name extends keyof StreamEvents>(
    name: Name,
    event: StreamEvents[Name],
    describe: (event: StreamEvents[Name]) => string,
  ): void {
    if (this.#emitter.hasListeners(name)) this.#emitter.emit(name, event);
    else if (name === "error") console.error(describe(event));
    else console.warn(describe(event));
  }

  #warn(warning: WarningEvent): void {
    this.#emitOrLog("warning", warning, ({ code, message }) => `warning [${code}]: ${message}`);
  }

  #report(error: StreamError): void {
    if (error.code === "handler_failed") this.#counters.handlerFailures++;
    if (error.code === "bad_message" || error.code === "bad_frame") this.#counters.unreadable++;
    this.#emitOrLog("error", error, ({ name, code, message }) => `${name} [${code}]: ${message}`);
  }
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

function suspectSymbols({ likely: guess, advice }: SymbolSpelling, entries: readonly LedgerEntry[]): WarningEvent {
  const symbols = [...new Set(entries.map(({ symbol }) => symbol))];
  const shown = listed(symbols.map((symbol) => `"${symbol}"`));
  const [first = ""] = symbols;
  const likely = guess(first);
  const hint = likely === first || likely === "" ? "" : `: did you mean "${likely}"?`;
  return {
    code: "suspect_symbol",
    message: `no records came of ${shown}, which the server confirmed ${LIMITS.silentSymbolMs / 1000} s ago. ${advice}${hint}`,
    symbols: symbolsByChannel(entries),
  };
}

function notStarted(): WarningEvent {
  const text = `"ready" or an iterator has been awaited for ${LIMITS.notStartedMs / 1000} s, and the stream was not started: call connect() before, or run() beside it`;
  return { code: "not_started", message: text, symbols: {} };
}

function describeGap({ channel, symbols, from, to, cause }: GapEvent): string {
  const range = `${from.toISOString()} to ${to.toISOString()}`;
  return `gap: ${channel} of ${listed(symbols)} may be missing from ${range} (${cause.code}). Listen to "gap" to handle it.`;
}

function describeLoss(delayMs: number, { code, message }: StreamError): string {
  return `connection lost, next attempt in ${Math.round(delayMs)} ms [${code}]: ${message}`;
}

function stale(channel: string, silentMs: number): StreamError {
  return new StreamError("stale", `no ${channel} for ${Math.round(silentMs / 1000)} s while the market is open`);
}

function calendarEnded(): StreamError {
  return new StreamError(
    "calendar_ended",
    "the calendar of trading days ends before today, so that holidays count as trading days: update the package, or set staleAfterMs",
  );
}

function noLongerConfirmed(entries: readonly LedgerEntry[]): StreamError {
  const text = "the server no longer lists what it had confirmed; it is asked for again";
  return new StreamError("not_confirmed", text, { symbols: symbolsByChannel(entries) });
}

function stopped(): StreamError {
  return new StreamError("stopped", "the stream was stopped");
}

function reconnectLimit(failures: number, cause: StreamError): StreamError {
  return new StreamError("reconnect_limit", `gave up after ${failures} failures in a row, the last: ${cause.message}`, {
    cause,
    terminal: true,
  });
}

function cannotConnect(cause: unknown): StreamError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new StreamError("connection_lost", `the platform opens no websocket: ${text}; check websocketParams`, {
    cause,
    terminal: true,
  });
}

function outlier(channel: string, symbol: string, timeMs: number): StreamError {
  const time = Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs);
  const text = `a record of ${channel} ${symbol} has the time ${time}, far from those around it and from its arrival; it is delivered, and its time is not used for gaps and lag. Others are counted in metrics.outliers.`;
  return new StreamError("time_outlier", text, { symbols: { [channel]: [symbol] } });
}
