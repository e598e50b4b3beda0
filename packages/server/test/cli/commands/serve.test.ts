import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { RECORD_FILE, RECORD_LINES } from "../../../../../verify/shared/record-lines.ts";
import { KEYS, linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { keyEntry } from "../support/keys.ts";

test("serve logs its source, its URLs and which keys it accepts", async () => {
  const { server, url } = await serve("--simulate", "--feed", "iex,boats");
  await server.says(/any key is accepted/);
  expect(linesOf(server.stderr).filter((line) => line.startsWith("  "))).toEqual([
    `  ${url}/v2/iex`,
    `  ${url}/v1beta1/boats`,
    `  ${url}/v2/test`,
  ]);
});

test("serve --simulate has crypto beside stocks, and crypto alone if --feed names nothing else", async () => {
  const both = await serve("--simulate");
  await both.server.says(/any key is accepted/);
  expect(both.server.stderr).toContain(`  ${both.url}/v1beta3/crypto/us\n`);
  const alone = await serve("--simulate", "--feed", "crypto/us,crypto/eu-1", "--symbols", "BTC/USD");
  await alone.server.says(/any key is accepted/);
  expect(linesOf(alone.server.stderr).filter((line) => line.startsWith("  "))).toEqual([
    `  ${alone.url}/v1beta3/crypto/us`,
    `  ${alone.url}/v1beta3/crypto/eu-1`,
  ]);
});

test.each([
  [["--simulate", "--feed", "crypto/us", "--symbols", "5"], "--symbols must be pairs"],
  [
    ["--simulate", "--feed", "crypto/us", "--symbols", "AAPL"],
    'each symbol must be a pair such as "BTC/USD", got "AAPL"',
  ],
  [["--replay", "day.jsonl", "--symbols", "5"], "--symbols must be symbols"],
  [["--replay", "day.jsonl", "--from", "9:30"], "It must be a time with its zone"],
  [["--simulate", "--feed", "crypto"], 'There is no feed "crypto"'],
])("serve %s is a usage error", async (args, message) => {
  const { code, stderr } = await run(["serve", ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("serve --feed crypto/us is a usage error for a file of text, which has stocks", async () => {
  const { code, stderr } = await run([
    "serve",
    "--replay",
    temporaryFile("day.jsonl", RECORD_FILE),
    "--feed",
    "crypto/us",
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("is a file of text, which has stocks; crypto is replayed from a recording");
});

test("serve --once does not serve the test feed, which never ends", async () => {
  const { server, url } = await serve("--replay", temporaryFile("day.jsonl", RECORD_FILE), "--once");
  await server.says(/waiting for the first subscription/);
  expect(server.stderr).toContain(`${url}/v2/iex`);
  expect(server.stderr).not.toContain("/v2/test");
});

test("Ctrl-C closes every connection of serve normally and exits 0", async () => {
  const { server, url } = await serve("--simulate", "--rate", "1000");
  const client = start(["stream", "quotes", "*", "--url", `${url}/v2/iex`, "--no-reconnect"], { environment: KEYS });
  await client.says(/subscribed to quotes/);
  server.child.kill("SIGINT");
  expect((await server.ended).code).toBe(0);
  expect((await client.ended).code).toBe(0);
});

test("SIGTERM ends serve with exit 0", async () => {
  const { server } = await serve("--simulate");
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(0);
});

test("a second Ctrl-C ends serve at once", async () => {
  const { server, url } = await serve("--simulate");
  // A client that does not answer the close delays the end after the first Ctrl-C.
  const socket = new WebSocket(`${url}/v2/iex`);
  onTestFinished(() => socket.terminate());
  await new Promise((resolve) => socket.once("open", resolve));
  socket.pause();
  await server.says(/client 1 connected/);
  server.child.kill("SIGINT");
  await server.says(/closing every connection/);
  server.child.kill("SIGINT");
  expect((await server.ended).code).toBe(130);
});

test("serve on a port in use fails with one sentence and exit 1", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number }; // it listens at a TCP port
  const { code, stderr } = await run(["serve", "--simulate", "--port", String(port)]);
  expect(stderr).toBe(`error: port ${port} on 127.0.0.1 is in use; choose another with --port, or 0 for a free one\n`);
  expect(code).toBe(1);
});

test("serve --metrics-port shows metrics on a port of their own, and reports one that is in use by its option", async () => {
  const { server } = await serve("--simulate", "--metrics-port", "0", "--key", "K", "--secret", "S");
  const [, address = "", port = ""] = await server.says(/metrics are at (http:\/\/127\.0\.0\.1:(\d+)\/metrics)/);
  expect(await (await fetch(address)).text()).toContain('tickerplant_feed_up{feed="iex"} 1\n');
  const { code, stderr } = await run(["serve", "--simulate", "--port", "0", "--metrics-port", port]);
  const advice = "choose another with --metrics-port, or 0 for a free one";
  expect(stderr).toBe(`error: port ${port} on 127.0.0.1 is in use; ${advice}\n`);
  expect(code).toBe(1);
});

test("serve --metrics-port with the port of the clients is a usage error", async () => {
  const { code, stderr } = await run(["serve", "--simulate", "--port", "9464", "--metrics-port", "9464"]);
  expect(stderr).toContain("--metrics-port must be another port than --port");
  expect(code).toBe(2);
});

test("serve with a missing file fails with one sentence and exit 1", async () => {
  const { code, stderr } = await run(["serve", "--port", "0", "--replay", "no-such.jsonl"]);
  expect(stderr).toBe("error: cannot read the file no-such.jsonl: no such file\n");
  expect(code).toBe(1);
});

test("serve with an invalid certificate fails with one sentence and exit 1", async () => {
  const file = temporaryFile("cert.pem", "no certificate");
  const { code, stderr } = await run(["serve", "--simulate", "--port", "0", "--tls-cert", file, "--tls-key", file]);
  expect(stderr).toBe(
    "error: cannot use the certificate and its private key: one of the two files is not PEM, which has lines such as -----BEGIN CERTIFICATE-----\n",
  );
  expect(code).toBe(1);
});

test("serve with a missing certificate fails with one sentence and exit 1", async () => {
  const { code, stderr } = await run(["serve", "--simulate", "--tls-cert", "no.pem", "--tls-key", "no.pem"]);
  expect(stderr).toBe("error: cannot read the certificate no.pem: no such file\n");
  expect(code).toBe(1);
});

test("a keys file determines which clients may connect, and their feeds and limits", async () => {
  const keys = [keyEntry("K", "S", { feeds: ["iex"], maxSymbols: 2 }), keyEntry("K2", "S2")];
  const { url } = await serve("--simulate", "--keys", temporaryFile("keys.json", JSON.stringify(keys)));
  const [iex, sip, tooMany] = await Promise.all([
    stream(`${url}/v2/iex`, "quotes", "SPY", "--count", "1", "--format", "jsonl"),
    stream(`${url}/v2/sip`, "quotes", "SPY", "--count", "1"),
    stream(`${url}/v2/iex`, "quotes", "*", "--count", "1"),
  ]);
  expect([iex.code, sip.code, tooMany.code]).toEqual([0, 1, 1]);
  expect(sip.stderr).toContain("409 insufficient subscription");
  expect(tooMany.stderr).toContain("405 symbol limit exceeded");
});

const ENTRY = keyEntry("K", "S");

test.each([
  ["invalid JSON", "{", "is not JSON"],
  ["an object in place of an array", ENTRY, "must be a JSON array"],
  ["an empty array", [], "at least one"],
  ["an entry that is not an object", ["K"], "entry 1: it must be an object"],
  ["no hash", [ENTRY, { key: "K2" }], 'entry 2: "secretHash" is missing'],
  ["an empty key", [keyEntry("", "S")], 'entry 1: "key" must be a non-empty string'],
  ["a plain secret", [{ key: "K", secret: "123456" }], "tickerplant key NAME --stdin"],
  ["a secret beside its hash", [{ ...ENTRY, secret: "123456" }], 'a plain "secret" is not allowed'],
  ["a secret in place of its hash", [{ key: "K", secretHash: "123456" }], 'entry 1: "secretHash" must be a hash'],
  ["a plain token", [{ key: "K", token: "123456" }], "tickerplant key NAME --token --stdin"],
  ["a secret and a token", [{ ...ENTRY, tokenHash: "123456" }], 'entry 1: it has both "secretHash" and "tokenHash"'],
  ["a token in place of its hash", [{ key: "K", tokenHash: "123456" }], 'entry 1: "tokenHash" must be a hash'],
  ["a hash that is a number", [{ key: "K", secretHash: 123456 }], 'entry 1: "secretHash" must be a non-empty string'],
  ["an unknown feed", [{ ...ENTRY, feeds: ["iex", "spi"] }], 'entry 1: "feeds" must be'],
  ["a limit of 0", [{ ...ENTRY, maxSymbols: 0 }], '"maxSymbols" must be a whole number above 0'],
  ["an unknown field", [{ ...ENTRY, maxSymbol: 1 }], 'unknown field "maxSymbol"'],
  ["the field __proto__", `[{"__proto__":{"key":"K"},"key":"K2"}]`, '"secretHash" is missing'],
  ["a key with a line feed", [keyEntry("K\n", "S")], '"key" begins or ends with white space'],
  ["the same key twice", [ENTRY, keyEntry("K", "T")], "an earlier entry has the same"],
])("a keys file with %s is rejected with the entry and the field", async (_what, content, sentence) => {
  const { code, stderr } = await run([
    "serve",
    "--simulate",
    "--port",
    "0",
    "--keys",
    temporaryFile("k.json", typeof content === "string" ? content : JSON.stringify(content)),
  ]);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("123456");
  expect(code).toBe(1);
});

test.each([
  ["a byte order mark", (text: string) => Buffer.from(`\ufeff${text}`)],
  ["UTF-16, as written by > in PowerShell 5", (text: string) => Buffer.from(`\ufeff${text}`, "utf16le")],
])("a keys file with %s is accepted", async (_what, encoded) => {
  const file = temporaryFile("keys.json", encoded(JSON.stringify([ENTRY])));
  const { url } = await serve("--simulate", "--keys", file);
  const { code } = await stream(`${url}/v2/iex`, "quotes", "SPY", "--count", "1", "--format", "jsonl");
  expect(code).toBe(0);
});

test("the log of serve can be JSON lines, and shows only the first characters of a key", async () => {
  const server = start(["serve", "--simulate", "--port", "0", "--json"]);
  const [, port = ""] = await server.says(/"port":(\d+)/);
  const url = `ws://127.0.0.1:${port}/v2/iex`;
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  socket.once("open", () => socket.send('{"action":"auth","key":"PKLONGKEY","secret":"hidden"}'));
  await server.says(/authenticated/);
  server.child.kill("SIGINT");
  const { stderr } = await server.ended;
  const lines = linesOf(stderr).map((line) => JSON.parse(line) as { message: string; key?: string });
  expect(lines.find(({ key }) => key !== undefined)?.key).toBe("PKLO…");
  expect(stderr).not.toMatch(/LONGKEY|hidden/);
});

test("serve --once fails with one sentence and exit 1 when its last client is killed", {
  timeout: 60_000,
}, async () => {
  const lines = Array.from({ length: 20_000 }, (_, id) => RECORD_LINES[0]?.replace("52983525029461", `${id}`));
  const file = temporaryFile("day.jsonl", `${lines.join("\n")}\n`);
  const { server, url } = await serve("--replay", file, "--speed", "max", "--once");
  const socket = new WebSocket(`${url}/v2/iex`, { perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  socket.once("open", () => socket.send('{"action":"auth","key":"K","secret":"S"}'));
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text.includes('"authenticated"')) socket.send('{"action":"subscribe","trades":["*"]}');
    if (text.includes('"T":"t"')) socket.terminate();
  });
  const { code, stderr } = await server.ended;
  expect(stderr).toMatch(
    /^error: the feed .* and (the rest was not delivered|no client was sent all of them): the last client left after /m,
  );
  expect(stderr).toMatch(/bytes unread: the connection (failed: (ECONNRESET|EPIPE)|ended without a close)/);
  expect(code).toBe(1);
});

test("serve offers compression like Alpaca, and none with --no-compress", async () => {
  for (const [args, extensions] of [
    [[], "permessage-deflate"],
    [["--no-compress"], ""],
  ] as const) {
    const { url } = await serve("--simulate", ...args);
    const socket = new WebSocket(`${url}/v2/iex`);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.once("open", resolve));
    expect(String(socket.extensions)).toBe(extensions);
  }
});

test("white space around the secret is removed from TICKERPLANT_SECRET and rejected in --secret", async () => {
  const server = start(["serve", "--simulate", "--port", "0", "--key", "K"], {
    environment: { TICKERPLANT_SECRET: "\ufeffS \r\n\n" },
  });
  const [, url = ""] = await server.says(/serving .* at (ws:\/\/127\.0\.0\.1:\d+)/);
  const { code } = await stream(`${url}/v2/iex`, "quotes", "*", "--count", "1", "--format", "jsonl");
  expect(code).toBe(0);
  const wrong = await run(["serve", "--simulate", "--port", "0", "--key", "K", "--secret", "hidden\n"]);
  expect(wrong.stderr).toBe(
    "error: the value of --secret begins or ends with white space, such as the line feed of a file: trim it\n",
  );
  expect(wrong.code).toBe(2);
});
