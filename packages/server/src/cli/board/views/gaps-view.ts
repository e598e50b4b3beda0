import { foreign } from "../model/foreign.ts";
import type { BoardGap } from "../model/gap-list.ts";
import { type Line, left, type Span, span } from "../terminal/styled-text.ts";
import { clock } from "./figures.ts";
import type { Scene, Size } from "./scene.ts";

/** The gaps of the stream. */
export function gapsView(scene: Scene, { columns, rows }: Size): Line[] {
  const lines = gapTable(scene, columns);
  return lines.slice(Math.min(scene.controls.scroll, Math.max(0, lines.length - rows)));
}

/** Cells of the state, and of the times of begin and end. */
const STATE_WIDTH = 9;
const TIME_WIDTH = 20;

/** All gaps, open ones first, then by time with the newest first. */
export function gapTable({ model }: Scene, columns: number): Line[] {
  const { gaps } = model.gaps;
  if (gaps.length === 0)
    return [[span("GAPS", "faint")], [span("No gap. One appears when records may be missing.", "muted")]];
  const spare = Math.max(16, columns - STATE_WIDTH - TIME_WIDTH - 4);
  const widths = [Math.floor(spare * 0.38), Math.floor(spare * 0.34), Math.floor(spare * 0.28)] as const;
  const head = [
    left("STATE", STATE_WIDTH),
    left("TIME ET", TIME_WIDTH),
    left("WHAT", widths[0]),
    left("CAUSE", widths[1]),
    left("OUTCOME", widths[2]),
  ];
  const sorted = [...gaps.filter(({ isFilled }) => !isFilled), ...gaps.filter(({ isFilled }) => isFilled)];
  return [[span(head.join(" "), "faint")], ...sorted.map((gap) => gapLine(gap, widths))];
}

function gapLine(gap: BoardGap, [what, cause, outcome]: readonly [number, number, number]): Line {
  const { isFilled, from, to, channel, symbols } = gap;
  const state: Span = isFilled
    ? span(left("▬ filled", STATE_WIDTH), "filled")
    : span(left("▨ open", STATE_WIDTH), "warn");
  const range = `${clock(Math.floor(from.getTime() / 1000))} – ${clock(Math.floor(to.getTime() / 1000))}`;
  const names = symbols.length > 2 ? `${symbols.length} symbols` : foreign(symbols.join(", ")).replace(/^\*$/, "all");
  return [
    state,
    span(` ${left(range, TIME_WIDTH)} `),
    span(`${left(`${names}, ${foreign(channel)}`, what)} `),
    span(`${left(gap.cause, cause)} `, "muted"),
    span(left(gap.outcome ?? (isFilled ? "" : "not requested"), outcome), isFilled ? "text" : "warn"),
  ];
}
