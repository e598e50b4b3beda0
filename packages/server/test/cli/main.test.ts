import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { KEYS, run } from "./support/cli.ts";

test.concurrent.each([[], ["demo"], ["serve"], ["stream"], ["key"]])(
  "help of %s shows options and examples on standard output",
  async (...args) => {
    const { code, stdout, stderr } = await run([...args, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Options:");
    expect(stdout).toContain("Examples:");
    expect(stdout).toMatch(/\$ tickerplant (demo|serve|stream|key)/);
  },
);

test.concurrent("the version is that of the package", async () => {
  expect(await run(["--version"])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
});

test.concurrent.each([
  ["no command at all", [], "Usage:"],
  ["a command that does not exist", ["strem"], "Did you mean stream?"],
  ["an option that does not exist", ["demo", "--sped", "1"], "unknown option"],
  ["serve without a source", ["serve"], "--simulate"],
  ["serve with both sources", ["serve", "--simulate", "--replay", "a.jsonl"], "cannot be used with"],
  ["a port that is none", ["serve", "--simulate", "--port", "65536"], "port from 0 to 65535"],
  ["a speed that is none", ["serve", "--simulate", "--speed", "0"], 'number above 0, or "max"'],
  ["a feed that does not exist", ["serve", "--simulate", "--feed", "iex,spi"], "Feeds are iex"],
  ["a key without a secret", ["serve", "--simulate", "--key", "K"], "--key and --secret go together"],
  ["a key and a file of keys", ["serve", "--simulate", "--key", "K", "--secret", "S", "--keys", "f"], "cannot be used"],
  ["a certificate without its key", ["serve", "--simulate", "--tls-cert", "c.pem"], "--tls-key"],
  ["a seed for a replay", ["serve", "--replay", "a.jsonl", "--seed", "1"], "--seed is for --simulate"],
  ["a loop of the simulator", ["serve", "--simulate", "--loop"], "--loop is for --replay"],
  ["a loop that is to end", ["serve", "--replay", "a.jsonl", "--loop", "--once"], "--loop never ends"],
  ["a ticker twice", ["serve", "--simulate", "--symbols", "AAPL,AAPL"], "twice"],
  ["a number of stocks that is none", ["serve", "--simulate", "--symbols", "1e3"], "whole number above 0"],
  ["a negative number of stocks", ["demo", "--symbols=-5"], "whole number above 0"],
  ["an empty address", ["serve", "--simulate", "--host", ""], "--host must not be empty"],
  ["a file without a name", ["serve", "--replay", ""], "--replay needs the names of files"],
  ["a file twice", ["serve", "--replay", "a.jsonl", "./a.jsonl"], "./a.jsonl is named twice"],
  ["a rate beyond the simulator's", ["demo", "--rate", "1e12"], "at most"],
  ["a count that is none", ["stream", "trades", "AAPL", "--count", "1.5"], "whole number above 0"],
  ["a channel that does not exist", ["stream", "trades,qoutes", "AAPL"], "Channels are trades"],
  ["a stream without symbols", ["stream", "trades"], "missing required argument"],
  ["a symbol with a blank", ["stream", "trades", "AA PL"], "text without blanks"],
  ["an end that is none", ["stream", "trades", "AAPL", "--until", "4pm"], "must be close, a time of day in New York"],
  ["an end that is over", ["stream", "trades", "AAPL", "--until", "2025-01-02T21:00:00Z"], "That is over: it is"],
  [
    "an end on a day that there is not",
    ["stream", "trades", "AAPL", "--until", "2027-02-30T10:00:00Z"],
    "no day 2027-02-30",
  ],
  ["a duration without an end", ["stream", "trades", "AAPL", "--duration", "Infinity"], "number above 0"],
  [
    "an unquoted *",
    ["stream", "trades", "package.json", "src"],
    "the shell replaces a * that has no quotes. Write '*'",
  ],
  ["an unquoted * of the simulator", ["serve", "--simulate", "--symbols", "package.json"], "a * that has no quotes"],
  ["a format that does not exist", ["stream", "trades", "AAPL", "--format", "xml"], "table, jsonl, csv"],
  ["raw records as a table", ["stream", "trades", "AAPL", "--raw", "--format", "csv"], "--raw prints jsonl"],
  ["corrections without trades", ["stream", "corrections", "AAPL"], "ask for trades,corrections"],
  ["an address and a feed", ["stream", "trades", "AAPL", "--url", "ws://a", "--feed", "sip"], "cannot be used with"],
  ["an address that is none", ["stream", "trades", "AAPL", "--url", "localhost:8765/v2/iex"], "got one without ws://"],
])("%s is misuse: a sentence, and exit 2", async (_what, args, sentence) => {
  const { code, stdout, stderr } = await run(args, KEYS);
  expect(stderr).toContain(sentence);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.concurrent("without keys nothing is made up, not even for this machine: the error says where keys come from", async () => {
  const { code, stdout, stderr } = await run(["stream", "trades", "AAPL", "--url", "ws://127.0.0.1:9/v2/iex"]);
  expect(stderr).toMatch(/^error: .*APCA_API_KEY_ID.*alpaca\.markets.*tickerplant demo/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.concurrent("[R26] a missing secret is named, and the key not shown", async () => {
  const { stderr } = await run(["stream", "trades", "AAPL"], { APCA_API_KEY_ID: "PKSECRETISH" });
  expect(stderr).toContain("APCA_API_SECRET_KEY is not set: put");
  expect(stderr).not.toContain("PKSECRETISH");
});
