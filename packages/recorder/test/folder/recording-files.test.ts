import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, it } from "vitest";
import { listRecording } from "../../src/folder/recording-files.ts";
import { temporaryFolder } from "../folders.ts";

/** Makes a folder with empty files at these paths. */
function folderWith(...paths: string[]): string {
  const dir = temporaryFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), "");
  }
  return dir;
}

async function listed(dir: string): Promise<Record<string, { files: string[]; segments: string[] }>> {
  const feeds = await listRecording(dir);
  return Object.fromEntries(
    feeds.map(({ feed, folder, files, segments }) => [
      feed,
      {
        files: files.map(({ path }) => path.slice(folder.length + 1)),
        segments: segments.map((path) => basename(path)),
      },
    ]),
  );
}

it("lists the files and the segments of each feed, sorted", async () => {
  const dir = folderWith(
    "feed=sip/date=2026-11-27/trades/B.parquet",
    "feed=sip/date=2026-11-27/trades/A.parquet",
    "feed=sip/date=2026-11-26/gaps/A.parquet",
    "feed=sip/log/D.tplog",
    "feed=sip/log/C.tplog",
    "feed=us/log/A.tplog",
    "notes/readme.txt",
  );
  expect(await listed(dir)).toEqual({
    sip: {
      files: ["date=2026-11-26/gaps/A.parquet", "date=2026-11-27/trades/A.parquet", "date=2026-11-27/trades/B.parquet"],
      segments: ["C.tplog", "D.tplog"],
    },
    us: { files: [], segments: ["A.tplog"] },
  });
});

it("leaves out files of a promotion that has not deleted its segment, and unfinished files", async () => {
  const dir = folderWith(
    "feed=sip/date=2026-11-27/trades/A.parquet",
    "feed=sip/date=2026-11-27/trades/B.parquet",
    "feed=sip/date=2026-11-27/quotes/B.parquet.partial",
    "feed=sip/log/B.tplog",
    "feed=sip/log/C.tplog.partial",
    "feed=sip/log/0.tplog.damaged",
  );
  expect(await listed(dir)).toEqual({ sip: { files: ["date=2026-11-27/trades/A.parquet"], segments: ["B.tplog"] } });
});

it("leaves out files whose rows a merged file has, and no others", async () => {
  const dir = folderWith(
    "feed=sip/date=2026-11-27/trades/A.parquet",
    "feed=sip/date=2026-11-27/trades/A_B.parquet",
    "feed=sip/date=2026-11-27/trades/A_D.parquet",
    "feed=sip/date=2026-11-27/trades/C.parquet",
    "feed=sip/date=2026-11-27/trades/E.parquet",
    "feed=sip/date=2026-11-27/quotes/A.parquet",
    "feed=sip/date=2026-11-26/trades/A.parquet",
  );
  expect((await listed(dir)).sip?.files).toEqual([
    "date=2026-11-26/trades/A.parquet",
    "date=2026-11-27/quotes/A.parquet",
    "date=2026-11-27/trades/A_D.parquet",
    "date=2026-11-27/trades/E.parquet",
  ]);
});

it("rejects a folder without a recording, one that is missing, and a file", async () => {
  await expect(listRecording(folderWith("feed/readme.txt"))).rejects.toMatchObject({ code: "not_a_recording" });
  await expect(listRecording("/missing")).rejects.toThrow("could not read /missing: there is no such folder");
  const file = join(folderWith("readme.txt"), "readme.txt");
  await expect(listRecording(file)).rejects.toThrow(`${file} is a file: expected the folder of a recording`);
});
