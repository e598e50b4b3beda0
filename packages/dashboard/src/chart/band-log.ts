import type { Luld } from "@tickerplant/client";
import type { BandStep } from "./chart-market.ts";
import * as LIMITS from "./limits.ts";

/** The LULD bands of one symbol, from its LULD records. Bands that repeat are one step. */
export class BandLog {
  #steps: readonly BandStep[] = [];

  /** In order of time. The array is a new one when the bands have changed. */
  get steps(): readonly BandStep[] {
    return this.#steps;
  }

  push({ limitUpPrice, limitDownPrice, timestamp }: Pick<Luld, "limitUpPrice" | "limitDownPrice" | "timestamp">): void {
    const last = this.#steps.at(-1);
    if (last?.upper === limitUpPrice && last.lower === limitDownPrice) return;
    const step = { fromMs: timestamp.getTime(), upper: limitUpPrice, lower: limitDownPrice };
    this.#steps = [...this.#steps.slice(1 - LIMITS.maxBandSteps), step];
  }
}
