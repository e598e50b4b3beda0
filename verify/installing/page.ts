import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { onPath, Unavailable } from "../runtimes/installing.ts";
import { type Case, IMPORT, program } from "./case.ts";
import { type Project, ROOT } from "./project.ts";

/** The expression by which a page finds the gateway. */
export const PAGE_GATEWAY = 'new URLSearchParams(location.search).get("gateway")';

/** Longest time for a page to receive its trade. */
const PAGE_TIMEOUT_MS = 15_000;

/** The import map of docs/installing.md, as a script element. */
async function documentedImportMap(): Promise<string> {
  const document = await readFile(join(ROOT, "docs/installing.md"), "utf8");
  const map = document.match(/<script type="importmap">.*?<\/script>/s)?.[0];
  assert.ok(map, "docs/installing.md has no import map");
  return map;
}

/** Opens a page with this in its body in Chromium, and waits until it reports a trade. */
export async function assertPageReceives(project: Project, body: string): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const printed: string[] = [];
    const message = new Promise<void>((resolve) => {
      const add = (text: string): void => {
        printed.push(text);
        resolve();
      };
      page.on("console", (entry) => add(entry.text()));
      page.on("pageerror", (error) => add(error.message));
      setTimeout(resolve, PAGE_TIMEOUT_MS).unref();
    });
    await project.write("page.html", `<!doctype html>\n<link rel="icon" href="data:,">\n${body}\n`);
    await page.goto(`${project.origin}/page.html?gateway=${encodeURIComponent(project.url)}`);
    await message;
    assert.deepEqual(printed, ["received trades"]);
  } finally {
    await browser.close();
  }
}

/** Starts Chromium. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? onPath(["chromium", "chromium-browser", "google-chrome"]);
  if (executablePath === undefined) throw new Unavailable("no chromium on the PATH, and CHROMIUM_PATH is not set");
  const isRoot = process.getuid?.() === 0; // the sandbox does not work for root
  return chromium.launch({ executablePath, chromiumSandbox: !isRoot, args: ["--disable-gpu"] });
}

/** Serves a folder's files to pages on this machine. */
export async function servePages(folder: string): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const type = extname(path) === ".html" ? "text/html" : "text/javascript";
    const text = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(text === undefined ? 404 : 200, { "Content-Type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return { origin: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

export const PAGE_CASES: readonly Case[] = [
  {
    group: "browser",
    title: "a page imports the client without a bundler, by an import map",
    run: async (project) => {
      const body = `${await documentedImportMap()}\n<script type="module">${program(IMPORT, PAGE_GATEWAY)}</script>`;
      await assertPageReceives(project, body);
    },
  },
];
