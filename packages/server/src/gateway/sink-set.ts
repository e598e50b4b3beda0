import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import type { FeedGap, IsSent, SourcePlace } from "../feeds/feed.ts";
import type { RecordSink, SinkReport } from "../feeds/record-sink.ts";

/**
 * Sinks that fail alone. One that throws is reported and removed: it lacks a record from then on, and
 * a history or a recording with a hole that nothing shows would be worse than one that ends.
 */
export class SinkSet implements Required<Omit<RecordSink, "snapshot">> {
  /** Replaced at every change, so that one during a call does not disturb the others. */
  #sinks: readonly RecordSink[] = [];
  readonly #failed: (error: unknown) => void;
  #hasFailed = false;

  /** `failed` is called with what a sink threw. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** What a sink cannot do at the moment; the failure of one that was removed stays. */
  get problem(): string | undefined {
    if (this.#hasFailed) return "a sink failed and was removed; the log has its error";
    return this.#sinks.find(({ problem }) => problem !== undefined)?.problem;
  }

  /** What the sinks that keep records report of themselves; of two recorders, the last one. */
  report(): SinkReport {
    let all: SinkReport = {};
    this.#each((sink) => {
      all = { ...all, ...sink.report?.() };
    });
    return all;
  }

  add(sink: RecordSink): void {
    this.#sinks = [...this.#sinks, sink];
  }

  /** Removes a sink; ignores one that is not there. */
  remove(sink: RecordSink): void {
    this.#sinks = this.#sinks.filter((other) => other !== sink);
  }

  /** Returns what a client is sent first of those sinks that remember it, except for `excepted`. */
  snapshot(symbols: ChannelSymbols, excepted: RecordSink | undefined): MarketRecord[] {
    const records: MarketRecord[] = [];
    this.#each((sink) => {
      if (sink !== excepted) for (const record of sink.snapshot?.(symbols) ?? []) records.push(record);
    });
    return records;
  }

  record(record: MarketRecord, symbolNumber: number): void {
    for (const sink of this.#sinks) {
      try {
        sink.record(record, symbolNumber);
      } catch (error) {
        this.#fail(sink, error);
      }
    }
  }

  gap(gap: FeedGap): void {
    this.#each((sink) => sink.gap?.(gap));
  }

  carried(symbols: ChannelSymbols): void {
    this.#each((sink) => sink.carried?.(symbols));
  }

  released(symbols: ChannelSymbols): void {
    this.#each((sink) => sink.released?.(symbols));
  }

  narrowed(isSent: IsSent): void {
    this.#each((sink) => sink.narrowed?.(isSent));
  }

  begins(at: Date): void {
    this.#each((sink) => sink.begins?.(at));
  }

  reached(place: SourcePlace): void {
    this.#each((sink) => sink.reached?.(place));
  }

  flush(): void {
    this.#each((sink) => sink.flush?.());
  }

  close(): void {
    this.#each((sink) => sink.close?.());
  }

  #each(call: (sink: RecordSink) => void): void {
    for (const sink of this.#sinks) {
      try {
        call(sink);
      } catch (error) {
        this.#fail(sink, error);
      }
    }
  }

  #fail(sink: RecordSink, error: unknown): void {
    this.#hasFailed = true;
    this.remove(sink);
    this.#failed(error);
  }
}
