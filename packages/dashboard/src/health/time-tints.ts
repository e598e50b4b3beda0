import type { Gap } from "../market/gap-ledger.ts";
import { svg } from "../ui/dom.ts";
import * as LIMITS from "./limits.ts";

/** The narrowest tint, in pixels: a gap of a second must be seen. */
const MIN_WIDTH = 2;

/** The times of gaps as rectangles behind a chart of the last ten minutes. */
export function timeTints(gaps: readonly Gap[], nowMs: number, width: number, height: number): SVGRectElement[] {
  const spanMs = LIMITS.historySeconds * 1000;
  const startMs = nowMs - spanMs;
  const x = (ms: number): number => (Math.max(0, Math.min(spanMs, ms - startMs)) / spanMs) * width;
  return gaps
    .filter(({ toMs, state }) => (toMs ?? nowMs) > startMs && state !== "missed")
    .map(({ fromMs, toMs, state }) => {
      const left = x(fromMs);
      const tint = Math.max(MIN_WIDTH, x(toMs ?? nowMs) - left);
      const name = state === "filled" ? "dock-tint-filled" : "dock-tint-open";
      return svg("rect", { x: Math.min(left, width - tint), y: 0, width: tint, height, class: name });
    });
}
