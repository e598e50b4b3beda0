import type { StreamError } from "../wire/index.ts";
import type { MissedRange } from "./missed-ranges.ts";
import type { Overflow } from "./record-queue.ts";

/** How one subscription is served. */
export interface ConsumerOptions {
  readonly overflow: Overflow;
  readonly maxQueued: number;
  readonly concurrency: number;
  /** No progress for so long is a stall, in milliseconds; infinite for never. */
  readonly stalledAfterMs: number;
}

/** What a consumer reports to the delivery, and queries from it. */
export interface ConsumerEvents {
  /** A consumer with the policy `block` became full, or is no longer. */
  pressureChanged(): void;
  /** Records wait at the limit, or were lost there. */
  slow(consumer: Consumer): void;
  /** An isolated consumer made progress: its policy holds again. */
  recovered(consumer: Consumer): void;
  /** A handler failed, or the policy is `disconnect`. */
  failed(error: StreamError): void;
  /** The channel of a record or raw record. */
  channelOf(record: unknown): string;
  /** Whether a time fits the others of its channel. */
  isPlausible(channel: string, timeMs: number): boolean;
  /** The newest time of a channel's records. */
  newestMs(channel: string): number;
}

/** The end of one subscription: a handler or an iterator. */
export interface Consumer {
  /** Equal for consumers with the same handler, which is called once for a record. */
  readonly identity: unknown;
  readonly overflow: Overflow;
  /** Receives one record. */
  deliver(record: unknown, symbol: string, symbolNumber: number): void;
  /** Whether reading should stop for it. */
  readonly isFull: boolean;
  /** Whether it holds so much that reading must stop, even while an answer is awaited. */
  readonly isOverfull: boolean;
  /** Whether more than half as many records wait as may. */
  readonly isHalfFull: boolean;
  /** Records that wait. */
  readonly queued: number;
  /** Records that wait, and those whose handler calls are running. */
  readonly unfinished: readonly unknown[];
  /** Records dropped so far. */
  readonly dropped: number;
  /** Records replaced by newer ones so far. */
  readonly conflated: number;
  /** Counts the calls that settled, or the records that were pulled. */
  readonly progress: number;
  /** No progress for so long, with records waiting, is a stall. */
  readonly stalledAfterMs: number;
  /** Whether its queue is at the limit. */
  readonly isAtLimit: boolean;
  /**
   * Checks the running handler calls; to be called a few times in `stalledAfterMs`. Returns when the oldest
   * call for which records of its symbol wait was first seen; infinity without one.
   */
  check(nowMs: number): number;
  /** Symbols whose handler calls had been running for `stalledAfterMs` at the last check. */
  readonly stuckSymbols: readonly string[];
  /** Whether it drops at its limit instead of stopping the reading; see {@link isolate}. */
  readonly isIsolated: boolean;
  /**
   * Reading no longer waits for it: at its limit it drops the oldest records, until a call that is
   * running now settles or a record is pulled. With `untilDrained`, for platforms that cannot stop
   * reading, until its queue is half empty.
   */
  isolate(untilDrained: boolean): void;
  /** Whether something was dropped since the last {@link finishMissed}. */
  readonly hasMissed: boolean;
  /** Returns what was dropped since the last call. */
  finishMissed(): readonly MissedRange[];
  /** Resolves when no record waits and no handler call is running. */
  drained(): Promise<void>;
  /** Whether no record waits and no handler call is running. */
  readonly isIdle: boolean;
  /** Discards the records that wait: the stream was stopped. Running handler calls are not affected. */
  discard(): void;
  /** Discards the records that wait of symbols that it is no longer subscribed to. */
  retain(isSubscribed: (channel: string, symbol: string) => boolean): void;
  /**
   * No record will follow: a handler gets none that waits either. An iterator ends after what it
   * holds, with the error if there is one.
   */
  end(error: StreamError | undefined): void;
}
