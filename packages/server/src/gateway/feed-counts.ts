import type { Clock } from "@tickerplant/client";
import { StreamError, WILDCARD } from "@tickerplant/client/wire";
import type { FeedGap, SourceEvent } from "../feeds/feed.ts";
import type { CauseReport, GapReport, UpstreamReport } from "./gateway-report.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/** What happened at a feed since the start, for reports: counted for each event, and never for each record. */
export class FeedCounts {
  /** Clients closed as slow. */
  slowClients = 0;
  /** Bytes that the network had accepted for clients that are gone. */
  sentBytes = 0;
  filledGaps = 0;
  filledRecords = 0;
  /** Gaps that stayed open, by the code of the cause. */
  readonly gaps: Record<string, number> = {};
  /** The newest first. */
  readonly newestGaps: GapReport[] = [];
  /** Why the source was lost, the newest first. */
  readonly losses: UpstreamReport["losses"][number][] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts records that may be missing. */
  addGap(gap: FeedGap): void {
    const cause = causeOf(gap.cause);
    this.gaps[cause.code] = (this.gaps[cause.code] ?? 0) + 1;
    addFirst(this.newestGaps, { ...rangeOf(gap), cause });
  }

  /** Counts what happened between the feed and its source. */
  addSourceEvent(event: SourceEvent): void {
    if (event.type === "lost") {
      addFirst(this.losses, { ...causeOf(event.cause), at: new Date(this.#clock.now()).toISOString() });
    }
    if (event.type === "filled") {
      this.filledGaps++;
      this.filledRecords += event.recordCount;
      addFirst(this.newestGaps, { ...rangeOf(event), filledCount: event.recordCount });
    }
  }
}

function rangeOf({ channel, symbols, from, to }: Omit<FeedGap, "cause">): Omit<GapReport, "cause" | "filledCount"> {
  const count = symbols.includes(WILDCARD) ? WILDCARD : symbols.length;
  return { channel, symbols: count, from: from.toISOString(), to: to.toISOString() };
}

function causeOf(error: Error): CauseReport {
  return { code: error instanceof StreamError ? error.code : "unknown", message: error.message };
}

/** Adds an item as the first, and removes the last one beyond the limit. */
function addFirst<T>(items: T[], item: T): void {
  items.unshift(item);
  items.splice(GATEWAY_LIMITS.maxReportedEvents);
}
