import type { LagSummary } from "../delivery/lag-window.ts";
import type { StreamEvents } from "./events.ts";

/** A snapshot of a stream's counters, since it was made. */
export interface StreamMetrics<C extends string = string> {
  /** Records received, by channel. */
  readonly records: Readonly<Record<C, number>>;
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
  /** Events, by name: those that a listener got, and those that had none. */
  readonly events: Readonly<Record<keyof StreamEvents, number>>;
  /** Handler calls that threw or rejected. */
  readonly handlerFailures: number;
  /** Records that wait for handlers and iterators now. */
  readonly queued: number;
  /** Records dropped by overflow policies, or still waiting at a stop or an unsubscribe. */
  readonly dropped: number;
  /** Records replaced by newer ones of their symbol. */
  readonly conflated: number;
  /** Subscriptions with waiting records that make no progress now; see `SlowEvent.stalledMs`. */
  readonly stalled: number;
  /**
   * Records whose time fits neither those around it nor its arrival. They are delivered like all
   * others, and move neither a gap's begin nor the lag.
   */
  readonly outliers: number;
  /**
   * Receive time minus the record's time (of a minute bar, minus the end of its minute), in milliseconds,
   * of the last minute (50 to 60 s). Updated and daily bars have none. Needs a correct clock.
   */
  readonly lag: LagSummary;
  /** The same since the stream was created. */
  readonly lagSinceStart: LagSummary;
}
