import { shownAddress } from "../checks/shown-address.ts";
import { Connection, type ConnectionEvents } from "../connection/connection.ts";
import { DataWatchdog } from "../continuity/data-watchdog.ts";
import { GapReporter, type GapReporterEvents } from "../continuity/gap-reporter.ts";
import { MarketClock } from "../continuity/market-clock.ts";
import { StalenessWatch } from "../continuity/staleness-watch.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { SubscriptionLedger } from "../subscriptions/ledger.ts";
import type { Heard, LedgerEntry } from "../subscriptions/ledger-entry.ts";
import { type GapMessage, StreamError, type StreamErrorCode, WILDCARD } from "../wire/index.ts";
import { type LostConnection, reconnectDelayMs } from "./backoff.ts";
import type { Halt } from "./halt.ts";
import { calendarEnded, cannotConnect, noLongerConfirmed, reconnectLimit, stale, stopped } from "./messages.ts";
import type { Reporter } from "./reporter.ts";
import type { StreamSettings } from "./stream-options.ts";

/** What a connection loop reports to the stream. */
export interface ConnectionLoopEvents extends GapReporterEvents {
  /** A session became ready, or the server answered. */
  changed(): void;
  /** A connection ended. */
  disconnected(): void;
  /** A subscription holds too much, and the platform cannot stop reading for it. */
  overfull(): void;
}

/** Opens one connection after the other until the stream ends, and reports what was lost between them. */
export class ConnectionLoop {
  readonly counts = { frames: 0, bytes: 0, reconnects: 0 };
  readonly #settings: StreamSettings;
  readonly #ledger: SubscriptionLedger;
  readonly #delivery: Delivery;
  readonly #reporter: Reporter;
  readonly #halt: Halt;
  readonly #events: ConnectionLoopEvents;
  /** The market's time, as records show it. */
  readonly market: MarketClock;
  readonly #gaps: GapReporter;
  readonly #watchdog: DataWatchdog;
  #connection: Connection | undefined;
  /** Resolves when the last connection's socket is gone. */
  closed: Promise<void> = Promise.resolve();
  /** When the server last accepted the credentials, by the monotonic clock; minus infinity before. */
  #authenticatedMs = Number.NEGATIVE_INFINITY;
  /** The newest market time when the server last answered a request. */
  #heardAtAnswer: Heard = { marketMs: Number.NEGATIVE_INFINITY, sinceMs: 0 };
  /** Why the run ends, if that was decided between two connections. */
  #reason: StreamError | undefined;
  /** Attempts to reconnect since market data last came. */
  #failures = 0;
  #isRunning = false;
  #isPaused = false;

  constructor(
    settings: StreamSettings,
    ledger: SubscriptionLedger,
    delivery: Delivery,
    reporter: Reporter,
    halt: Halt,
    events: ConnectionLoopEvents,
  ) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#delivery = delivery;
    this.#reporter = reporter;
    this.#halt = halt;
    this.#events = events;
    const { clock, connection, schedule, staleAfterMs } = settings;
    const { schema } = connection;
    this.market = new MarketClock(schema, delivery.intake, clock);
    this.#gaps = new GapReporter(schema, this.market, clock, events);
    this.#watchdog = new DataWatchdog(new StalenessWatch(schedule, staleAfterMs), ledger, delivery.intake, clock, {
      stale: (channel, silentMs) => {
        reporter.emit("status", { state: "stale", channel, silentMs });
        this.end(stale(channel, silentMs));
      },
      calendarEnded: () => reporter.error(calendarEnded()),
    });
  }

  /** Whether a session may carry subscriptions. */
  get isReady(): boolean {
    return this.#connection?.isReady ?? false;
  }

  /** Connects again and again; returns why the stream ends, undefined for a halt or a normal close. */
  async run(): Promise<StreamError | undefined> {
    const { reconnect, clock } = this.#settings;
    this.#failures = 0;
    this.#reason = undefined;
    let emptyConnections = 0; // in a row
    this.#isRunning = true;
    try {
      while (this.#halt.kind === undefined) {
        const before = this.#delivery.intake.receivedInAll;
        const startedMs = clock.monotonic();
        const cause = await this.#oneConnection();
        const isNormalEnd = cause.closeCode === 1000 && !(reconnect && (reconnect.afterNormalClose ?? true));
        this.#disconnected(cause, isNormalEnd);
        if (this.#halt.kind !== undefined) break;
        if (this.#isFinal(cause)) return cause;
        if (isNormalEnd) return undefined;
        if (reconnect === false) return cause;
        // Only market data proves that a connection works.
        const hasBroughtData = this.#delivery.intake.receivedInAll > before;
        emptyConnections = hasBroughtData ? 0 : emptyConnections + 1;
        this.#failures = hasBroughtData ? 1 : this.#failures + 1;
        if (this.#failures > (reconnect.maxAttempts ?? Number.POSITIVE_INFINITY))
          return reconnectLimit(this.#failures, cause);
        const ageMs = clock.monotonic() - startedMs;
        const handshakeMs = Math.max(0, this.#authenticatedMs - startedMs);
        await this.#backOff({ cause, ageMs, handshakeMs, emptyConnections });
        if (this.#halt.kind === undefined && this.#reason !== undefined) return this.#reason;
      }
      this.#stopped();
      return undefined;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Ends the connection that is open; between two connections, the run. */
  end(error: StreamError): void {
    if (this.#connection !== undefined) return this.#connection.end(error);
    this.#reason = error;
    this.#halt.wake();
  }

  /** Symbols were unsubscribed before they were active again. After the end of a run nothing more is missed. */
  unsubscribed(lost: readonly LedgerEntry[]): void {
    if (!this.#isRunning) return;
    for (const gap of this.#gaps.givenUp(lost)) this.#reporter.emit("gap", gap); // no fill follows
  }

  /** The ledger has changed: sends what is to be sent. */
  flush(): void {
    this.#connection?.flush();
  }

  /** Whether reading is stopped by the user, also while an answer is awaited: the user does not wait for it. */
  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.decideReading();
  }

  /**
   * Stops reading while a blocked subscription is full; but not while an answer of the server is
   * awaited, perhaps by the handler that is behind: the answer comes after the data. Nor during the
   * handshake, which has a deadline.
   */
  decideReading(): void {
    const { routing, hold } = this.#delivery;
    const { isOverfull } = routing;
    const isFull = routing.isFull || (hold?.isFull ?? false);
    if (this.#settings.connector.pauses)
      this.#connection?.setPaused(
        this.isReady && (this.#isPaused || isOverfull || (isFull && !this.#ledger.isAwaitingAnswer)),
      );
    else if (isOverfull) this.#events.overfull();
  }

  async #backOff(lost: LostConnection): Promise<void> {
    const delayMs = reconnectDelayMs(lost, this.#settings.reconnect || {}, this.#settings.clock.random());
    this.counts.reconnects++;
    this.#reporter.emit("status", { state: "reconnecting", attempt: this.#failures, delayMs, cause: lost.cause });
    // Without a delay there is no timer to wait for either: a millisecond of market data.
    if (this.#halt.kind === undefined && delayMs > 0) await this.#halt.wait(delayMs);
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
    this.#reporter.emit("status", { state: "connecting", attempt: this.#failures, url });
    return new Promise((ended) => {
      if (this.#halt.kind !== undefined) return ended(stopped()); // by a listener, just now
      try {
        this.#connection = new Connection(connection, this.#ledger, clock, connector, this.#eventsOf(ended));
        this.closed = this.#connection.closed;
      } catch (cause) {
        ended(cannotConnect(cause));
      }
    });
  }

  #eventsOf(ended: (error: StreamError) => void): ConnectionEvents {
    const { clock } = this.#settings;
    return {
      opened: () => this.#reporter.emit("status", { state: "open" }),
      authenticated: () => {
        this.#authenticatedMs = clock.monotonic();
        this.#watchdog.start(() => this.#connection?.isPaused ?? false);
        this.#reporter.emit("status", { state: "authenticated" });
      },
      frame: (byteLength, nowMs) => {
        this.counts.frames++;
        this.counts.bytes += byteLength;
        this.#delivery.intake.frame(clock.now(), nowMs);
      },
      record: this.#delivery.record,
      decoded: (nowMs) => this.#gaps.decoded(nowMs),
      acknowledged: (restored, withdrawn) => this.#acknowledged(restored, withdrawn),
      gap: (gap) => this.#gapReported(gap),
      reported: (error) => this.#reporter.error(error),
      changed: () => {
        this.decideReading();
        this.#events.changed();
        this.#watchdog.check();
      },
      ended,
    };
  }

  #acknowledged(restored: readonly LedgerEntry[], withdrawn: readonly LedgerEntry[]): void {
    this.#gaps.restored(restored);
    if (withdrawn.length > 0) {
      const cause = noLongerConfirmed(withdrawn);
      // When it ended is unknown: some time after the server's answer before this one.
      for (const entry of withdrawn) entry.loss ??= { heard: this.#heardAtAnswer, cause };
      this.#reporter.error(cause);
    }
    this.#heardAtAnswer = this.#heard;
  }

  /** The server has a gap of its own. It ends here, as one of a lost connection ends with the server's answer. */
  #gapReported(reported: GapMessage): void {
    const { channel, from, to, cause, message } = reported;
    const { routing } = this.#delivery;
    const symbols = reported.symbols.filter(
      (symbol) => routing.hasRoute(channel, symbol) && this.#isNews(symbol, reported),
    );
    if (symbols.length === 0) return; // they were unsubscribed meanwhile, or it is known
    const sinceMs = new Map([...symbols, WILDCARD].map((one) => [one, this.#ledger.find(channel, one)?.sinceMs]));
    this.#events.ended([{ channel, symbols, sinceMs }]);
    // The code is of the gateway's version of this project, which may be a later one.
    const error = new StreamError(cause as StreamErrorCode, message);
    this.#events.gap({ channel, symbols, from, to, cause: error });
  }

  /** Whether a gap is new: a repeated one is if its symbol was lost, and had its newest report before that one. */
  #isNews(symbol: string, { channel, id, isRepeated }: GapMessage): boolean {
    const entries = [this.#ledger.find(channel, symbol), this.#ledger.find(channel, WILDCARD)];
    const wasLost = ({ sinceMs = Number.POSITIVE_INFINITY }: LedgerEntry): boolean => sinceMs < this.#authenticatedMs;
    const entry = entries.find((one) => one && (!isRepeated || wasLost(one)));
    if (entry === undefined) return !isRepeated;
    if (isRepeated && id <= entry.gapId) return false;
    entry.gapId = id;
    return true;
  }

  #disconnected(cause: StreamError, isNormalEnd: boolean): void {
    this.#connection = undefined;
    this.#watchdog.stop();
    this.#events.disconnected();
    this.#delivery.intake.connectionLost();
    if (this.#halt.kind !== undefined) return this.#gaps.flush();
    const loss = { heard: this.#heard, cause };
    if (isNormalEnd) {
      // Symbols that were lost before are not active again: their gaps end with the server.
      const { lost } = this.#ledger;
      this.#gaps.restored(lost);
      for (const entry of lost) entry.loss = loss;
    }
    this.#gaps.flush();
    this.#ledger.connectionLost(loss);
  }

  /** The user stopped the stream, perhaps between two connections: no later record is a loss. */
  #stopped(): void {
    for (const gap of this.#gaps.givenUp(this.#ledger.lost)) this.#events.gap(gap);
    this.#ledger.connectionLost(undefined);
  }

  get #heard(): Heard {
    return { marketMs: this.market.heardMs, sinceMs: this.#authenticatedMs };
  }
}
