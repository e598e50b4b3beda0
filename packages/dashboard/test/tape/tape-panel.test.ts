import { join } from "node:path";
import axeCore from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, type OpenPage, PanelBrowser } from "../browser/chromium.ts";
import type {} from "./fixture/page.ts";

declare global {
  var axe: typeof import("axe-core");
}

/** A folder for pictures of the tape, to be looked at. */
const FOLDER = process.env.SCREENSHOTS;

describe.skipIf(CHROMIUM === undefined)("the tape in Chromium (skipped where Chromium is not installed)", () => {
  let browser: PanelBrowser;
  beforeAll(async () => {
    browser = await PanelBrowser.open(join(import.meta.dirname, "fixture/page.ts"));
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  /** Opens a wide page with a tape of a size. */
  async function open(width: number, height = 420): Promise<OpenPage> {
    const opened = await browser.page(1440, height);
    await opened.page
      .locator("main")
      .evaluate((main, size) => Object.assign(main.style, { width: `${size}px` }), width);
    return opened;
  }

  async function picture(name: string, page: Page): Promise<void> {
    if (FOLDER !== undefined) await page.locator("main").screenshot({ path: `${FOLDER}/${name}.png` });
  }

  /** The rows that show, the cells of each divided by blanks, without the words for screen readers. */
  function rows(page: Page): Promise<string[]> {
    return page.locator(".tape-row").evaluateAll((all) =>
      all
        .filter((row) => row.checkVisibility())
        .map((row) =>
          [...row.children]
            .filter((cell) => cell.checkVisibility() && !cell.classList.contains("visually-hidden"))
            .map((cell) => cell.textContent)
            .filter((text) => text !== "")
            .join(" "),
        ),
    );
  }

  test("trades show their side, with corrections, cancels and gaps in lines of their own", async () => {
    const { page, failures } = await open(320);
    await page.evaluate(() => tape.market());
    await picture("dark-320", page);
    await expect(rows(page)).resolves.toEqual([
      "▼ 10:41:07.321 25.17 100 D F",
      "▲ 10:41:07.313 25.18 12,500 P F",
      "▼ 10:41:07.013 25.17 200 Y",
      "▲ 10:41:06.892 25.18 2,000 Y",
      "↳ corrected to 25.17",
      "▲ 10:41:06.725 25.18 5,000 N",
      "Gap 10:41:06 – 10:41:06, not filled",
      "▼ 10:41:06.402 25.17 20,000 D",
      "× 10:41:06.249 25.18 500 Y",
      "↳ cancelled",
      "Gap 10:41:06 – 10:41:06, filled from history",
      "· 10:41:06.150 25.1750 100 D",
      "▼ 10:41:06.100 25.17 81 D I",
    ]);
    await expect(page.locator(".tape-struck .tape-price").allTextContents()).resolves.toEqual(["25.18", "25.18"]);
    await expect(page.locator(".tape-block .tape-size").allTextContents()).resolves.toEqual(["12,500", "20,000"]);
    expect(failures).toEqual([]);
  });

  test("a wide tape shows the quote of the time of each trade", async () => {
    const { page } = await open(440);
    await page.evaluate(() => tape.market());
    await picture("dark-440", page);
    expect((await rows(page))[0]).toBe("▼ 10:41:07.321 25.17 100 25.17 × 25.18 D F");
  });

  test.each([
    [300, 742_000.5, 100],
    [300, 25.17, 1_250_000],
    [320, 742_000.5, 100],
    [440, 742_000.5, 1_250_000],
  ])("in %i px, a price of %d and a size of %i keep all digits and their distance", async (width, price, size) => {
    const { page } = await open(width);
    await page.evaluate((parts) => tape.push(parts), { price, size });
    await picture(`long-${width}-${size}`, page);
    const [time, priceText, sizeText, exchange] = await page.evaluate(() =>
      ["time", "price", "size", "exchange"].map((name) => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(`.tape-row > .tape-${name}`) as Element); // the first row is there
        const { left, right } = range.getBoundingClientRect();
        return { left, right };
      }),
    );
    expect(priceText?.left).toBeGreaterThan(time?.right ?? Number.NaN);
    expect(sizeText?.left).toBeGreaterThan(priceText?.right ?? Number.NaN);
    expect(exchange?.left).toBeGreaterThan(sizeText?.right ?? Number.NaN);
    expect(exchange?.right).toBeLessThan(width);
  });

  test("the tape stands still while it is pointed at, and counts the new trades", async () => {
    const { page } = await open(320);
    await page.evaluate(() => tape.market());
    await page.locator(".tape-row").nth(1).hover();
    const before = await rows(page);
    await page.evaluate(() => {
      for (let count = 0; count < 3; count++) tape.push({ ms: 400, price: 25.2 });
    });
    await expect(rows(page)).resolves.toEqual(before);
    await expect(page.locator(".tape-paused").innerText()).resolves.toMatch(/^Paused while pointed at\s+3 new$/);
    await picture("paused", page);
    await page.locator("h2").hover();
    await page.locator(".tape-paused").waitFor({ state: "hidden" });
    expect((await rows(page))[0]).toBe("▲ 10:41:07.400 25.20 100 D");
  });

  test("a row that is pointed at, or reached by key, shows exchange and conditions by name", async () => {
    const { page } = await open(320);
    await page.evaluate(() => tape.market());
    await page.locator(".tape-row").nth(1).hover();
    await expect(page.getByRole("tooltip").innerText()).resolves.toBe("P: NYSE Arca\nF: Intermarket Sweep Order");
    await page.locator("h2").hover();
    await page.getByRole("tooltip").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "10k" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("tooltip").innerText()).resolves.toContain("NYSE Arca");
    await page.getByText("Paused while focused").waitFor();
  });

  test("a click does not hold the tape once the pointer has left", async () => {
    const { page } = await open(320);
    await page.evaluate(() => tape.market());
    await page.locator(".tape-row").nth(1).click();
    await page.locator("h2").hover();
    await page.locator(".tape-paused").waitFor({ state: "hidden" });
  });

  test("the smallest size hides smaller trades, also by its key", async () => {
    const { page } = await open(320);
    await page.evaluate(() => tape.market());
    await page.getByRole("button", { name: "10k" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".tape-row:not([hidden])").length === 3);
    expect((await rows(page)).filter((row) => !row.startsWith("Gap"))).toEqual([
      "▲ 10:41:07.313 25.18 12,500 P F",
      "▼ 10:41:06.402 25.17 20,000 D",
    ]);
    await page.evaluate(() => tape.panel.key("z"));
    await page.waitForFunction(() => document.querySelectorAll(".tape-row:not([hidden])").length > 3);
  });

  test("the pause key holds the tape until it is pressed again", async () => {
    const { page } = await open(320);
    await page.evaluate(() => {
      tape.push({ ms: 1 });
      tape.panel.key("p");
      tape.push({ ms: 2 });
    });
    await expect(rows(page)).resolves.toEqual(["▼ 10:41:07.001 25.17 100 D"]);
    await expect(page.locator(".tape-paused").innerText()).resolves.toMatch(/^Paused\s*1 new$/);
    await page.evaluate(() => {
      tape.panel.key("p");
      tape.panel.draw();
    });
    expect(await rows(page)).toHaveLength(2);
  });

  test("another smallest size returns to the top and shows at once, also while the tape is paused", async () => {
    const { page } = await open(320, 120);
    await page.evaluate(() => tape.market());
    await page.locator(".tape-list").evaluate((list) => {
      list.scrollTop = 100;
    });
    await page.getByText("Paused while scrolled").waitFor();
    await page.getByRole("button", { name: "10k" }).click();
    await page.locator(".tape-paused").waitFor({ state: "hidden" });
    expect((await rows(page))[0]).toBe("▲ 10:41:07.313 25.18 12,500 P F");
  });

  test("a row moves down with its trade, and a correction changes it in its place", async () => {
    const { page } = await open(320);
    await page.evaluate(() => {
      tape.push({ ms: 1, price: 25.18 });
      tape.push({ ms: 2, price: 25.17 });
      tape.correctLast(25.16);
      tape.push({ ms: 3, price: 25.18 });
    });
    await expect(rows(page)).resolves.toEqual([
      "▲ 10:41:07.003 25.18 100 D",
      "▼ 10:41:07.002 25.17 100 D",
      "↳ corrected to 25.16",
      "▲ 10:41:07.001 25.18 100 D",
    ]);
  });

  test("markup in an exchange or a condition is shown as text", async () => {
    const { page, failures } = await open(320);
    const hostile = "<img src=x onerror=alert(1)>";
    await page.evaluate((code) => tape.push({ exchange: code, conditions: [code] }), hostile);
    await page.locator(".tape-row").first().hover();
    await expect(page.getByRole("tooltip").innerText()).resolves.toBe(`${hostile}\n${hostile}`);
    expect(await page.locator("img").count()).toBe(0);
    expect(failures).toEqual([]);
  });

  test("20,000 trades a second cost less than 8 ms of script a frame at p95, without new elements or a growing heap", async () => {
    const { page } = await open(440, 900);
    await page.evaluate(() => tape.flood());
    const measure = () =>
      page.evaluate(() => {
        const frames = tape.flood().sort((a, b) => a - b);
        gc?.();
        const { usedJSHeapSize } = (performance as unknown as { memory: { usedJSHeapSize: number } }).memory; // Chromium's own
        return { p95: frames[56] ?? 0, heap: usedJSHeapSize, elements: document.querySelectorAll("*").length };
      });
    const runs = [];
    for (let run = 0; run < 5; run++) runs.push(await measure());
    if (FOLDER !== undefined) console.log(runs);
    const [first, last] = [runs[0], runs.at(-1)];
    if (first === undefined || last === undefined) throw new Error("no run was measured");
    expect(last.elements).toBe(first.elements);
    expect(last.heap - first.heap).toBeLessThan(500_000);
    expect(Math.min(...runs.map((run) => run.p95))).toBeLessThan(8); // alone about 1 ms: other tests share the cores
  });

  test("axe finds nothing in either theme, and a lost connection turns prints grey", async () => {
    const { page } = await open(320);
    await page.evaluate(() => tape.market());
    await page.evaluate(axeCore.source);
    for (const theme of ["dark", "light"]) {
      await page.evaluate((name) => {
        document.documentElement.dataset.theme = name;
      }, theme);
      const { violations } = await page.evaluate(() => axe.run(".tape"));
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    }
    await picture("light-320", page);
    const colour = () =>
      page
        .locator(".tape-price")
        .nth(1)
        .evaluate((cell) => getComputedStyle(cell).color);
    const before = await colour();
    await page.evaluate(() => tape.loseConnection());
    expect(await colour()).not.toBe(before);
  });
});
