import type { Clock, Timer } from "@tickerplant/client";
import { SERVER_ERROR_TEXTS, type StreamError } from "@tickerplant/client/wire";
import type { FeedSink, Outage } from "../feed.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { rejectionOf } from "./rejection-of.ts";

/** The part of a feed's sink that is reported to. */
type OutageSink = Pick<FeedSink, "report" | "outage">;

/**
 * Reports why there is no connection upstream: each cause once to events and logs, because attempts may go on for
 * hours, and to clients what they should act on.
 */
export class OutageReporter {
  readonly #sink: OutageSink;
  readonly #clock: Clock;
  /** The causes that were reported since the last connection. */
  readonly #reported = new Set<string>();
  /** The number with which upstream rejected the newest handshake. */
  #rejection: number | undefined;
  #outage: Outage | undefined;
  #unreachableTimer: Timer;

  constructor(sink: OutageSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Upstream accepted the credentials. */
  connected(url: string): void {
    this.stop();
    this.#unreachableTimer = undefined;
    this.#reported.clear();
    this.#rejection = undefined;
    this.#setOutage(undefined);
    this.#sink.report?.({ type: "connected", url });
  }

  /** A connection was lost that had been accepted; the stream tries again. */
  lost(cause: StreamError): void {
    this.#report(cause);
  }

  /**
   * A connection was not accepted; the stream tries again. A number is passed on from its second time: once is a
   * hiccup that no client need learn of.
   */
  rejected(cause: StreamError): void {
    this.#report(cause);
    const isRepeated = cause.serverCode === this.#rejection;
    this.#rejection = cause.serverCode;
    if (cause.serverCode !== undefined && isRepeated) this.#setOutage({ ...rejectionOf(cause), isTerminal: false });
  }

  /** An error has ended the stream: trying again at once is pointless. If `isLast`, the feed fails with it. */
  failed(cause: StreamError, isLast: boolean): void {
    if (!isLast) this.#report(cause);
    this.#setOutage({ ...rejectionOf(cause), isTerminal: true });
  }

  /** The feed ends. */
  stop(): void {
    this.#clock.clearTimer(this.#unreachableTimer);
  }

  #report(cause: StreamError): void {
    this.#unreachableTimer ??= this.#clock.setTimer(
      () => this.#setOutage(this.#outage ?? UNREACHABLE),
      UPSTREAM_LIMITS.unreachableMs,
    );
    const { code, serverCode, status } = cause;
    const name = [code, serverCode, status].join(" ");
    if (this.#reported.has(name)) return;
    this.#reported.add(name);
    this.#sink.report?.({ type: "lost", cause });
  }

  #setOutage(outage: Outage | undefined): void {
    const before = this.#outage;
    this.#outage = outage;
    if (outage?.number === before?.number && outage?.isTerminal === before?.isTerminal) return;
    this.#sink.outage?.(outage);
  }
}

const UNREACHABLE: Outage = { number: 500, message: SERVER_ERROR_TEXTS[500], isTerminal: false };
