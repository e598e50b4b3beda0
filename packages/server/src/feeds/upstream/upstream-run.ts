import type { Clock, StatusEvent } from "@tickerplant/client";
import { type MarketRecord, StreamError, type StreamSchema, WILDCARD } from "@tickerplant/client/wire";
import type { DemandChange, FeedGap, FeedSink, FeedStatus, SourceConnection } from "../feed.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { type GapPart, OpenFills } from "./open-fills.ts";
import { OutageReporter } from "./outage-reporter.ts";
import { keysOf } from "./symbol-keys.ts";
import type { SymbolLimit } from "./symbol-limit.ts";
import { UpstreamDemand } from "./upstream-demand.ts";
import type { UpstreamStream } from "./upstream-stream.ts";

/** Parts of an {@link UpstreamRun}. */
export interface UpstreamRunParts {
  readonly stream: UpstreamStream;
  readonly schema: StreamSchema;
  /** Whether the stream fills its gaps: then only those that stay open are reported. */
  readonly isFilled: boolean;
  /** Whether the stream goes on behind an earlier one: then its first connection restores one that was lost. */
  readonly isResumed: boolean;
  /** Whether a normal close by upstream ends the feed, which waits for its clients until then. */
  readonly once: boolean;
  readonly limit: SymbolLimit;
  readonly lingerMs: number;
  readonly clock: Clock;
  readonly sink: FeedSink;
  /** Publishes a record of the stream in the sink. */
  readonly publish: (record: MarketRecord) => void;
  /** Whether the record is in a frame, behind which {@link UpstreamRun.frameClosed} is called. */
  readonly isInFrame: () => boolean;
  readonly signal: AbortSignal;
}

/** The reason of a feed that waits for its first connection. */
export const NOT_CONNECTED = "upstream has not been connected yet";

/** Stands for symbols that are not known yet: no gap of theirs ends the wait. */
const ANYTHING = "";

/** One run of an upstream feed: the stream's records, gaps, errors and end, for the sink. */
export class UpstreamRun {
  readonly #parts: UpstreamRunParts;
  readonly #demand: UpstreamDemand;
  readonly #outages: OutageReporter;
  #url = "";
  /** When the newest connection after a lost one was authenticated, by the monotonic clock. */
  #restoredAtMs = Number.NEGATIVE_INFINITY;
  /** What was subscribed to at that time and has had no gap since, as `channel symbol`. */
  #awaited = new Set<string>();
  /** Whether a next connection restores one that was lost. */
  #hasConnected: boolean;
  /** When the stream was authenticated or lost, by the monotonic clock; undefined before the first connection. */
  #changedAtMs: number | undefined;
  /** Why upstream sends nothing; undefined while the stream is authenticated. */
  #problem: string | undefined = NOT_CONNECTED;
  /** Runs in a row that an error has ended without a connection. */
  #retries = 0;
  readonly #fills = new OpenFills();
  /** When the newest fill ended, by the monotonic clock. */
  #filledAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the stream has ended without an error: upstream has, or the run is aborted. */
  #hasEnded = false;
  #endWait: () => void = () => {};
  #sinceRoom = 0;
  #isWaitingForRoom = false;

  constructor(parts: UpstreamRunParts) {
    this.#parts = parts;
    const { stream, limit, lingerMs, clock, sink, once, publish, isResumed } = parts;
    this.#hasConnected = isResumed;
    this.#outages = new OutageReporter(sink, clock);
    const handler = once ? this.#publishWithRoom : publish;
    this.#demand = new UpstreamDemand({
      stream,
      handler,
      limit,
      lingerMs,
      clock,
      overLimit: (error) => sink.report?.({ type: "failed", error }),
      withdrawn: (symbols, rejection) => sink.withdraw?.(symbols, rejection),
      unsubscribed: (symbols) => {
        for (const gap of this.#fills.release(symbols)) sink.gap?.(gap);
        sink.narrowed?.((channel, symbol) => this.#demand.carries(channel, symbol));
      },
    });
    this.#subscribeToImplied(handler);
    this.#listen();
  }

  /** Whether upstream sends records. */
  get status(): FeedStatus {
    return this.#problem === undefined ? { isReady: true } : { isReady: false, reason: this.#problem };
  }

  /** The connection upstream, for reports. */
  get connection(): SourceConnection {
    const { stream, clock } = this.#parts;
    const sinceMs = this.#changedAtMs === undefined ? undefined : clock.monotonic() - this.#changedAtMs;
    return { url: this.#url, isConnected: this.#problem === undefined, sinceMs, metrics: stream.metrics };
  }

  /** The newest certain market time of upstream's records; undefined before any. */
  get marketMs(): number | undefined {
    const { marketMs } = this.#parts.stream;
    return Number.isFinite(marketMs) ? marketMs : undefined;
  }

  /** Whether everything that upstream has sent was published: no gap is known that may be filled, or may yet be found. */
  get isCurrent(): boolean {
    if (this.#problem !== undefined || !this.#fills.isEmpty) return false;
    const nowMs = this.#parts.clock.monotonic();
    if (nowMs - this.#filledAtMs < UPSTREAM_LIMITS.releasedAfterMs) return false;
    return this.#awaited.size === 0 || nowMs - this.#restoredAtMs >= UPSTREAM_LIMITS.currentAfterMs;
  }

  /** The clients' demand has changed. */
  demand(change: DemandChange): void {
    this.#demand.change(change);
  }

  /** Resolves when the signal is aborted or upstream has ended. */
  async run(): Promise<void> {
    const { stream, signal } = this.#parts;
    const stop = (): void => {
      void stream.close();
      this.#endWait();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      while (!signal.aborted && !this.#hasEnded) await this.#runOnce();
    } finally {
      signal.removeEventListener("abort", stop);
      this.#outages.stop();
      this.#demand.stop();
    }
  }

  /** Runs the stream; after an error that ends it, waits before the next run. */
  async #runOnce(): Promise<void> {
    const { stream, signal, once } = this.#parts;
    try {
      await stream.run();
      this.#hasEnded = true;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StreamError)) throw error;
      this.#disconnected(error);
      this.#outages.failed(error, once);
      if (once) throw error;
      await this.#backOff();
    }
  }

  async #backOff(): Promise<void> {
    const { clock } = this.#parts;
    const delayMs = Math.min(UPSTREAM_LIMITS.retryInitialMs * 2 ** this.#retries, UPSTREAM_LIMITS.retryMaxMs);
    if (delayMs < UPSTREAM_LIMITS.retryMaxMs) this.#retries++;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, delayMs);
      this.#endWait = () => {
        clock.clearTimer(timer);
        resolve();
      };
    });
  }

  /** Corrections and the like come with other channels, and have no subscription of their own upstream. */
  #subscribeToImplied(handler: (record: MarketRecord) => void): void {
    const { stream, schema } = this.#parts;
    const implied = schema.channels.filter((channel) => schema.traits[channel]?.broughtBy !== undefined);
    if (implied.length === 0) return;
    stream.subscribe(Object.fromEntries(implied.map((channel) => [channel, [WILDCARD]])), handler);
  }

  #listen(): void {
    const { stream, sink, isFilled } = this.#parts;
    stream.on("status", (status) => this.#status(status));
    stream.on("error", (error) => {
      sink.report?.({ type: "failed", error });
      this.#demand.checkWithdrawn(error);
    });
    stream.on("warning", ({ message }) => sink.report?.({ type: "failed", error: new Error(message) }));
    stream.on("gap", (gap) => {
      for (const key of keysOf({ [gap.channel]: gap.symbols })) this.#awaited.delete(key);
      if (isFilled) this.#gapToFill(gap);
      else sink.gap?.(gap);
    });
    stream.on("gapFilled", (gap) => {
      const { channel, symbols, from, to, recordCount } = gap;
      sink.report?.({ type: "filled", channel, symbols, from, to, recordCount });
      this.#fillEnded(gap);
    });
    stream.on("gapOpen", (gap) => {
      // That a channel is not filled is the relay's choice: what lost the records says more.
      const cause = gap.cause.code === "not_filled" ? this.#fills.causeOf(gap) : undefined;
      sink.gap?.({ ...gap, ...(cause && { cause }) });
      this.#fillEnded(gap);
    });
  }

  /** Live records that were held for the fill follow. */
  #fillEnded(part: GapPart): void {
    this.#fills.end(part);
    this.#filledAtMs = this.#parts.clock.monotonic();
  }

  /** A gap is known; the symbols of it that were unsubscribed meanwhile are not filled. */
  #gapToFill(gap: FeedGap): void {
    const wanted = gap.symbols.filter((symbol) => this.#demand.wants(gap.channel, symbol));
    const unwanted = gap.symbols.filter((symbol) => !wanted.includes(symbol));
    if (wanted.length > 0) this.#fills.add({ ...gap, symbols: wanted });
    if (unwanted.length > 0) this.#parts.sink.gap?.({ ...gap, symbols: unwanted });
  }

  #status(status: StatusEvent): void {
    switch (status.state) {
      case "connecting":
        this.#url = status.url;
        return;
      case "authenticated":
        if (this.#hasConnected) this.#restored();
        this.#hasConnected = true;
        this.#changedAtMs = this.#parts.clock.monotonic();
        this.#problem = undefined;
        this.#retries = 0;
        return this.#outages.connected(this.#url);
      case "reconnecting": {
        const { cause } = status;
        const wasConnected = this.#problem === undefined;
        this.#disconnected(cause);
        return wasConnected ? this.#outages.lost(cause) : this.#outages.rejected(cause);
      }
      default:
        return;
    }
  }

  /** Every symbol that was lost has a gap, which is known as soon as the market's time is. */
  #restored(): void {
    this.#restoredAtMs = this.#parts.clock.monotonic();
    this.#awaited = new Set(this.#demand.keys);
    const isFirst = this.#changedAtMs === undefined;
    // What an earlier feed had may still be asked for.
    if (isFirst && this.#awaited.size === 0) this.#awaited.add(ANYTHING);
  }

  #disconnected({ message }: StreamError): void {
    if (this.#problem === undefined) {
      this.#changedAtMs = this.#parts.clock.monotonic();
      this.#parts.sink.narrowed?.(() => false);
    }
    this.#problem = message;
  }

  /** A frame of the stream was delivered. */
  frameClosed(): void {
    if (this.#parts.once) this.#waitForRoom();
  }

  /** Publishes a record. Within a frame, clients get what they get of it at its end. */
  readonly #publishWithRoom = (record: MarketRecord): void => {
    const { publish, isInFrame } = this.#parts;
    publish(record);
    if (isInFrame() || ++this.#sinceRoom < UPSTREAM_LIMITS.roomRecords) return;
    this.#sinceRoom = 0;
    this.#waitForRoom();
  };

  /** Stops reading while the clients have no room: upstream waits, and nothing is lost. */
  #waitForRoom(): void {
    const { sink, stream } = this.#parts;
    const room = this.#isWaitingForRoom ? undefined : sink.room();
    if (room === undefined) return;
    this.#isWaitingForRoom = true;
    stream.pause();
    void room.then(() => {
      this.#isWaitingForRoom = false;
      stream.resume();
    });
  }
}
