import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Log } from "../../../src/cli/output/log.ts";
import { openPage } from "../../../src/cli/output/open-page.ts";

const URL = "http://127.0.0.1:8765/";
let folder: string;
const log = new Log({ json: false });
const warn = vi.spyOn(log, "warn").mockReturnValue(undefined);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-page-"));
  warn.mockClear();
});
afterEach(() => rm(folder, { recursive: true }));

test("a page is opened with xdg-open", async () => {
  const opener = join(folder, "xdg-open");
  await writeFile(opener, `#!/bin/sh\nprintf %s "$1" > ${join(folder, "opened")}\n`);
  await chmod(opener, 0o755);
  openPage(URL, log, { platform: "linux", env: { PATH: folder, DISPLAY: ":0" } });
  await expect.poll(() => readFile(join(folder, "opened"), "utf8").catch(() => "")).toBe(URL);
  expect(warn).not.toHaveBeenCalled();
});

test("a missing xdg-open is one line of the log", async () => {
  openPage(URL, log, { platform: "linux", env: { PATH: folder, DISPLAY: ":0" } });
  await expect.poll(() => warn.mock.calls.length).toBe(1);
  expect(warn.mock.calls[0]?.[0]).toContain(`cannot open ${URL} in a browser`);
});

test("no page is opened without a display", () => {
  openPage(URL, log, { platform: "linux", env: { PATH: folder } });
  expect(warn).toHaveBeenCalledExactlyOnceWith(`cannot open ${URL} in a browser: there is no display`);
});
