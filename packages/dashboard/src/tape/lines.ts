import type { Gap } from "../market/gap-ledger.ts";
import type { Print, Update } from "../market/print.ts";
import { MAX_LINES } from "./limits.ts";

/** What the tape reads of a gap. */
export type TapeGap = Pick<Gap, "fromMs" | "toMs" | "state">;

/** A line of the tape. */
export type Line =
  | { readonly kind: "print"; readonly print: Print; readonly isStruck: boolean }
  | { readonly kind: "update"; readonly print: Print; readonly update: Update }
  | { readonly kind: "gap"; readonly gap: TapeGap };

/**
 * The lines of the tape, newest first: each trade, what became of it in a line below, and a rule where a gap ends.
 * `gaps` are oldest first.
 */
export function tapeLines(prints: readonly Print[], gaps: readonly TapeGap[]): Line[] {
  const lines: Line[] = [];
  let gapsLeft = gaps.length;
  for (const print of prints) {
    if (lines.length >= MAX_LINES) break;
    for (; gapsLeft > 0; gapsLeft--) {
      const gap = gaps[gapsLeft - 1] as TapeGap; // the index is below the length
      if (gap.toMs !== undefined && timeMs(print) > gap.toMs) break;
      lines.push({ kind: "gap", gap });
    }
    lines.push({ kind: "print", print, isStruck: print.update !== undefined });
    if (print.update !== undefined) lines.push({ kind: "update", print, update: print.update });
  }
  lines.length = Math.min(lines.length, MAX_LINES);
  return lines;
}

/** Whether two lines show the same. */
export function isSameLine(one: Line | undefined, other: Line | undefined): boolean {
  if (one?.kind === "print" && other?.kind === "print")
    return one.print === other.print && one.isStruck === other.isStruck;
  if (one?.kind === "update" && other?.kind === "update") return one.update === other.update;
  if (one?.kind === "gap" && other?.kind === "gap") return isSameGap(one.gap, other.gap);
  return one === other;
}

function isSameGap(one: TapeGap, other: TapeGap): boolean {
  return one.fromMs === other.fromMs && one.toMs === other.toMs && one.state === other.state;
}

function timeMs({ trade }: Print): number {
  return trade.seconds * 1000 + trade.nanos / 1e6;
}
