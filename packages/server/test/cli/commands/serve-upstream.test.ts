import { CHANNELS } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import { RECORD_FILE, RECORD_LINES } from "../../../../../verify/shared/record-lines.ts";
import { type Cli, KEYS, linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { historyServer } from "../support/history-server.ts";

const SECRET = "upstream-secret-0123456789";
const UPSTREAM_KEYS = { APCA_API_KEY_ID: "UPSTREAM", APCA_API_SECRET_KEY: SECRET };

/** Starts a relay on a free port; resolves when clients can connect. */
async function relay(...args: string[]): Promise<{ server: Cli; url: string }> {
  const server = start(["serve", "--port", "0", ...args], { environment: UPSTREAM_KEYS });
  const [, url = ""] = await server.says(/serving .* at (ws:\/\/127\.0\.0\.1:\d+)/);
  return { server, url };
}

describe.each(["msgpack", "json"])("serve --upstream to a client with %s", (codec) => {
  test("every kind of record of a gateway comes through a relay with --once, which exits with its upstream", async () => {
    const file = temporaryFile("day.jsonl", RECORD_FILE);
    const origin = await serve("--replay", file, "--speed", "max", "--once", "--key", "UPSTREAM", "--secret", SECRET);
    const { server, url } = await relay("--upstream", `${origin.url}/v2/sip`, "--once", "--key", "K", "--secret", "S");
    const toTheEnd = ["--no-reconnect", "--format", "jsonl", "--codec", codec];
    const { code, stdout } = await stream(`${url}/v2/sip`, CHANNELS.join(), "*", ...toTheEnd);
    expect(code).toBe(0);
    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(RECORD_LINES.map((line) => JSON.parse(line)));
    const [relayed, replayed] = await Promise.all([server.ended, origin.server.ended]);
    expect([relayed.code, replayed.code]).toEqual([0, 0]);
    expect(relayed.stderr).toMatch(/sip: connected to ws:\/\/127\.0\.0\.1:\d+\/v2\/sip/);
    expect(relayed.stderr).not.toContain(SECRET);
  });
});

test("serve relays stocks and crypto side by side, and Ctrl-C ends it at once", async () => {
  const origin = await serve("--simulate", "--feed", "iex,crypto/us", "--rate", "200");
  const { server, url } = await relay(
    "--upstream",
    `${origin.url}/v2/iex`,
    "--upstream",
    `${origin.url}/v1beta3/crypto/us`,
    "--no-fill",
  );
  const some = ["--count", "5", "--format", "jsonl"];
  const [stocks, crypto] = await Promise.all([
    stream(`${url}/v2/iex`, "quotes", "*", ...some),
    stream(`${url}/v1beta3/crypto/us`, "quotes", "*", ...some),
  ]);
  expect([linesOf(stocks.stdout).length, linesOf(crypto.stdout).length]).toEqual([5, 5]);
  server.child.kill("SIGINT");
  const { code, stderr } = await server.ended;
  expect(code).toBe(0);
  expect(stderr).toContain("closing every connection");
});

test("a relay fills gaps of * for the symbols of --universe, which its upstream has not sent", async () => {
  const origin = await serve("--simulate", "--no-history");
  let requested = (): void => {};
  const request = new Promise<void>((resolve) => {
    requested = resolve;
  });
  const history = await historyServer(({ searchParams }) => {
    if (searchParams.get("symbols")?.split(",").includes("ZZZZ")) requested();
    return '{"bars":{},"next_page_token":null}';
  });
  const universe = temporaryFile("symbols.txt", "# all of them\nA\n\nZZZZ\r\n");
  const args = ["--upstream", `${origin.url}/v2/iex`, "--upstream-history", history, "--universe", universe];
  const { url } = await relay(...args);
  const client = start(["stream", "bars", "*", "--url", `${url}/v2/iex`, "--json"], { environment: KEYS });
  await client.says(/subscribed/);
  origin.server.child.kill("SIGINT");
  await origin.server.ended;
  start(["serve", "--simulate", "--no-history", "--port", new URL(origin.url).port]);
  await request;
}, 60_000); // it begins five seconds after the reconnect

test.each([
  ["", "has no symbol; it must have one on each line"],
  ["AAPL\nBRK B\n", "line 2 must be one symbol without spaces, such as AAPL"],
  ["*\n", "line 1 must be one symbol"],
])("a universe of %j is rejected at the start", async (text, message) => {
  const universe = temporaryFile("symbols.txt", text);
  const { code, stderr } = await run(["serve", "--upstream", "sip", "--universe", universe], KEYS);
  expect(stderr).toContain(message);
  expect(code).toBe(1);
});

test("a relay with wrong keys logs it once, and its clients get the number in answer to their credentials", async () => {
  const origin = await serve("--simulate", "--key", "OTHER", "--secret", "OTHER");
  const { server, url } = await relay("--upstream", `${origin.url}/v2/iex`, "--json");
  await server.says(/"type":"lost"/);
  const client = await stream(`${url}/v2/iex`, "quotes", "*", "--count", "1", "--no-reconnect");
  expect(client.code).toBe(1);
  expect(client.stderr).toContain("402 auth failed");
  expect(server.stderr.match(/"type":"lost"/g)).toHaveLength(1);
  expect(server.stderr).toContain("the feed's source rejects it");
  expect(server.stderr).not.toContain(SECRET);
});

test("with --once, a relay with wrong keys exits with 1 and one sentence", async () => {
  const origin = await serve("--simulate", "--key", "OTHER", "--secret", "OTHER");
  const { server, url } = await relay("--upstream", `${origin.url}/v2/iex`, "--once");
  await stream(`${url}/v2/iex`, "quotes", "*", "--no-reconnect");
  const { code, stderr } = await server.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: the feed failed: the server answered 402 auth failed/m);
});

test("a relay without keys of the upstream is a usage error that names the variables", async () => {
  const { code, stderr } = await run(["serve", "--upstream", "sip"]);
  expect(code).toBe(2);
  expect(stderr).toContain("set the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY");
});

test.each([
  [["--upstream", "six"], "It must be a feed (iex, sip,"],
  [["--upstream", "sip", "--upstream", "sip"], "It is given twice"],
  [["--upstream", "sip", "--simulate"], "cannot be used with"],
  [["--upstream", "sip", "--replay", "a.jsonl"], "cannot be used with"],
  [["--upstream", "sip", "--rate", "5"], "--rate is for --simulate, and this is --upstream"],
  [["--upstream", "sip", "--no-fill", "--upstream-history", "http://h"], "--upstream-history is for filling gaps"],
  [
    ["--upstream", "ftp://host/v2/sip"],
    '--upstream must be an address such as ws://localhost:8765/v2/iex, got one of the protocol "ftp:"',
  ],
  [
    ["--upstream", "ws://user:pass@host/path"],
    "the path of upstream ws://host/path names no feed; give the feed with --feed",
  ],
  [["--upstream", "sip", "--upstream", "ws://host/v2/sip"], "two of --upstream are the feed sip"],
  [["--upstream", "sip", "--upstream", "iex", "--feed", "otc"], "--feed says where one --upstream is served"],
  [["--upstream", "sip", "--feed", "crypto/us"], "--feed crypto/us is not of the asset class of upstream sip"],
  [["--simulate", "--linger", "5"], "--linger is for --upstream"],
  [["--simulate", "--universe", "a.txt"], "--universe is for --upstream"],
  [["--upstream", "sip", "--no-fill", "--universe", "a.txt"], "--universe is for filling gaps"],
  [["--simulate", "--no-fill"], "--no-fill is for --upstream"],
  [["--upstream", "sip", "--linger", "-1"], "It must be a number from 0"],
])("serve %s is a usage error", async (args, message) => {
  const { code, stderr } = await run(["serve", ...args], KEYS);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
