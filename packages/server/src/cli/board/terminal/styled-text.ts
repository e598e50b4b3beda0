/** The colour of text: what it means, not which colour it is. */
export type Tone =
  | "text"
  | "muted"
  | "faint"
  | "accent"
  | "up"
  | "down"
  | "warn"
  | "filled"
  | "simulated"
  | "replay"
  | "trendUp"
  | "trendDown"
  | "line"
  | "hatch";

/** The background of text. Most text has the terminal's own. */
export type Ground =
  | "header"
  | "selected"
  | "simulatedChip"
  | "replayChip"
  | "haltChip"
  | "warnChip"
  | "blockUp"
  | "blockDown"
  | "haltBand"
  | "filledBand"
  | "popover"
  | "upTag"
  | "downTag";

/** How text looks. */
export interface Style {
  readonly tone?: Tone;
  readonly ground?: Ground;
  readonly isBold?: boolean;
  readonly isStruck?: boolean;
}

/** Text of one style. Each character takes one cell of the terminal. */
export interface Span extends Style {
  readonly text: string;
}

/** A line of the screen. */
export type Line = readonly Span[];

/** Makes a span. */
export function span(text: string, tone: Tone = "text", more: Omit<Style, "tone"> = {}): Span {
  return { text, tone, ...more };
}

/** Makes a bold span. */
export function bold(text: string, tone: Tone = "text"): Span {
  return { text, tone, isBold: true };
}

/** Cuts text, or adds blanks at its right. */
export function left(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

/** Cuts text, or adds blanks at its left. */
export function right(text: string, width: number): string {
  return cut(text, width).padStart(width);
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width > 0 ? `${text.slice(0, width - 1)}…` : "";
}

/** The cells that a line takes. */
export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0);
}

/** Cuts a line, or adds blanks at its right, so that it takes exactly `width` cells. */
export function fitted(line: Line, width: number): Line {
  const spans: Span[] = [];
  let room = width;
  for (const each of line) {
    if (room <= 0) break;
    const text = each.text.slice(0, room);
    spans.push(text.length === each.text.length ? each : { ...each, text });
    room -= text.length;
  }
  if (room > 0) spans.push(span(" ".repeat(room)));
  return spans;
}

/** Puts a line on a background, where it has none of its own. */
export function grounded(line: Line, ground: Ground): Line {
  return line.map((each) => ({ ground, ...each }));
}

/** A line with one part at its left and one at its right edge; the left part is cut where both do not fit. */
export function spread(start: Line, end: Line, width: number): Line {
  return [...fitted(start, Math.max(0, width - widthOf(end))), ...end];
}

/** Cells between two columns: a blank, a rule, a blank. */
export const RULE_WIDTH = 3;

/** Two columns with a vertical rule between them. */
export function beside(start: readonly Line[], startWidth: number, end: readonly Line[], height: number): Line[] {
  return Array.from({ length: height }, (_, index) => [
    ...fitted(start[index] ?? [], startWidth),
    span(" │ ", "line"),
    ...(end[index] ?? []),
  ]);
}

/** A horizontal rule. */
export function rule(width: number): Line {
  return [span("─".repeat(Math.max(0, width)), "line")];
}
