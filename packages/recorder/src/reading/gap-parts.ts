import { WILDCARD } from "@tickerplant/client/wire";

/** A row of the table `gaps` about a gap: that there is one (`gap`), or what became of it (`gap_filled`, `gap_open`). */
export interface GapEvent {
  readonly kind: string;
  readonly symbols: readonly string[];
}

/** Symbols of a gap of which the same became. */
export interface GapPart<Event extends GapEvent> {
  readonly symbols: readonly string[];
  /** What became of them; undefined if the recording ends before that. */
  readonly outcome: Event | undefined;
  /** Whether history has filled it. */
  readonly isFilled: boolean;
}

/** The parts of each gap. */
type GapParts<Event extends GapEvent> = Map<Event, GapPart<Event>[]>;

/** Whether an event is about a gap. */
export function isGapEvent({ kind }: GapEvent): boolean {
  return kind === "gap" || kind === "gap_filled" || kind === "gap_open";
}

/**
 * Divides gaps by what became of their symbols. Outcomes have the channel and the times of their gap, of which `rangeOf`
 * makes a key. A `gap_open` without a gap is one itself: it is what a subscription in the past lacks.
 */
export function gapParts<Event extends GapEvent>(
  events: readonly Event[],
  rangeOf: (event: Event) => string,
): ReadonlyMap<Event, readonly GapPart<Event>[]> {
  const ranges = new Map<string, Event[]>();
  for (const event of events.filter(isGapEvent)) {
    const range = ranges.get(rangeOf(event));
    if (range === undefined) ranges.set(rangeOf(event), [event]);
    else range.push(event);
  }
  const parts: GapParts<Event> = new Map();
  for (const range of ranges.values()) divideRange(range, parts);
  return parts;
}

/** Divides the gaps of one range. */
function divideRange<Event extends GapEvent>(events: readonly Event[], parts: GapParts<Event>): void {
  const gaps = events.filter(({ kind }) => kind === "gap");
  const left = new Map(gaps.map((gap) => [gap, new Set(gap.symbols)]));
  const known = new Set(gaps.flatMap(({ symbols }) => symbols));
  const add = (gap: Event, symbols: readonly string[], outcome?: Event): void => {
    if (symbols.length === 0) return;
    const part = { symbols, outcome, isFilled: outcome?.kind === "gap_filled" };
    parts.set(gap, [...(parts.get(gap) ?? []), part]);
  };
  for (const outcome of events.filter(({ kind }) => kind !== "gap")) {
    for (const [gap, symbols] of left)
      add(
        gap,
        outcome.symbols.filter((symbol) => symbols.delete(symbol)),
        outcome,
      );
    if (outcome.kind !== "gap_open") continue;
    const others = outcome.symbols.filter((symbol) => !known.has(symbol));
    add(gaps.find(({ symbols }) => symbols.includes(WILDCARD)) ?? outcome, others, outcome);
    for (const symbol of others) known.add(symbol);
  }
  for (const [gap, symbols] of left) add(gap, [...symbols]);
}

/** The first event of a recorder that reads its source from the recording's place on. */
export const CONTINUED = "continued";

/** Whether a row is of a segment that a crash has cut, and the next recorder has read again what that cost. */
export function isReadAgain(rows: readonly { readonly kind: string }[], index: number): boolean {
  let next = index;
  while (rows[next]?.kind === "unsealed") next++; // two segments, if the crash came while the first was sealed
  return next > index && rows[next]?.kind === CONTINUED;
}
