import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isSecret, parseSecretHash } from "../../../src/gateway/auth/secret-hash.ts";
import { type Ended, linesOf, run, serve, start, temporaryFile } from "../support/cli.ts";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

interface Entry {
  readonly key: string;
  readonly secretHash: string;
}

/** Runs `tickerplant key` with `input` as its standard input. */
async function keyWithInput(input: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, "key", ...args], { stdio: "pipe" });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Returns the entry, which is the last line of the output. */
function entryOf(stdout: string): Entry {
  return JSON.parse(linesOf(stdout).at(-1) ?? "") as Entry; // the command's documented output
}

function isSecretOf(secret: string, { secretHash }: Entry): boolean {
  const hash = parseSecretHash(secretHash);
  return hash !== undefined && isSecret(secret, hash);
}

test("key prints a random secret once, and the entry does not contain it", async () => {
  const [first, second] = await Promise.all([run(["key", "alice"]), run(["key", "alice"])]);
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
  const [key, secretLine = "", ...entries] = linesOf(first.stdout);
  expect(key).toBe("APCA_API_KEY_ID=alice");
  const [, secret = ""] = /^APCA_API_SECRET_KEY=([\w-]{43})$/.exec(secretLine) ?? [];
  expect(entries).toHaveLength(1);
  expect(entries[0]).not.toContain(secret);
  expect(isSecretOf(secret, entryOf(first.stdout))).toBe(true);
  expect(isSecretOf(secret, entryOf(second.stdout))).toBe(false);
});

test("key without a name makes a random key", async () => {
  const keys = (await Promise.all([run(["key"]), run(["key"])])).map(({ stdout }) => entryOf(stdout).key);
  for (const key of keys) expect(key).toMatch(/^TP[0-9A-F]{18}$/);
  expect(keys[0]).not.toBe(keys[1]);
});

test("key --stdin hashes the secret and does not print it", async () => {
  const secret = "a-secret-of-some-length-1234";
  for (const input of [secret, `${secret}\n`, `${secret}\r\n`]) {
    const { code, stdout, stderr } = await keyWithInput(input, "bob", "--stdin");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stdout).not.toContain(secret);
    expect(isSecretOf(secret, entryOf(stdout))).toBe(true);
  }
});

test.each([
  ["a secret that is too short", "hunter2\n", ["bob", "--stdin"], "must have at least 24 characters, got 7"],
  ["an empty secret", "", ["bob", "--stdin"], "must have at least 24 characters, got 0"],
  ["a secret of two lines", `${"x".repeat(30)}\n${"y".repeat(30)}\n`, ["bob", "--stdin"], "one line of ASCII"],
  ["a key with a space", "", ["bob smith"], "1 to 128 characters: letters"],
  ["an empty key", "", [""], "1 to 128 characters: letters"],
  ["a key with a control character", "", ["\u001b[2J"], "1 to 128 characters: letters"],
  ["a key of 129 characters", "", ["x".repeat(129)], "1 to 128 characters: letters"],
])("%s is a usage error: one sentence and exit 2", async (_what, input, args, sentence) => {
  const { code, stdout, stderr } = await keyWithInput(input, ...args);
  expect(stderr).toContain(sentence);
  for (const shown of ["hunter2", "xxxxx", "yyyyy", "\u001b[2J"]) expect(stderr).not.toContain(shown);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test("a gateway with the printed entry accepts a client with the printed variables", async () => {
  const { stdout } = await run(["key", "alice"]);
  const { url } = await serve("--simulate", "--keys", temporaryFile("keys.json", JSON.stringify([entryOf(stdout)])));
  const environment = Object.fromEntries(
    linesOf(stdout)
      .slice(0, 2)
      .map((line) => line.split("=", 2)),
  );
  const args = ["stream", "quotes", "*", "--count", "1", "--format", "jsonl", "--url", `${url}/v2/iex`];
  const [right, wrong] = await Promise.all([
    run(args, environment),
    run(args, { ...environment, APCA_API_SECRET_KEY: entryOf(stdout).secretHash }),
  ]);
  expect([right.code, wrong.code]).toEqual([0, 1]);
  expect(wrong.stderr).toContain("402");
});

test.each([["key", "alice"], ["--help"]])("%s into a closed pipe ends without a stack trace", async (...args) => {
  const cli = start(args);
  cli.child.stdout.destroy();
  const { code, stderr } = await cli.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test.skipIf(!existsSync("/dev/full"))("key to a full disk fails with one sentence", async () => {
  const child = spawn(process.execPath, [MAIN, "key"], { stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
  const [stderr] = await Promise.all([text(child.stderr as Readable), once(child, "close")]);
  expect(stderr).toMatch(/^error: standard output failed: ENOSPC.*\n$/);
  expect(child.exitCode).toBe(1);
});

test("key --token prints a random token once, and an entry with its hash that serve accepts", async () => {
  const { code, stdout } = await run(["key", "app", "--token"]);
  expect(code).toBe(0);
  const [tokenLine = "", entryLine = "", ...more] = linesOf(stdout);
  expect(more).toEqual([]);
  const [, token = ""] = /^APCA_API_OAUTH_TOKEN=([\w-]{43})$/.exec(tokenLine) ?? [];
  expect(Object.keys(JSON.parse(entryLine))).toEqual(["key", "tokenHash"]);
  expect(entryLine).not.toContain(token);

  const { server, url } = await serve("--simulate", "--keys", temporaryFile("keys.json", `[${entryLine}]`));
  const rest = (authorization: string) =>
    fetch(`${url.replace("ws", "http")}/v2/stocks/meta/exchanges`, { headers: { authorization } });
  expect((await rest(`Bearer ${token}`)).status).toBe(200);
  expect((await rest(`Bearer ${token}x`)).status).toBe(401);
  const oauth = { APCA_API_KEY_ID: "oauth", APCA_API_SECRET_KEY: token };
  const stream = await run(["stream", "quotes", "SPY", "--url", `${url}/v2/iex`, "--count", "1"], oauth);
  expect(stream.code).toBe(0);
  expect(server.stderr).toContain("authenticated with the key app");
  expect(server.stderr).not.toContain(token);
});
