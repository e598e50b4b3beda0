import type { Gap } from "../market/gap-ledger.ts";
import * as LIMITS from "./limits.ts";

/** Gaps at one place of the lane: one, or neighbours too near to be told apart. */
export interface GapPlace {
  readonly left: number;
  readonly right: number;
  /** The state that asks for most attention. */
  readonly state: Gap["state"];
  /** In order of time. */
  readonly gaps: readonly Gap[];
}

const ATTENTION: Record<Gap["state"], number> = { missed: 0, filled: 0, filling: 1, open: 2 };

/** Places gaps on the lane. Each is wide enough to be seen; those that would overlap are one place. */
export function placeGaps(gaps: readonly Gap[], x: (ms: number) => number, nowMs: number): GapPlace[] {
  const places: GapPlace[] = [];
  for (const gap of gaps.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const place = placeOf(gap, x, nowMs);
    const last = places.at(-1);
    if (last !== undefined && place.left < last.right) places[places.length - 1] = joined(last, place);
    else places.push(place);
  }
  return places;
}

function placeOf(gap: Gap, x: (ms: number) => number, nowMs: number): GapPlace {
  const left = x(gap.fromMs);
  const right = x(gap.toMs ?? nowMs);
  const missing = Math.max(0, LIMITS.minGapWidth - (right - left)) / 2;
  return { left: left - missing, right: right + missing, state: gap.state, gaps: [gap] };
}

function joined(a: GapPlace, b: GapPlace): GapPlace {
  return {
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    state: ATTENTION[a.state] >= ATTENTION[b.state] ? a.state : b.state,
    gaps: [...a.gaps, ...b.gaps],
  };
}
