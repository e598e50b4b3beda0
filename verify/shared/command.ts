import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../packages/server/dist/cli/main.js", import.meta.url));

/** A running command, whose output is read. */
export type Command = ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };

/** The key of all commands. */
export const KEYS = { APCA_API_KEY_ID: "key", APCA_API_SECRET_KEY: "secret" } as const;

/** Runs `tickerplant` with a key in the environment. */
export function tickerplant(args: readonly string[]): Command {
  const env = { ...process.env, ...KEYS };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  return child as Command; // both are piped
}

/** The port in the gateway's first messages. */
export async function portOf(gateway: Command): Promise<number> {
  for await (const line of createInterface(gateway.stderr)) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    gateway.stderr.resume();
    gateway.stdout.resume();
    return Number(port);
  }
  throw new Error("the gateway did not listen");
}

/** The lines of a stream, once it has ended. */
export async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface(stream)) lines.push(line);
  return lines;
}
