import type { UsEquitySession } from "@tickerplant/client";
import type { BandStep } from "../../market/band-log.ts";
import type { HaltSpan } from "../../market/halt-log.ts";
import type { ChartColours } from "../colours.ts";
import type { GapPlace } from "../gap-places.ts";
import type { TimeAxis } from "../time-axis.ts";

/** The layers that the reader can switch off. */
export type LayerName = "bands" | "sessions" | "openGaps" | "filledGaps";

/** The size of a pane in pixels. */
export interface PaneSize {
  readonly width: number;
  readonly height: number;
}

/** What the layers draw, apart from candles and volume. */
export interface Scene {
  readonly colours: ChartColours;
  readonly axis: TimeAxis;
  /** The pixel of a price; null while the price scale is empty. */
  readonly priceToY: (price: number) => number | null;
  readonly hidden: ReadonlySet<LayerName>;
  /** `SIMULATED` or `REPLAY`, drawn behind the candles; empty for a live market. */
  readonly word: string;
  readonly sessions: readonly UsEquitySession[];
  readonly halts: readonly HaltSpan[];
  readonly bands: readonly BandStep[];
  readonly places: readonly GapPlace[];
  /** How much of a gap's place is drawn as filled, from the left, 0 to 1. */
  readonly filledPart: (place: GapPlace) => number;
  /** The market's time. */
  readonly nowMs: number;
}

/** Draws a layer of a pane. */
export type DrawLayer = (context: CanvasRenderingContext2D, size: PaneSize, scene: Scene) => void;
