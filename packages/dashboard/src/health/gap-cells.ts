import type { Gap, GapState } from "../market/gap-ledger.ts";
import { count, duration } from "../ui/figures.ts";
import { clockRange } from "../ui/new-york.ts";
import { longCause, shortCause } from "./causes.ts";
import { named } from "./health-model.ts";
import type { Cell, Column } from "./table.ts";

/** The columns of gaps. */
export const GAP_COLUMNS: readonly Column[] = [
  { heading: "State", className: "dock-gap-state" },
  { heading: "Time ET", className: "dock-gap-time" },
  { heading: "What", className: "dock-gap-what" },
  { heading: "Cause", className: "dock-gap-cause" },
  { heading: "Outcome", className: "dock-gap-outcome" },
];

const STATES: Record<GapState, string> = { open: "Open", filling: "Filling", filled: "Filled", missed: "Missed" };

/** A gap as cells of {@link GAP_COLUMNS}. */
export function gapCells(gap: Gap, nowMs: number): Cell[] {
  const { state, fromMs, toMs, cause } = gap;
  const what = whatOf(gap);
  return [
    { text: STATES[state], swatch: state, isAlarm: state === "open" },
    { text: clockRange(fromMs, toMs, nowMs), title: `${duration((toMs ?? nowMs) - fromMs)} long` },
    { text: what, title: gap.symbols.length > 1 ? `${what}: ${gap.symbols.join(", ")}` : what },
    { text: shortCause(cause), title: longCause(cause) },
    outcome(gap),
  ];
}

/** The symbols and channels of a gap: `22 symbols, trades`; three channels or more as a number. */
function whatOf({ symbols, channels, toMs }: Gap): string {
  if (toMs === undefined) return "everything subscribed";
  const shown = channels.length > 2 ? `${channels.length} channels` : channels.join(", ");
  return `${named(symbols)}, ${shown}`;
}

function outcome({ state, toMs, openCause, recordCount, fillMs }: Gap): Cell {
  if (toMs === undefined) return { text: "reconnecting", isAlarm: true };
  if (state === "filling") return { text: "asking history" };
  if (state === "missed") return { text: "not in history", ...(openCause && { title: longCause(openCause) }) };
  if (openCause !== undefined) return { text: openCause.code, title: longCause(openCause), isAlarm: true };
  const how = fillMs === undefined ? "by the gateway" : `in ${duration(fillMs)}`;
  return { text: `${count(recordCount)} ${how}`, title: `${count(recordCount)} records from history` };
}

/** How many gaps are in each state: `1 open · 3 filled · 2 not in history`. */
export function gapSummary(gaps: readonly Gap[]): string {
  const number = (state: GapState): number => gaps.filter((gap) => gap.state === state).length;
  const [filling, missed] = [number("filling"), number("missed")];
  return [
    `${number("open")} open`,
    ...(filling > 0 ? [`${filling} filling`] : []),
    `${number("filled")} filled`,
    ...(missed > 0 ? [`${missed} not in history`] : []),
  ].join(" · ");
}
