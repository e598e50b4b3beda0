import type { ChannelSymbols } from "@tickerplant/client/wire";
import { ClusterError } from "../cluster-error.ts";

/** What an ingest is, for people and reports. */
export interface IngestInfo {
  /** Chosen for people, such as the name of its machine. */
  readonly name: string;
  /** Unique for each run of an ingest. */
  readonly id: string;
  /** The version of this project that it runs. */
  readonly version: string;
}

/** What a feed gets its records from, and which of them. */
export interface FeedState {
  /** What the ingest is subscribed to, confirmed by its source. `*` for all symbols. */
  readonly carried: ChannelSymbols;
  /** Whether the ingest subscribes to what gateways ask for. */
  readonly isOnDemand: boolean;
  /** What the records are: `live`, `simulated`, `replay`; absent if that is not known. */
  readonly source?: string | undefined;
  /** Why the source sends nothing at the moment; absent while it does. */
  readonly problem?: string | undefined;
}

/** Something besides records that an ingest reports, in its order among them. */
export type FeedEvent =
  /**
   * Another ingest leads the feed from this frame on. The first frame of an epoch. `previousEpoch` is that of the frame
   * before, which shows a reader whether that is the one that it had; absent if the stream keeps none.
   */
  | { readonly type: "epoch"; readonly ingest: IngestInfo; readonly previousEpoch?: number | undefined }
  /** The state of the feed has changed. */
  | { readonly type: "state"; readonly state: FeedState }
  /** Records may be missing, between those before and those that follow. Times are in milliseconds of market time. */
  | {
      readonly type: "gap";
      readonly channel: string;
      readonly symbols: readonly string[];
      readonly fromMs: number;
      readonly toMs: number;
      readonly cause: string;
      readonly message: string;
    }
  /** Records that were missing were published before. */
  | {
      readonly type: "filled";
      readonly channel: string;
      readonly symbols: readonly string[];
      readonly fromMs: number;
      readonly toMs: number;
      readonly recordCount: number;
    }
  /** The source rejects symbols that a gateway asked for. */
  | {
      readonly type: "rejected";
      readonly symbols: ChannelSymbols;
      readonly number: number;
      readonly message: string;
    }
  /** The source no longer carries symbols that it had confirmed. */
  | {
      readonly type: "withdrawn";
      readonly symbols: ChannelSymbols;
      readonly number: number;
      readonly message: string;
    }
  /** The source rejects the feed as a whole, or serves it again: without a number. */
  | {
      readonly type: "outage";
      readonly number?: number | undefined;
      readonly message?: string | undefined;
      readonly isTerminal?: boolean | undefined;
    }
  /** The source has ended: no record follows, unless another ingest begins. */
  | { readonly type: "ended" };

/** The event as the payload of a frame. */
export function encodeEvent(event: FeedEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}

/**
 * Reads the payload of a frame. An event of a type that this version does not know is returned as well: a reader
 * ignores it.
 *
 * @throws ClusterError `not_a_frame` for anything but an event.
 */
export function decodeEvent(payload: Uint8Array): FeedEvent {
  try {
    const event = JSON.parse(Buffer.from(payload).toString()) as FeedEvent | null; // written by encodeEvent
    if (typeof event?.type === "string") return event;
  } catch (error) {
    throw new ClusterError("not_a_frame", "the stream has an event that cannot be read", error);
  }
  throw new ClusterError("not_a_frame", "the stream has an event without a type");
}
