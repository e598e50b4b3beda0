import type { Intake } from "../delivery/intake.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { SubscriptionLedger } from "../subscriptions/ledger.ts";
import type { StalenessWatch, WatchedChannel } from "./staleness-watch.ts";

/** What the watchdog reports to the stream. */
export interface WatchdogEvents {
  /** A channel has been silent for too long. */
  stale(channel: string, silentMs: number): void;
  /** The calendar does not cover today. Called once. */
  calendarEnded(): void;
}

/** Checks a connection's channels from time to time, and reports when its data has stopped. */
export class DataWatchdog {
  readonly #watch: StalenessWatch;
  readonly #ledger: SubscriptionLedger;
  readonly #intake: Intake;
  readonly #clock: Clock;
  readonly #events: WatchdogEvents;
  /** Since when each channel is watched: a further confirmation is no data and changes nothing. */
  readonly #since = new Map<string, { readonly hasWildcard: boolean; readonly sinceMs: number }>();
  #isPaused: () => boolean = () => false;
  #timer: Timer;
  #isWatching = false;
  /** Stale connections in a row that brought no data, and the records received until the last. */
  #emptyConnections = 0;
  #receivedAtLast = -1;
  #hasReportedCalendar = false;

  constructor(watch: StalenessWatch, ledger: SubscriptionLedger, intake: Intake, clock: Clock, events: WatchdogEvents) {
    this.#watch = watch;
    this.#ledger = ledger;
    this.#intake = intake;
    this.#clock = clock;
    this.#events = events;
  }

  /** Watches a new connection. While reading is paused, silence means nothing. */
  start(isPaused: () => boolean): void {
    if (!this.#watch.isOn) return;
    this.#isPaused = isPaused;
    this.#since.clear();
    this.#isWatching = true;
    this.check();
  }

  /** Stops watching. */
  stop(): void {
    this.#isWatching = false;
    this.#clock.clearTimer(this.#timer);
  }

  /** Checks now: a subscription may have changed. */
  check(): void {
    if (!this.#isWatching) return;
    this.#clock.clearTimer(this.#timer);
    this.#checkCalendar();
    if (this.#intake.receivedInAll > this.#receivedAtLast) this.#emptyConnections = 0;
    const nowMs = this.#clock.monotonic();
    const verdict = this.#watch.check(this.#channels(nowMs), nowMs, this.#clock.now(), this.#emptyConnections);
    if (!verdict.isStale) {
      this.#timer = this.#clock.setTimer(() => this.check(), verdict.checkAgainMs);
      return;
    }
    this.stop();
    this.#emptyConnections++;
    this.#receivedAtLast = this.#intake.receivedInAll;
    this.#events.stale(verdict.channel, verdict.silentMs);
  }

  #channels(nowMs: number): WatchedChannel[] {
    const active = this.#ledger.activeChannels;
    for (const channel of this.#since.keys()) if (!active.has(channel)) this.#since.delete(channel);
    return [...active].map(([channel, { hasWildcard }]) => {
      const known = this.#since.get(channel);
      const isKnown = known?.hasWildcard === hasWildcard && !this.#isPaused();
      const sinceMs = isKnown ? known.sinceMs : nowMs;
      this.#since.set(channel, { hasWildcard, sinceMs });
      return { channel, hasWildcard, sinceMs, lastRecordMs: this.#intake.heardAtMs(channel) };
    });
  }

  #checkCalendar(): void {
    if (this.#hasReportedCalendar || !this.#watch.isBeyondCalendar(this.#clock.now())) return;
    this.#hasReportedCalendar = true;
    this.#events.calendarEnded();
  }
}
