import { describe, expect, test } from "vitest";
import { CHROMIUM, ChartBrowser } from "./fixture/chart-browser.ts";

/** Seconds of load. `CHART_SECONDS=60` is the full run. */
const SECONDS = Number(process.env.CHART_SECONDS ?? 4);
const TRADES_PER_SECOND = 20_000;
const TICK_MS = 20;

describe.skipIf(CHROMIUM === undefined)("the chart under load (skipped: set CHROMIUM_PATH)", () => {
  test("20,000 trades a second of its symbol cost at most 4 ms of script a frame, and no memory", {
    timeout: (SECONDS + 60) * 1000,
  }, async () => {
    await using browser = await ChartBrowser.open();
    const { page, failures } = await browser.page(1100, 700, measureFrames);
    const measured = await page.evaluate(
      async ({ seconds, perTick, tickMs }) => {
        const used = (): number => {
          gc();
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
    expect(measured.p95).toBeLessThanOrEqual(4);
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
  /** Of Chromium with --expose-gc. */
  var gc: () => void;
  interface Performance {
    /** Of Chromium alone. */
    readonly memory: { readonly usedJSHeapSize: number };
  }
}
