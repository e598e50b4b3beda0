import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test } from "vitest";
import { FileWatch } from "../../../src/cli/input/file-watch.ts";
import { temporaryFile } from "../support/cli.ts";

/** Watches a file with the text `one`; a text with `bad` cannot be used. Only the test makes time pass. */
function watched() {
  const file = temporaryFile("keys.json", "one");
  const clock = new VirtualClock();
  const reports: string[] = [];
  const watch = new FileWatch(
    file,
    "one",
    {
      changed: (text) => {
        if (text.includes("bad")) throw new Error(`rejected ${text}`);
        reports.push(text);
      },
      failed: ({ message }) => reports.push(message.replace(dirname(file), "")),
    },
    clock,
  );
  onTestFinished(() => watch.close());
  /** Lets the next poll come, and awaits its read. */
  const poll = async (ms = 2_000) => {
    await clock.advance(ms);
    await watch.read();
  };
  return { file, clock, reports, watch, poll };
}

test("a changed file is read at the next poll, and an unchanged one is not reported", async () => {
  const { file, reports, poll } = watched();
  await poll();
  expect(reports).toEqual([]);
  writeFileSync(file, "two");
  await poll();
  await poll();
  expect(reports).toEqual(["two"]);
});

test("a file that another one replaces by a rename is read, again and again", async () => {
  const { file, reports, poll } = watched();
  for (const text of ["two", "three"]) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    await poll();
  }
  expect(reports).toEqual(["two", "three"]);
});

test("a file behind a link to another folder is read when the link changes, as in Kubernetes", async () => {
  const folder = dirname(temporaryFile("x", ""));
  for (const name of ["1", "2"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "keys.json"), name);
  }
  symlinkSync("1", join(folder, "data"));
  const reports: string[] = [];
  const report = { changed: (text: string) => void reports.push(text), failed: () => {} };
  const watch = new FileWatch(join(folder, "data", "keys.json"), "1", report, new VirtualClock());
  onTestFinished(() => watch.close());
  symlinkSync("2", join(folder, "data.new"));
  renameSync(join(folder, "data.new"), join(folder, "data"));
  await watch.read();
  expect(reports).toEqual(["2"]);
});

test("a file that vanishes or is half written for a moment is not reported, and its new text is", async () => {
  const { file, reports, watch } = watched();
  rmSync(file);
  await watch.read();
  writeFileSync(file, "bad half");
  await watch.read();
  writeFileSync(file, "two");
  await watch.read();
  expect(reports).toEqual(["two"]);
});

test("a file that stays away is reported once, and its old text is a change when it comes back", async () => {
  const { file, reports, poll } = watched();
  rmSync(file);
  for (let count = 0; count < 4; count++) await poll();
  writeFileSync(file, "one");
  await poll();
  expect(reports).toEqual(["cannot read /keys.json: no such file", "one"]);
});

test("a text that cannot be used is read once more, and then reported once", async () => {
  const { file, reports, watch, poll } = watched();
  writeFileSync(file, "bad");
  await watch.read();
  expect(reports).toEqual([]);
  await poll(500);
  await poll();
  expect(reports).toEqual(["rejected bad"]);
  writeFileSync(file, "bad again");
  await watch.read();
  await watch.read();
  expect(reports).toEqual(["rejected bad", "rejected bad again"]);
});

test("a watch that is closed reads no more and leaves no timer", async () => {
  const { file, clock, reports, watch } = watched();
  writeFileSync(file, "two");
  watch.close();
  await watch.read();
  expect(reports).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});
