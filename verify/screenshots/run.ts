import { once } from "node:events";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launch } from "../installing/page.ts";
import { ROOT } from "../installing/project.ts";
import { portOf, tickerplant } from "../shared/command.ts";
import { SwitchedProxy } from "../shared/switched-proxy.ts";

const USAGE = `Usage: npm run screenshots -- [FOLDER]

Opens the page of the demo in Chromium at several widths and in both themes, cuts its connection once so that a filled
gap shows, and writes a picture of each into FOLDER, docs/images by default.`;

/** What is photographed: the size of the window, the theme, and the key that is pressed first. */
const PICTURES = [
  { name: "page-dark-1440", width: 1440, height: 900, theme: "dark", key: "h" },
  { name: "page-light-1440", width: 1440, height: 900, theme: "light", key: "G" },
  { name: "page-dark-1920", width: 1920, height: 900, theme: "dark", key: "h" },
  { name: "page-light-768", width: 768, height: 1024, theme: "light", key: "h" },
  { name: "page-dark-390", width: 390, height: 844, theme: "dark", key: "1" },
] as const;

/** The same seed gives the same prices, of the symbols that the page watches first, and of others. */
const DEMO = ["demo", "--seed", "7"];

/** So that every line of the tape and the newest candles are of this run. */
const WATCHED_MS = 10_000;
/** Wide enough to be seen in the lane of the chart. */
const CUT_MS = 8_000;
/** From the end of the fill to the picture: the dock draws once a second. */
const SETTLED_MS = 5_000;
const TIMEOUT_MS = 60_000;
/** A picture that a reader of the documents loads. */
const MAX_BYTES = 250_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false } },
});

async function main(): Promise<boolean> {
  const folder = positionals[0] ?? join(ROOT, "docs/images");
  await mkdir(folder, { recursive: true });
  const demo = tickerplant(DEMO);
  try {
    await using proxy = await SwitchedProxy.listen(await portOf(demo));
    const browser = await launch();
    try {
      return await photograph(browser, proxy, folder);
    } finally {
      await browser.close();
    }
  } finally {
    demo.kill();
    if (demo.exitCode === null) await once(demo, "close");
  }
}

/** Takes one picture after the other: two pages at a time would show each other's load as lag. */
async function photograph(browser: Browser, proxy: SwitchedProxy, folder: string): Promise<boolean> {
  let areSmall = true;
  for (const picture of PICTURES) {
    const path = join(folder, `${picture.name}.png`);
    const page = await openPage(browser, `http://127.0.0.1:${proxy.port}`, picture);
    await wait(WATCHED_MS);
    await cutOnce(page, proxy);
    await page.screenshot({ path });
    await page.close();
    const { size } = await stat(path);
    console.log(`${path}: ${Math.round(size / 1000)} kB`);
    areSmall &&= size <= MAX_BYTES;
  }
  if (!areSmall) console.error(`A picture is larger than ${MAX_BYTES / 1000} kB`);
  return areSmall;
}

/** Cuts the connection of a page, and waits until its gap is filled. */
async function cutOnce(page: Page, proxy: SwitchedProxy): Promise<void> {
  proxy.cut();
  await page.locator(".top-bar-alarm").waitFor({ timeout: TIMEOUT_MS });
  await wait(CUT_MS);
  proxy.restore();
  const filled = page.locator(".status-counters", { hasText: /0 gaps open.*[1-9]\d* filled/ });
  await filled.waitFor({ state: "attached", timeout: TIMEOUT_MS }); // a phone has no room for the counters
  await wait(SETTLED_MS);
}

async function openPage(
  browser: Browser,
  origin: string,
  { width, height, theme, key }: (typeof PICTURES)[number],
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, timezoneId: "UTC" });
  await page.goto(origin);
  await page.locator(".connection", { hasText: "Connected" }).waitFor({ timeout: TIMEOUT_MS });
  await page.keyboard.press(key);
  return page;
}

if (values.help) console.log(USAGE);
else process.exitCode = (await main()) ? 0 : 1;
