import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as playwright } from "playwright-core";
import { build, type Rolldown } from "vite";
import { onPath, Unavailable } from "./installing.ts";
import type { Platform } from "./platform.ts";

/** Flags so that the browser opens no connections but those of the page. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page in headless Chromium, which must be installed. */
export function chromium(): Platform {
  return {
    name: "chromium",
    sockets: "WebSocket",
    script: bundled,
    prepare: async () => {
      const path = process.env.CHROMIUM_PATH ?? onPath(["chromium", "chromium-browser", "google-chrome"]);
      if (path === undefined) throw new Unavailable("Chromium is not on the PATH, and CHROMIUM_PATH is not set");
      const profile = await mkdtemp(join(tmpdir(), "tickerplant-chromium-"));
      // The sandbox does not work for root, as in containers; the only page is ours.
      const isRoot = process.getuid?.() === 0;
      const context = await playwright.launchPersistentContext(profile, {
        executablePath: path,
        headless: true,
        chromiumSandbox: !isRoot,
        args: FLAGS,
        ignoreHTTPSErrors: true, // the certificate is made for the run
      });
      const version = context.browser()?.version() ?? "";
      return {
        version,
        start: async (control) => {
          const page = await context.newPage();
          const kill = async (): Promise<void> => {
            await context.close();
            await rm(profile, { recursive: true, force: true });
          };
          const ended = new Promise<string | undefined>((resolve) => {
            page.on("pageerror", (error) => resolve(`the page failed: ${error.stack ?? error.message}`));
            page.on("crash", () => resolve("the page crashed"));
            control.done.then(() => resolve(undefined));
          });
          await page.goto(control.origin);
          return { ended, kill };
        },
      };
    },
  };
}

/** Bundles the suite into one script, with the package's exports for browsers. */
async function bundled(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "esnext",
      rollupOptions: { input: join(import.meta.dirname, "suite", "page.js"), output: { format: "es" } },
    },
  });
  return (output as Rolldown.RolldownOutput).output[0].code; // a single output and no watcher were requested
}
