import type { Luld } from "@tickerplant/client";
import { MAX_BAND_STEPS } from "./limits.ts";

/** LULD bands from a time on, until the next step. Prices in US dollars. */
export interface BandStep {
  readonly fromMs: number;
  readonly upper: number;
  readonly lower: number;
}

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
    this.#steps = [...this.#steps.slice(1 - MAX_BAND_STEPS), step];
  }
}
