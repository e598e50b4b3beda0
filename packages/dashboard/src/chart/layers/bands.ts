import type { BandStep } from "../../market/band-log.ts";
import { isoDate } from "../../ui/new-york.ts";
import type { DrawLayer, Scene } from "./scene.ts";

/** Draws the LULD bands as dashed steps. They are no series, so that they do not take part in the price scale. */
export const drawBands: DrawLayer = (context, _size, scene) => {
  if (scene.hidden.has("bands")) return;
  context.strokeStyle = scene.colours.text3;
  context.lineWidth = 1;
  context.setLineDash([2, 2]);
  drawSteps(context, scene, ({ upper }) => upper);
  drawSteps(context, scene, ({ lower }) => lower);
};

function drawSteps(context: CanvasRenderingContext2D, scene: Scene, priceOf: (step: BandStep) => number): void {
  const { axis, bands, priceToY, nowMs } = scene;
  context.beginPath();
  for (const [index, step] of bands.entries()) {
    const y = priceToY(priceOf(step));
    if (y === null) continue;
    const before = bands[index - 1];
    const left = crisp(axis.x(step.fromMs));
    // No line through the night: the bands of a day begin again.
    if (before === undefined || isoDate(before.fromMs) !== isoDate(step.fromMs)) context.moveTo(left, crisp(y));
    else context.lineTo(left, crisp(y));
    context.lineTo(crisp(axis.x(endOf(bands, index, scene, nowMs))), crisp(y));
  }
  context.stroke();
}

/** When a step ends: at the next one, and at the latest when the regular session of its day does. */
function endOf(bands: readonly BandStep[], index: number, { sessions }: Scene, nowMs: number): number {
  const fromMs = bands[index]?.fromMs ?? nowMs;
  const date = isoDate(fromMs);
  const closeMs = sessions.find((session) => session.date === date)?.close.getTime();
  const endMs = Math.min(bands[index + 1]?.fromMs ?? nowMs, closeMs ?? Number.POSITIVE_INFINITY);
  return Math.max(fromMs, endMs);
}

/** The middle of a pixel, where a line of 1 px is sharp. */
function crisp(pixel: number): number {
  return Math.round(pixel) + 0.5;
}
