import { type ChartColours, withAlpha } from "../colours.ts";
import type { GapPlace } from "../gap-places.ts";
import * as LIMITS from "../limits.ts";
import type { DrawLayer, Scene } from "./scene.ts";

/** The distance of the hatch's lines along the time axis, in the panes and in the lane. */
const PANE_HATCH = 7;
const LANE_HATCH = 4;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Draws the spans of gaps through a pane: open ones hatched in amber, filled ones in quiet blue. */
export const drawGapSpans: DrawLayer = (context, { height }, scene) => {
  for (const place of shownPlaces(scene)) {
    const { colours } = scene;
    const [open, filled] = split(place, scene.filledPart(place), 0, height);
    context.fillStyle = withAlpha(colours.fill, 0.13);
    fillBox(context, filled);
    context.fillStyle = withAlpha(colours.warnFill, colours.openGapAlpha);
    fillBox(context, open);
    hatch(context, open, withAlpha(colours.warnFill, colours.hatchAlpha), PANE_HATCH);
  }
};

/** Draws the lane: a thin line where data is complete, a box for every gap. */
export const drawGapLane: DrawLayer = (context, { width, height }, scene) => {
  const top = laneTop(height);
  context.fillStyle = scene.colours.line2;
  const end = Math.min(width, scene.axis.x(scene.nowMs));
  context.fillRect(0, top + LIMITS.laneHeight / 2 - 0.5, end, 1);
  for (const place of shownPlaces(scene)) drawBox(context, place, scene, top);
};

/** Where the lane begins in a pane of a height. */
export function laneTop(height: number): number {
  return height - LIMITS.laneHeight - LIMITS.laneMargin;
}

/** The places of gaps whose layer is switched on. */
export function shownPlaces({ places, hidden }: Pick<Scene, "places" | "hidden">): readonly GapPlace[] {
  return places.filter(({ state }) => !hidden.has(state === "filled" ? "filledGaps" : "openGaps"));
}

function drawBox(context: CanvasRenderingContext2D, place: GapPlace, scene: Scene, top: number): void {
  const { colours } = scene;
  const [open, filled] = split(place, scene.filledPart(place), top, LIMITS.laneHeight);
  context.fillStyle = colours.panel;
  fillBox(context, open);
  fillBox(context, filled);
  context.fillStyle = withAlpha(colours.fill, 0.55);
  fillBox(context, filled);
  context.fillStyle = withAlpha(colours.warnFill, 0.18);
  fillBox(context, open);
  hatch(context, open, colours.warnFill, LANE_HATCH);
  frame(context, filled, colours.fill);
  frame(context, open, colours.warnFill);
  if (place.gaps.length > 1) drawCount(context, place, colours, top);
}

function drawCount(context: CanvasRenderingContext2D, place: GapPlace, colours: ChartColours, top: number): void {
  context.font = `600 10px ${colours.font}`;
  context.textBaseline = "bottom";
  context.textAlign = "center";
  context.fillStyle = colours.text2;
  context.fillText(`×${place.gaps.length}`, (place.left + place.right) / 2, top - 1);
}

/** The part of a place that is open, and the part from its left that is filled. */
function split({ left, right }: GapPlace, filledPart: number, top: number, height: number): readonly [Box, Box] {
  const [start, end] = [Math.round(left), Math.round(right)];
  const filled = Math.round((end - start) * filledPart);
  return [
    { left: start + filled, top, width: end - start - filled, height },
    { left: start, top, width: filled, height },
  ];
}

function fillBox(context: CanvasRenderingContext2D, { left, top, width, height }: Box): void {
  if (width > 0) context.fillRect(left, top, width, height);
}

function frame(context: CanvasRenderingContext2D, { left, top, width, height }: Box, colour: string): void {
  if (width <= 0) return;
  context.strokeStyle = colour;
  context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
}

/** Fills a box with rising lines of 1 px. */
function hatch(
  context: CanvasRenderingContext2D,
  { left, top, width, height }: Box,
  colour: string,
  distance: number,
): void {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  // Aligned to the pane, not to the box: neighbours have one pattern.
  for (let x = Math.floor((left - height) / distance) * distance; x < left + width; x += distance) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}
