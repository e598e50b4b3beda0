import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queryRecording } from "@tickerplant/recorder";
import { afterAll, beforeAll, expect, test } from "vitest";
import { QUERY_EXAMPLES } from "../../../src/cli/commands/query-examples.ts";
import { type Ended, linesOf, run, start } from "../support/cli.ts";
import { recordMarket, temporaryFolder } from "../support/recorded-market.ts";

/** A recording, which the tests only read. */
const dir = mkdtempSync(join(tmpdir(), "tickerplant-query-"));
beforeAll(() => recordMarket(dir));
afterAll(() => rmSync(dir, { recursive: true }));

function query(...args: string[]): Promise<Ended> {
  return run(["query", ...args, "--dir", dir]);
}

test("every question of query --help has an answer in a simulated market", { timeout: 60_000 }, async () => {
  const { stdout } = await run(["query", "--help"]);
  expect(QUERY_EXAMPLES).toHaveLength(10);
  for (const { question, sql } of QUERY_EXAMPLES) {
    expect(stdout).toContain(question);
    let count = 0;
    for await (const rows of await queryRecording(dir, sql)) count += rows.length;
    expect(count, question).toBeGreaterThan(0);
  }
});

test("every query of docs/query.md runs", { timeout: 60_000 }, async () => {
  const document = readFileSync(new URL("../../../../../docs/query.md", import.meta.url), "utf8");
  const blocks = [...document.matchAll(/^```sql\n(.*?)^```/gms)].map(([, sql = ""]) => sql);
  expect(blocks.length).toBeGreaterThan(2);
  for (const sql of blocks) {
    let count = 0;
    for await (const rows of await queryRecording(dir, sql)) count += rows.length;
    expect(count, sql).toBeGreaterThan(0);
  }
});

test("query prints rows in each format, with exact times and ids", { timeout: 60_000 }, async () => {
  const sql = "select symbol, t, id, price, conditions, takerSide from tape where size = 120000";
  const [table, csv, jsonl] = await Promise.all([
    query(sql),
    query(sql, "--format", "csv"),
    query(sql, "--format", "jsonl"),
  ]);
  expect([table.code, csv.code, jsonl.code]).toEqual([0, 0, 0]);
  expect(linesOf(table.stdout)).toEqual([
    "symbol  t                               id   price  conditions  takerSide",
    "──────  ──────────────────────────────  ──  ──────  ──────────  ─────────",
    "AAPL    2025-11-14T14:29:51.000000005Z   1  272.25  [@,X]       null",
  ]);
  expect(linesOf(csv.stdout)).toEqual([
    "symbol,t,id,price,conditions,takerSide",
    "AAPL,2025-11-14T14:29:51.000000005Z,1,272.25,@|X,",
  ]);
  expect(linesOf(jsonl.stdout)).toEqual([
    '{"symbol":"AAPL","t":"2025-11-14T14:29:51.000000005Z","id":1,"price":272.25,"conditions":["@","X"],"takerSide":null}',
  ]);
  expect(table.stderr).toContain("printed 1 row");
});

test("query reads SQL from standard input", async () => {
  const cli = start(["query", "--dir", dir, "--format", "csv"], { input: Buffer.from("select 1 as one;\n-- done\n") });
  expect(await cli.ended).toMatchObject({ code: 0, stdout: "one\n1\n" });
});

test("query writes a file that is complete or not there", { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const csv = join(folder, "trades.csv");
  const parquet = join(folder, "trades.parquet");
  const [asCsv, asParquet, wrong] = await Promise.all([
    query("select symbol, price from trades", "--format", "csv", "--file", csv),
    query("from trades", "--format", "parquet", "--file", parquet),
    query(
      dir,
      "select price / 0 as x, error('no') from trades",
      "--format",
      "csv",
      "--file",
      join(folder, "wrong.csv"),
    ),
  ]);
  expect([asCsv.code, asParquet.code, wrong.code]).toEqual([0, 0, 2]);
  const [, count = ""] = /wrote ([\d,]+) rows into/.exec(asCsv.stderr) ?? [];
  expect(linesOf(readFileSync(csv, "utf8")).length - 1).toBe(Number(count.replace(",", "")));
  expect(asParquet.stderr).toContain(`wrote ${count} rows into ${parquet}`);
  expect(readFileSync(parquet).subarray(0, 4).toString()).toBe("PAR1");
  expect(readdirSync(folder).sort()).toEqual(["trades.csv", "trades.parquet"]);
});

test("query rejects wrong SQL with its position and what exists, and exits with 2", { timeout: 60_000 }, async () => {
  const [column, table, write, parquet] = await Promise.all([
    query("select symbl from trades"),
    query("from trade"),
    query(`copy trades to '${join(dir, "x.csv")}'`),
    query("from trades", "--format", "parquet"),
  ]);
  expect([column.code, table.code, write.code, parquet.code]).toEqual([2, 2, 2, 2]);
  expect(column.stderr).toContain("error: Referenced column");
  expect(column.stderr).toContain("LINE 1: select symbl from trades\n               ^");
  expect(table.stderr).toContain('Did you mean "trades"?');
  expect(table.stderr).toContain("The tables are trades, quotes");
  expect(write.stderr).toContain("changes nothing");
  expect(parquet.stderr).toContain("--format parquet needs --file");
});

test("query of a folder without a recording fails with a sentence", async () => {
  const { code, stderr } = await run(["query", "select 1", "--dir", temporaryFolder()]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/has no recording: expected folders named feed=/);
});

test("query ends without an error when the reader of its output has read enough", async () => {
  const cli = start(["query", "from range(100000000)", "--dir", dir, "--format", "csv"], { readsOutput: false });
  await once(cli.child.stdout, "readable");
  cli.child.stdout.destroy();
  const { code, stderr } = await cli.ended;
  expect({ code, hasError: stderr.includes("error") }).toEqual({ code: 0, hasError: false });
});

test("query ends at Ctrl-C, and says that the result is not complete", async () => {
  const cli = start(["query", "from range(10000000000)", "--dir", dir, "--format", "csv"]);
  await once(cli.child.stdout, "data");
  cli.child.kill("SIGINT");
  const { code, stderr } = await cli.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("the query was interrupted");
});
