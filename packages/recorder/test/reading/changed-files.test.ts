import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { expect, test } from "vitest";
import { exportParquet } from "../../src/reading/export-parquet.ts";
import { temporaryFolder } from "../folders.ts";
import { promoted } from "../segments.ts";
import { recordsOf } from "./recorded.ts";

const BEGIN = "2025-11-14T14:30:00Z";

/** Makes a recording of a Parquet file; returns its folder and the path of the file. */
async function recording(): Promise<{ readonly dir: string; readonly path: string }> {
  const dir = temporaryFolder();
  const seconds = Date.parse(BEGIN) / 1000;
  const trades = Array.from({ length: 50 }, (_, id) => new Trade("A", seconds, id, id, "V", id / 7, id, ["@"], "C"));
  const [file] = await promoted(dir, BEGIN, trades);
  return { dir, path: file?.path ?? "" };
}

test("a Parquet file of which a bit has changed is not read, and the error names it", async () => {
  const { dir, path } = await recording();
  const intact = readFileSync(path);
  const records = await recordsOf(dir);
  for (let at = 5, writtenS = 1; at < intact.length - 8; at += 97, writtenS++) {
    const changed = Buffer.from(intact);
    changed.writeUInt8(changed.readUInt8(at) ^ 4, at);
    writeFileSync(path, changed);
    utimesSync(path, writtenS, writtenS); // the file system's times may be too coarse for the loop
    await expect(recordsOf(dir), `byte ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^(damaged|not_readable)$/), // the second one for a footer that DuckDB cannot read
      message: expect.stringContaining(path),
    });
  }
  writeFileSync(path, intact);
  expect(await recordsOf(dir)).toEqual(records);
});

test("no export gives changed rows a valid checksum", async () => {
  const { dir, path } = await recording();
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(path, bytes);
  const exported = exportParquet(dir, { channel: "trades" }, join(temporaryFolder(), "out.parquet"));
  await expect(exported).rejects.toMatchObject({ code: "damaged" });
});
