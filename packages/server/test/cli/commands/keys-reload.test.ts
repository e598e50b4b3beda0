import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { parseKeys } from "../../../src/cli/input/keys-file.ts";
import { start, temporaryFile } from "../support/cli.ts";
import { keyEntry } from "../support/keys.ts";

/** Replaces a file as editors do. */
function replace(file: string, content: unknown): void {
  writeFileSync(`${file}~`, typeof content === "string" ? content : JSON.stringify(content));
  renameSync(`${file}~`, file);
}

/** Authenticates by headers; resolves with the second message, and collects the rest. */
async function connect(url: string, key: string, secret: string): Promise<{ socket: WebSocket; messages: string[] }> {
  const socket = new WebSocket(url, { headers: { "APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret } });
  onTestFinished(() => socket.terminate());
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  while (messages.length < 2) await once(socket, "message");
  return { socket, messages };
}

test("no beginning of a keys file is a keys file, so that a half-written one withdraws no key", () => {
  const text = JSON.stringify([keyEntry("alice", "A"), keyEntry("bob", "B")], undefined, 2);
  for (let length = 0; length < text.length; length++)
    expect(() => parseKeys("keys.json", text.slice(0, length))).toThrow("is not JSON");
  expect(parseKeys("keys.json", text)).toHaveLength(2);
});

test("serve applies changes of its keys file at once, and keeps the old keys while the file is broken", async () => {
  const [alice, bob] = [keyEntry("alice", "A"), keyEntry("bob", "B")];
  const file = temporaryFile("keys.json", JSON.stringify([alice]));
  const server = start(["serve", "--simulate", "--rate", "1", "--port", "0", "--keys", file]);
  const [, base = ""] = await server.says(/serving .* at (ws:\S+)/);
  const url = `${base}/v2/iex`;
  const rest = (key: string, secret: string) =>
    fetch(`${base.replace("ws", "http")}/v2/stocks/trades/latest?symbols=SPY&feed=iex`, {
      headers: { "APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret },
    }).then(({ status }) => status);
  const first = await connect(url, "alice", "A");
  expect(first.messages[1]).toContain("authenticated");

  replace(file, [alice, bob]);
  await server.says(/read the keys file .*: added bob/);
  expect((await connect(url, "bob", "B")).messages[1]).toContain("authenticated");

  replace(file, '[{"key": "carol",]');
  await server.says(/is not JSON from line 1, column 18 on; .*; the keys from before stay in use/);
  expect((await connect(url, "alice", "A")).messages[1]).toContain("authenticated");
  expect(await rest("alice", "A")).not.toBe(401);

  const closed = once(first.socket, "close");
  replace(file, [bob]);
  await server.says(/read the keys file .*: withdrew alic…/);
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1008, "the key was withdrawn"]);
  expect(first.messages.at(-1)).toBe('[{"T":"error","code":402,"msg":"auth failed"}]');
  expect((await connect(url, "alice", "A")).messages[1]).toContain("402");
  expect(await rest("alice", "A")).toBe(401);
});
