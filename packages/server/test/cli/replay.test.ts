import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { KEYS, linesOf, serve, start, stream, temporaryFile } from "./support/cli.ts";
import { ALL_CHANNELS, RECORD_FILE, RECORD_LINES } from "./support/records.ts";

const ONCE = ["--speed", "max", "--once", "--key", "K", "--secret", "S"];
const TO_THE_END = ["--no-reconnect", "--format", "jsonl"];

describe.each(["msgpack", "json"])("in %s", (codec) => {
  test.each([
    ["plain", "day.jsonl", RECORD_FILE],
    ["gzip", "day.jsonl.gz", gzipSync(RECORD_FILE)],
    ["plain without the last line feed", "day.jsonl", RECORD_FILE.slice(0, -1)],
  ])("[D7] [R29] every kind of record comes out as the file has it: %s", async (_kind, name, content) => {
    const { server, url } = await serve("--replay", temporaryFile(name, content), ...ONCE);
    const { code, stdout } = await stream(`${url}/v2/sip`, ALL_CHANNELS, "*", ...TO_THE_END, "--codec", codec);
    expect(code).toBe(0);
    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(RECORD_LINES.map((line) => JSON.parse(line)));
    expect(stdout).toContain('"i":9007199254740993,'); // JSON.parse would round it on both sides
    expect((await server.ended).code).toBe(0);
  });
});

test("several files follow one another, on every stock feed", async () => {
  const files = [temporaryFile("1.jsonl", RECORD_FILE), temporaryFile("2.jsonl.gz", gzipSync(RECORD_FILE))];
  const { url } = await serve("--replay", ...files, ...ONCE);
  const { stdout } = await stream(`${url}/v1beta1/boats`, "quotes,statuses", "AAPL", "MSFT", ...TO_THE_END);
  expect(linesOf(stdout).map((line) => (JSON.parse(line) as { S: string }).S)).toEqual([
    "AAPL",
    "MSFT",
    "AAPL",
    "MSFT",
  ]);
});

test("lines that are no records are passed over, told, and then only counted", async () => {
  const bad = Array.from({ length: 9 }, (_, index) => `{"T":"t","S":${index}\n`).join("");
  const { server, url } = await serve("--replay", temporaryFile("bad.jsonl", bad + RECORD_FILE), ...ONCE);
  const { stdout } = await stream(`${url}/v2/iex`, ALL_CHANNELS, "*", ...TO_THE_END);
  expect(linesOf(stdout)).toHaveLength(RECORD_LINES.length);
  const { code, stderr } = await server.ended;
  expect(stderr.match(/bad\.jsonl:\d+ passed over/g)).toHaveLength(5);
  expect(stderr).toContain(`replayed ${RECORD_LINES.length} records`);
  expect(stderr).toContain("9 lines passed over");
  expect(code).toBe(0);
});

test("shifted times begin now", async () => {
  const { url } = await serve("--replay", temporaryFile("day.jsonl", RECORD_FILE), ...ONCE, "--shift");
  const { stdout } = await stream(`${url}/v2/iex`, "trades", "AAPL", ...TO_THE_END);
  const { t } = JSON.parse(linesOf(stdout)[0] ?? "") as { t: string };
  expect(Math.abs(Date.parse(t) - Date.now())).toBeLessThan(30_000);
  expect(t).toMatch(/\.000000001Z$/);
});

test("a file that turns out broken ends the gateway with exit 1, and its clients hear of it", async () => {
  const broken = gzipSync(RECORD_FILE).subarray(0, 100);
  const { server, url } = await serve("--replay", temporaryFile("broken.jsonl.gz", broken), ...ONCE);
  const client = await stream(`${url}/v2/iex`, "trades", "*", ...TO_THE_END);
  const { code, stderr } = await server.ended;
  expect(stderr).toContain("error: the feed failed: ");
  expect(client.stderr).toContain("error: the connection was closed with code 1011");
  expect({ server: code, client: client.code }).toEqual({ server: 1, client: 1 });
});

test("a reader that is slow slows the replay down and loses nothing", async () => {
  const copies = 3_000;
  const { server, url } = await serve("--replay", temporaryFile("long.jsonl", RECORD_FILE.repeat(copies)), ...ONCE);
  const client = start(["stream", ALL_CHANNELS, "*", "--url", `${url}/v2/iex`, ...TO_THE_END], {
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
