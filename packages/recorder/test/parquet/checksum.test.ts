import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { addChecksum, checkFile } from "../../src/parquet/checksum.ts";
import { withDatabase } from "../../src/parquet/database.ts";
import { temporaryFolder } from "../folders.ts";

async function parquetFile(): Promise<string> {
  const folder = temporaryFolder();
  const path = join(folder, "file.parquet");
  await withDatabase(folder, (connection) =>
    connection.run(`copy (select range as n, 'text ' || range as text from range(100)) to '${path}' (format parquet)`),
  );
  return path;
}

it("adds a checksum with which DuckDB still reads the file", async () => {
  const path = await parquetFile();
  expect(await checkFile(path)).toBe("missing");
  await addChecksum(path);
  expect(await checkFile(path)).toBe("intact");
  const rows = await withDatabase(temporaryFolder(), async (connection) =>
    (await connection.runAndReadAll(`select sum(n)::integer, max(text) from '${path}'`)).getRowsJS(),
  );
  expect(rows).toEqual([[4950, "text 99"]]);
});

it("finds a flipped bit in any byte of a file", async () => {
  const path = await parquetFile();
  await addChecksum(path);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
    writeFileSync(path, flipped);
    expect(await checkFile(path), `byte ${at}`).not.toBe("intact");
  }
});

it("finds a file that is cut at any byte", async () => {
  const path = await parquetFile();
  await addChecksum(path);
  const bytes = readFileSync(path);
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    expect(await checkFile(path), `${length} bytes`).toBe("cut");
  }
});

it("rejects to add a checksum to a file that is not Parquet", async () => {
  const path = join(temporaryFolder(), "file.parquet");
  writeFileSync(path, "half a file");
  await expect(addChecksum(path)).rejects.toThrow("its end is missing");
});
