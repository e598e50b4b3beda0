import { gzipSync } from "node:zlib";
import { CHANNELS, CryptoTrade } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import { RECORD_FILE, RECORD_LINES } from "../../../../../verify/shared/record-lines.ts";
import { newFolder, record } from "../../feeds/support/recorded.ts";
import { RECORDED_SECONDS, tradesAt } from "../../feeds/support/recordings.ts";
import { KEYS, linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";

const ONCE = ["--speed", "max", "--once", "--key", "K", "--secret", "S"];
const TO_THE_END = ["--no-reconnect", "--format", "jsonl"];

describe.each(["msgpack", "json"])("replay to a client with %s", (codec) => {
  test.each([
    ["plain", "day.jsonl", RECORD_FILE],
    ["gzip", "day.jsonl.gz", gzipSync(RECORD_FILE)],
    ["plain without the last line feed", "day.jsonl", RECORD_FILE.slice(0, -1)],
  ])("[D7] [R29] every kind of record is published as the file has it: %s", async (_kind, name, content) => {
    const { server, url } = await serve("--replay", temporaryFile(name, content), ...ONCE);
    const { code, stdout } = await stream(`${url}/v2/sip`, CHANNELS.join(), "*", ...TO_THE_END, "--codec", codec);
    expect(code).toBe(0);
    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(RECORD_LINES.map((line) => JSON.parse(line)));
    expect(stdout).toContain('"i":9007199254740993,'); // JSON.parse would round it on both sides
    expect((await server.ended).code).toBe(0);
  });
});

test("several files are merged by time, on every stock feed", async () => {
  const files = [temporaryFile("1.jsonl", RECORD_FILE), temporaryFile("2.jsonl.gz", gzipSync(RECORD_FILE))];
  const { url } = await serve("--replay", ...files, ...ONCE);
  const { stdout } = await stream(`${url}/v1beta1/boats`, "quotes,statuses", "AAPL", "MSFT", ...TO_THE_END);
  expect(linesOf(stdout).map((line) => (JSON.parse(line) as { S: string }).S)).toEqual([
    "AAPL",
    "AAPL",
    "MSFT",
    "MSFT",
  ]);
});

test("lines that are not records are skipped and logged, and from the sixth on only counted", async () => {
  const bad = Array.from({ length: 9 }, (_, index) => `{"T":"t","S":${index}\n`).join("");
  const { server, url } = await serve("--replay", temporaryFile("bad.jsonl", bad + RECORD_FILE.repeat(10)), ...ONCE);
  const { stdout } = await stream(`${url}/v2/iex`, CHANNELS.join(), "*", ...TO_THE_END);
  expect(linesOf(stdout)).toHaveLength(10 * RECORD_LINES.length);
  const { code, stderr } = await server.ended;
  expect(stderr.match(/bad\.jsonl:\d+ skipped/g)).toHaveLength(5);
  expect(stderr).toContain(`replayed ${10 * RECORD_LINES.length} records of 1 file`);
  expect(stderr).toContain("9 lines skipped");
  expect(code).toBe(0);
});

test.each([
  ["too many unreadable lines", `${RECORD_FILE}junk\njunk\n`, "2 of 13 lines are not records"],
  ["CSV of another tool", "time,close\n2025-11-14,1\n", 'it looks like CSV with the header "time,close"'],
  ["pretty-printed JSON", JSON.stringify([{ T: "t" }], null, 2), "jq -c '.[]'"],
  ["an empty file", "", "is empty"],
])(
  "a replay of %s fails with one sentence and exit 1, and closes its clients with 1011",
  async (_kind, content, message) => {
    const { server, url } = await serve("--replay", temporaryFile("day.jsonl", content), ...ONCE);
    const client = await stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
    const { code, stderr } = await server.ended;
    expect(stderr.match(/^error: the feed failed: .*$/m)?.[0]).toContain(message);
    expect(stderr).not.toContain("msgpack,");
    expect(client.stderr).toContain("error: the connection was closed with code 1011");
    expect({ server: code, client: client.code }).toEqual({ server: 1, client: 1 });
  },
);

test("a file of another format ends serve without --once, too, and with --loop at the end of the first round", async () => {
  const { server } = await serve("--replay", temporaryFile("day.csv", "time,close\n1,2\n"), "--speed", "10");
  expect((await server.ended).code).toBe(1);
  const looping = await serve("--replay", temporaryFile("day.jsonl", `${RECORD_LINES[0]}\njunk\n`), "--loop");
  expect((await looping.server.ended).code).toBe(1);
});

test("an empty file among several is logged and counted in the summary", async () => {
  const files = [temporaryFile("monday.jsonl", `${RECORD_LINES[0]}\n`), temporaryFile("tuesday.jsonl", "")];
  const { server, url } = await serve("--replay", ...files, "--once", "--speed", "max");
  await stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
  const { code, stderr } = await server.ended;
  expect(stderr).toMatch(/warning: .*tuesday\.jsonl has no record: it is empty\n/);
  expect(stderr).toMatch(/replayed 1 record of 2 files in .* s, 1 file without a record\n/);
  expect(code).toBe(0);
});

test("outliers and times that go back are logged by line and counted in the summary", async () => {
  const at = (time: string): string => RECORD_LINES[0]?.replace(/"t":"[^"]*"/, `"t":"${time}"`) ?? "";
  const day = Array.from({ length: 70 }, (_, index) => at(`2025-11-14T14:30:00.${10 + index}Z`));
  const back = day.map((line) => line.replace("T14:", "T12:"));
  const content = [at("0001-01-01T00:00:00Z"), ...day, ...back].join("\n");
  const { server, url } = await serve("--replay", temporaryFile("day.jsonl", content), "--once", "--speed", "1");
  const { stdout } = await stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
  expect(linesOf(stdout)).toHaveLength(141);
  const { code, stderr } = await server.ended;
  expect(stderr).toMatch(/warning: .*day\.jsonl:1 is an outlier: 0001-01-01 00:00:00 UTC, \d+ d before its neighbours/);
  expect(stderr).toMatch(/warning: .*day\.jsonl:72 goes back in time by 2\.0 h to 2025-11-14 12:30:00 UTC/);
  expect(stderr).toMatch(/replayed 141 records of 1 file in .* s, 1 outlier, times went back 1 time/);
  expect(code).toBe(0);
});

test("a pause is logged when it begins, and Ctrl-C ends it", async () => {
  const [friday, monday] = ["14T20:59:59Z", "17T14:30:00Z"].map((time) =>
    RECORD_LINES[0]?.replace(/"t":"[^"]*"/, `"t":"2025-11-${time}"`),
  );
  const { server, url } = await serve("--replay", temporaryFile("days.jsonl", `${friday}\n${monday}\n`), "--once");
  const client = stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
  await server.says(/the recording pauses until 2025-11-17 14:30:00 UTC, which is in (2\.7 d|66 h) at this speed/);
  server.child.kill("SIGINT");
  const { code, stderr } = await server.ended;
  expect(stderr).toContain("replayed 1 record of 1 file");
  expect(code).toBe(0);
  expect(linesOf((await client).stdout)).toHaveLength(1);
});

describe("standard input", () => {
  test.each(["-", "/dev/stdin"])("standard input is replayed as %s, including gzip", async (name) => {
    const server = start(["serve", "--port", "0", "--replay", name, ...ONCE], { input: gzipSync(RECORD_FILE) });
    const [, url] = await server.says(/serving .* at (ws:\S+)/);
    const { stdout } = await stream(`${url}/v2/iex`, CHANNELS.join(), "*", ...TO_THE_END);
    expect(linesOf(stdout)).toHaveLength(RECORD_LINES.length);
    expect((await server.ended).code).toBe(0);
  });

  test("serve with silent standard input ends with Ctrl-C", async () => {
    const server = start(["serve", "--port", "0", "--replay", "-"], { keepsInputOpen: true });
    await server.says(/serving standard input at/);
    server.child.kill("SIGINT");
    expect((await server.ended).code).toBe(0);
  });

  test("serve with empty standard input fails", async () => {
    expect((await run(["serve", "--port", "0", "--replay", "-"])).stderr).toContain("standard input is empty");
  });

  test.each([
    [["-", "--loop"], "--loop reads files again, and standard input can be read only once"],
    [["-", "/dev/stdin"], "standard input is named twice"],
    [["-", "-"], "standard input is named twice"],
  ])("--replay with %j is a usage error", async (args, message) => {
    const { code, stderr } = await run(["serve", "--port", "0", "--replay", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

test("CSV of stream is replayed as the same records", async () => {
  const received = RECORD_FILE.replace('"z":"C"', '"z":"C","r":"2025-11-14T14:30:00.123456789Z"');
  const first = await serve("--replay", temporaryFile("day.jsonl", received), ...ONCE);
  const csv = await stream(`${first.url}/v2/iex`, CHANNELS.join(), "*", "--no-reconnect", "--format", "csv");
  const second = await serve("--replay", temporaryFile("day.csv", csv.stdout), ...ONCE);
  const { stdout } = await stream(`${second.url}/v2/iex`, CHANNELS.join(), "*", ...TO_THE_END);
  expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(linesOf(received).map((line) => JSON.parse(line)));
  expect(stdout).toContain('"i":9007199254740993,');
  expect(stdout).toContain('"r":"2025-11-14T14:30:00.123456789Z"');
});

test("serve --shift starts the times of a replay now", async () => {
  const { url } = await serve("--replay", temporaryFile("day.jsonl", RECORD_FILE), ...ONCE, "--shift");
  const { stdout } = await stream(`${url}/v2/iex`, "trades", "AAPL", ...TO_THE_END);
  const { t } = JSON.parse(linesOf(stdout)[0] ?? "") as { t: string };
  expect(Math.abs(Date.parse(t) - Date.now())).toBeLessThan(30_000);
  expect(t).toMatch(/\.000000001Z$/);
});

test("a truncated file ends serve with exit 1, and closes its clients with 1011", async () => {
  const broken = gzipSync(RECORD_FILE).subarray(0, 100);
  const { server, url } = await serve("--replay", temporaryFile("broken.jsonl.gz", broken), ...ONCE);
  const client = await stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
  const { code, stderr } = await server.ended;
  expect(stderr).toContain("error: the feed failed: ");
  expect(client.stderr).toContain("error: the connection was closed with code 1011");
  expect({ server: code, client: client.code }).toEqual({ server: 1, client: 1 });
});

test("a slow client slows a replay at full speed down and loses nothing", async () => {
  const copies = 3_000;
  const { server, url } = await serve("--replay", temporaryFile("long.jsonl", RECORD_FILE.repeat(copies)), ...ONCE);
  const client = start(["stream", CHANNELS.join(), "*", "--url", `${url}/v2/iex`, ...TO_THE_END], {
    environment: KEYS,
    readsOutput: false,
  });
  await client.says(/the output is slow/);
  let lineFeeds = 0;
  client.child.stdout.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 0x0a) lineFeeds++;
  });
  expect((await client.ended).code).toBe(0);
  expect(lineFeeds).toBe(copies * RECORD_LINES.length);
  expect((await server.ended).code).toBe(0);
});

describe("a recording", () => {
  const trades = tradesAt(0, 1000, 2000);
  const play = (url: string, feed: string): ReturnType<typeof stream> =>
    stream(`${url}/${feed}`, "trades", "*", ...TO_THE_END);

  test("is replayed on every stock feed, or the part that options select", async () => {
    const dir = newFolder();
    await record(dir, trades);
    const all = await serve("--replay", dir, ...ONCE);
    expect(linesOf((await play(all.url, "v2/iex")).stdout)).toHaveLength(3);
    const { code, stderr } = await all.server.ended;
    expect(stderr).toContain("replayed 3 records of 1 file");
    expect(code).toBe(0);
    const part = ["--from", "2025-11-14T09:30:01-05:00", "--to", "2025-11-14", "--symbols", "A", "--order", "time"];
    const { url } = await serve("--replay", dir, ...ONCE, ...part);
    expect(linesOf((await play(url, "v2/sip")).stdout)).toHaveLength(2);
  });

  test("of several feeds needs one of them named, by --feed or by its folder", async () => {
    const dir = newFolder();
    await record(dir, trades, { feed: "iex" });
    await record(dir, trades.slice(1), { feed: "sip" });
    const { code, stderr } = await run(["serve", "--replay", dir]);
    expect(stderr).toContain("recordings of several feeds: iex, sip; choose one with --feed, such as --feed iex");
    expect(code).toBe(2);
    const { url } = await serve("--replay", dir, "--feed", "sip", ...ONCE);
    expect(linesOf((await play(url, "v2/sip")).stdout)).toHaveLength(2);
  });

  test("of crypto is served as crypto, and by no feed of stocks", async () => {
    const dir = newFolder();
    await record(dir, [new CryptoTrade("BTC/USD", RECORDED_SECONDS, 0, 91_000.5, 0.25, 7, "B")], {
      feed: "us",
      assetClass: "crypto",
    });
    const { code, stderr } = await run(["serve", "--replay", dir, "--feed", "sip"]);
    expect(stderr).toContain("has crypto, which the feed sip cannot serve");
    expect(code).toBe(2);
    const { url } = await serve("--replay", dir, ...ONCE);
    expect(linesOf((await play(url, "v1beta3/crypto/us")).stdout)).toEqual([expect.stringContaining('"i":7')]);
  });

  test("that is none fails with a sentence", async () => {
    const { code, stderr } = await run(["serve", "--replay", newFolder()]);
    expect(stderr).toMatch(/^error: .* has no recording: expected folders named feed=…/m);
    expect(code).toBe(1);
  });
});
