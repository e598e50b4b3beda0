import { type ChannelSymbols, type StreamSchema, WILDCARD } from "@tickerplant/client/wire";
import type * as ClusterPackage from "@tickerplant/cluster";
import type { FeedEvent, FeedState, Frame, ReaderPosition, SkippedFrames } from "@tickerplant/cluster";
import type { FeedSource, ReportedGap } from "@tickerplant/recorder";
import { placeOfPosition } from "./cluster-place.ts";
import { CLUSTER_RECORDING_LIMITS as LIMITS } from "./limits.ts";

/** What a recorder keeps of a source whose messages have numbers. */
export type NumberedSink = Pick<FeedSource, "frame" | "history" | "reached" | "gap" | "filled">;

/** Parts of a {@link FrameRecorder}. */
export interface FrameRecorderParts {
  readonly cluster: Pick<typeof ClusterPackage, "FrameKind" | "decodeEvent">;
  readonly sink: NumberedSink;
  /** That of the feed's asset class: of its channels all may be missing before the feed has said what it carries. */
  readonly schema: Pick<StreamSchema, "subscribable" | "traits">;
}

/** Passes the frames of a feed in NATS on to a recorder, each with its place. What it decodes are events alone. */
export class FrameRecorder {
  readonly #parts: FrameRecorderParts;
  readonly #counts = { frame: 0, record: 0, gap: 0, filled: 0 };
  #carried: ChannelSymbols | undefined;
  /** When the frame of the newest place was made. */
  #placedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: FrameRecorderParts) {
    this.#parts = parts;
  }

  /** How many frames and records came, and how many gaps were reported, and filled. */
  get counts(): { readonly frame: number; readonly record: number; readonly gap: number; readonly filled: number } {
    return this.#counts;
  }

  /** What the feed carries; empty before that is known. */
  get carried(): ChannelSymbols {
    return this.#carried ?? {};
  }

  /** The state of the feed is known from elsewhere, or has changed. */
  stateChanged({ carried }: FeedState): void {
    this.#carried = carried;
  }

  /**
   * Records a frame; `position` is that of a reader that has read it. Returns the event that it has, and its kind if this
   * version does not know that.
   */
  frame(frame: Frame, position: ReaderPosition): { readonly event?: FeedEvent; readonly unknownKind?: number } {
    const { cluster, sink } = this.#parts;
    const { FrameKind } = cluster;
    const { kind, payload, recordCount, madeMs } = frame;
    this.#counts.frame++;
    if (kind === FrameKind.HEARTBEAT && madeMs - this.#placedMs < LIMITS.heartbeatPlaceMs) return {};
    this.#placedMs = madeMs;
    const place = placeOfPosition(position);
    switch (kind) {
      case FrameKind.RECORDS:
        this.#counts.record += recordCount;
        sink.frame(payload, recordCount, place);
        return {};
      case FrameKind.FILLED:
        this.#counts.record += recordCount;
        sink.history(payload, recordCount, place);
        return {};
      case FrameKind.EVENT: {
        const event = cluster.decodeEvent(payload);
        this.#event(event);
        sink.reached(place);
        return { event };
      }
      case FrameKind.HEARTBEAT:
        sink.reached(place);
        return {};
      default:
        sink.reached(place);
        return { unknownKind: kind };
    }
  }

  /**
   * Records that frames are missing, of everything that the feed carries, in front of the next frame. Returns the gaps.
   */
  skipped({ fromMs, toMs, cause }: SkippedFrames): readonly ReportedGap[] {
    const { subscribable, traits } = this.#parts.schema;
    const to = new Date(toMs);
    const firstMs = Number.isFinite(fromMs) ? fromMs : toMs;
    const all = Object.fromEntries(subscribable.map((channel) => [channel, [WILDCARD]]));
    const gaps = Object.entries(this.#carried ?? all).map(([channel, symbols = []]) => ({
      channel,
      symbols,
      from: new Date(firstMs - (traits[channel]?.spanMs ?? 0)), // a bar has the time of its start
      to,
      cause,
    }));
    for (const gap of gaps) this.#gap(gap);
    return gaps;
  }

  #event(event: FeedEvent): void {
    if (event.type === "state") this.stateChanged(event.state);
    if (event.type === "gap") this.#gap(gapOf(event));
    if (event.type !== "filled") return;
    const { channel, symbols, fromMs, toMs, recordCount } = event;
    this.#counts.filled++;
    this.#parts.sink.filled({ channel, symbols, from: new Date(fromMs), to: new Date(toMs), recordCount });
  }

  #gap(gap: ReportedGap): void {
    this.#counts.gap++;
    this.#parts.sink.gap(gap);
  }
}

/** The gap that an ingest reports. Its cause has the code as a property, as errors of this project have it. */
export function gapOf({
  channel,
  symbols,
  fromMs,
  toMs,
  cause,
  message,
}: FeedEvent & { readonly type: "gap" }): ReportedGap {
  return {
    channel,
    symbols,
    from: new Date(fromMs),
    to: new Date(toMs),
    cause: Object.assign(new Error(message), { code: cause }),
  };
}
