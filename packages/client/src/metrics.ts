import type { LagSummary } from "./lag-histogram.ts";
import type { Channel } from "./wire/index.ts";

/** A snapshot of a stream's counters, since it was made. */
export interface StreamMetrics {
  /** Records received, by channel. */
  readonly records: Readonly<Record<Channel, number>>;
  /** Records received. */
  readonly recordCount: number;
  /** Frames received. */
  readonly frames: number;
  /** Bytes received in frames, after decompression. */
  readonly bytes: number;
  /** Connections lost and tried again. */
  readonly reconnects: number;
  /** Messages and frames that could not be read. */
  readonly unreadable: number;
  /** Handler calls that threw or rejected. */
  readonly handlerFailures: number;
  /** Records that wait for handlers and iterators now. */
  readonly queued: number;
  /** Records dropped by overflow policies, or still waiting at a stop or an unsubscribe. */
  readonly dropped: number;
  /** Records replaced by newer ones of their symbol. */
  readonly conflated: number;
  /** Receive time minus the record's time, in milliseconds; needs a clock that is right. */
  readonly lag: LagSummary;
}
