import { join } from "node:path";
import axeCore from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, frames, PanelBrowser } from "../browser/chromium.ts";

const PAGE = join(import.meta.dirname, "fixture/page.ts");

/** A folder for pictures of the chart, to be looked at. */
const FOLDER = process.env.SCREENSHOTS;

describe.skipIf(CHROMIUM === undefined)("the chart in Chromium (skipped: set CHROMIUM_PATH)", () => {
  let browser: PanelBrowser;
  beforeAll(async () => {
    browser = await PanelBrowser.open(PAGE);
  }, 60_000);
  afterAll(() => browser?.[Symbol.asyncDispose]());

  /** Runs a test on a page, which must leave no error or warning on the console. */
  async function on(run: (page: Page) => Promise<void>, width = 818, height = 520): Promise<void> {
    const { page, failures } = await browser.page(width, height);
    await run(page);
    expect(failures).toEqual([]);
    await page.close();
  }

  test("the table of the chart has the values of the market's bars, newest first, and names gaps and halts", async () => {
    await on(async (page) => {
      await page.keyboard.press("v");
      const rows = await rowsOf(page);
      expect(rows[0]?.slice(0, 6)).toEqual(["10:41", "25.27", "25.30", "25.27", "25.30", "600"]);
      const minutes = await page.evaluate(() => chartPage.market.minutes);
      const bar = minutes.find(({ seconds }) => seconds === Date.parse("2026-11-24T15:30:00Z") / 1000);
      const expected = [bar?.open, bar?.high, bar?.low, bar?.close].map((value) => value?.toFixed(2));
      expect(rows.find(([time]) => time === "10:30")?.slice(1, 5)).toEqual(expected);
      expect(rows.find(([time]) => time === "10:32")).toEqual(["10:32", "–", "–", "–", "–", "–", "Gap open"]);
      expect(rows.find(([time]) => time === "10:07")?.at(-1)).toBe("Halted");
      expect(rows.find(([time]) => time === "10:36")?.at(-1)).toBe("Gap filled");
      await page.keyboard.press("v");
      expect(await page.locator(".chart-canvas").evaluate((canvas) => canvas === document.activeElement)).toBe(true);
    });
  });

  test("a symbol without a past gets its first candle from a trade, also after an odd lot alone", async () => {
    await on(async (page) => {
      await page.evaluate(() => {
        chartPage.market.clear();
        chartPage.panel.show("AMC");
        chartPage.market.trade(chartPage.market.now - 2000, 2.31, 5, ["I"]);
      });
      await page.locator(".chart-message", { hasText: "No bars of AMC yet" }).waitFor();
      await page.evaluate(() => chartPage.market.trade(chartPage.market.now - 1000, 2.3, 500));
      await page.locator(".chart-message").waitFor({ state: "hidden" });
      await page.keyboard.press("v");
      expect((await rowsOf(page))[0]?.slice(0, 6)).toEqual(["10:41", "2.30", "2.30", "2.30", "2.30", "505"]);
    });
  });

  test("the header has the last trade, the change against yesterday, and the day's figures", async () => {
    await on(async (page) => {
      expect(await page.locator(".chart-symbol").textContent()).toBe("GME");
      expect(await page.locator(".chart-last").textContent()).toBe("25.30");
      expect(await page.locator(".chart-change").textContent()).toBe("▲ +1.64 (+6.93%)");
      expect(await page.locator(".chart-figure").allTextContents()).toContain("Previous close23.66");
    });
  });

  test("a gap lies over the minutes that it misses, and its tooltip has cause and outcome", async () => {
    await on(async (page) => {
      const open = page.locator(".chart-gap[data-state=open]");
      const box = await open.boundingBox();
      if (box === null) throw new Error("the open gap has no place in the lane");
      expect(await legendAt(page, box.x + 2)).toMatchObject({ time: "10:31", open: "–" });
      expect(await legendAt(page, box.x + box.width / 2)).toMatchObject({ time: "10:32", open: "–" });
      expect(await legendAt(page, box.x + box.width - 2)).toMatchObject({ time: "10:33", open: "–" });
      expect(await page.locator(".chart-tooltip").textContent()).toContain("Gap open: 2 m 54 s");
      await page.mouse.move(5, 5);
      await page.locator(".chart-tooltip").waitFor({ state: "hidden" });
      await open.focus();
      expect(await page.locator(".chart-tooltip").textContent()).toContain(
        "server_error: history answered 503 three times",
      );
    });
  });

  test("a gap of two seconds has a target of 24 pixels around its minute", async () => {
    await on(async (page) => {
      const box = await page.locator(".chart-gap").last().boundingBox();
      expect(box?.width).toBeCloseTo(24, 0);
      expect(box?.height).toBe(24);
      if (box !== null) expect(await legendAt(page, box.x + box.width / 2)).toMatchObject({ time: "10:36" });
    });
  });

  test("a lost connection grows a gap to the right edge, which turns filled in its place", async () => {
    await on(async (page) => {
      await page.evaluate(() => {
        const { market } = chartPage;
        market.isCut = true;
        const [before] = market.gaps();
        if (before === undefined) throw new Error("the market has no gap");
        market.setSpans([{ ...before, state: "open", fromMs: market.now, toMs: undefined, symbols: [] }]);
        market.now += 180_000;
      });
      await frames(page, 5);
      const growing = await page.locator(".chart-gap[data-state=open]").boundingBox();
      expect(growing?.width).toBeGreaterThan(20);
      expect(await page.locator(".chart.chart-stale").count()).toBe(1);
      await page.evaluate(() => {
        const { market } = chartPage;
        market.isCut = false;
        const [gap] = market.gaps();
        if (gap !== undefined) market.setSpans([{ ...gap, state: "filled", toMs: market.now, symbols: ["GME"] }]);
      });
      await frames(page, 5);
      const filled = await page.locator(".chart-gap[data-state=filled]").boundingBox();
      expect(Math.abs((filled?.x ?? 0) - (growing?.x ?? 0))).toBeLessThan(2);
      expect(await page.locator(".chart.chart-stale").count()).toBe(0);
    });
  });

  test("trades move the newest candle, and its bar replaces what they made", async () => {
    await on(async (page) => {
      await page.evaluate(() => chartPage.market.trade(chartPage.market.now, 26, 100));
      await frames(page, 3);
      expect((await legendOf(page)).values).toEqual(["25.27", "26.00", "25.27", "26.00", "700"]);
      await page.evaluate(() => {
        const seconds = Math.floor(chartPage.market.now / 60_000) * 60;
        const bar = { seconds, open: 25.27, high: 26.1, low: 25.2, close: 25.9, volume: 900, vwap: 25.8 };
        chartPage.market.emit({ channel: "bars", ...bar });
      });
      await frames(page, 3);
      expect((await legendOf(page)).values).toEqual(["25.27", "26.10", "25.20", "25.90", "900"]);
    });
  });

  test("candles of five minutes are made of minutes, and days come from history", async () => {
    await on(async (page) => {
      await page.keyboard.press("v");
      await page.keyboard.press("5");
      await frames(page, 5);
      expect((await rowsOf(page)).slice(0, 3).map(([time]) => time)).toEqual(["10:40", "10:35", "10:30"]);
      await page.keyboard.press("d");
      await frames(page, 5);
      expect((await rowsOf(page)).map((row) => row.slice(0, 5))).toEqual([
        ["2026-11-23", "23.40", "23.90", "23.10", "23.66"],
        ["2026-11-20", "22.90", "23.60", "22.70", "23.40"],
      ]);
    });
  });

  test("arrows pan, plus and minus zoom", async () => {
    await on(async (page) => {
      const left = async (): Promise<string> => (await legendAt(page, 40)).time;
      await page.locator(".chart-canvas").focus();
      const before = await left();
      await page.keyboard.press("ArrowLeft");
      await frames(page, 3);
      const panned = await left();
      expect(panned < before).toBe(true);
      await page.keyboard.press("+");
      await frames(page, 3);
      expect((await left()) > panned).toBe(true);
    });
  });

  test("earlier bars are loaded when the reader pans to them, and the view stays where it is", async () => {
    await on(async (page) => {
      await page.evaluate(() => {
        const { market, panel } = chartPage;
        const [first] = market.minutes;
        if (first === undefined) throw new Error("the market has no minutes");
        const seconds = first.seconds - 5 * 86_400;
        market.minutes.unshift(
          ...Array.from({ length: 300 }, (_, index) => ({ ...first, seconds: seconds + index * 60 })),
        );
        panel.show("AMC");
      });
      await frames(page, 5);
      await page.locator(".chart-canvas").focus();
      const before = (await legendAt(page, 300)).time;
      for (const key of ["ArrowLeft", "ArrowRight"]) {
        for (let press = 0; press < 5; press++) {
          await page.keyboard.press(key);
          await frames(page, 3); // the chart pans once a frame
        }
      }
      expect((await legendAt(page, 300)).time).toBe(before);
      await page.keyboard.press("v");
      expect(await page.locator(".chart-table tbody tr").count()).toBeGreaterThan(400);
    });
  });

  test("pointing at the price axis shows no gap", async () => {
    await on(async (page) => {
      await page.mouse.move(800, 200);
      await frames(page, 3);
      expect(await page.locator(".chart-tooltip").isHidden()).toBe(true);
    });
  });

  test("a layer that is switched off is not drawn and cannot be pointed at", async () => {
    await on(async (page) => {
      await page.getByRole("button", { name: "Filled gap" }).click();
      await frames(page, 3);
      expect(await page.locator(".chart-gap").count()).toBe(1);
    });
  });

  test("history that fails is reported with a way to retry, while live candles are drawn", async () => {
    await on(async (page) => {
      await page.evaluate(() => {
        chartPage.market.failure = "history answered 503";
        chartPage.panel.show("AMC");
      });
      await frames(page, 5);
      expect(await page.locator(".chart-message").textContent()).toContain("history answered 503");
      await page.evaluate(() => {
        chartPage.market.failure = undefined;
      });
      await page.getByRole("button", { name: "Retry" }).click();
      await page.locator(".chart-message").waitFor({ state: "hidden" });
    });
  });

  test("a symbol that is HTML is text", async () => {
    await on(async (page) => {
      await page.evaluate(() => chartPage.panel.show("<img src=x onerror=alert(1)>"));
      await frames(page, 5);
      expect(await page.locator(".chart-symbol").textContent()).toBe("<img src=x onerror=alert(1)>");
      expect(await page.locator(".chart img").count()).toBe(0);
    });
  });

  test("the colours follow the theme", async () => {
    await on(async (page) => {
      const corner = (): Promise<readonly number[]> =>
        page.evaluate(() => {
          const canvas = document.querySelector("canvas");
          const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          if (canvas === null || copy === null) throw new Error("the chart has no canvas");
          copy.drawImage(canvas, canvas.width - 6, 40, 1, 1, 0, 0, 1, 1);
          return [...copy.getImageData(0, 0, 1, 1).data];
        });
      expect(await corner()).toEqual([17, 21, 27, 255]);
      await page.evaluate(() => {
        document.documentElement.dataset.theme = "light";
      });
      await frames(page, 4);
      expect(await corner()).toEqual([255, 255, 255, 255]);
    });
  });

  for (const [theme, width, height] of [
    ["dark", 818, 520],
    ["light", 1100, 700],
    ["dark", 360, 480],
  ] as const) {
    test(`axe finds nothing serious in the ${theme} chart of ${width} pixels, and nothing is cut`, async () => {
      await on(
        async (page) => {
          await page.evaluate((name) => {
            document.documentElement.dataset.theme = name;
          }, theme);
          await page.locator(".chart-gap[data-state=open]").focus();
          await frames(page, 3);
          await page.evaluate(axeCore.source);
          const violations = await page.evaluate(async () => {
            const { axe } = globalThis as unknown as { axe: typeof axeCore }; // its source defines this name
            const { violations } = await axe.run(".chart");
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
          });
          expect(violations).toEqual([]);
          const cut = await page.evaluate(() =>
            [...document.querySelectorAll(".chart-timeframe, .chart-switch, .chart-change, .chart-tooltip")]
              .filter((each) => each.getBoundingClientRect().right > innerWidth)
              .map(({ textContent }) => textContent),
          );
          expect(cut).toEqual([]);
          if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/chart-${theme}-${width}.png` });
        },
        width,
        height,
      );
    });
  }
});

/** The rows of the table as strings. */
function rowsOf(page: Page): Promise<string[][]> {
  return page.evaluate(() =>
    [...document.querySelectorAll(".chart-table tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent ?? ""),
    ),
  );
}

async function legendOf(page: Page): Promise<{ time: string; values: string[] }> {
  const time = (await page.locator(".chart-legend-time").textContent()) ?? "";
  return { time, values: await page.locator(".chart-value b").allTextContents() };
}

/** What the legend shows for a pixel of the time axis. */
async function legendAt(page: Page, x: number): Promise<{ time: string; open: string | undefined }> {
  await page.mouse.move(x, 200);
  await frames(page, 3);
  const { time, values } = await legendOf(page);
  return { time, open: values[0] };
}
