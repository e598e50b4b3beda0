import { withAlpha } from "../colours.ts";
import type { DrawLayer } from "./scene.ts";

/** Draws the word of a market that is not live behind the candles, so that a part of a screenshot still has it. */
export const drawWatermark: DrawLayer = (context, { width, height }, { colours, word }) => {
  if (word === "") return;
  const size = Math.max(20, Math.min(44, width / 12));
  context.font = `600 ${size}px ${colours.font}`;
  context.letterSpacing = `${size / 8}px`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = withAlpha(colours.text, 0.06);
  context.fillText(word, width / 2, height * 0.66);
};
