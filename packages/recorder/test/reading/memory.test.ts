import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { query, temporaryFolder } from "../folders.ts";

const ROWS = 3_000_000;

test("millions of quotes are read in bounded memory, and leave no temporary files", async () => {
  const path = join(temporaryFolder(), "quotes.parquet");
  const temporary = temporaryFolder();
  await query(
    "",
    `copy (select 'S' || i % 3000 as symbol, make_timestamp_ns(1763130600000000000 + i * 1000000) as t,
        1.0 as bidPrice, 100.0 as bidSize, 2.0 as askPrice, 200.0 as askSize, ['R'] as conditions, 'C' as tape,
        make_timestamp_ns(1763130600000000000 + i * 1000000) as received, false as fromHistory, i as sequence,
        '20251114T143000.000Z' as segment from range(${ROWS}) r(i) order by symbol, t)
      to '${path}' (format parquet, compression zstd)`,
  );
  const child = fork(join(import.meta.dirname, "reading-process.js"), [path, "received"], {
    env: { ...process.env, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [{ rowCount, isOrdered, maxRssMb }] = (await once(child, "message")) as [
    { rowCount: number; isOrdered: boolean; maxRssMb: number },
  ];
  expect({ rowCount, isOrdered }).toEqual({ rowCount: ROWS, isOrdered: true });
  expect(readdirSync(temporary)).toEqual([]);
  expect(maxRssMb).toBeLessThan(1000); // 512 MB of them DuckDB's; the rows would need more than two gigabytes
}, 240_000);
