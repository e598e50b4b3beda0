import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { FrameDecoder, type MarketRecord } from "@tickerplant/client/wire";
import { Recorder } from "@tickerplant/recorder";
import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { query, temporaryFolder } from "../../../../recorder/test/folders.ts";
import { KEYS, linesOf, run, serve, temporaryFile } from "../support/cli.ts";
import { WITHOUT_RECORDER } from "../support/recording.ts";

const CHANNELS = "trades,quotes,bars,updatedBars,dailyBars,statuses,lulds,imbalances";

/** Records JSON lines. */
async function recorded(file: string): Promise<string> {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  for (const line of linesOf(file))
    decoder.decode(Buffer.from(`[${line}]`), {
      record: (record) => recorder.sink.record(record as MarketRecord), // decoded without `raw`
      control: () => {},
      fault: (error) => {
        throw error;
      },
    });
  await recorder.close();
  return dir;
}

/** Returns what stream prints of a replay of JSON lines. */
async function streamed(file: string): Promise<string> {
  return (await run(["stream", ...(await replayed(file)), "--format", "jsonl"], KEYS)).stdout;
}

/** Replays JSON lines; returns the arguments of a command that receives all of them. */
async function replayed(file: string): Promise<string[]> {
  const { url } = await serve("--replay", temporaryFile("day.jsonl", file), "--speed", "max", "--once");
  return [CHANNELS, "*", "--no-reconnect", "--url", `${url}/v2/sip`];
}

function parquetIn(dir: string, channel: string): string {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" });
  return join(dir, names.find((name) => name.includes(`/${channel}/`) && name.endsWith(".parquet")) ?? "");
}

test("recording export writes the lines that stream printed, and a replay serves them again", async () => {
  const dir = await recorded(RECORD_FILE);
  const { code, stdout, stderr } = await run(["recording", "export", dir]);
  expect(code).toBe(0);
  expect(stdout).toBe(await streamed(RECORD_FILE));
  expect(stderr).toContain("wrote 11 records");

  expect(await streamed(stdout)).toBe(stdout);
});

test("recording export selects channels, symbols and times, as CSV in a file", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  const midnight = Date.UTC(2025, 10, 15, 5) / 1000; // in New York
  for (const [index, symbol] of ["AAPL", "MSFT", "AAPL", "AAPL"].entries())
    recorder.sink.record(new Trade(symbol, midnight - 2 + index, 0, index, "V", 1.5, 1, ["@", "I"], "C"));
  await recorder.close();
  const file = join(dir, "out.csv");
  const selection = ["--channels", "trades", "--symbols", "AAPL", "--to", "2025-11-14"];
  const { code } = await run(["recording", "export", dir, ...selection, "--format", "csv", "--file", file]);
  expect(code).toBe(0);
  expect(linesOf(readFileSync(file, "utf8"))).toEqual([
    "channel,symbol,timestamp,id,exchange,price,size,conditions,tape,receivedNs",
    "trades,AAPL,2025-11-15T04:59:58.000000000Z,0,V,1.5,1,@|I,C,",
  ]);
  const from = ["--channels", "trades", "--from", "2025-11-15T05:00:00.000000000Z"];
  expect(linesOf((await run(["recording", "export", dir, ...from])).stdout)).toHaveLength(2);
});

test("recording export writes a Parquet file of one channel, with what is still in the log", async () => {
  const dir = await recorded(RECORD_FILE);
  const recorder = await Recorder.open({ dir, feed: "sip" });
  try {
    recorder.sink.record(new Trade("ZZZ", 1_763_130_600, 1, 2n ** 64n - 1n, "V", 1, 1, ["@"], "C"));
    recorder.sink.flush();
    const file = join(dir, "trades.parquet");
    const export_ = ["recording", "export", dir, "--format", "parquet", "--channels", "trades", "--file", file];
    await expect.poll(async () => (await run(export_)).stderr, { timeout: 15_000 }).toContain("wrote 3 records to ");
    expect(await query(dir, `select symbol, id from '${file}'`)).toEqual([
      { symbol: "AAPL", id: "52983525029461" },
      { symbol: "BRK.B", id: "9007199254740993" },
      { symbol: "ZZZ", id: "18446744073709551615" },
    ]);
  } finally {
    await recorder.close();
  }
});

test.each([
  { args: ["--format", "parquet"], message: "--format parquet needs --file" },
  { args: ["--format", "parquet", "--file", "x"], message: "a Parquet file has the columns of one channel" },
  { args: ["--from", "2025-02-30"], message: "There is no day 2025-02-30" },
  { args: ["--to", "10:00"], message: "It must be a day such as 2025-11-14, or a time with a zone" },
])("recording export rejects '$args'", async ({ args, message }) => {
  const { code, stderr } = await run(["recording", "export", temporaryFolder(), ...args]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test("recording info prints what a recording has, and what it lacks", async () => {
  const dir = await recorded(RECORD_FILE);
  const recorder = await Recorder.open({ dir, feed: "sip" });
  const [from, to] = [new Date("2025-11-14T15:00:00Z"), new Date("2025-11-14T15:00:09Z")];
  const cause = Object.assign(new Error("the connection was lost"), { code: "connection_lost" });
  recorder.sink.gap({ channel: "trades", symbols: ["MSFT", "AAPL"], from, to, cause });
  await recorder.close();
  const { code, stdout } = await run(["recording", "info", dir]);
  expect(code).toBe(0);
  expect(stdout).toContain(`feed sip in ${dir}/feed=sip`);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d {2}trades +2 +0 +2 +[\d.]+ kB {2}1 file/m);
  const range = "2025-11-14T15:00:00.000Z  2025-11-14T15:00:09.000Z";
  expect(stdout).toMatch(new RegExp(`^ {2}2025-11-14 {2}AAPL +trades +gap +1 × +${range} +connection_lost$`, "m"));
  expect(stdout.indexOf("AAPL    trades   gap")).toBeLessThan(stdout.indexOf("MSFT    trades   gap"));

  const json = JSON.parse((await run(["recording", "info", dir, "--json"])).stdout);
  expect(json.feeds[0]).toMatchObject({ feed: "sip", log: [], filled: [] });
  expect(json.feeds[0].missing.find(({ kind }: { kind: string }) => kind === "gap")).toMatchObject({
    day: "2025-11-14",
    channel: "trades",
    symbols: ["MSFT", "AAPL"],
    from: "2025-11-14T15:00:00.000Z",
  });
});

test("recording verify finds a changed byte, and exits with 1", async () => {
  const dir = await recorded(RECORD_FILE);
  const whole = await run(["recording", "verify", dir]);
  expect(whole).toMatchObject({ code: 0, stdout: "" });
  expect(whole.stderr).toContain("nothing is damaged");
  const path = parquetIn(dir, "trades");
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(path, bytes);
  const { code, stdout, stderr } = await run(["recording", "verify", dir]);
  expect(stdout).toBe(`damaged  ${path}  bytes have changed since the recorder wrote the file\n`);
  expect(stderr).toContain(`error: 1 finding in ${dir}`);
  expect(code).toBe(1);
  expect(JSON.parse((await run(["recording", "verify", dir, "--json"])).stdout).findings).toHaveLength(1);
});

test("recording compact merges the files of a day that is over, and no record changes", async () => {
  const dir = temporaryFolder();
  for (const id of [1, 2]) {
    const recorder = await Recorder.open({ dir, feed: "sip" });
    recorder.sink.record(new Trade("AAPL", 1_763_130_600, id, id, "V", 1, 1, ["@"], "C"));
    await recorder.close();
  }
  const before = (await run(["recording", "export", dir])).stdout;
  const { code, stdout } = await run(["recording", "compact", dir]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/date=2025-11-14\/trades\/.*_.*\.parquet: 2 rows\n$/);
  expect((await run(["recording", "export", dir])).stdout).toBe(before);
});

test.each(["info", "verify", "compact", "export"])(
  "recording %s rejects a folder without a recording",
  async (name) => {
    const { code, stderr } = await run(["recording", name, temporaryFolder()]);
    expect(stderr).toContain("has no recording");
    expect(code).toBe(1);
  },
);

test("recording says what to install where the recorder is absent", async () => {
  const { code, stderr } = await run(["recording", "info", "x"], WITHOUT_RECORDER);
  expect(stderr).toContain("npm install @tickerplant/recorder");
  expect(code).toBe(1);
});
