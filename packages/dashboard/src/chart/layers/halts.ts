import { duration } from "../../ui/figures.ts";
import { withAlpha } from "../colours.ts";
import type { DrawLayer, Scene } from "./scene.ts";

const CHIP_HEIGHT = 16;
const CHIP_PADDING = 5;

/** Shades halts in grey with solid edges: they are the market's, and must not look like gaps. */
export const drawHalts: DrawLayer = (context, { height }, scene) => {
  for (const { left, right } of placesOf(scene)) {
    context.fillStyle = withAlpha(scene.colours.text, 0.06);
    context.fillRect(left, 0, right - left, height);
    context.fillStyle = scene.colours.text3;
    context.fillRect(left, 0, 1, height);
    context.fillRect(right - 1, 0, 1, height);
  }
};

/** Draws a chip over each halt, in inverse colours, with its length. */
export const drawHaltChips: DrawLayer = (context, { width }, scene) => {
  context.font = `500 11px ${scene.colours.font}`;
  context.textBaseline = "middle";
  for (const { left, right, lengthMs, isOver } of placesOf(scene)) {
    const words = isOver ? `Halt ${duration(lengthMs)}` : `Halted ${duration(lengthMs)}`;
    const chipWidth = context.measureText(words).width + 2 * CHIP_PADDING;
    const centre = (left + right) / 2;
    if (centre < 0 || centre > width) continue;
    const x = Math.min(width - chipWidth - 1, Math.max(1, centre - chipWidth / 2));
    context.fillStyle = scene.colours.text;
    context.beginPath();
    context.roundRect(x, 8, chipWidth, CHIP_HEIGHT, 3);
    context.fill();
    context.fillStyle = scene.colours.panel;
    context.fillText(words, x + CHIP_PADDING, 8 + CHIP_HEIGHT / 2 + 0.5);
  }
};

function placesOf({ halts, axis, nowMs }: Scene): { left: number; right: number; lengthMs: number; isOver: boolean }[] {
  return halts.map(({ fromMs, toMs }) => {
    const left = Math.round(axis.x(fromMs));
    const right = Math.max(left + 2, Math.round(axis.x(toMs ?? nowMs)));
    return { left, right, lengthMs: (toMs ?? nowMs) - fromMs, isOver: toMs !== undefined };
  });
}
