import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, PageBrowser } from "./fixture/page-browser.ts";
import { bands, quote, status, trade } from "./fixture/records.ts";
import { ScriptedMarket } from "./fixture/scripted-market.ts";
import { add, CONNECTED, expectText, row, seriousFindings, signIn, subscribed } from "./fixture/steps.ts";

const KEYS = [{ key: "desk", secret: "the-secret-of-the-test" }];
let browser: PageBrowser;

// A machine without Chromium skips the page: CHROMIUM_PATH names another.
describe.skipIf(CHROMIUM === undefined)("the page in Chromium", () => {
  beforeAll(async () => {
    browser = await PageBrowser.open();
  }, 60_000);
  afterAll(() => browser?.[Symbol.asyncDispose]());

  test("a simulated market needs no key, and says in badge and strip that prices are made up", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await browser.page(market.origin);
    await expectText(page, ".connection", CONNECTED);
    expect(await page.locator(".badge").textContent()).toBe("SIMULATED");
    expect(await page.locator(".strip").textContent()).toContain("Prices are made up.");
    expect(await page.locator(".watch-row").count()).toBe(8);
    expect(failures).toEqual([]);
    await page.close();
  });

  test("a replay and the market itself have their badges, and the market itself has no strip", async () => {
    for (const [source, badge, hasStrip] of [
      ["live", "LIVE", false],
      ["replay", "REPLAY", true],
      [undefined, "SOURCE UNKNOWN", false],
    ] as const) {
      await using market = await ScriptedMarket.open(browser.folder, source);
      const { page } = await browser.page(market.origin);
      await expectText(page, ".connection", CONNECTED);
      expect(await page.locator(".badge").textContent()).toBe(badge);
      expect(await page.locator(".strip").isVisible()).toBe(hasStrip);
      await page.close();
    }
  });

  test("the watch list shows last, bid and ask of known records, and the quote panel sizes, spread and bands", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await browser.page(market.origin);
    await add(page, "gme");
    await expectText(page, ".connection", CONNECTED);
    await expect.poll(() => row(page, "GME").getAttribute("aria-selected")).toBe("true");
    await subscribed(market, 9);
    market.publish(
      trade("GME", 25.18),
      trade("GME", 99, ["@", "I"]), // an odd lot is no last price
      quote("GME", 25.17, 25.18),
      bands("GME", 23.91, 26.43),
    );
    await expectText(page, '[data-symbol="GME"] .watch-last', "25.18");
    expect(await row(page, "GME").locator(".watch-note").textContent()).toBe("25.17 × 25.18");
    await expectText(page, ".quote", "1,200");
    const shown = await page.locator(".quote").textContent();
    for (const part of ["25.17", "NYSE Arca", "25.18", "Nasdaq", "800", "0.01 4.0 bp", "23.91 – 26.43"])
      expect(shown).toContain(part);
    expect(failures).toEqual([]);
    await page.close();
  });

  test("a halt has its chip and reason until trading resumes", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await browser.page(market.origin);
    await expectText(page, ".connection", CONNECTED);
    await subscribed(market, 8);
    market.publish(status("SPY", "P", "Trading Pause", "LULD pause"));
    await expectText(page, '[data-symbol="SPY"]', /HALT.*since \d\d:\d\d:\d\d, LULD pause/);
    market.publish(status("SPY", "T", "Trading Resumption", ""));
    await expect.poll(() => row(page, "SPY").getAttribute("data-state")).toBe("active");
    await page.close();
  });

  test("a wrong key is asked for again with the server's number, and the right one is kept for the tab alone", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "live", KEYS);
    const { page } = await browser.page(market.origin);
    await signIn(page, "desk", "not a secret");
    await expectText(page, ".keys-problem", "secretKey");
    await signIn(page, "desk", "wrong");
    await expectText(page, ".keys-problem", "Key rejected (402)");
    expect(await page.getByLabel("Secret").inputValue()).toBe("");
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await signIn(page, "desk", "the-secret-of-the-test");
    await expectText(page, ".connection", CONNECTED);
    expect(page.url()).not.toContain("the-secret");
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("the-secret");
    await page.reload();
    await expectText(page, ".connection", CONNECTED); // without asking again
    await page.close();
  });

  test("a gateway that goes turns the top bar into an alarm, and the page reconnects by itself when it comes again", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await browser.page(market.origin);
    await expectText(page, ".connection", CONNECTED);
    await subscribed(market, 8);
    market.publish(trade("SPY", 671.42));
    await expectText(page, '[data-symbol="SPY"] .watch-last', "671.42");
    const height = await page.locator(".top-bar").evaluate((bar) => bar.clientHeight);
    await market.go();
    await expectText(page, ".top-bar-alarm", /Disconnected .*Prices as of/);
    expect(await page.locator(".top-bar").evaluate((bar) => bar.clientHeight)).toBe(height);
    expect(await page.locator(".watch-stale").count()).toBe(1);
    await market.come();
    await expectText(page, ".connection", CONNECTED);
    expect(await page.locator(".top-bar-alarm").count()).toBe(0);
    await subscribed(market, 8);
    // Trades wait until history has answered for the gap; gaps of quotes are not filled.
    market.publish(quote("SPY", 671.5, 671.52));
    await expectText(page, '[data-symbol="SPY"] .watch-note', "671.50 × 671.52");
    await page.close();
  });

  test("a symbol that is markup is rejected as text, and one that the gateway rejects shows its words as text", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated", [
      { key: "desk", secret: "the-secret-of-the-test", maxSymbols: 1 },
    ]);
    const { page } = await browser.page(market.origin);
    await signIn(page, "desk", "the-secret-of-the-test");
    await expectText(page, ".connection", CONNECTED);
    await add(page, "<img/src/onerror=alert(1)>");
    await expectText(page, ".watch-message", "IMG");
    expect(await page.locator("img").count()).toBe(0);
    await expectText(page, ".watch-list", /REJECTED405 /);
    await page.close();
  });

  test("keys move, open, remove and restore a symbol, and letters in the field are typed", async () => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page, failures } = await browser.page(market.origin);
    await expectText(page, ".connection", CONNECTED);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await expect.poll(() => row(page, "QQQ").getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("x");
    await expect.poll(() => row(page, "QQQ").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => row(page, "QQQ").count()).toBe(1);
    await page.locator("body").press("/");
    await page.keyboard.type("xs");
    expect(await page.getByLabel("Add a symbol").inputValue()).toBe("xs");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    expect(await page.locator("dialog").isVisible()).toBe(true);
    expect(failures).toEqual([]);
    await page.close();
  });

  test.each([360, 768, 1280, 1440, 2560])("the page never scrolls at a width of %i", async (width) => {
    await using market = await ScriptedMarket.open(browser.folder, "simulated");
    const { page } = await browser.page(market.origin, width);
    await expectText(page, ".connection", CONNECTED);
    const overflow = await page.evaluate(() => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
      return [scrollWidth - clientWidth, scrollHeight - clientHeight];
    });
    expect(overflow).toEqual([0, 0]);
    await page.close();
  });

  test("axe finds nothing serious with a list, without a connection and in the form, in either theme", async () => {
    await using open = await ScriptedMarket.open(browser.folder, "simulated");
    await using locked = await ScriptedMarket.open(browser.folder, "live", KEYS);
    const { page: list } = await browser.page(open.origin);
    await expectText(list, ".connection", CONNECTED);
    await subscribed(open, 8);
    open.publish(trade("SPY", 671), quote("SPY", 671, 671.01), status("QQQ", "H", "Halted", ""));
    await expectText(list, '[data-symbol="QQQ"]', "HALT");
    const { page: form } = await browser.page(locked.origin);
    await form.locator(".keys").waitFor();
    for (const page of [list, form]) expect(await seriousFindings(page)).toEqual([]);
    await open.go();
    await expectText(list, ".top-bar-alarm", "Disconnected");
    expect(await seriousFindings(list)).toEqual([]);
    await open.come(); // to be closed by the end of the block
    await Promise.all([list.close(), form.close()]);
  });
});
