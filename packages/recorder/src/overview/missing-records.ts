import type { StoredEvent } from "./stored-events.ts";

/** Records that are missing, or may be, or were missing and are in the recording now. */
export interface MissingRecords extends Omit<StoredEvent, "segment"> {
  /** What happened: `gap`, `dropped`, `rejected`, `damaged`, `unsealed`, `unreadable` or `not_stored`. */
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
  const outcomes = new Map<string, StoredEvent[]>();
  for (const event of events) {
    if (event.kind !== "gap_filled" && event.kind !== "gap_open") continue;
    const key = rangeOf(event);
    outcomes.set(key, [...(outcomes.get(key) ?? []), event]);
  }
  return events.flatMap((event) => {
    if (event.kind === "gap") return partsOf(event, outcomes.get(rangeOf(event)) ?? []);
    // Also without a gap before: a subscription in the past lacks it, or one of the symbols that `*` stands for.
    if (event.kind === "gap_open") return [{ ...open(event), kind: "gap" }];
    return MISSING_KINDS.has(event.kind) ? [open(event)] : [];
  });
}

/** The outcomes of a gap have its channel and its times. */
function rangeOf({ channel, from, to }: StoredEvent): string {
  return `${channel} ${from?.getTime()} ${to?.getTime()}`;
}

/** What was filled of a gap, and what has no outcome. The parts that stay open have events of their own. */
function partsOf(gap: StoredEvent, outcomes: readonly StoredEvent[]): MissingRecords[] {
  const parts: MissingRecords[] = [];
  const left = new Set(gap.symbols);
  for (const { kind, symbols: ended, count } of outcomes) {
    const symbols = ended.filter((symbol) => left.delete(symbol));
    if (symbols.length > 0 && kind === "gap_filled") parts.push({ ...open(gap), symbols, count, isFilled: true });
  }
  if (left.size > 0) parts.push({ ...open(gap), symbols: [...left] });
  return parts;
}

function open({ segment: _, ...event }: StoredEvent): MissingRecords {
  return { ...event, isFilled: false };
}
