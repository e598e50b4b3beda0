import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { query, temporaryFolder } from "../../../../recorder/test/folders.ts";
import { type Cli, KEYS, linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { logHasRecords, segmentsOf, WITHOUT_RECORDER } from "../support/recording.ts";

const SIMULATED = ["--simulate", "--symbols", "20", "--rate", "2000"];

function record(url: string, dir: string, ...args: string[]): Cli {
  return start(["record", ...args, "--dir", dir, "--url", url], { environment: KEYS });
}

/** The number in the line with which a recording ends. */
function keptCount(stderr: string): number {
  return Number(stderr.match(/kept ([\d,]+) records? of/)?.[1]?.replaceAll(",", ""));
}

test("record keeps a stream until Ctrl-C, and says what it kept, where, and how to query it", async () => {
  const { url } = await serve(...SIMULATED);
  const dir = temporaryFolder();
  const recording = record(`${url}/v2/iex`, dir, "trades,quotes", "*");
  await recording.says(/subscribed to trades, quotes, corrections, cancelErrors/);
  await logHasRecords(join(dir, "feed=iex"));
  recording.child.kill("SIGINT");
  const { code, stdout, stderr } = await recording.ended;
  expect(code).toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain("making Parquet files of the log; press Ctrl-C again to exit at once");
  expect(stderr).toMatch(/kept [\d,]+ records of iex in \d+ Parquet files \([\d.]+ kB\) below .*feed=iex\n/);
  expect(stderr).toContain('tickerplant query "select symbol, count(*) from trades group by all order by all" --dir ');
  const count = async (channel: string): Promise<number> => {
    const [row] = await query(dir, `select count(*)::integer as n from FILES(${channel})`);
    return Number(row?.n);
  };
  const [trades, quotes] = [await count("trades"), await count("quotes")];
  expect(trades).toBeGreaterThan(0);
  expect(quotes).toBeGreaterThan(trades);
  expect(keptCount(stderr)).toBeGreaterThanOrEqual(trades + quotes); // corrections and cancels are counted as well
  expect(segmentsOf(join(dir, "feed=iex"))).toEqual([]);
});

test("record keeps every record of a replay, exactly", async () => {
  const { url } = await serve("--replay", temporaryFile("day.jsonl", RECORD_FILE), "--speed", "max", "--once");
  const dir = temporaryFolder();
  const channels = "trades,quotes,bars,updatedBars,dailyBars,statuses,lulds,imbalances";
  const { code, stderr } = await record(`${url}/v2/sip`, dir, channels, "*", "--no-reconnect", "--codec", "json").ended;
  expect(stderr).toContain("kept 11 records of sip in ");
  expect(code).toBe(0);
  expect(await query(dir, "select symbol, id from FILES(trades) order by t")).toEqual([
    { symbol: "AAPL", id: "52983525029461" },
    { symbol: "BRK.B", id: "9007199254740993" },
  ]);
  expect(await query(dir, 'select "correctedId" from FILES(corrections)')).toEqual([
    { correctedId: "18446744073709551615" },
  ]);
});

test("record keeps crypto, in the folder of its feed", async () => {
  const { url } = await serve("--simulate", "--feed", "crypto/us", "--symbols", "BTC/USD", "--rate", "2000");
  const dir = temporaryFolder();
  const { code } = await record(`${url}/v1beta3/crypto/us`, dir, "trades,orderbooks", "*", "--duration", "1").ended;
  expect(code).toBe(0);
  const rows = await query(dir, "select distinct symbol, feed from FILES(orderbooks)");
  expect(rows).toEqual([{ symbol: "BTC/USD", feed: "us" }]);
});

test("record --from keeps the records of history, and marks them", async () => {
  const { url } = await serve(...SIMULATED);
  const from = new Date().toISOString();
  const { code } = await stream(`${url}/v2/iex`, "trades", "*", "--count", "100", "--format", "jsonl");
  expect(code).toBe(0); // a hundred trades are in the past now
  const dir = temporaryFolder();
  const recording = record(`${url}/v2/iex`, dir, "trades", "SPY", "AAPL", "--from", from);
  await recording.says(/filled trades of/);
  recording.child.kill("SIGINT");
  expect((await recording.ended).code).toBe(0);
  const [row] = await query(dir, "select count(*)::integer as n from FILES(trades) where fromHistory");
  expect(row?.n).toBeGreaterThan(0);
});

test("a second Ctrl-C ends record at once; the log stays, and the next start makes Parquet files of it", async () => {
  const { url } = await serve(...SIMULATED);
  const dir = temporaryFolder();
  const recording = record(`${url}/v2/iex`, dir, "trades,quotes", "*");
  await logHasRecords(join(dir, "feed=iex"));
  recording.child.kill("SIGINT");
  await recording.says(/press Ctrl-C again/);
  recording.child.kill("SIGINT");
  expect((await recording.ended).code).toBe(130);
  expect(segmentsOf(join(dir, "feed=iex"))).toHaveLength(1);
  const next = await record(`${url}/v2/iex`, dir, "statuses", "SPY", "--duration", "1").ended;
  expect(next.code).toBe(0);
  expect(keptCount(next.stderr)).toBeGreaterThan(0);
  expect(segmentsOf(join(dir, "feed=iex"))).toEqual([]);
});

test("record into a folder that another recorder uses fails with one sentence and exit 1", async () => {
  const { url } = await serve(...SIMULATED);
  const dir = temporaryFolder();
  const first = record(`${url}/v2/iex`, dir, "trades", "*");
  await first.says(/subscribed/);
  const { code, stderr } = await record(`${url}/v2/iex`, dir, "trades", "*").ended;
  expect(stderr).toBe(
    `error: another recorder writes to ${join(dir, "feed=iex")}: stop it, or choose another folder\n`,
  );
  expect(code).toBe(1);
  expect((await record(`${url}/v2/sip`, dir, "trades", "*", "--duration", "0.5").ended).code).toBe(0); // of another feed
});

test("record --keep deletes old days at the start, and logs which", async () => {
  const { url } = await serve(...SIMULATED);
  const dir = temporaryFolder();
  const today = new Date().toISOString().slice(0, 10);
  for (const day of ["2025-01-02", "2025-01-03", today]) {
    mkdirSync(join(dir, `feed=iex/date=${day}/trades`), { recursive: true });
    writeFileSync(join(dir, `feed=iex/date=${day}/trades/old.txt`), "a file");
  }
  const { code, stderr } = await record(`${url}/v2/iex`, dir, "trades", "*", "--duration", "1", "--keep", "5").ended;
  expect(code).toBe(0);
  expect(stderr).toContain("iex: deleted 2 old days: 2025-01-02, 2025-01-03\n");
  const days = readdirSync(join(dir, "feed=iex")).filter((name) => name.startsWith("date="));
  expect(days).toContain(`date=${today}`);
  expect(days).not.toContain("date=2025-01-02");
});

test("record without the package of the recorder says what to install, and makes no folder", async () => {
  const dir = join(temporaryFolder(), "tape");
  const { code, stderr } = await run(["record", "trades", "SPY", "--dir", dir], { ...KEYS, ...WITHOUT_RECORDER });
  expect(stderr).toBe(
    "error: recordings need the package @tickerplant/recorder, which is not installed: run npm install @tickerplant/recorder, with -g if tickerplant is installed globally\n",
  );
  expect(code).toBe(1);
  expect(existsSync(dir)).toBe(false);
});

test("commands that do not record run without the package of the recorder", async () => {
  const { code } = await run(["demo", "--duration", "0.2"], WITHOUT_RECORDER);
  expect(code).toBe(0);
});

test.each([
  [["trades", "SPY"], "required option '--dir <folder>' not specified"],
  [["trades", "SPY", "--dir", "tape", "--keep", "0"], "It must be a whole number above 0."],
  [["trades", "SPY", "--dir", "tape", "--fsync", "never"], "Allowed choices are second, block, segment."],
  [["trades", "SPY", "--dir", "tape", "--url", "ws://127.0.0.1:9/stream"], "the path of --url must name a feed"],
  [["statuses", "BTC/USD", "--dir", "tape", "--feed", "crypto/us"], 'there is no channel "statuses" of crypto'],
  [["trades", "SPY", "--dir", "tape", "--url", "ftp://h/v2/iex"], "--url"],
])("record %s is a usage error", async (args, message) => {
  const { code, stderr } = await run(["record", ...args], KEYS);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test("record with a wrong key exits with 1 and keeps no records", async () => {
  const { url } = await serve(...SIMULATED, "--key", "K", "--secret", "other");
  const dir = temporaryFolder();
  const { code, stderr } = await record(`${url}/v2/iex`, dir, "trades", "*").ended;
  expect(linesOf(stderr).at(-1)).toMatch(/^error: .*auth failed/);
  expect(stderr).not.toContain("To query it");
  expect(code).toBe(1);
});

test("record --json logs what was kept as fields", async () => {
  const { url } = await serve(...SIMULATED);
  const dir = temporaryFolder();
  const { stderr } = await record(`${url}/v2/iex`, dir, "trades", "*", "--duration", "1", "--json").ended;
  const lines = linesOf(stderr).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).toMatchObject({
    level: "info",
    feed: "iex",
    folder: join(dir, "feed=iex"),
    rowCount: expect.any(Number),
    fileCount: expect.any(Number),
    byteLength: expect.any(Number),
  });
});
