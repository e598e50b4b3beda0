import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { LeaseEntry } from "@tickerplant/cluster";
import type { FeedGap, SourceEvent } from "../feeds/feed.ts";

/** What happens to an ingest. */
export type IngestEvent =
  /** Another ingest leads the feed; this one is ready to continue it. */
  | { readonly type: "following"; readonly leader: LeaseEntry }
  /** This ingest leads the feed. */
  | { readonly type: "leading"; readonly epoch: number; readonly resumedMs: number | undefined }
  /** It does no longer. */
  | { readonly type: "stoppedLeading"; readonly epoch: number; readonly cause: Error | undefined }
  | { readonly type: "source"; readonly event: SourceEvent }
  | { readonly type: "gap"; readonly gap: FeedGap }
  /** The source rejects symbols of its options, or of a gateway. */
  | { readonly type: "rejected"; readonly symbols: ChannelSymbols; readonly number: number; readonly message: string }
  /** Something failed, such as a request of NATS, and the ingest goes on. */
  | { readonly type: "failed"; readonly error: Error }
  /** The source has ended, here or at the ingest that leads. */
  | { readonly type: "ended" };
