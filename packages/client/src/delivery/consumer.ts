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

/** What a consumer reports to the delivery, and asks of it. */
export interface ConsumerEvents {
  /** A consumer with the policy `block` is full, or no longer. */
  pressureChanged(): void;
  /** Records wait at the bound, or were lost there. */
  slow(consumer: Consumer): void;
  /** An isolated consumer made progress: its policy holds again. */
  recovered(consumer: Consumer): void;
  /** A handler failed, or the policy is `disconnect`. */
  failed(error: StreamError): void;
  /** Whether a time fits the others of its channel. */
  isPlausible(channel: string, timeMs: number): boolean;
  /** The newest time of a channel's records. */
  newestMs(channel: string): number;
}

/** Where the records of one subscription go: to a handler, or to an iterator. */
export interface Consumer {
  /** What makes two consumers the same: one handler is called once for a record. */
  readonly identity: unknown;
  readonly overflow: Overflow;
  /** Takes one record. */
  deliver(record: unknown, channel: string, symbol: string, symbolNumber: number): void;
  /** Whether reading should stop for it. */
  readonly isFull: boolean;
  /** Whether it holds so much that reading must stop whatever else is awaited. */
  readonly isOverfull: boolean;
  /** Records that wait. */
  readonly queued: number;
  /** Records dropped so far. */
  readonly dropped: number;
  /** Records replaced by newer ones so far. */
  readonly conflated: number;
  /** Counts the calls that settled, or the records that were pulled. */
  readonly progress: number;
  /** No progress for so long, with records waiting, is a stall. */
  readonly stalledAfterMs: number;
  /** Whether as many records wait as may. */
  readonly isAtLimit: boolean;
  /**
   * Looks at the handler calls at work; to be called a few times in `stalledAfterMs`. Returns since when
   * the oldest one is known that records of its symbol wait for; infinity without one.
   */
  check(nowMs: number): number;
  /** Symbols whose handler calls had been at work for `stalledAfterMs` at the last look. */
  readonly stuckSymbols: readonly string[];
  /** Whether it drops at its limit instead of stopping the reading; see {@link isolate}. */
  readonly isIsolated: boolean;
  /**
   * Reading goes on without it: at its limit it drops the oldest records, until a call that is at
   * work now settles or a record is pulled. With `untilDrained`, for platforms that cannot stop
   * reading, until its queue is half empty.
   */
  isolate(untilDrained: boolean): void;
  /** Whether something was dropped since the last {@link finishMissed}. */
  readonly hasMissed: boolean;
  /** Returns what was dropped since the last call. */
  finishMissed(): readonly MissedRange[];
  /** Resolves when nothing waits and no handler is at work. */
  drained(): Promise<void>;
  /** Whether nothing waits and no handler is at work. */
  readonly isIdle: boolean;
  /** Forgets what waits: the stream was stopped. Handlers at work are left alone. */
  discard(): void;
  /** Forgets what waits of symbols that it is no longer subscribed to. */
  retain(isSubscribed: (channel: string, symbol: string) => boolean): void;
  /**
   * No record will follow: a handler gets none that waits either. An iterator ends after what it
   * holds, with the error if there is one.
   */
  end(error: StreamError | undefined): void;
}
