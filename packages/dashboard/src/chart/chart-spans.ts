import type { BandStep } from "../market/band-log.ts";
import { concerns, type Gap } from "../market/gap-ledger.ts";
import type { HaltSpan } from "../market/halt-log.ts";
import type { ChartMarket } from "./chart-market.ts";
import { type GapPlace, placeGaps } from "./gap-places.ts";
import * as LIMITS from "./limits.ts";
import type { TimeAxis } from "./time-axis.ts";

/** The gaps, halts and bands of one symbol, and where its gaps are on the lane. */
export class ChartSpans {
  readonly #market: ChartMarket;
  readonly #symbol: string;
  readonly #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  /** When each gap was first read as filled, by the time of frames. */
  readonly #filledAtMs = new Map<string, number>();
  #read: readonly Gap[] | undefined;
  gaps: readonly Gap[] = [];
  halts: readonly HaltSpan[] = [];
  bands: readonly BandStep[] = [];
  places: readonly GapPlace[] = [];

  constructor(market: ChartMarket, symbol: string) {
    this.#market = market;
    this.#symbol = symbol;
  }

  /** Reads the market. Returns whether something has changed since the last call. */
  update(frameMs: number): boolean {
    const gaps = this.#market.gaps(this.#symbol);
    const halts = this.#market.halts(this.#symbol);
    const bands = this.#market.bands(this.#symbol);
    if (gaps === this.#read && halts === this.halts && bands === this.bands) return false;
    this.gaps = gaps.filter((gap) => concerns(gap, this.#symbol));
    this.halts = halts;
    this.bands = bands;
    // What was filled before the chart opened is drawn as filled at once.
    this.#noteFilled(this.#read === undefined ? Number.NEGATIVE_INFINITY : frameMs);
    this.#read = gaps;
    return true;
  }

  /** Places the gaps where their times are now. */
  place(axis: TimeAxis): void {
    const gaps = axis.isEmpty ? [] : this.gaps;
    this.places = placeGaps(gaps, (ms) => axis.x(ms), this.#market.nowMs());
  }

  /** How much of a place is drawn as filled, from the left: a fill grows over the hatch. */
  filledPart({ state, gaps }: GapPlace, frameMs: number): number {
    if (state !== "filled") return 0;
    if (this.#reducedMotion.matches) return 1;
    const newestMs = Math.max(...gaps.map((gap) => this.#filledAtMs.get(keyOf(gap)) ?? frameMs));
    return Math.max(0, Math.min(1, (frameMs - newestMs) / LIMITS.fillAnimationMs));
  }

  /** Whether a fill still grows. */
  isGrowing(frameMs: number): boolean {
    return this.places.some((place) => place.state === "filled" && this.filledPart(place, frameMs) < 1);
  }

  #noteFilled(frameMs: number): void {
    for (const gap of this.gaps) {
      if (gap.state === "filled" && !this.#filledAtMs.has(keyOf(gap))) this.#filledAtMs.set(keyOf(gap), frameMs);
    }
  }
}

/** A gap is known by its range and channels: its object is a new one with each change. */
function keyOf({ fromMs, toMs, channels }: Gap): string {
  return `${fromMs} ${toMs} ${channels.join()}`;
}
