import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { RECORD_LINES } from "../../../../../verify/shared/record-lines.ts";
import { hasOpenssl, makeCertificate } from "../../gateway/support/certificate.ts";
import { KEYS, linesOf, run, serve, start, temporaryFile } from "../support/cli.ts";
import { keyEntry } from "../support/keys.ts";

/** Writes files into one folder; returns the path of the first. */
function files(contents: Readonly<Record<string, string>>): string {
  const [[first = "", content = ""] = [], ...others] = Object.entries(contents);
  const file = temporaryFile(first, content);
  for (const [name, text] of others) {
    mkdirSync(dirname(join(dirname(file), name)), { recursive: true });
    writeFileSync(join(dirname(file), name), text);
  }
  return file;
}

const RELAY = `
port = 0
keys = "keys.json"
maxSymbols = 30

[feeds.sip]
simulate = true
symbols = ["AAPL", "MSFT"]
rate = 50

[feeds.iex]
replay = ["data/day.jsonl"]

[feeds."crypto/us"]
simulate = true
symbols = ["BTC/USD"]
`;

const RELAY_FILES = {
  "relay.toml": RELAY,
  "keys.json": JSON.stringify([keyEntry("K", "S", { maxSymbols: 2 })]),
  "data/day.jsonl": `${RECORD_LINES[0]}\n`,
};

test("config check prints what a file would serve, and exits with 0", async () => {
  const file = files(RELAY_FILES);
  const { code, stdout, stderr } = await run(["config", "check", file]);
  const folder = dirname(file);
  expect(linesOf(stdout)).toEqual([
    `${file} has no faults.`,
    "address: ws://127.0.0.1:0",
    "feed sip: the simulator",
    `feed iex: ${folder}/data/day.jsonl`,
    "feed crypto/us: the simulator",
    `keys: 1 key in ${folder}/keys.json`,
    "maxSymbols: 30",
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("config check reports every fault of the files and variables that a configuration names, and exits with 1", async () => {
  const config = {
    keys: "keys.json",
    tlsCert: "cert.pem",
    tlsKey: "key.pem",
    feeds: {
      sip: { upstream: "sip", keyIdVariable: "MY_KEY" },
      boats: { upstream: "boats", credentials: "boats.env" },
      iex: { replay: ["missing.jsonl"] },
      otc: { simulate: true, symbols: ["A", "A"] },
    },
  };
  const file = files({
    "relay.json": JSON.stringify(config),
    "keys.json": "[1]",
    "cert.pem": "no certificate",
    "key.pem": "no key",
    "boats.env": "APCA_API_KEY_ID=K\n",
  });
  const { code, stdout, stderr } = await run(["config", "check", file]);
  const lines = linesOf(stderr.replaceAll(dirname(file), ""));
  expect(lines.slice(0, -1).map((line) => line.replace("error: /relay.json: ", ""))).toEqual([
    "tlsCert: cannot use the certificate and its private key: one of the two files is not PEM, which has lines such as -----BEGIN CERTIFICATE-----",
    "keys: the keys file /keys.json: entry 1: it must be an object",
    "feeds.sip: the environment has no variable MY_KEY, which the upstream needs",
    "feeds.boats: the credentials /boats.env has no variable APCA_API_SECRET_KEY, which the upstream needs",
    "feeds.iex: cannot read the file /missing.jsonl: no such file",
    expect.stringMatching(/^feeds.otc: .*twice/),
  ]);
  expect(lines.at(-1)).toBe("error: /relay.json cannot be used: it has 6 faults");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

test("config check reports the faults of a file with their places", async () => {
  const file = temporaryFile("relay.json", '{"prt": 1, "feeds": {"sip": {}}}');
  const { code, stderr } = await run(["config", "check", file]);
  expect(linesOf(stderr)).toEqual([
    `error: ${file}: prt: there is no such setting; did you mean port?`,
    `error: ${file}: feeds.sip: it needs a source: simulate, replay, upstream, cluster`,
    `error: ${file} cannot be used: it has 2 faults`,
  ]);
  expect(code).toBe(1);
});

test("config check finds the credentials of an upstream in the environment, and prints none of them", async () => {
  const file = temporaryFile("relay.json", '{"feeds": {"sip": {"upstream": "sip"}}}');
  const environment = { ...KEYS, APCA_API_SECRET_KEY: "very-secret" };
  const { code, stdout } = await run(["config", "check", file], environment);
  expect(stdout).toContain("feed sip: upstream sip");
  expect(stdout).not.toContain("very-secret");
  expect(code).toBe(0);
});

test("serve --config serves every feed of the file with its keys, and options win over the file", async () => {
  const file = files(RELAY_FILES);
  const server = start(["serve", "--config", file, "--host", "127.0.0.1", "--max-connections-per-address", "7"]);
  const [, url = ""] = await server.says(
    /serving sip \(the simulator\), iex \(.*\), crypto\/us \(the simulator\) at (ws:\S+)/,
  );
  const symbolsOf = async (key: string, secret: string, feed: string, symbol: string) =>
    run(
      [
        "stream",
        "quotes,trades",
        symbol,
        "--url",
        `${url}${feed}`,
        "--count",
        "1",
        "--format",
        "jsonl",
        "--no-reconnect",
      ],
      {
        APCA_API_KEY_ID: key,
        APCA_API_SECRET_KEY: secret,
      },
    );
  const [sip, crypto, wrongKey] = await Promise.all([
    symbolsOf("K", "S", "/v2/sip", "AAPL"),
    symbolsOf("K", "S", "/v1beta3/crypto/us", "BTC/USD"),
    symbolsOf("other", "S", "/v2/sip", "AAPL"),
  ]);
  expect([sip.code, crypto.code, wrongKey.code]).toEqual([0, 0, 1]);
  expect(sip.stdout).toContain('"S":"AAPL"');
  expect(wrongKey.stderr).toContain("402");
  server.child.kill("SIGINT");
  expect((await server.ended).code).toBe(0);
});

test("a key of the command line replaces the keys of the file, and a source replaces its feeds", async () => {
  const file = files(RELAY_FILES);
  const server = start(["serve", "--config", file, "--simulate", "--rate", "1", "--key", "K2", "--secret", "S2"]);
  const [, url = ""] = await server.says(/serving the simulator at (ws:\S+)/);
  const keys = { APCA_API_KEY_ID: "K2", APCA_API_SECRET_KEY: "S2" };
  const { code } = await run(
    ["stream", "quotes", "*", "--url", `${url}/v2/otc`, "--count", "1", "--no-reconnect"],
    keys,
  );
  expect(code).toBe(1); // the file limits a connection to 30 symbols
  expect(
    (await run(["stream", "quotes", "AAPL", "--url", `${url}/v2/boats`, "--duration", "0.2"], keys)).stderr,
  ).not.toMatch(/\b402\b/); // a port may have these digits
});

test.skipIf(!hasOpenssl)(
  "serve --config serves TLS with the files that it names (skipped without openssl)",
  async () => {
    const { cert, key } = makeCertificate();
    const config = { port: 0, tlsCert: "cert.pem", tlsKey: "key.pem", json: true, feeds: { sip: { simulate: true } } };
    const file = files({ "relay.json": JSON.stringify(config), "cert.pem": String(cert), "key.pem": String(key) });
    const server = start(["serve", "--config", file]);
    const [line] = await server.says(/^{.*"url":"wss:.*}$/m);
    expect(JSON.parse(line)).toMatchObject({ level: "info", paths: ["/v2/sip"] });
  },
);

test.each([["--rate", "5"], ["--feed", "iex"], ["--no-fill"]])(
  "serve --config with %s is a usage error, because the option is for no feed of the file",
  async (...option) => {
    const file = temporaryFile("relay.json", '{"feeds": {"sip": {"simulate": true}}}');
    const { code, stderr } = await run(["serve", "--config", file, ...option]);
    expect(stderr).toBe(`error: ${option[0]} is for a source of the command line, and --config names the feeds\n`);
    expect(code).toBe(2);
  },
);

test("a relay of a configuration serves its upstreams with the credentials that the file names", async () => {
  const origin = await serve("--simulate", "--rate", "100", "--key", "UP", "--secret", "S3CRET");
  const config = {
    port: 0,
    feeds: {
      sip: { upstream: `${origin.url}/v2/iex`, credentials: "up.env", keyIdVariable: "UP_KEY", fill: false, linger: 5 },
    },
  };
  const file = files({ "relay.json": JSON.stringify(config), "up.env": "UP_KEY=UP\nAPCA_API_SECRET_KEY='S3CRET'\n" });
  const check = await run(["config", "check", file]);
  expect(check).toMatchObject({ code: 0, stderr: "" });
  const relay = start(["serve", "--config", file, "--json"]);
  const [, url = ""] = await relay.says(/"url":"(ws:[^"]+)"/);
  const { code } = await run(["stream", "quotes", "*", "--url", `${url}/v2/sip`, "--count", "1"], KEYS);
  expect(code).toBe(0);
  expect([check.stdout, relay.stderr].join()).not.toContain("S3CRET");
  const ready = await fetch(`${url.replace("ws", "http")}/readyz`);
  expect(ready.status).toBe(200);
});

test("serve with a configuration that has faults reports them all and exits with 1", async () => {
  const file = temporaryFile("relay.toml", "port = 99999\nhistroy = false\n");
  const { code, stderr } = await run(["serve", "--config", file]);
  expect(linesOf(stderr)).toEqual([
    `error: ${file}: port: it must be a port from 0 to 65535`,
    `error: ${file}: histroy: there is no such setting; did you mean history?`,
    `error: ${file} cannot be used: it has 2 faults`,
  ]);
  expect(code).toBe(1);
});
