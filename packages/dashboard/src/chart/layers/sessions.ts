import { clockMinute } from "../../ui/new-york.ts";
import { withAlpha } from "../colours.ts";
import type { DrawLayer } from "./scene.ts";

/** Shades pre-market and after hours, with a line at the open and at the close. */
export const drawSessions: DrawLayer = (context, { height }, { colours, axis, sessions, hidden }) => {
  if (hidden.has("sessions")) return;
  for (const { preMarketOpen, open, close, afterHoursClose } of sessions) {
    const spans = [
      { from: preMarketOpen, to: open, edge: open },
      { from: close, to: afterHoursClose, edge: close },
    ];
    for (const { from, to, edge } of spans) {
      const [left, right] = [axis.x(from.getTime()), axis.x(to.getTime())];
      if (right <= left) continue;
      context.fillStyle = withAlpha(colours.text, colours.sessionAlpha);
      context.fillRect(left, 0, right - left, height);
      context.fillStyle = colours.line2;
      context.fillRect(Math.round(axis.x(edge.getTime())), 0, 1, height);
    }
  }
};

/** Names the sessions at the foot of the price pane. */
export const drawSessionNames: DrawLayer = (context, { height }, { colours, axis, sessions, hidden }) => {
  if (hidden.has("sessions")) return;
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.text3;
  for (const { preMarketOpen, open, close, afterHoursClose } of sessions) {
    const openX = axis.x(open.getTime());
    const preMarketWidth = openX - axis.x(preMarketOpen.getTime());
    const closeX = axis.x(close.getTime());
    if (preMarketWidth > 70) drawName(context, "Pre-market", openX - 8, height, "right");
    if (closeX - openX > 80 && !axis.isBefore(open.getTime()))
      drawName(context, `${clockMinute(open.getTime())} open`, openX + 6, height, "left");
    if (axis.x(afterHoursClose.getTime()) - closeX > 70) drawName(context, "After hours", closeX + 6, height, "left");
  }
};

function drawName(
  context: CanvasRenderingContext2D,
  name: string,
  x: number,
  height: number,
  align: CanvasTextAlign,
): void {
  context.textAlign = align;
  context.fillText(name, x, height - 9);
}
