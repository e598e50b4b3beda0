import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { hasOpenssl, makeCertificate } from "../../gateway/support/certificate.ts";
import { closing, upgradeWith } from "../../gateway/support/raw.ts";
import { linesOf, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { keyEntry } from "../support/keys.ts";

/** Characters that clear a terminal, forge a line, reverse text or are invisible. */
const EVIL = "EVIL\u001b[2J\u009b2J\r\n00:00:00 forged\u202e\u061c\u200b\u2028\u{e0041}\ud800";

/** Matches a line without characters that a terminal interprets or hides. */
const SHOWN = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u;

/** Sends hostile text in every place where a client can send text, and waits until the server has handled it. */
async function attack(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v2/iex?EVIL=%1b%5b2J%0a`, {
    headers: { "User-Agent": "EVIL\u009b2J", "X-Evil": "EVIL" },
  });
  onTestFinished(() => socket.terminate());
  const answered = new Promise<void>((resolve) => {
    socket.on("message", (data) => String(data).includes('"trades":["EVIL"]') && resolve());
  });
  await once(socket, "open");
  for (const key of [EVIL, `EVIL${"x".repeat(1000)}`, `EVIL${"\u001b[2J".repeat(200)}`, "__proto__\n"])
    socket.send(JSON.stringify({ action: "auth", key, secret: EVIL }));
  socket.send(EVIL);
  socket.send(JSON.stringify({ action: EVIL, [EVIL]: EVIL }));
  socket.send(JSON.stringify({ action: "auth", key: "KEY", secret: "SECRET" }));
  socket.send(JSON.stringify({ action: "subscribe", trades: [EVIL], [EVIL]: [EVIL] }));
  socket.send(JSON.stringify({ action: "subscribe", trades: ["EVIL"] }));
  await answered;
  socket.close(1000, EVIL.slice(0, 20));
  for (const text of [
    upgradeWith("Origin: http://EVIL\u009b2J"),
    upgradeWith(`Origin: http://${"EVIL".repeat(100)}`),
    upgradeWith("Host: EVIL"),
    upgradeWith("APCA-API-KEY-ID: \u001b[2JEVIL"),
    "EVIL\u001b[2J\r\n\r\n",
    "GET /EVIL\u001b[2J HTTP/1.1\r\n\r\n",
  ]) {
    const raw = connect(port, "127.0.0.1", () => raw.write(Buffer.from(text, "latin1")));
    raw.on("error", () => {}); // the server may reset the connection
    await closing(raw);
  }
}

describe.each([
  ["text", []],
  ["JSON", ["--json"]],
])("the log as %s", (_what, options) => {
  test.each([
    ["accepting any key", []],
    ["with keys", ["--key", "KEY", "--secret", "SECRET"]],
  ])("a log shows nothing that a hostile client sends: %s", async (_how, keys) => {
    const server = start(["serve", "--simulate", "--rate", "1", "--port", "0", ...keys, ...options]);
    const [, port = ""] = await server.says(/serving .*?127\.0\.0\.1:(\d+)/);
    await attack(Number(port));
    await server.says(/rejected a web page.*\n(.*\n)*.*rejected a web page/);
    server.child.kill("SIGINT");
    const { stderr, stdout } = await server.ended;
    expect(stdout).toBe("");
    for (const line of linesOf(stderr)) {
      expect(line).toMatch(SHOWN);
      if (options.length > 0) JSON.parse(line);
    }
    expect(stderr).toMatch(/rejected client \d+: 402/);
    expect(stderr).toContain("authenticated with the key KEY");
    expect(stderr).not.toMatch(/EVIL|forged|SECRET/);
  });
});

test("a page of another web site is rejected, and the log states how to allow it", async () => {
  const { server, url } = await serve("--simulate", "--allow-origin", "http://localhost:5173,https://good.example");
  const bad = new WebSocket(`${url}/v2/iex`, { headers: { Origin: "https://evil.example" } });
  expect(String((await once(bad, "error"))[0])).toContain("403");
  await server.says(/warning: rejected a web page of https:\/\/evil\.example; to allow it, use --allow-origin/);
  const good = new WebSocket(`${url}/v2/iex`, { headers: { Origin: "http://localhost:5173" } });
  onTestFinished(() => good.terminate());
  await once(good, "open");
});

test("--max-connections-per-address limits the connections of one address", async () => {
  const { url } = await serve("--simulate", "--max-connections-per-address", "1");
  const first = new WebSocket(`${url}/v2/iex`);
  onTestFinished(() => first.terminate());
  await once(first, "open");
  const second = new WebSocket(`${url}/v2/iex`);
  expect(String((await once(second, "error"))[0])).toContain("429");
});

test("the secret can be in the environment, which other users of the machine cannot see", async () => {
  const server = start(["serve", "--simulate", "--port", "0", "--key", "K"], {
    environment: { TICKERPLANT_SECRET: "S" },
  });
  const [, url = ""] = await server.says(/serving .* at (ws:\S+)/);
  expect((await stream(`${url}/v2/iex`, "quotes", "*", "--count", "1", "--format", "jsonl")).code).toBe(0);
  expect(server.stderr).not.toContain("any key is accepted");
});

test("a secret in the environment does not replace a keys file", async () => {
  const file = temporaryFile("keys.json", JSON.stringify([keyEntry("K", "S")]));
  const server = start(["serve", "--simulate", "--port", "0", "--keys", file], {
    environment: { TICKERPLANT_SECRET: "other" },
  });
  const [, url = ""] = await server.says(/serving .* at (ws:\S+)/);
  expect((await stream(`${url}/v2/iex`, "quotes", "*", "--count", "1", "--format", "jsonl")).code).toBe(0);
});

describe.skipIf(!hasOpenssl)("TLS (skipped without openssl)", () => {
  test("a private key of another certificate is reported with the reason", async () => {
    const files = ["--tls-cert", temporaryFile("cert.pem", makeCertificate().cert)];
    files.push("--tls-key", temporaryFile("key.pem", makeCertificate().key));
    const { code, stderr } = await run(["serve", "--simulate", "--port", "0", ...files]);
    expect(stderr).toBe(
      "error: cannot use the certificate and its private key: the private key belongs to another certificate\n",
    );
    expect(code).toBe(1);
  });

  test("a gateway with a certificate serves wss, and a client without TLS fails with one sentence", {
    timeout: 30_000,
  }, async () => {
    const { cert, key } = makeCertificate();
    const files = ["--tls-cert", temporaryFile("cert.pem", cert), "--tls-key", temporaryFile("key.pem", key)];
    const { url } = await serve("--simulate", ...files);
    expect(url).toMatch(/^wss:/);
    const secure = new WebSocket(`${url}/v2/iex`, { ca: cert });
    onTestFinished(() => secure.terminate());
    await once(secure, "open");
    const plain = await stream(`${url.replace("wss:", "ws:")}/v2/iex`, "trades", "*", "--no-reconnect");
    expect(plain.stderr).toMatch(/^\S+ warning: .*|^error: .*/m);
    expect(plain.stderr).not.toContain("    at ");
    expect(plain.code).toBe(1);
  });

  test("TLS files that do not match, or are in the wrong order, fail with one sentence and exit 1", async () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    const [cert, key] = [temporaryFile("cert.pem", one.cert), temporaryFile("key.pem", one.key)];
    const wrongKey = temporaryFile("key.pem", other.key);
    const half = temporaryFile("key.pem", one.key.subarray(0, 100));
    for (const [certFile, keyFile] of [
      [cert, wrongKey],
      [key, cert],
      [cert, half],
    ] as const) {
      const args = ["serve", "--simulate", "--port", "0", "--tls-cert", certFile, "--tls-key", keyFile];
      const { code, stderr } = await run(args);
      expect(stderr).toMatch(/^error: cannot use the certificate and its private key: .*\n$/);
      expect(code).toBe(1);
    }
  });
});
