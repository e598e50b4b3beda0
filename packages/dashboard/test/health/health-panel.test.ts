import { join } from "node:path";
import axeCore from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GatewayView } from "../../src/health/gateway-view.ts";
import { CHROMIUM, PanelBrowser } from "../browser/chromium.ts";
import type {} from "./fixture/page.ts";

declare global {
  var axe: typeof import("axe-core");
}

/** A folder for pictures of the dock, to be looked at. */
const FOLDER = process.env.SCREENSHOTS;

const SLOW_CLIENT: GatewayView = {
  clients: [
    {
      name: "research-desk",
      feed: "sip",
      codec: "msgpack",
      symbols: 22,
      recordsPerSecond: 4203,
      bytesWaiting: 0,
      isSlow: false,
      connectedForMs: 4_260_000,
    },
    {
      name: "risk-1",
      feed: "sip",
      codec: "msgpack",
      symbols: "*",
      recordsPerSecond: 38_910,
      bytesWaiting: 1200,
      isSlow: false,
      connectedForMs: 4_260_000,
    },
    {
      name: "notebook-mk",
      feed: "sip",
      codec: "json",
      symbols: 510,
      recordsPerSecond: 11_774,
      bytesWaiting: 6_800_000,
      isSlow: true,
      connectedForMs: 1_320_000,
    },
    {
      name: "<img src=x onerror=alert(1)>",
      feed: "iex",
      codec: "msgpack",
      symbols: 40,
      recordsPerSecond: 612,
      bytesWaiting: 0,
      isSlow: false,
      connectedForMs: 250_000,
    },
  ],
  clientCount: 4,
  maxBytesWaiting: 8_000_000,
  recordsPerSecond: 59_702,
  bytesPerSecond: 4_400_000,
  closedAsSlow: 1,
  upstreams: [
    {
      feed: "sip",
      state: "Connected",
      isConnected: true,
      connectedForMs: 2_280_000,
      recordsPerSecond: 4203,
      lagP50Ms: 2.1,
    },
    {
      feed: "iex",
      state: "Reconnecting",
      isConnected: false,
      connectedForMs: undefined,
      recordsPerSecond: undefined,
      lagP50Ms: undefined,
    },
  ],
  parts: [
    {
      title: "Recorder",
      note: "/data/tape",
      facts: [
        ["Written", "4.81 GB today, 1.9 MB/s"],
        ["Last flush", "0.6 s ago"],
      ],
    },
    { title: "History", note: "held in memory", facts: [["Span", "08:00:00 – now, 212 MB of 512 MB"]] },
  ],
};

describe.skipIf(CHROMIUM === undefined)("the health dock in Chromium (skipped where Chromium is not installed)", () => {
  let browser: PanelBrowser;
  beforeAll(async () => {
    browser = await PanelBrowser.open(join(import.meta.dirname, "fixture/page.ts"), "height: 284px");
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  async function picture(name: string, page: Page): Promise<void> {
    if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/${name}.png` });
  }

  test("a dock without data shows dashes and sentences, never NaN", async () => {
    const { page, failures } = await browser.page(1140);
    const text = await page.locator(".dock").innerText();
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text).toContain("No gap since the page was opened");
    expect(text).toContain("The connection has held");
    expect(failures).toEqual([]);
    await picture("empty", page);
  });

  test("a market of ten minutes shows rates, lag, gaps and reconnects in New York's time", async () => {
    const { page, failures } = await browser.page(1140);
    await page.evaluate(() => dock.market());
    await picture("health-dark", page);
    const rates = page.getByRole("table", { name: "Records per second by channel" });
    await expect(rates.getByRole("row", { name: "Bars" }).locator("td").allInnerTexts()).resolves.toEqual([
      "",
      "2.2",
      "22",
    ]);
    const gaps = page
      .getByRole("tabpanel", { name: "Health" })
      .getByRole("table", { name: "Gaps" })
      .locator("tbody tr");
    await expect(gaps.allInnerTexts()).resolves.toEqual([
      expect.stringMatching(/^\s*Open\s+10:38:37 – 10:38:46\s+GME, trades, quotes\s+closed 1011\s+server_error\s*$/),
      expect.stringMatching(
        /^\s*Filled\s+10:36:07 – 10:36:25\s+22 symbols, trades, quotes\s+closed 1001\s+1,284 in 0.8 s\s*$/,
      ),
    ]);
    expect(failures).toEqual([]);
    await page.evaluate(() => document.documentElement.setAttribute("data-theme", "light"));
    await picture("health-light", page);
  });

  test("the time of each gap is tinted in every area and in the lag lines", async () => {
    const { page } = await browser.page(1140);
    await page.evaluate(() => dock.market());
    await expect(page.locator(".dock-area-chart .dock-tint-filled").count()).resolves.toBe(5);
    await expect(page.locator(".dock-lag-chart .dock-tint-open").count()).resolves.toBe(1);
    // 18 of 600 seconds, five minutes ago: 3% of 200 wide, from the middle.
    const tint = page.locator(".dock-lag-chart .dock-tint-filled");
    await expect(
      tint.evaluate((rect) => [rect.getAttribute("x"), rect.getAttribute("width")].map(Number)),
    ).resolves.toEqual([expect.closeTo(100, 1), expect.closeTo(6, 1)]);
  });

  test("a cut shows as a gap that grows, then as one that fills, then as filled", async () => {
    const { page } = await browser.page(1140);
    const row = page.getByRole("tabpanel", { name: "Health" }).getByRole("table", { name: "Gaps" }).locator("tbody tr");
    await page.evaluate(() => dock.lose(3));
    await expect(row.innerText()).resolves.toMatch(
      /Open\s+10:41:07 – now\s+everything subscribed\s+closed 1006\s+reconnecting/,
    );
    await expect(page.getByRole("tab", { name: "Gaps" }).innerText()).resolves.toMatch(/1 open/);
    await expect(page.getByText("lost for 3.0 s").isVisible()).resolves.toBe(true);
    await page.evaluate(() => dock.recover(false));
    await expect(row.innerText()).resolves.toMatch(
      /Filling.*22 symbols, trades, quotes\s+closed 1006\s+asking history/s,
    );
    await expect(page.getByText("back in 3.0 s").isVisible()).resolves.toBe(true);
  });

  test("a filled gap says how many records came and how long the fill took", async () => {
    const { page } = await browser.page(1140);
    await page.evaluate(() => dock.recover(true));
    await page.keyboard.press("g");
    const row = page.getByRole("tabpanel", { name: "Gaps" }).locator("tbody tr");
    await expect(row.innerText()).resolves.toMatch(/Filled.*1,284 in 0.8 s/s);
    await expect(page.getByRole("tab", { name: "Gaps" }).innerText()).resolves.toBe("Gaps");
  });

  test("a slow client is amber, with the limit at which it is closed", async () => {
    const { page, failures } = await browser.page(1140);
    await page.evaluate((view) => dock.status(view), SLOW_CLIENT);
    await page.keyboard.press("Shift+G");
    await picture("gateway-dark", page);
    const row = page.getByRole("row", { name: "notebook-mk" });
    await expect(row.innerText()).resolves.toMatch(/6\.8 MB\s+SLOW closed at 8 MB\s+22 m/);
    await expect(row.getByRole("img").getAttribute("aria-label")).resolves.toBe("85% of 8 MB");
    await expect(page.locator(".dock-gateway img").count()).resolves.toBe(0); // a name is text, never markup
    await expect(page.getByRole("tab", { name: "Gateway" }).innerText()).resolves.toMatch(/4 clients/);
    expect(failures).toEqual([]);
    await page.evaluate(() => document.documentElement.setAttribute("data-theme", "light"));
    await picture("gateway-light", page);
  });

  test("a cluster has its part at the right, with lost frames in amber, and markup in a leader's name is text", async () => {
    const { page, failures } = await browser.page(1140);
    const facts = [
      ["Leader", "<img src=x>, epoch 3"],
      ["Lag", "2.1 ms · 1 frame behind"],
      ["Take-overs", "3"],
      ["Lost frames", "skipped 1 time", true],
    ] as const;
    const parts = [{ title: "Cluster", note: "sip", facts }, ...SLOW_CLIENT.parts];
    await page.evaluate((view) => dock.status(view), { ...SLOW_CLIENT, parts });
    await page.keyboard.press("Shift+G");
    await picture("cluster-dark", page);
    const part = page.locator(".dock-section", { has: page.getByRole("heading", { name: "Cluster" }) });
    await expect(part.innerText()).resolves.toMatch(
      /sip\s+Leader\s+<img src=x>, epoch 3\s+Lag\s+2\.1 ms · 1 frame behind/,
    );
    await expect(part.locator(".dock-alarm").allInnerTexts()).resolves.toEqual(["skipped 1 time"]);
    await page.evaluate((view) => dock.status(view), SLOW_CLIENT);
    await expect(part.count()).resolves.toBe(0);
    expect(failures).toEqual([]);
  });

  test("a server without a status is said in a sentence", async () => {
    const { page } = await browser.page(1140);
    await page.keyboard.press("Shift+G");
    await page.evaluate(() => dock.status("unsupported"));
    await expect(page.getByText("This server has no status.").isVisible()).resolves.toBe(true);
    await page.evaluate(() => dock.status("forbidden"));
    await expect(page.getByText("This key may not read the gateway's status.").isVisible()).resolves.toBe(true);
  });

  test("the log shows a reconnect with its cause, newest first, and never markup", async () => {
    const { page } = await browser.page(1140);
    await page.evaluate(() => dock.lose(1));
    await page.evaluate(() => dock.serverError("no records came of <img src=x>"));
    await page.keyboard.press("l");
    const rows = page.getByRole("tabpanel", { name: "Log" }).locator("tbody tr");
    await expect(rows.allInnerTexts()).resolves.toEqual([
      expect.stringContaining("no records came of <img src=x>"),
      expect.stringContaining(
        "Connection lost, attempt 1 in 0.5 s. closed_by_server: the server closed the connection (1006)",
      ),
      expect.stringContaining("Connected"),
    ]);
    await picture("log", page);
  });

  test("keys select tabs and enlarge the dock, arrows move between tabs", async () => {
    const { page } = await browser.page(1140);
    await page.keyboard.press("m");
    await expect(page.locator(".dock").boundingBox()).resolves.toMatchObject({ height: 900 });
    await page.keyboard.press("Escape");
    await expect(page.locator(".dock").boundingBox()).resolves.toMatchObject({ height: 284 });
    await page.getByRole("tab", { name: "Health" }).focus();
    await page.keyboard.press("ArrowLeft");
    await expect(page.getByRole("tab", { selected: true }).innerText()).resolves.toBe("Log");
  });

  test("a short window shows the tabs alone until one is selected", async () => {
    const { page } = await browser.page(1140, 700);
    await expect(page.locator(".dock").boundingBox()).resolves.toMatchObject({ height: 36 });
    await page.keyboard.press("g");
    await expect(page.locator(".dock").boundingBox()).resolves.toMatchObject({ height: 284 });
    await page.getByRole("tab", { name: "Gaps" }).click();
    await expect(page.locator(".dock").boundingBox()).resolves.toMatchObject({ height: 36 });
  });

  test("the budget of requests shows what is used and what fills leave to the reader", async () => {
    const { page } = await browser.page(1140);
    const line = page.locator(".dock-budget");
    await expect(line.innerText()).resolves.toMatch(
      /REST budget\s*36 of 200 a minute\s*100 kept for your own requests/,
    );
    await expect(line.getByRole("img").getAttribute("aria-label")).resolves.toBe("36 of 200 a minute used");
  });

  test("the status bar counts records, lag and gaps whatever tab is open", async () => {
    const { page } = await browser.page(1140);
    const counters = page.locator(".status-counters");
    await expect(counters.innerText()).resolves.toMatch(
      /^–\s*records\/s\s+lag p50 – p99 –\s+0 gaps open\s+0 filled\s+– dropped/,
    );
    await page.evaluate(() => dock.market());
    await page.keyboard.press("l");
    await expect(counters.innerText()).resolves.toMatch(
      /^4,7\d\d\s*records\/s\s+lag p50 2\.2 ms p99 9\.8 ms\s+1 gap open\s+1 filled\s+0 dropped\s+Queue 0$/,
    );
  });

  test("axe finds nothing serious in any tab, in either theme", async () => {
    const { page } = await browser.page(1140);
    await page.evaluate(axeCore.source);
    await page.evaluate(() => dock.market());
    await page.evaluate((view) => dock.status(view), SLOW_CLIENT);
    for (const theme of ["dark", "light"])
      for (const key of ["h", "g", "Shift+G", "l"]) {
        await page.evaluate((name) => document.documentElement.setAttribute("data-theme", name), theme);
        await page.keyboard.press(key);
        const { violations } = await page.evaluate(() => globalThis.axe.run(".dock"));
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(
          serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          `${theme}, ${key}`,
        ).toEqual([]);
      }
  });

  test("nothing is wider than the dock at any width", async () => {
    for (const width of [360, 560, 720, 860, 1140, 2040]) {
      const { page } = await browser.page(width);
      await page.evaluate(() => dock.market());
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `at ${width} pixels`).toBeLessThanOrEqual(0);
      await picture(`health-${width}`, page);
    }
  });
});
