import { describe, expect, test } from "vitest";
import { type ConfigFault, parseConfig } from "../../../src/cli/config/config-file.ts";

const FILE = "/etc/tickerplant/relay.json";

/** What is wrong with a configuration, as `place: message`. */
function faultsOf(content: unknown): string[] {
  const result = parseConfig(typeof content === "string" ? content : JSON.stringify(content), FILE);
  return "faults" in result ? result.faults.map(({ place, message }: ConfigFault) => `${place}: ${message}`) : [];
}

const COMPLETE = {
  $schema: "https://example.com/config.schema.json",
  host: "0.0.0.0",
  port: 9000,
  keys: "keys.json",
  maxConnections: 2,
  maxSymbols: 30,
  maxConnectionsPerAddress: 10,
  allowOrigin: ["http://localhost:5173"],
  historyMinutes: 0.5,
  historyMb: 64,
  history: true,
  plan: "free",
  compress: false,
  tlsCert: "/tls/cert.pem",
  tlsKey: "tls/key.pem",
  json: true,
  feeds: {
    sip: { upstream: "sip", credentials: "alpaca.env", keyIdVariable: "A", secretKeyVariable: "B" },
    delayed_sip: { upstream: "wss://host/v2/sip", universe: "symbols.txt" },
    iex: { simulate: true, symbols: ["AAPL", "MSFT"], rate: 10.5, seed: -3, speed: "max" },
    otc: { simulate: true, symbols: 5, speed: 2 },
    boats: { replay: ["day.jsonl", "/data/b.csv"], speed: 10, loop: true, shift: false },
    "crypto/us": { simulate: true, symbols: ["BTC/USD"] },
  },
};

test("a configuration is read with every setting, and its paths start from the folder of the file", () => {
  const { $schema: _, feeds, ...server } = COMPLETE;
  expect(parseConfig(JSON.stringify(COMPLETE), FILE)).toEqual({
    config: {
      server: { ...server, keys: "/etc/tickerplant/keys.json", tlsKey: "/etc/tickerplant/tls/key.pem" },
      feeds: {
        ...feeds,
        sip: { ...feeds.sip, credentials: "/etc/tickerplant/alpaca.env" },
        delayed_sip: { ...feeds.delayed_sip, universe: "/etc/tickerplant/symbols.txt" },
        boats: { ...feeds.boats, replay: ["/etc/tickerplant/day.jsonl", "/data/b.csv"] },
      },
    },
  });
});

test("TOML and JSON of the same content are the same configuration", () => {
  const toml = `
port = 9000
allowOrigin = ["http://localhost:5173"]

[feeds.sip]
upstream = "sip"

[feeds."crypto/us"]
simulate = true
symbols = ["BTC/USD"]
rate = 10.5
`;
  const json = {
    port: 9000,
    allowOrigin: ["http://localhost:5173"],
    feeds: { sip: { upstream: "sip" }, "crypto/us": { simulate: true, symbols: ["BTC/USD"], rate: 10.5 } },
  };
  expect(parseConfig(toml, "relay.toml")).toEqual(parseConfig(JSON.stringify(json), "relay.json"));
});

test("all faults of a configuration are reported together, each with its place", () => {
  expect(
    faultsOf({
      prt: 8765,
      port: "8765",
      maxSymbols: 0,
      tlsCert: "cert.pem",
      feeds: { sip: { simulate: true, rate: -1, loop: true }, sipp: {}, iex: {}, test: 1 },
    }),
  ).toEqual([
    "prt: there is no such setting; did you mean port?",
    "port: it must be a number",
    "maxSymbols: it must be a whole number above 0",
    "feeds.sip.rate: it must be a number above 0",
    "feeds.sip: loop is for replay, and this is simulate",
    "feeds.sipp: there is no such feed; did you mean sip?",
    "feeds.iex: it needs a source: simulate, replay, upstream, cluster",
    "feeds.test: it must be an object with a source",
    ": tlsCert and tlsKey must be given together",
  ]);
});

describe("a configuration is rejected", () => {
  test.each([
    ["that is an array", [], ": it must be an object"],
    ["with a null", { port: null }, "port: it must be a number"],
    ["with a fraction for a port", { port: 80.5 }, "port: it must be a port from 0 to 65535"],
    ["with an empty path", { keys: "" }, "keys: it must not contain an empty string"],
    ["with a string for a switch", { json: "yes" }, "json: it must be true or false"],
    ["with another plan", { plan: "paid" }, 'plan: it must be "free"'],
    ["with no origin", { allowOrigin: [] }, "allowOrigin: it must not be empty"],
    ["with an origin that has a path", { allowOrigin: ["http://a/b"] }, "allowOrigin: an origin must be"],
    ["with a number among strings", { allowOrigin: [1] }, "allowOrigin: it must be an array of strings"],
    ["with a limit of a history that is off", { history: false, historyMb: 9 }, ": historyMb is for the history"],
    ["with feeds in an array", { feeds: [] }, "feeds: it must be an object"],
    ["with two sources of a feed", { feeds: { sip: { simulate: true, replay: ["a"] } } }, "feeds.sip: it has both"],
    ["with a simulation that is off", { feeds: { sip: { simulate: false } } }, "feeds.sip: it needs a source"],
    ["with two symbols in one string", { feeds: { sip: { simulate: true, symbols: ["A,B"] } } }, "without commas"],
    [
      "with a number in a string",
      { feeds: { sip: { simulate: true, speed: "10" } } },
      "feeds.sip.speed: it must be a number",
    ],
    [
      "with a number in an array",
      { feeds: { sip: { simulate: true, symbols: ["10"] } } },
      "feeds.sip.symbols: it must be",
    ],
    ["with a number of symbols of a replay", { feeds: { sip: { replay: ["a"], symbols: 3 } } }, "must be symbols"],
    [
      "with a replay from a time without its zone",
      { feeds: { sip: { replay: ["a"], from: "2025-11-14T09:30" } } },
      "zone",
    ],
    ["with a number of pairs", { feeds: { "crypto/us": { simulate: true, symbols: 2 } } }, "must be pairs"],
    ["with an upstream that is neither", { feeds: { sip: { upstream: "six" } } }, "feeds.sip.upstream: it must be"],
    ["with a secret", { feeds: { sip: { upstream: "sip", secret: "S3CRET" } } }, "feeds.sip.secret: there is no such"],
    ["with the seed of an upstream", { feeds: { sip: { upstream: "sip", seed: 1 } } }, "seed is for simulate, and"],
    ["with the name __proto__", '{"__proto__": {"port": 1}}', "__proto__: there is no such setting"],
    ["with a comment", '{\n  // no\n  "port": 1}', "line 2, column 3: it is not JSON from here on"],
    ["that is empty", "", "line 1, column 1: it is not JSON from here on"],
  ])("%s", (_what, content, fault) => {
    const [first = "", ...more] = faultsOf(content);
    expect(first).toContain(fault);
    expect(more).toEqual([]);
    expect(first).not.toContain("S3CRET");
  });

  test("in TOML with the line and the column of an error, and nothing of the text", () => {
    const result = parseConfig("port = 1\nkey = S3CRET\n", "relay.toml");
    expect(result).toEqual({
      faults: [{ place: expect.stringMatching(/^line 2, column \d+$/), message: expect.any(String) }],
    });
    expect(JSON.stringify(result)).not.toContain("S3CRET");
  });

  test("in TOML with a time where a string belongs", () => {
    const result = parseConfig("keys = 2025-01-02", "relay.toml");
    expect(result).toEqual({ faults: [{ place: "keys", message: "it must be a string" }] });
  });
});
