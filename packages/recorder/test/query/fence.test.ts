import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { expect, onTestFinished, test } from "vitest";
import { writeQuery } from "../../src/query/query-recording.ts";
import { RecorderError } from "../../src/recorder-error.ts";
import { temporaryFolder } from "../folders.ts";
import { recordInto, rowsOf } from "./support/recordings.ts";

/** A recording, beside a file with a secret, and with links to it. */
async function fencedRecording(): Promise<{ dir: string; outside: string }> {
  const outside = temporaryFolder();
  const dir = join(outside, "tape");
  mkdirSync(dir);
  await recordInto(dir, [new Trade("A", 1_763_130_600, 0, 1, "V", 1, 1, ["@"], "C")]);
  writeFileSync(join(outside, "secret.txt"), "SECRET");
  writeFileSync(join(outside, "secret.csv"), "name\nSECRET\n");
  writeFileSync(join(dir, "note.txt"), "SECRET");
  symlinkSync(join(outside, "secret.txt"), join(dir, "link.txt"));
  symlinkSync(outside, join(dir, "feed=sip", "up"));
  return { dir, outside };
}

/** Everything below a folder, with sizes, times and contents. */
function stateOf(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.includes("/up/"))
    .sort()
    .map((name) => {
      const stat = statSync(join(folder, name));
      const content =
        stat.isFile() && !name.endsWith(".lock") ? readFileSync(join(folder, name)).toString("base64") : "";
      return [name, stat.size, stat.mtimeMs, content];
    });
}

/** DIR is the recording, OUT the folder around it, URL a server that must not be reached. */
const HOSTILE: readonly string[] = [
  "select * from read_text('OUT/secret.txt')",
  "select * from read_text('DIR/../secret.txt')",
  "select * from read_text('DIR/link.txt')",
  "select * from read_text('DIR/note.txt')",
  "select * from read_text('DIR/feed=sip/up/secret.txt')",
  "select * from read_blob('DIR/feed=sip/recorder.lock')",
  "select * from read_csv('OUT/secret.csv')",
  "select * from read_csv_auto('DIR/../secret.csv')",
  "select * from read_parquet('OUT/*.parquet')",
  "select * from read_parquet('DIR/**/*.parquet')",
  "select * from read_json('OUT/secret.txt')",
  "select * from read_json_objects('OUT/secret.txt')",
  "select * from 'OUT/secret.csv'",
  "from 'DIR/link.txt'",
  "select * from glob('OUT/*')",
  "select * from glob('DIR/**')",
  "select * from sniff_csv('OUT/secret.csv')",
  "select * from parquet_metadata('OUT/x.parquet')",
  "select * from query('from read_text(''OUT/secret.txt'')')",
  "select * from query_table('OUT/secret.csv')",
  "select * from json_execute_serialized_sql(json_serialize_sql('from read_text(''OUT/secret.txt'')'))",
  "select getenv('HOME')",
  "select * from read_csv('URL/data.csv')",
  "select * from 'URL/data.parquet'",
  "select * from read_parquet('s3://bucket/key.parquet')",
  "select * from read_text('/proc/self/environ')",
  "copy trades to 'DIR/out.parquet'",
  "copy (select 1) to 'OUT/out.csv'",
  "copy (select 1) to '/dev/stdout'",
  "export database 'DIR/export'",
  "import database 'DIR'",
  "attach 'DIR/new.db'",
  "attach 'OUT/new.db' as other (read_only false)",
  "attach ':memory:' as other",
  "detach memory",
  "install httpfs",
  "force install shellfs from community",
  "load httpfs",
  "load 'OUT/extension.duckdb_extension'",
  "update extensions",
  "set enable_external_access = true",
  "set allowed_directories = ['/']",
  "set lock_configuration = false",
  "set temp_directory = 'DIR'",
  "reset allowed_paths",
  "pragma enable_external_access = true",
  "pragma enable_profiling = 'json'",
  "create persistent secret s (type s3, key_id 'a', secret 'b')",
  "create secret s (type s3, key_id 'a', secret 'b')",
  "create table t as select 1",
  "create or replace view trades as select 1",
  "create macro new_york(x) as 1",
  "create type mood as enum ('a')",
  "drop view trades",
  "insert into trades select * from trades",
  "update trades set price = 0",
  "delete from trades",
  "truncate trades",
  "alter table trades rename to t",
  "merge into trades using trades t on false when not matched then insert",
  "call enable_logging(storage = 'file', storage_path = 'DIR/logs')",
  "select * from enable_logging('QueryLog', storage = 'file', storage_path = 'DIR/logs')",
  "prepare p as select 1",
  "execute p",
  "begin",
  "checkpoint",
  "force checkpoint",
  "vacuum",
  "use memory",
  "explain analyze copy trades to 'DIR/out.parquet'",
  "explain analyze insert into trades select * from trades",
  "explain (analyze) copy trades to 'DIR/out.parquet'",
  "explain /* */ analyze copy trades to 'DIR/out.parquet'",
  "select 1; copy trades to 'DIR/out.parquet'",
  "copy trades to 'DIR/out.parquet'; select 1",
  "with x as (insert into trades select * from trades returning *) from x",
];

test("a hostile query reads no other file, reaches no network and changes nothing", { timeout: 180_000 }, async () => {
  const { dir, outside } = await fencedRecording();
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
  const before = stateOf(outside);
  const survivors: unknown[] = [];
  for (const template of HOSTILE) {
    const sql = template.replaceAll("DIR", dir).replaceAll("OUT", outside).replaceAll("URL", url);
    try {
      const rows = await rowsOf(dir, sql);
      if (rows.length > 0) survivors.push([template, rows]);
    } catch (error) {
      if (!(error instanceof RecorderError)) survivors.push([template, error]);
    }
  }
  expect(survivors).toEqual([]);
  expect(requests).toBe(0);
  expect(stateOf(outside)).toEqual(before);
  expect(await rowsOf(dir, "select count(*)::integer as n, max(price) as price from trades")).toEqual([
    { n: 1, price: 1 },
  ]);
});

test("a hostile query cannot write through the file of a result", async () => {
  const { dir, outside } = await fencedRecording();
  const before = stateOf(outside);
  const target = join(outside, "result.parquet");
  const hostile = [
    `copy trades to '${join(outside, "other.parquet")}'`,
    `select 1) to '${join(outside, "other.csv")}'; --`,
    `select 1; copy trades to '${target}.partial'`,
    "create table t as select 1",
  ];
  for (const sql of hostile) await expect(writeQuery(dir, sql, target), sql).rejects.toBeInstanceOf(RecorderError);
  expect(stateOf(outside)).toEqual(before);
});

test("temporary files of a query are outside of the recording, and gone when it ends", async () => {
  const { dir } = await fencedRecording();
  const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("tickerplant-query-"));
  const before = temporary();
  const [row] = await rowsOf(dir, "select current_setting('temp_directory') as folder");
  expect(String(row?.folder).startsWith(tmpdir())).toBe(true);
  expect(temporary().filter((name) => !before.includes(name))).not.toContain(
    String(row?.folder).slice(tmpdir().length + 1),
  );
});
