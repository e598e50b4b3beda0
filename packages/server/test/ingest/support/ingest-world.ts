import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { StockTail, type StreamTail } from "@tickerplant/client/history";
import { VirtualClock } from "@tickerplant/client/testing";
import { FrameDecoder, type MarketRecord } from "@tickerplant/client/wire";
import { decodeEvent, type FeedEvent, FrameKind, type LeaseEntry, readEntry } from "@tickerplant/cluster";
import { ModelEntries, ModelLog } from "@tickerplant/cluster/testing";
import { onTestFinished } from "vitest";
import { decodeFrame } from "../../../../cluster/src/frames/frame.ts";
import type { DemandChange, Feed, FeedSink } from "../../../src/feeds/feed.ts";
import { Ingest, type IngestOptions } from "../../../src/ingest/ingest.ts";
import type { IngestEvent } from "../../../src/ingest/ingest-event.ts";

/** The market's time at the begin of a test, in seconds since the epoch. */
export const BEGIN_S = 1_763_130_600;

/** A source whose records a test publishes. */
export class ScriptedFeed implements Feed {
  readonly paced = true;
  /** What the ingest gave it to continue. */
  readonly resume: StreamTail | undefined;
  readonly changes: DemandChange[] = [];
  isCurrent = true;
  /** Whether requests are confirmed at once. */
  isConfirming = true;
  sink: FeedSink | undefined;
  isRunning = false;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(resume: StreamTail | undefined) {
    this.resume = resume;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.sink = sink;
    this.isRunning = true;
    return new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    }).finally(() => {
      this.isRunning = false;
    });
  }

  demand(change: DemandChange): void {
    this.changes.push(change);
    if (this.isConfirming) for (const request of change.requests) request.confirm();
  }

  /** Publishes trades with the times `BEGIN_S` plus so many seconds each. */
  trades(...seconds: number[]): void {
    for (const each of seconds) this.sink?.publish(trade(each));
  }

  end(): void {
    this.#end();
  }

  fail(error: Error): void {
    this.#fail(error);
  }
}

export function trade(seconds: number, symbol = "AAPL"): Trade {
  return new Trade(symbol, BEGIN_S + seconds, 0, seconds, "V", 100, 1, ["@"], "C");
}

/** An ingest of a test, and what became of it. */
export interface TestIngest {
  readonly ingest: Ingest;
  readonly events: IngestEvent[];
  readonly feeds: ScriptedFeed[];
  /** Its newest source. */
  readonly feed: ScriptedFeed;
  readonly stop: AbortController;
  /** How its run ended; undefined while it runs. */
  outcome: { readonly error: unknown } | undefined;
}

/** A log and leases in virtual time, for any number of ingests. */
export class IngestWorld {
  readonly clock = new VirtualClock();
  readonly log = new ModelLog(() => this.clock.now());
  readonly leases = new ModelEntries();
  readonly readers = new ModelEntries();

  /** Starts an ingest of the feed `sip`, trades of all symbols. */
  start(
    name: string,
    options: Partial<IngestOptions> = {},
    prepare: (feed: ScriptedFeed) => void = () => {},
  ): TestIngest {
    const feeds: ScriptedFeed[] = [];
    const events: IngestEvent[] = [];
    const stop = new AbortController();
    const ingest = new Ingest({
      feed: "sip",
      ports: { log: this.log, leases: this.leases, readers: this.readers },
      schema: STOCK_SCHEMA,
      source: (resume) => {
        const feed = new ScriptedFeed(resume);
        prepare(feed);
        feeds.push(feed);
        return feed;
      },
      tail: () => new StockTail({ clock: this.clock }),
      symbols: { trades: ["*"] },
      name,
      clock: this.clock,
      onEvent: (event) => void events.push(event),
      ...options,
    });
    const test: TestIngest = {
      ingest,
      events,
      feeds,
      get feed() {
        const feed = feeds.at(-1);
        if (feed === undefined) throw new Error(`${name} has not led yet`);
        return feed;
      },
      stop,
      outcome: undefined,
    };
    ingest.run(stop.signal).then(
      () => {
        test.outcome = { error: undefined };
      },
      (error: unknown) => {
        test.outcome = { error };
      },
    );
    onTestFinished(async () => {
      stop.abort();
      await this.clock.advance(20_000);
    });
    return test;
  }

  /** The frames of the log. */
  async frames(): Promise<ReturnType<typeof decodeFrame>[]> {
    const { firstSequence, lastSequence } = await this.log.state();
    const frames: ReturnType<typeof decodeFrame>[] = [];
    for (let sequence = firstSequence; sequence <= lastSequence; sequence++) {
      const message = await this.log.get(sequence);
      if (message !== undefined) frames.push(decodeFrame(message.bytes));
    }
    return frames;
  }

  /** The records of the log, in order. */
  async records(): Promise<MarketRecord[]> {
    const records: MarketRecord[] = [];
    const decoder = new FrameDecoder(STOCK_SCHEMA);
    const sink = {
      record: (record: unknown) => void records.push(record as MarketRecord), // not raw
      control: () => {},
      fault: (error: Error) => {
        throw error;
      },
    };
    for (const { kind, payload } of await this.frames())
      if (kind === FrameKind.RECORDS || kind === FrameKind.FILLED) decoder.decode(payload, sink);
    return records;
  }

  /** The events of the log, in order. */
  async events<Type extends FeedEvent["type"]>(type: Type): Promise<Extract<FeedEvent, { type: Type }>[]> {
    const events = (await this.frames())
      .filter(({ kind }) => kind === FrameKind.EVENT)
      .map(({ payload }) => decodeEvent(payload));
    return events.filter((event) => event.type === type) as Extract<FeedEvent, { type: Type }>[]; // by the filter
  }

  /** The lease of the feed. */
  async lease(): Promise<LeaseEntry> {
    const entry = await this.leases.get("sip");
    if (entry === undefined) throw new Error("nobody has taken the lease");
    return readEntry(entry.value);
  }
}
