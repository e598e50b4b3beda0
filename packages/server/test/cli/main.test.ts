import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { KEYS, run } from "./support/cli.ts";

test.concurrent.each(["", "demo", "serve", "stream", "history", "key"])(
  "tickerplant %s --help prints options and examples to standard output",
  async (command) => {
    const { code, stdout, stderr } = await run([command, "--help"].filter((arg) => arg !== ""));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Options:");
    expect(stdout).toContain("Examples:");
    expect(stdout).toMatch(/\$ tickerplant (demo|serve|stream|history|key)/);
  },
);

test.concurrent("--version prints the version of the package", async () => {
  expect(await run(["--version"])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
});

test.concurrent.each([
  ["no command at all", [], "Usage:"],
  ["a command that does not exist", ["strem"], "Did you mean stream?"],
  ["an option that does not exist", ["demo", "--sped", "1"], "unknown option"],
  ["serve without a source", ["serve"], "--simulate"],
  ["serve with both sources", ["serve", "--simulate", "--replay", "a.jsonl"], "cannot be used with"],
  ["an invalid port", ["serve", "--simulate", "--port", "65536"], "port from 0 to 65535"],
  ["a speed of 0", ["serve", "--simulate", "--speed", "0"], 'number above 0, or "max"'],
  ["an unknown feed", ["serve", "--simulate", "--feed", "iex,spi"], 'There is no feed "spi". The feeds are iex'],
  ["a key without a secret", ["serve", "--simulate", "--key", "K"], "--key and --secret must be given together"],
  ["a key and a keys file", ["serve", "--simulate", "--key", "K", "--secret", "S", "--keys", "f"], "cannot be used"],
  ["a certificate without its key", ["serve", "--simulate", "--tls-cert", "c.pem"], "--tls-key"],
  ["a seed with a replay", ["serve", "--replay", "a.jsonl", "--seed", "1"], "--seed is for --simulate"],
  ["a loop with the simulator", ["serve", "--simulate", "--loop"], "--loop is for --replay"],
  ["a loop with --once", ["serve", "--replay", "a.jsonl", "--loop", "--once"], "--loop never ends"],
  ["the same ticker twice", ["serve", "--simulate", "--symbols", "AAPL,AAPL"], "twice"],
  ["a number of stocks in scientific notation", ["serve", "--simulate", "--symbols", "1e3"], "whole number above 0"],
  ["a negative number of stocks", ["demo", "--symbols=-5"], "whole number above 0"],
  ["an empty host", ["serve", "--simulate", "--host", ""], "--host must not be empty"],
  ["an empty file name", ["serve", "--replay", ""], "--replay needs file names"],
  ["the same file twice", ["serve", "--replay", "a.jsonl", "./a.jsonl"], "./a.jsonl is named twice"],
  ["a rate above the simulator's limit", ["demo", "--rate", "1e12"], "at most"],
  ["a count with a fraction", ["stream", "trades", "AAPL", "--count", "1.5"], "whole number above 0"],
  ["an unknown channel", ["stream", "trades,qoutes", "AAPL"], 'There is no channel "qoutes". The channels are trades'],
  ["a stream without symbols", ["stream", "trades"], "missing required argument"],
  ["a symbol with a space", ["stream", "trades", "AA PL"], "non-empty string without spaces"],
  ["an invalid --until", ["stream", "trades", "AAPL", "--until", "4pm"], "must be close, a time of day in New York"],
  [
    "an --until in the past",
    ["stream", "trades", "AAPL", "--until", "2025-01-02T21:00:00Z"],
    "It must be in the future; now it is",
  ],
  [
    "an --until on a day that does not exist",
    ["stream", "trades", "AAPL", "--until", "2027-02-30T10:00:00Z"],
    "no day 2027-02-30",
  ],
  ["an infinite duration", ["stream", "trades", "AAPL", "--duration", "Infinity"], "number above 0"],
  [
    "a file name from an unquoted *",
    ["stream", "trades", "package.json", "src"],
    "the shell replaces * without quotes by file names. Write '*'",
  ],
  [
    "a file name from an unquoted * for the simulator",
    ["serve", "--simulate", "--symbols", "package.json"],
    "replaces * without quotes",
  ],
  ["an unknown format", ["stream", "trades", "AAPL", "--format", "xml"], "table, jsonl, csv"],
  ["raw records as CSV", ["stream", "trades", "AAPL", "--raw", "--format", "csv"], "--raw prints jsonl"],
  [
    "corrections without trades",
    ["stream", "corrections", "AAPL"],
    "corrections come only with trades; subscribe to trades",
  ],
  ["a URL and a feed", ["stream", "trades", "AAPL", "--url", "ws://a", "--feed", "sip"], "cannot be used with"],
  [
    "a URL without a scheme",
    ["stream", "trades", "AAPL", "--url", "localhost:8765/v2/iex"],
    "--url must be an address such as ws://",
  ],
  ["history without --from", ["history", "trades", "AAPL"], "'--from <time>' not specified"],
  [
    "a --from without a zone",
    ["history", "trades", "AAPL", "--from", "2025-11-14T09:30"],
    '--from needs its zone, got "2025-11-14T09:30": add Z, or an offset such as -05:00',
  ],
  ["a --to that is no time", ["history", "trades", "AAPL", "--from", "2025-11-14", "--to", "now"], "--to must be"],
  ["history of statuses", ["history", "statuses", "AAPL", "--from", "2025-11-14"], "trades, quotes, bars"],
  ["a timeframe of trades", ["history", "trades", "A", "--from", "2025-11-14", "--timeframe", "1Min"], "for bars"],
  [
    "a timeframe that does not exist",
    ["history", "bars", "A", "--from", "2025-11-14", "--timeframe", "90Min"],
    "--timeframe must be a timeframe such as 1Min",
  ],
])("%s is a usage error: one sentence and exit 2", async (_what, args, sentence) => {
  const { code, stdout, stderr } = await run(args, KEYS);
  expect(stderr).toContain(sentence);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.concurrent("stream without keys fails even for a local server, and the error states where to get keys", async () => {
  const { code, stdout, stderr } = await run(["stream", "trades", "AAPL", "--url", "ws://127.0.0.1:9/v2/iex"]);
  expect(stderr).toMatch(/^error: .*APCA_API_KEY_ID.*alpaca\.markets.*tickerplant demo/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.concurrent("[R26] the error for a missing secret names its variable and does not show the key", async () => {
  const { stderr } = await run(["stream", "trades", "AAPL"], { APCA_API_KEY_ID: "PKSECRETISH" });
  expect(stderr).toContain("APCA_API_SECRET_KEY is not set: set");
  expect(stderr).not.toContain("PKSECRETISH");
});
