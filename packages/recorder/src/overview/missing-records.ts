import { type GapPart, gapParts, isGapEvent, isReadAgain } from "../reading/gap-parts.ts";
import type { StoredEvent } from "./stored-events.ts";

/** Records that are missing, or may be, or were missing and are in the recording now. */
export interface MissingRecords extends Omit<StoredEvent, "segment" | "received"> {
  /** What happened: `gap`, `dropped`, `rejected`, `damaged`, `unsealed`, `unreadable`, `not_stored` or `downtime`. */
  readonly kind: string;
  /** Whether history has filled it. */
  readonly isFilled: boolean;
}

/** Kinds of events that say that records are missing, besides gaps. */
const MISSING_KINDS: ReadonlySet<string> = new Set([
  "dropped",
  "rejected",
  "damaged",
  "unsealed",
  "unreadable",
  "not_stored",
]);

/** Returns what events say about missing records. A gap becomes several if it has several outcomes. */
export function missingRecords(events: readonly StoredEvent[]): MissingRecords[] {
  const parts = gapParts(events, ({ channel, from, to }) => `${channel} ${from?.getTime()} ${to?.getTime()}`);
  return events.flatMap((event, index) => {
    if (isReadAgain(events, index)) return [];
    if (event.kind === "downtime") return [{ ...open(event), from: events[index - 1]?.received, to: event.received }];
    if (isGapEvent(event)) return (parts.get(event) ?? []).map((part) => partOf(event, part));
    return MISSING_KINDS.has(event.kind) ? [open(event)] : [];
  });
}

/** A part that stays open has the reason for that. */
function partOf(gap: StoredEvent, { symbols, outcome = gap, isFilled }: GapPart<StoredEvent>): MissingRecords {
  if (isFilled) return { ...open(gap), symbols, count: outcome.count, isFilled };
  return { ...open(outcome), kind: "gap", symbols };
}

function open({ segment: _, received: __, ...event }: StoredEvent): MissingRecords {
  return { ...event, isFilled: false };
}
