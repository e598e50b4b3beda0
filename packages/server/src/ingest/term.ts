import type { Clock } from "@tickerplant/client";
import type { ChannelSymbols, WritableSchema } from "@tickerplant/client/wire";
import {
  type EntryStore,
  type Epoch,
  type FeedState,
  FeedWriter,
  type MessageLog,
  type Watermark,
} from "@tickerplant/cluster";
import type { DemandRequest, Feed, SourceEvent } from "../feeds/feed.ts";
import { ChannelSymbolSet } from "./channel-symbol-set.ts";
import { GatewayDemand, type GatewayDemandChange } from "./gateway-demand.ts";
import type { IngestEvent } from "./ingest-event.ts";
import { INGEST_LIMITS } from "./limits.ts";
import { NewestTime } from "./newest-time.ts";
import { TermSink } from "./term-sink.ts";

/** Parts of a {@link Term}. */
export interface TermParts {
  /** The feed as the cluster names it. */
  readonly name: string;
  readonly log: MessageLog;
  /** What gateways tell of themselves, and what they ask for. */
  readonly readers: EntryStore;
  readonly schema: WritableSchema;
  readonly clock: Clock;
  readonly epoch: Epoch;
  readonly feed: Feed;
  /** What the feed is subscribed to. */
  readonly symbols: ChannelSymbols;
  readonly isOnDemand: boolean;
  /** What the ingest before was subscribed to: its readers wait for these, until they are rejected. */
  readonly inherited: ChannelSymbols;
  /** The writer can write no more. */
  readonly lost: (error: Error) => void;
  readonly emit: (event: IngestEvent) => void;
}

/** One epoch of an ingest: runs the source, and writes what it publishes. */
export class Term {
  readonly epoch: number;
  readonly feed: Feed;
  readonly writer: FeedWriter;
  readonly #parts: TermParts;
  readonly #sink: TermSink;
  readonly #newest: NewestTime;
  readonly #carried: ChannelSymbolSet;
  readonly #demand: GatewayDemand | undefined;
  #completeMs: number;
  /** The watermark when the term was stopped; undefined before. */
  #last: Watermark | undefined;
  #isStateDue = false;
  /** Why the source sends nothing; undefined while it does. */
  #problem: string | undefined;

  constructor(parts: TermParts) {
    const { log, schema, clock, feed, inherited, lost, emit } = parts;
    const { epoch, epochStart, completeMs } = parts.epoch;
    this.#parts = parts;
    this.epoch = epoch;
    this.feed = feed;
    this.#completeMs = completeMs;
    this.#carried = new ChannelSymbolSet(
      parts.isOnDemand ? inherited : new ChannelSymbolSet(parts.symbols).covered(inherited),
    );
    this.#newest = new NewestTime(schema);
    this.writer = new FeedWriter({
      log,
      schema,
      clock,
      epoch,
      epochStart,
      watermark: () => this.#watermark(),
      failed: lost,
      troubled: (error) => emit({ type: "failed", error }),
    });
    if (parts.isOnDemand && feed.demand !== undefined)
      this.#demand = new GatewayDemand({
        feed: parts.name,
        readers: parts.readers,
        clock,
        changed: (change) => this.#demandChanged(change),
        failed: (error) => emit({ type: "failed", error }),
      });
    this.#sink = new TermSink(this.writer, this.#newest, {
      source: (event) => this.#source(event),
      gap: (gap) => emit({ type: "gap", gap }),
      withdrawn: (symbols) => {
        this.#carried.remove(symbols);
        this.#tellState();
      },
    });
  }

  /** Why the source sends nothing, in one sentence; undefined while it does. */
  get problem(): string | undefined {
    return this.#problem ?? (this.feed.status?.isReady === false ? this.feed.status.reason : undefined);
  }

  /** Up to which market time the feed is complete, in milliseconds; minus infinity before the first records. */
  get completeMs(): number {
    return this.#watermark().completeMs;
  }

  /** The state of the feed, for readers that begin in the middle. */
  get state(): FeedState {
    const { source } = this.feed;
    const { problem } = this;
    return {
      carried: this.#carried.list(),
      isOnDemand: this.#demand !== undefined,
      ...(source !== undefined && { source }),
      ...(problem !== undefined && { problem }),
    };
  }

  /**
   * Runs until `signal` is aborted, until the term is `lost`, or until the source ends. Unless it is lost, NATS has what
   * was published. Returns whether the source has ended. Rejects when it fails.
   */
  async run(signal: AbortSignal, lost: AbortSignal): Promise<boolean> {
    const stop = AbortSignal.any([signal, lost]);
    const dropAll = (): void => {
      this.#sink.end();
      this.writer.end();
    };
    lost.addEventListener("abort", dropAll, { once: true });
    stop.addEventListener("abort", () => this.#stopped(), { once: true }); // before the feed's own listener
    this.#tellState();
    const running = this.feed.run(this.#sink, stop);
    this.#subscribe();
    void this.#demand?.start();
    try {
      const hasStopped = await this.#ends(running, stop);
      if (!hasStopped) this.writer.event({ type: "ended" });
      return !hasStopped;
    } finally {
      this.#demand?.end();
      if (!lost.aborted) await this.#within(this.writer.drained(), INGEST_LIMITS.drainMs);
      dropAll();
    }
  }

  /** The feed is going to end its connection, and to give up the gaps that it fills: that completes nothing. */
  #stopped(): void {
    this.#last = this.#watermark();
    this.#sink.stop();
  }

  /** Resolves when the source has ended. Returns whether it was stopped. */
  async #ends(running: Promise<void>, stop: AbortSignal): Promise<boolean> {
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) return resolve();
      stop.addEventListener("abort", () => resolve(), { once: true });
    });
    running.catch(() => {}); // it may reject after its time
    await Promise.race([running, stopped]);
    if (stop.aborted)
      await this.#within(
        running.catch(() => {}),
        INGEST_LIMITS.sourceEndMs,
      );
    return stop.aborted;
  }

  async #within(promise: Promise<unknown>, ms: number): Promise<void> {
    const { clock } = this.#parts;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, ms);
      void promise.then(() => {
        clock.clearTimer(timer);
        resolve();
      });
    });
  }

  /** Subscribes to each channel by itself: a plan that lacks one has the others. */
  #subscribe(): void {
    const { symbols } = this.#parts;
    if (this.feed.demand === undefined) {
      this.#carried.add(symbols);
      return this.#tellState();
    }
    const requests = Object.entries(symbols).map(([channel, names]) => this.#request({ [channel]: names }));
    this.feed.demand({ released: {}, requests });
  }

  /** Of what gateways ask for, the source is asked symbol by symbol: one that it rejects costs no other. */
  #demandChanged({ asked, released, wanted }: GatewayDemandChange): void {
    const fixed = new ChannelSymbolSet(this.#parts.symbols);
    const requests = Object.entries(fixed.lacking(asked)).flatMap(([channel, names = []]) =>
      names.map((name) => this.#request({ [channel]: [name] })),
    );
    this.feed.demand?.({ released: fixed.lacking(released), requests });
    // Of what the ingest before carried, some may be wanted no longer.
    const needed = new ChannelSymbolSet(wanted);
    needed.add(this.#parts.symbols);
    this.#carried.remove(needed.lacking(this.#carried.list()));
    this.#tellState();
  }

  #request(symbols: ChannelSymbols): DemandRequest {
    return {
      symbols,
      confirm: () => {
        this.#carried.add(symbols);
        this.#tellState();
      },
      reject: ({ number, message }) => {
        this.#carried.remove(symbols);
        this.#tellState();
        this.writer.event({ type: "rejected", symbols, number, message });
        this.#parts.emit({ type: "rejected", symbols, number, message });
      },
    };
  }

  #source(event: SourceEvent): void {
    if (event.type === "connected") this.#problem = undefined;
    if (event.type === "lost") this.#problem = event.cause.message;
    if (event.type === "connected" || event.type === "lost") this.#tellState();
    this.#parts.emit({ type: "source", event });
  }

  /** Once for everything that changes in one turn: a source may confirm thousands of symbols at once. */
  #tellState(): void {
    if (this.#isStateDue) return;
    this.#isStateDue = true;
    queueMicrotask(() => {
      this.#isStateDue = false;
      this.writer.event({ type: "state", state: this.state });
    });
  }

  /** The watermark stays where the feed was complete last, until it is again: a new leader fills from there. */
  #watermark(): Watermark {
    if (this.#last !== undefined) return this.#last;
    const isComplete = this.feed.isCurrent ?? true;
    if (isComplete) this.#completeMs = Math.max(this.#completeMs, this.feed.marketMs ?? this.#newest.ms);
    return { completeMs: this.#completeMs, isComplete };
  }
}
