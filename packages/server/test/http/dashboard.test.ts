import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpRequest } from "../../src/gateway/http-route.ts";
import { dashboard } from "../../src/http/dashboard.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tickerplant-dashboard-"));
});

afterEach(() => rm(folder, { recursive: true }));

function request(file?: string): HttpRequest {
  return { url: "/", headers: {}, params: file === undefined ? {} : { file } };
}

async function build(): Promise<void> {
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html>");
  await writeFile(join(folder, "assets", "index-1a2b.js"), "export {};");
}

const served = () => dashboard(pathToFileURL(`${folder}/`));

test("the page may load and run its own files alone", async () => {
  await build();
  const answer = await served().page(request());
  expect(answer.status).toBe(200);
  const policy = answer.headers?.["Content-Security-Policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("unsafe");
  expect(answer.headers?.["Cache-Control"]).toBe("no-cache");
});

test("an asset of the page has its type and stays in the browser's cache", async () => {
  await build();
  const answer = await served().asset(request("index-1a2b.js"));
  expect(answer).toMatchObject({
    status: 200,
    headers: {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "public, max-age=31536000, immutable",
    },
  });
  expect(String(answer.body)).toBe("export {};");
});

test.each(["../index.html", "..%2Findex.html", "", "index.js"])(
  "a request for the asset %o, which is none, gets 404",
  async (name) => {
    await build();
    expect((await served().asset(request(name))).status).toBe(404);
  },
);

test("a page that is not built gets 404 with the command that builds it, and is served once it is built", async () => {
  const { page, asset } = served();
  expect(await page(request())).toMatchObject({ status: 404, body: expect.stringContaining("npm run build") });
  expect((await asset(request("index-1a2b.js"))).status).toBe(404);
  await build();
  expect((await page(request())).status).toBe(200);
  expect((await asset(request("index-1a2b.js"))).status).toBe(200);
});
