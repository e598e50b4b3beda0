import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SwitchedProxy } from "../../../../verify/shared/switched-proxy.ts";
import { CHROMIUM, PageBrowser } from "./fixture/page-browser.ts";
import { bands, cancel, correction, quote, status, trade } from "./fixture/records.ts";
import { ScriptedMarket } from "./fixture/scripted-market.ts";
import { add, CONNECTED, expectText, row, seriousFindings, signIn, subscribed } from "./fixture/steps.ts";

/** What Chromium itself logs of a connection that it could not make. */
const FAILED_CONNECTION = /^WebSocket connection to .* failed|^Failed to load resource: net::ERR_/;

/** Time for a cut, the attempts to reconnect and the answer of history, or for axe in many views. */
const LONG_TIMEOUT_MS = 60_000;

/** Without spaces, which a key cannot have. */
const HOSTILE = "<img/src=x/onerror=alert(1)>";

/** The symbols that the page watches of a simulated market at the first visit. The first is selected. */
const FIRST_SYMBOLS = 8;

let browser: PageBrowser;

/** Opens the page of a simulated market, and waits until it is subscribed. */
async function open(
  market: ScriptedMarket,
  { origin = market.origin, width = 1440 } = {},
): Promise<{ page: Page; failures: string[] }> {
  const opened = await browser.page(origin, width);
  await expectText(opened.page, ".connection", CONNECTED);
  await subscribed(market, FIRST_SYMBOLS);
  return opened;
}

/** The lines of the tape as they are shown, newest first: glyph, time, price, size, exchange, conditions. */
async function tape(page: Page): Promise<string[]> {
  const rows = await page.locator(".tape-row:visible").all();
  const texts = await Promise.all(rows.map((each) => each.innerText()));
  return texts.map((text) => text.replaceAll(/\s+/g, " ").replaceAll(/\d\d:\d\d:\d\d(\.\d{3})?/g, "TIME"));
}

/** The texts of the chart's targets in the gap lane. */
function gapLabels(page: Page): Promise<string[]> {
  return page.locator(".chart-gap").allTextContents();
}

/** The rows of the dock's tab Gaps, as texts of their cells. */
async function gapRows(page: Page): Promise<string[][]> {
  const rows = await page.locator("#dock-panel-gaps tbody tr:visible").all();
  return Promise.all(rows.map((each) => each.locator("td").allInnerTexts()));
}

/** The failures besides those that Chromium itself logs of a lost connection. */
function ownFailures(failures: readonly string[]): string[] {
  return failures.filter((text) => !FAILED_CONNECTION.test(text));
}

// A machine without Chromium skips the page: CHROMIUM_PATH names another.
describe.skipIf(CHROMIUM === undefined)("the whole page in Chromium", () => {
  beforeAll(async () => {
    browser = await PageBrowser.open();
  }, 60_000);
  afterAll(() => browser?.[Symbol.asyncDispose]());

  test("trades of known values are in the chart's header, in a candle, and on the tape with their side", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await open(market);
    market.publish(quote("SPY", 671.4, 671.5), trade("SPY", 671.45), trade("SPY", 671.5, ["@"], 12_500));
    market.publish(trade("SPY", 671.4), trade("SPY", 671.52, ["@", "I"], 5));
    await expectText(page, ".chart-last", "671.40");
    expect(await tape(page)).toEqual([
      "▲ at the ask TIME 671.52 5 Q I",
      "▼ at the bid TIME 671.40 100 Q",
      "▲ at the ask TIME 671.50 12,500 Q",
      "· between bid and ask TIME 671.45 100 Q",
    ]);
    await page.keyboard.press("v");
    // The odd lot counts for the volume alone.
    await expectText(page, ".chart-table tr", /671\.45671\.50671\.40671\.4012,705$/);
    expect(failures).toEqual([]);
    await page.close();
  });

  test.each([390, 1440])("the candles have the room of their place at a width of %i", async (width) => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await open(market, { width });
    const chart = await page.locator(".chart-canvas").boundingBox();
    const place = await page.locator(".slot-chart").boundingBox();
    expect(chart?.height).toBeGreaterThan((place?.height ?? Number.NaN) / 2);
    expect(chart?.width).toBe(place?.width);
    await page.close();
  });

  test("a corrected and a cancelled trade are struck through on the tape, with what became of them", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await open(market);
    const [wrong, void_, good] = [trade("SPY", 671.4), trade("SPY", 671.5), trade("SPY", 671.45)];
    market.publish(quote("SPY", 671.4, 671.5), wrong, void_, good);
    market.publish(correction(wrong, 671.42), cancel(void_));
    await expectText(page, ".tape-row", "↳ cancelled");
    expect(await tape(page)).toEqual([
      "· between bid and ask TIME 671.45 100 Q",
      "× at the ask TIME 671.50 100 Q",
      "↳ cancelled",
      "▼ at the bid TIME 671.40 100 Q",
      "↳ corrected to 671.42",
    ]);
    const struck = page.locator(".tape-struck:visible .tape-price");
    expect(await struck.allTextContents()).toEqual(["671.50", "671.40"]);
    const lines = await struck.evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).textDecorationLine));
    expect(lines).toEqual(["line-through", "line-through"]);
    expect(failures).toEqual([]);
    await page.close();
  });

  test("a halt is in the watch list and in the chart, and LULD bands are in the quote panel", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await open(market);
    market.publish(trade("SPY", 671.4), bands("SPY", 640, 700), status("SPY", "P", "Trading Pause", "LULD pause"));
    await expectText(page, '[data-symbol="SPY"]', /HALT.*since \d\d:\d\d:\d\d, LULD pause/);
    await expectText(page, ".quote", "640.00 – 700.00");
    await expect
      .poll(() => page.locator(".chart-canvas").getAttribute("aria-label"), { timeout: 15_000 })
      .toContain("1 halt;");
    await page.keyboard.press("v");
    await expectText(page, ".chart-table tr", /671\.40.*Halted$/);
    expect(failures).toEqual([]);
    await page.close();
  });

  test("a cut of the page's connection is an open gap in lane, tape, dock and status bar, and a filled one once history has its trades", {
    timeout: LONG_TIMEOUT_MS,
  }, async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    await using proxy = await SwitchedProxy.listen(market.port);
    const { page, failures } = await open(market, { origin: `http://127.0.0.1:${proxy.port}` });
    market.publish(trade("SPY", 671.4));
    await expectText(page, ".chart-last", "671.40");
    await page.keyboard.press("g");
    proxy.cut();
    await expectText(page, ".chart-gap", /^Gap open: .* Missing: everything subscribed/);
    market.publish(trade("SPY", 672), trade("SPY", 673)); // which the page misses
    expect(await tape(page)).toEqual(["Gap TIME – now, not filled", "TIME 671.40 100 Q"]);
    await expectText(page, ".status-counters", "1 gap open");
    expect(await page.locator("#dock-tab-gaps").innerText()).toContain("1 open");
    expect(await gapRows(page)).toEqual([
      ["Open", expect.stringMatching(/now$/), "everything subscribed", expect.stringMatching(/closed/), "reconnecting"],
    ]);

    market.symbolCount = 0;
    proxy.restore();
    await subscribed(market, FIRST_SYMBOLS);
    await expectText(page, ".chart-gap", /^Gap being filled: /);
    market.publish(trade("SPY", 674)); // shows that history has what came before
    await expectText(page, ".chart-gap", /^Gap filled: /);
    expect(await tape(page)).toEqual([
      "TIME 674.00 100 Q",
      "Gap TIME – TIME, filled from history",
      "TIME 673.00 100 Q",
      "TIME 672.00 100 Q",
      "TIME 671.40 100 Q",
    ]);
    await expectText(page, ".status-counters", /0 gaps open.*1 filled/);
    // One gap of trades and bars, and one of the channels that history does not have.
    const states = async (): Promise<(string | undefined)[]> => (await gapRows(page)).map(([state]) => state);
    await expect.poll(states, { timeout: 10_000 }).toEqual(["Filled", "Missed"]);
    const counted = (await gapLabels(page))[0]?.match(/^Gap filled: (\d+) records/)?.[1];
    expect((await gapRows(page))[0]?.[4]).toMatch(new RegExp(`^${counted} in `));
    expect(ownFailures(failures)).toEqual([]);
    await page.close();
  });

  test("a gap whose history is refused stays open in lane, tape, dock and status bar", {
    timeout: LONG_TIMEOUT_MS,
  }, async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    await using proxy = await SwitchedProxy.listen(market.port);
    const { page } = await open(market, { origin: `http://127.0.0.1:${proxy.port}` });
    market.publish(trade("SPY", 671.4));
    await expectText(page, ".chart-last", "671.40");
    await page.keyboard.press("g");
    proxy.cut();
    await expectText(page, ".top-bar-alarm", "Disconnected");
    market.publish(trade("SPY", 672));
    market.gateway.faults.historyStatus = 403;
    market.symbolCount = 0;
    proxy.restore();
    await subscribed(market, FIRST_SYMBOLS);
    await expectText(page, ".chart-gap", /^Gap open: .* Not filled: \w+: .*403/);
    market.publish(trade("SPY", 674));
    await expectText(page, ".chart-last", "674.00");
    expect(await tape(page)).toEqual(["TIME 674.00 100 Q", "Gap TIME – TIME, not filled", "TIME 671.40 100 Q"]);
    await expectText(page, ".status-counters", /1 gap open.*0 filled/);
    await expect.poll(async () => (await gapRows(page))[0]?.[0]).toBe("Open");
    expect(await page.locator("#dock-tab-gaps").innerText()).toContain("1 open");
    await page.close();
  });

  test("panels keep their data while the gateway is away, and get more when it comes again", {
    timeout: LONG_TIMEOUT_MS,
  }, async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await open(market);
    market.publish(quote("SPY", 671.4, 671.5), trade("SPY", 671.4));
    await expectText(page, ".chart-last", "671.40");
    await market.go();
    await expectText(page, ".top-bar-alarm", "Disconnected");
    expect(await page.locator(".chart-last").textContent()).toBe("671.40");
    expect(await row(page, "SPY").locator(".watch-note").textContent()).toBe("671.40 × 671.50");
    expect(await tape(page)).toContain("▼ at the bid TIME 671.40 100 Q");
    await market.come();
    await subscribed(market, FIRST_SYMBOLS);
    await expectText(page, ".connection", CONNECTED);
    market.publish(quote("SPY", 673.9, 674));
    await expectText(page, '[data-symbol="SPY"] .watch-note', "673.90 × 674.00");
    expect(ownFailures(failures)).toEqual([]);
    await page.close();
  });

  test("the tab Gateway shows the page's own client by the name of its key, after a wrong key was rejected", async () => {
    const secret = "the-secret-of-the-test";
    await using market = await ScriptedMarket.open(browser.folder, "live", [{ key: "desk", secret }]);
    const { page, failures } = await browser.page(market.origin);
    await signIn(page, "desk", "wrong");
    await expectText(page, ".keys-problem", "Key rejected (402)");
    await signIn(page, "desk", secret);
    await add(page, "GME");
    await expectText(page, ".connection", CONNECTED);
    await page.keyboard.press("Escape"); // leaves the field
    await page.keyboard.press("G");
    await expectText(page, "#dock-panel-gateway tbody tr", /^desk.*iex.*Keeping up/);
    await expectText(page, "#dock-tab-gateway", "1 client");
    expect(ownFailures(failures)).toEqual([]);
    await page.close();
  });

  test("the quote fits into its panel, also where an exchange has a long name", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await open(market);
    market.publish(quote("SPY", 671.4, 671.5, "N"));
    await expectText(page, ".quote", "New York Stock Exchange");
    const overflow = await page
      .locator(".quote-side")
      .evaluateAll((sides) => sides.map((side) => side.scrollWidth - side.clientWidth));
    expect(overflow).toEqual([0, 0]);
    await page.close();
  });

  test("markup in the name of a key, in a reason and in codes of the feed is text", async () => {
    const secret = "the-secret-of-the-test";
    await using market = await ScriptedMarket.open(browser.folder, "simulated", [{ key: HOSTILE, secret }]);
    const { page, failures } = await browser.page(market.origin);
    let dialogs = 0;
    page.on("dialog", (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await signIn(page, HOSTILE, secret);
    await expectText(page, ".connection", CONNECTED);
    await subscribed(market, FIRST_SYMBOLS);
    market.publish(trade("SPY", 671.4, [HOSTILE]), status("SPY", "P", HOSTILE, HOSTILE), bands("SPY", 640, 700));
    await expectText(page, '[data-symbol="SPY"] .watch-note', HOSTILE);
    await expectText(page, ".tape-row", HOSTILE);
    await add(page, HOSTILE);
    await expectText(page, ".watch-message", "IMG");
    await page.keyboard.press("Escape");
    await page.keyboard.press("G");
    await expectText(page, "#dock-panel-gateway tbody tr", HOSTILE);
    expect(await page.locator("img").count()).toBe(0);
    expect(dialogs).toBe(0);
    expect(failures).toEqual([]);
    await page.close();
  });

  test("a request to another host would be found, and the policy of the page forbids it", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await open(market);
    expect(failures).toEqual([]);
    await page.evaluate(() => fetch("http://other.test/").catch(() => {}));
    await expect.poll(() => failures.join()).toContain("The policy forbids http://other.test/ by connect-src");
    await page.close();
  });

  test.each([390, 1440])(
    "axe finds nothing serious on the whole page with data, in either theme, at a width of %i",
    { timeout: LONG_TIMEOUT_MS },
    async (width) => {
      await using market = await ScriptedMarket.open(browser.folder, "simulated");
      const { page } = await open(market, { width });
      const wrong = trade("SPY", 671.3);
      market.publish(quote("SPY", 671.4, 671.5), wrong, trade("SPY", 671.4), trade("SPY", 671.5, ["@"], 12_500));
      market.publish(correction(wrong, 671.32), bands("SPY", 640, 700), status("QQQ", "H", "Halted", "News"));
      const views = width < 720 ? ["Watch", "Tape", "Health", "Chart"] : [];
      await expectText(page, ".chart-last", "671.50");
      expect(await seriousFindings(page)).toEqual([]);
      for (const name of views) {
        await page.locator(".view-button", { hasText: name }).click();
        expect(await seriousFindings(page)).toEqual([]);
      }
      for (const tab of ["Gaps", "Gateway", "Log"]) {
        if (width < 720) await page.locator(".view-button", { hasText: "Health" }).click();
        await page.getByRole("tab", { name: tab }).click();
        expect(await seriousFindings(page)).toEqual([]);
      }
      await page.close();
    },
  );

  test("a panel that fails shows the reason in its place, and the others go on", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await open(market);
    await page.route("**/status.json", (route) =>
      route.fulfill({ json: { feeds: [], version: "of another gateway" } }),
    );
    await expectText(page, ".slot-dock", "This panel has failed");
    market.publish(quote("SPY", 671.4, 671.5), trade("SPY", 671.42));
    await expectText(page, ".chart-last", "671.42");
    await expectText(page, ".tape-row", "671.42");
    await expectText(page, '[data-symbol="SPY"] .watch-note', "671.40 × 671.50");
    await page.close();
  });

  test("the tab key reaches every panel that has something to press or to scroll", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await open(market);
    market.publish(trade("SPY", 671.4));
    await expectText(page, ".chart-last", "671.40");
    const reached = new Set<string>();
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press("Tab");
      const place = await page.evaluate(() => document.activeElement?.closest("section.slot")?.ariaLabel);
      if (place) reached.add(place);
    }
    expect([...reached].sort()).toEqual(["Chart", "Health", "Time and sales", "Watch list"]);
    await page.close();
  });
});
