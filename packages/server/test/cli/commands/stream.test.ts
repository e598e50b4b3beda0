import { once } from "node:events";
import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { localProxy } from "../../gateway/support/proxy.ts";
import { type Cli, KEYS, linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { scriptedServer } from "../support/scripted-server.ts";

const SIMULATED = ["--simulate", "--symbols", "40", "--rate", "2000", "--key", "K", "--secret", "S"];
const TRADE = '{"T":"t","S":"AAPL","i":1,"x":"Q","p":1.5,"s":2,"c":["@"],"t":"2025-11-14T14:30:00Z","z":"C"}';

test("stream --count prints exactly this number of records, and nothing but JSON lines", async () => {
  const { url } = await serve(...SIMULATED);
  const { code, stdout } = await stream(`${url}/v2/iex`, "trades,quotes", "*", "--format", "jsonl", "--count", "777");
  const records = linesOf(stdout).map((line) => JSON.parse(line) as { T: string; S: string; t: string });
  expect(code).toBe(0);
  expect(records).toHaveLength(777);
  expect(new Set(records.map(({ T }) => T))).toEqual(new Set(["t", "q"]));
  expect(records.map(({ t }) => t)).toEqual(
    records.map(({ t }) => t).sort((one, other) => (padded(one) < padded(other) ? -1 : 1)),
  );
});

test("symbols can be several arguments, or separated by commas", async () => {
  const { url } = await serve(...SIMULATED);
  const { stdout } = await stream(`${url}/v2/sip`, "quotes", "SPY,AAPL", "NVDA", "--format", "jsonl", "--count", "60");
  const symbols = linesOf(stdout).map((line) => (JSON.parse(line) as { S: string }).S);
  expect(new Set(symbols)).toEqual(new Set(["SPY", "AAPL", "NVDA"]));
});

test("without a terminal, a table is plain lines of time, symbol and values", async () => {
  const { url } = await serve(...SIMULATED);
  const { stdout } = await stream(`${url}/v2/iex`, "quotes", "*", "--count", "3");
  expect(linesOf(stdout)).toHaveLength(3);
  for (const line of linesOf(stdout)) {
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z [A-Z.]+ quote [\d.]+ x \d+ . \/ [\d.]+ x \d+ .$/);
  }
});

test("stream prints crypto: plain lines, JSON of the wire, CSV and raw records", async () => {
  const { url } = await serve("--simulate", "--feed", "crypto/us", "--symbols", "BTC/USD", "--rate", "2000");
  const crypto = (...args: string[]) => stream(`${url}/v1beta3/crypto/us`, ...args);
  const [plain, jsonl, csv, raw] = await Promise.all([
    crypto("quotes,trades,orderbooks", "BTC/USD", "--count", "40"),
    crypto("trades", "*", "--format", "jsonl", "--count", "2"),
    crypto("orderbooks", "*", "--format", "csv", "--count", "1"),
    crypto("orderbooks", "*", "--raw", "--format", "jsonl", "--count", "1"),
  ]);
  const [first] = linesOf(plain.stdout);
  expect(first).toMatch(/^\S+Z BTC\/USD whole order book bids \[[\d.]+ x [\d.e-]+, .* asks \[/);
  expect(plain.stdout).toMatch(/BTC\/USD quote [\d.]+ x [\d.e-]+ \/ [\d.]+ x [\d.e-]+\n/);
  expect(plain.stdout).toMatch(/BTC\/USD trade [\d.]+ x [\d.e-]+ taker [BS]\n/);
  for (const line of linesOf(jsonl.stdout))
    expect(line).toMatch(/^\{"T":"t","S":"BTC\/USD".*"i":\d{19},"tks":"[BS]"\}$/);
  expect(linesOf(csv.stdout)[0]).toBe("channel,symbol,timestamp,bids,asks,isSnapshot");
  expect(linesOf(csv.stdout)[1]).toMatch(/^orderbooks,BTC\/USD,[^,]+Z,[\d.@|e-]+,[\d.@|e-]+,true$/);
  expect(JSON.parse(raw.stdout)).toMatchObject({ T: "o", S: "BTC/USD", r: true });
});

test("stream rejects channels of another asset class", async () => {
  const { code, stderr } = await run(["stream", "statuses", "BTC/USD", "--feed", "crypto/us"]);
  expect(code).toBe(2);
  expect(stderr).toContain('there is no channel "statuses" of crypto; the channels are trades, quotes, orderbooks');
});

test("stream --duration ends with success", async () => {
  const { url } = await serve(...SIMULATED);
  const { code, stdout } = await stream(`${url}/v2/iex`, "quotes", "*", "--format", "jsonl", "--duration", "2");
  expect(code).toBe(0);
  for (const line of linesOf(stdout)) JSON.parse(line);
});

test("Ctrl-C ends stream with success", async () => {
  const { url } = await serve(...SIMULATED);
  const client = start(["stream", "quotes", "*", "--url", `${url}/v2/iex`], { environment: KEYS });
  await client.says(/subscribed to quotes/);
  client.child.kill("SIGINT");
  expect((await client.ended).code).toBe(0);
});

test("a closed pipe ends stream without an error", async () => {
  const { url } = await serve(...SIMULATED);
  const client = start(["stream", "quotes", "*", "--url", `${url}/v2/iex`, "--format", "jsonl"], {
    environment: KEYS,
    readsOutput: false,
  });
  client.child.stdout.once("data", () => client.child.stdout.destroy());
  const { code, stderr } = await client.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain("error");
});

/** Starts a stream that fills the pipe of standard output, which nothing reads. */
async function streamUnread(...args: string[]): Promise<Cli> {
  const { url } = await serve("--simulate", "--symbols", "40", "--rate", "40000");
  return start(["stream", "quotes,trades", "*", "--url", `${url}/v2/iex`, "--format", "jsonl", ...args], {
    environment: KEYS,
    readsOutput: false,
  });
}

test("stream waits for a blocked output at the end, with a message, until the next Ctrl-C", async () => {
  const client = await streamUnread();
  await client.says(/the output is slow: 10,\d+ records are queued, reading pauses and nothing is lost/);
  client.child.kill("SIGINT");
  await client.says(/waiting for standard output to accept the last records; press Ctrl-C to exit without them/);
  client.child.kill("SIGINT");
  const [code, signal] = await once(client.child, "exit");
  expect([code, signal]).toEqual([null, "SIGINT"]);
});

test("stream fails if records were dropped because the output was blocked", { timeout: 60_000 }, async () => {
  const client = await streamUnread();
  await client.says(/the output has accepted nothing for 1\d s: [\d,]{4,} records were dropped, from 20\S+Z to 20\S+Z/);
  client.child.stdout.resume();
  client.child.kill("SIGINT");
  const { code, stderr } = await client.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: printed [\d,]+ records; [\d,]+ were dropped because the output was too slow/);
  expect(stderr).not.toContain("has not settled");
});

test("a wrong secret ends stream with exit 1 and the server's message", async () => {
  const { url } = await serve(...SIMULATED);
  const { code, stdout, stderr } = await run(["stream", "trades", "*", "--url", `${url}/v2/iex`], {
    ...KEYS,
    APCA_API_SECRET_KEY: "not-the-secret",
  });
  expect(stderr).toContain("error: the server answered 402 auth failed");
  expect(stderr).not.toContain("not-the-secret");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

test("an unknown path ends stream with exit 1", async () => {
  const { url } = await serve(...SIMULATED);
  const { code, stderr } = await stream(`${url}/v2/nope`, "trades", "*");
  expect(stderr).toContain("HTTP 404");
  expect(code).toBe(1);
});

test("stream ends with exit 1 when every symbol is rejected", async () => {
  const { url } = await serve(...SIMULATED, "--max-symbols", "5");
  const { code, stdout, stderr } = await stream(`${url}/v2/iex`, "trades", "*");
  expect(stderr).toMatch(/warning: the server answered 405 symbol limit exceeded.*request fewer symbols/);
  expect(stderr).toContain("error: the server rejected every symbol: symbol limit");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

test("trades come with their corrections and cancels in every format", async () => {
  const file = temporaryFile("day.jsonl", RECORD_FILE);
  const { url } = await serve("--replay", file, "--speed", "max", "--loop");
  const print = (...args: string[]): Promise<string[]> =>
    stream(`${url}/v2/iex`, "trades", "AAPL", "--count", "3", ...args).then(({ stdout }) => linesOf(stdout));
  const types = (lines: string[]): string[] => lines.map((line) => (JSON.parse(line) as { T: string }).T).sort();
  expect(types(await print("--format", "jsonl"))).toEqual(["c", "t", "x"]);
  expect(types(await print("--raw"))).toEqual(["c", "t", "x"]);
  const table = (await print()).join("\n");
  for (const text of ["trade 272.1234 x 100 on FINRA (off exchange) [@,I]", "correction of trade", "cancel of trade"])
    expect(table).toContain(text);
});

test("stream with a duration of months does not end at once", async () => {
  const { url } = await serve(...SIMULATED);
  const args = ["stream", "quotes", "*", "--url", `${url}/v2/iex`, "--duration", "2592000"];
  const client = start(args, { environment: KEYS });
  await once(client.child.stdout, "data");
  client.child.kill("SIGINT");
  const { code, stdout } = await client.ended;
  expect(code).toBe(0);
  expect(linesOf(stdout).length).toBeGreaterThan(0);
});

test("stream --until ends at that time with success", async () => {
  const { url } = await serve(...SIMULATED);
  const until = new Date(Date.now() + 5000).toISOString();
  const { code, stderr, stdout } = await stream(`${url}/v2/iex`, "quotes", "*", "--until", until);
  expect(code).toBe(0);
  expect(stderr).toContain(`until ${until}`);
  expect(linesOf(stdout).length).toBeGreaterThan(0);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
});

test("stream --duration without any connection fails", async () => {
  const { code, stderr } = await stream("ws://127.0.0.1:9/v2/iex", "trades", "*", "--duration", "0.5");
  expect(stderr).toMatch(/error: there was no connection: .*ECONNREFUSED.*Nothing listens there/);
  expect(code).toBe(1);
});

test("Ctrl-C ends stream with success without a connection, too", async () => {
  const args = ["stream", "quotes", "*", "--url", "ws://127.0.0.1:9/v2/iex"];
  const client = start(args, { environment: KEYS });
  await client.says(/retrying in/i);
  client.child.kill("SIGINT");
  expect((await client.ended).code).toBe(0);
});

test("stream connects through the proxy of HTTP_PROXY", async () => {
  const { url } = await serve(...SIMULATED);
  const proxy = await localProxy(Number(new URL(url).port));
  const args = ["stream", "quotes", "*", "--url", "ws://feed.example/v2/iex", "--count", "1"];
  const { code } = await run(args, { ...KEYS, HTTP_PROXY: proxy.host });
  expect(code).toBe(0);
  expect(proxy.asked.map(({ authority }) => authority)).toEqual(["feed.example:80"]);
});

test("lower-case symbols cause a warning, and are subscribed to all the same", async () => {
  const { url } = await serve(...SIMULATED);
  const { stderr, code } = await stream(`${url}/v2/iex`, "trades", "aapl", "Msft", "BACpL", "--duration", "2");
  expect(stderr).toContain("symbols are upper case: aapl, Msft will have no records; did you mean AAPL, MSFT?");
  expect(code).toBe(0);
});

test("the warning for a failed connection has advice and the time of the next attempt", async () => {
  const { stderr, code } = await stream("ws://127.0.0.1:9/v2/iex", "trades", "*", "--duration", "0.5");
  expect(stderr).toMatch(/warning: the connection failed: .*and that the server runs\. Retrying in \d+ ms\n/);
  expect(code).toBe(1);
});

test("keys that end with a line feed are accepted", async () => {
  const { url } = await serve(...SIMULATED);
  const args = ["stream", "quotes", "*", "--url", `${url}/v2/iex`, "--count", "1"];
  const { code } = await run(args, { APCA_API_KEY_ID: "K\n", APCA_API_SECRET_KEY: " S\r\n" });
  expect(code).toBe(0);
});

test("a secret with a space inside is a usage error that does not show it", async () => {
  const environment = { APCA_API_KEY_ID: "K", APCA_API_SECRET_KEY: "hunter 2" };
  const { code, stderr } = await run(["stream", "quotes", "*", "--url", "ws://127.0.0.1:9/v2/iex"], environment);
  expect(stderr).toContain("APCA_API_SECRET_KEY has white space or another character that no key has");
  expect(stderr).not.toContain("hunter");
  expect(code).toBe(2);
});

test("with --no-reconnect a normal close is a success", async () => {
  const url = await scriptedServer((socket) => {
    socket.send(`[${TRADE}]`);
    socket.close(1000, "done");
  });
  const { code, stdout } = await stream(url, "trades", "*", "--no-reconnect", "--format", "jsonl", "--codec", "json");
  expect(JSON.parse(stdout)).toEqual(JSON.parse(TRADE));
  expect(code).toBe(0);
});

test.each([
  ["1011", 1011],
  ["1001", 1001],
  ["4000", 4000],
  ["none", undefined],
])(
  "with --no-reconnect a close with code %s is a failure, after the earlier records are printed",
  async (shown, closeCode) => {
    const url = await scriptedServer((socket) => {
      socket.send(`[${TRADE}]`);
      socket.close(closeCode);
    });
    const { code, stdout, stderr } = await stream(
      url,
      "trades",
      "*",
      "--no-reconnect",
      "--format",
      "jsonl",
      "--codec",
      "json",
    );
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stderr).toContain(`error: the connection was closed with code ${shown === "none" ? "1005" : shown}`);
    expect(code).toBe(1);
  },
);

test("with --no-reconnect a lost connection is a failure", async () => {
  const url = await scriptedServer((socket) => {
    socket.send(`[${TRADE}]`, () => socket.terminate());
  });
  const { code } = await stream(url, "trades", "*", "--no-reconnect", "--codec", "json");
  expect(code).toBe(1);
});

test("with --no-reconnect a server that cannot be reached is a failure", async () => {
  const { code, stderr } = await stream("ws://127.0.0.1:9/v2/iex", "trades", "*", "--no-reconnect");
  expect(stderr).toContain("error: the connection failed");
  expect(code).toBe(1);
});

test("raw records keep unknown fields, and integers beyond 2^53", async () => {
  const raw = TRADE.replace('"i":1,', '"i":9007199254740993,"zz":{"deep":[1,null,"a"]},');
  const url = await scriptedServer((socket) => {
    socket.send(`[${raw}]`);
    socket.close(1000);
  });
  const { stdout } = await stream(url, "trades", "*", "--no-reconnect", "--raw", "--codec", "json");
  expect(linesOf(stdout)).toHaveLength(1);
  expect(stdout).toContain('"i":9007199254740993');
  expect(JSON.parse(stdout)).toEqual(JSON.parse(raw));
});

test("text from a server is escaped before it reaches the terminal", async () => {
  const url = await scriptedServer((socket) => {
    socket.send(`[${TRADE.replace("AAPL", "\\u001b[2J")}]`);
    socket.send('[{"T":"error","code":499,"msg":"\\u001b]0;owned\\u0007\\u009b1m"}]');
    socket.close(1000);
  });
  const { stdout, stderr } = await stream(url, "trades", "*", "--no-reconnect", "--codec", "json");
  expect(stdout).toContain("\\u001b[2J");
  expect(stderr).toContain("\\u001b]0;owned\\u0007\\u009b1m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for control characters
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("the log of stream can be JSON lines", async () => {
  const { url } = await serve(...SIMULATED);
  const { stderr } = await stream(`${url}/v2/iex`, "trades", "*", "--count", "1", "--json");
  const lines = linesOf(stderr).map((line) => JSON.parse(line) as { level: string; state?: string });
  expect(lines.map(({ state }) => state).filter((state) => state !== undefined)).toEqual([
    "connecting",
    "authenticated",
  ]);
  expect(lines.every(({ level }) => level === "info")).toBe(true);
});

/** Pads a time to nine digits, so that strings compare like times. */
function padded(time: string): string {
  const [seconds = "", fraction = ""] = time.slice(0, -1).split(".");
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}
