import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build, type Rolldown } from "vite";

/** The folder of the dashboard's package. */
export const DASHBOARD: string = join(import.meta.dirname, "../..");
const CLIENT = join(DASHBOARD, "../client/src");

/** The installed Chromium, if there is one. */
export const CHROMIUM: string | undefined = process.env.CHROMIUM_PATH ?? onPath(["chromium", "google-chrome"]);

/** The client's sources under the names of its package, as a browser loads them. */
export const CLIENT_SOURCES: Readonly<Record<string, string>> = {
  "#stocks/msgpack-fast-path": join(CLIENT, "wire/no-fast-path.ts"),
  "#crypto/msgpack-fast-path": join(CLIENT, "wire/no-fast-path.ts"),
  "#codecs": join(CLIENT, "connection/codecs-browser.ts"),
  "@tickerplant/client/transport": join(CLIENT, "platform/transport/web.ts"),
  "@tickerplant/client/history": join(CLIENT, "index-history.ts"),
  "@tickerplant/client": join(CLIENT, "index.ts"),
};

/** The policy of the page, as the gateway sends it. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";

/** A page that is open, with the errors and warnings of its console. */
export interface OpenPage {
  readonly page: Page;
  readonly failures: string[];
}

/** Starts Chromium, with a garbage collector that tests may call. */
export function launch(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("Chromium is not installed: set CHROMIUM_PATH or skip the test");
  const chromiumSandbox = process.getuid?.() !== 0; // the sandbox does not work for root, as in containers
  const args = ["--enable-precise-memory-info", "--js-flags=--expose-gc"];
  return chromium.launch({ executablePath: CHROMIUM, chromiumSandbox, args });
}

/** Opens an empty page, in a time zone that is not New York's. */
export async function emptyPage(browser: Browser, width: number, height: number): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width, height }, timezoneId: "Asia/Tokyo" });
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") failures.push(message.text());
  });
  return { page, failures };
}

/** A panel alone in Chromium, bundled from its sources. */
export class PanelBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #files: ReadonlyMap<string, { readonly contentType: string; readonly body: string }>;

  private constructor(browser: Browser, { script, style }: Bundle) {
    this.#browser = browser;
    const html =
      '<!doctype html><html lang="en"><title>Panel</title><link rel="stylesheet" href="/style.css"><main></main><footer></footer><script type="module" src="/script.js"></script></html>';
    this.#files = new Map([
      ["/", { contentType: "text/html", body: html }],
      ["/style.css", { contentType: "text/css", body: style }],
      ["/script.js", { contentType: "text/javascript", body: script }],
    ]);
  }

  /** Bundles the script of a page. `mainStyle` is the place of the panel. */
  static async open(entry: string, mainStyle = "height: 100%"): Promise<PanelBrowser> {
    return new PanelBrowser(await launch(), await bundle(entry, mainStyle));
  }

  /** Opens the page with the panel, under the page's policy. */
  async page(width: number, height = 900): Promise<OpenPage> {
    const opened = await emptyPage(this.#browser, width, height);
    await opened.page.route("**", async (route) => {
      const file = this.#files.get(new URL(route.request().url()).pathname);
      if (file === undefined) return route.fulfill({ status: 204 });
      await route.fulfill({ ...file, headers: { "Content-Security-Policy": POLICY } });
    });
    await opened.page.goto("http://panel.test/");
    await frames(opened.page, 5);
    return opened;
  }

  /** Records what the page does. */
  startTracing(page: Page): Promise<void> {
    return this.#browser.startTracing(page, { categories: ["devtools.timeline"] });
  }

  /** Returns the events since the start. */
  async stopTracing<Event>(): Promise<readonly Event[]> {
    const trace = await this.#browser.stopTracing();
    return JSON.parse(trace.toString()).traceEvents;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Waits for a number of frames. */
export async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(async (number) => {
    for (let index = 0; index < number; index++) await new Promise((resolve) => requestAnimationFrame(resolve));
  }, count);
}

interface Bundle {
  readonly script: string;
  readonly style: string;
}

async function bundle(entry: string, mainStyle: string): Promise<Bundle> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    root: DASHBOARD,
    publicDir: false,
    resolve: { alias: CLIENT_SOURCES },
    build: { write: false, minify: false, rollupOptions: { input: entry } },
  });
  const files = (output as Rolldown.RolldownOutput).output; // a single output and no watcher were requested
  const shared = ["tokens.css", "base.css"].map((file) => readFile(join(DASHBOARD, "src/ui", file), "utf8"));
  const own = files.flatMap((file) => (file.type === "asset" && file.fileName.endsWith(".css") ? [file.source] : []));
  const style = [...(await Promise.all(shared)), ...own, `main { ${mainStyle}; background: var(--panel); }`];
  return { script: files[0].code, style: style.join("\n") };
}

function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}
