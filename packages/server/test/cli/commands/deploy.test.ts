import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run, start, temporaryFile } from "../support/cli.ts";

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url)), "utf8");

const CONFIG = "/etc/tickerplant/relay.toml";

/** A configuration in place of the one that the files name. */
const makeConfig = () => temporaryFile("relay.toml", 'port = 0\n\n[feeds.sip]\nsimulate = true\nsymbols = ["A"]\n');

/** The arguments of a command line of tickerplant, with another configuration. */
function argumentsOf(line: string, config: string): string[] {
  const [, text = ""] = /(?:^|[ =])tickerplant (.*)$/.exec(line) ?? [];
  expect(text).toContain(CONFIG);
  return text.split(" ").map((word) => (word === CONFIG ? config : word));
}

/** Starts a command line that serves, and resolves with its address. */
async function serves(args: readonly string[]): Promise<string> {
  const [, url = ""] = await start(args).says(/"url":"ws(:\/\/127\.0\.0\.1:\d+)"/);
  return `http${url}`;
}

test("the commands of the systemd unit are commands of this version", async () => {
  const commands = read("tickerplant.service").match(/^Exec\w+=.* tickerplant .*$/gm) ?? [];
  expect(commands.map((line) => line.split("=")[0])).toEqual(["ExecStartPre", "ExecStart", "ExecReload"]);
  const config = makeConfig();
  for (const line of commands) {
    const args = argumentsOf(line, config);
    if (args[0] === "serve") await serves(args);
    else expect(await run(args)).toMatchObject({ code: 0, stderr: "" });
  }
});

test("the command of the image serves, and its health check passes while it does and fails afterwards", async () => {
  const dockerfile = read("Dockerfile");
  const commandOf = (pattern: RegExp) => JSON.parse(pattern.exec(dockerfile)?.[1] ?? "") as string[];
  const command = commandOf(/^CMD (\[.*\])$/m);
  const [node = "", ...check] = commandOf(/^HEALTHCHECK .*? CMD (\[.*\])$/m);
  expect(node).toBe("node");
  const url = await serves(argumentsOf(command.join(" "), makeConfig()));
  const checks = async (healthUrl: string) => {
    const child = spawn(process.execPath, check, { env: { ...process.env, HEALTH_URL: healthUrl } });
    const [code] = await once(child, "close");
    return code;
  };
  expect(await checks(`${url}/healthz`)).toBe(0);
  expect(await checks(`${url}/nothing`)).toBe(1);
  expect(await checks("http://127.0.0.1:1/healthz")).toBe(1);
  expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  expect(dockerfile).toMatch(/^ENV HEALTH_URL=http:\/\/127\.0\.0\.1:8765\/healthz$/m);
});
