import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { removeLeftovers } from "../../src/folder/leftovers.ts";
import { temporaryFolder } from "../folders.ts";

it("removes unfinished and temporary files and merged parts, and nothing else", async () => {
  const folder = temporaryFolder();
  const [first, second, third] = ["20251114T143000.000Z", "20251114T144500.000Z", "20251114T150000.000Z"];
  const kept = [
    "date=2025-11-13/trades/20251114T144500.000Z.parquet",
    `date=2025-11-14/trades/20251114T144-notes.parquet`,
    `date=2025-11-14/trades/${first}_${second}.parquet`,
    `date=2025-11-14/trades/${third}.parquet`,
    `log/${first}.tplog`,
    "temporary.txt",
  ];
  const left = [
    `date=2025-11-14/trades/${first}.parquet`,
    `date=2025-11-14/trades/${second}.parquet`,
    `date=2025-11-14/trades/${third}.parquet.1.partial`,
    `log/${second}.tplog.partial`,
    "temporary-1/duckdb_temp_storage-0.tmp",
  ];
  for (const name of [...kept, ...left]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  await removeLeftovers(folder);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  expect(names.filter((name) => statSync(join(folder, name)).isFile()).sort()).toEqual(kept.sort());
});
