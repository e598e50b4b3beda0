import type { Channel, ListenerOptions, StreamEvents, StreamMetrics } from "@tickerplant/client";
import { GapLedger } from "../market/gap-ledger.ts";
import { counted } from "../ui/figures.ts";
import { shortCause } from "./causes.ts";
import { EventLog } from "./event-log.ts";
import { HealthHistory } from "./health-history.ts";
import { ReconnectList } from "./reconnect-list.ts";

/** What the model uses of a stream. */
export interface ObservedStream {
  readonly metrics: StreamMetrics<Channel>;
  on<Name extends keyof StreamEvents<Channel>>(
    name: Name,
    listener: (event: StreamEvents<Channel>[Name]) => void,
    options?: ListenerOptions,
  ): unknown;
}

/** A subscription that continues without the stream waiting for it. */
export interface Isolation {
  readonly sinceMs: number;
}

/** What the health dock shows of one stream. Events and one sample a second feed it, never records. */
export class HealthModel {
  readonly history: HealthHistory = new HealthHistory();
  readonly gaps: GapLedger = new GapLedger();
  readonly reconnects: ReconnectList = new ReconnectList();
  readonly log: EventLog = new EventLog();
  readonly #stream: ObservedStream;
  readonly #now: () => number;
  readonly #isolated = new Map<object, number>();
  #isConnected = false;
  /** The counters of the last sample; undefined before the first. */
  metrics: StreamMetrics<Channel> | undefined;

  /** @param now the wall clock in milliseconds, by which gaps and events are dated */
  constructor(stream: ObservedStream, now: () => number = Date.now) {
    this.#stream = stream;
    this.#now = now;
    this.#observe();
  }

  /** Reads the counters. Called once a second, by the monotonic clock. */
  sample(monotonicMs: number): void {
    this.metrics = this.#stream.metrics;
    this.history.sample(this.metrics, monotonicMs, this.#isConnected);
  }

  /** Subscriptions that are isolated now, the earliest first. */
  get isolated(): readonly Isolation[] {
    return [...this.#isolated.values()].map((sinceMs) => ({ sinceMs }));
  }

  #observe(): void {
    this.#stream.on("status", (event) => this.#status(event));
    this.#stream.on("gap", (event) => {
      this.gaps.gap(event, this.#now());
      this.#push("gap", `Gap in ${event.channel} of ${named(event.symbols)}: ${shortCause(event.cause)}`);
    });
    this.#stream.on("gapFilled", (event) => {
      this.gaps.filled(event, this.#now());
      this.#push("filled", `Gap in ${event.channel} filled: ${counted(event.recordCount, "record")}`);
    });
    this.#stream.on("gapOpen", (event) => {
      this.gaps.open(event, this.#now());
      const { channel, symbols, cause } = event;
      this.#push("gap", `Gap in ${channel} of ${named(symbols)} stays open, ${cause.code}: ${cause.message}`);
    });
    this.#stream.on("slow", (event) => this.#slow(event));
    this.#stream.on("error", ({ code, message }) => this.#push("error", `${code}: ${message}`));
    this.#stream.on("warning", ({ code, message }) => this.#push("warning", `${code}: ${message}`));
  }

  #status(event: StreamEvents<Channel>["status"]): void {
    const now = this.#now();
    if (event.state === "authenticated") {
      this.#isConnected = true;
      this.reconnects.back(now);
      this.gaps.back();
      this.#push("connection", "Connected");
    }
    if (event.state === "reconnecting") {
      this.reconnects.lost(now, event.cause);
      // Before the first connection there is nothing to miss.
      if (this.#isConnected) this.gaps.lost(now, event.cause);
      this.#isConnected = false;
      const next = `attempt ${event.attempt} in ${(event.delayMs / 1000).toFixed(1)} s`;
      this.#push("error", `Connection lost, ${next}. ${event.cause.code}: ${event.cause.message}`);
    }
    if (event.state === "closed") {
      this.#isConnected = false;
      this.gaps.back(); // the stream reports the gaps of what was subscribed, and there is no next attempt
      const { reason } = event;
      if (reason === undefined) this.#push("connection", "Stream stopped");
      else this.#push("error", `Stream ended. ${reason.code}: ${reason.message}`);
    }
  }

  #slow({ subscription, isIsolated, queued, dropped }: StreamEvents<Channel>["slow"]): void {
    const wasIsolated = this.#isolated.has(subscription);
    if (isIsolated && !wasIsolated) this.#isolated.set(subscription, this.#now());
    if (!isIsolated) this.#isolated.delete(subscription);
    const state = isIsolated ? "is isolated" : wasIsolated ? "has recovered" : "is slow";
    this.#push(
      "slow",
      `A subscription ${state}: ${counted(queued, "record")} waiting, ${counted(dropped, "record")} dropped`,
    );
  }

  #push(kind: Parameters<EventLog["push"]>[1], text: string): void {
    this.log.push(this.#now(), kind, text);
  }
}

/** Symbols in few words: `GME`, `22 symbols`, `all symbols`. */
export function named(symbols: readonly string[]): string {
  const [first] = symbols;
  if (first === undefined || symbols.includes("*")) return "all symbols";
  return symbols.length === 1 ? first : counted(symbols.length, "symbol");
}
