import { describe, expect, test } from "vitest";
import { CHROMIUM, ChartBrowser } from "./fixture/chart-browser.ts";

/** Seconds of load in a run of its own: `CHART_SECONDS=60 npx vitest run packages/dashboard/test/chart/chart-load.test.ts`. */
const FULL_SECONDS = process.env.CHART_SECONDS;
const SECONDS = Number(FULL_SECONDS ?? 4);
/** Milliseconds of script that 95 % of the frames may take. Beside other tests a frame waits for its core. */
const MAX_SCRIPT_MS = FULL_SECONDS === undefined ? 16 : 4;
const TRADES_PER_SECOND = 20_000;
const TICK_MS = 20;

describe.skipIf(CHROMIUM === undefined)("the chart under load (skipped: set CHROMIUM_PATH)", () => {
  test("20,000 trades a second of its symbol leave time in each frame, and cost no memory", {
    timeout: (SECONDS + 60) * 1000,
  }, async () => {
    await using browser = await ChartBrowser.open();
    const { page, failures } = await browser.page(1100, 700, measureFrames);
    const measured = await page.evaluate(
      async ({ seconds, perTick, tickMs }) => {
        const used = (): number => {
          globalThis.gc?.();
          return performance.memory.usedJSHeapSize;
        };
        const { market } = chartPage;
        const timer = setInterval(() => {
          market.now += tickMs;
          market.burst(market.now, perTick);
        }, tickMs);
        const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
        await wait(1000); // compiled, and all caches filled
        const before = used();
        frameTimes.clear();
        await wait(seconds * 1000);
        const times = [...frameTimes.values()].sort((a, b) => a - b);
        clearInterval(timer);
        const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
        return { frames: times.length, p50: at(0.5), p95: at(0.95), max: at(1 - 1e-9), grownBytes: used() - before };
      },
      { seconds: SECONDS, perTick: (TRADES_PER_SECOND * TICK_MS) / 1000, tickMs: TICK_MS },
    );
    console.log(JSON.stringify({ seconds: SECONDS, ...measured }));
    expect(measured.frames).toBeGreaterThan(SECONDS * 5);
    expect(measured.p95).toBeLessThanOrEqual(MAX_SCRIPT_MS);
    expect(measured.grownBytes).toBeLessThan(2_000_000);
    expect(failures).toEqual([]);
  });
});

/** Runs in the page before its script: adds up the script of each frame, the library's painting included. */
function measureFrames(): void {
  const times = new Map<number, number>();
  globalThis.frameTimes = times;
  const request = requestAnimationFrame;
  globalThis.requestAnimationFrame = (callback) =>
    request((frameMs) => {
      const start = performance.now();
      callback(frameMs);
      times.set(frameMs, (times.get(frameMs) ?? 0) + performance.now() - start);
    });
}

declare global {
  /** Milliseconds of script by frame. */
  var frameTimes: Map<number, number>;
  interface Performance {
    /** Of Chromium alone. */
    readonly memory: { readonly usedJSHeapSize: number };
  }
}
