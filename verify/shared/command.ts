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

/** The port at which a gateway's messages say that it serves. All of them are added to `log`. */
export function portOf(gateway: Command, log: string[] = []): Promise<number> {
  gateway.stdout.resume();
  return new Promise((resolve, reject) => {
    const lines = createInterface(gateway.stderr);
    lines.on("line", (line) => {
      log.push(line);
      const port = / at wss?:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    lines.on("close", () => reject(new Error(`the gateway did not listen: ${log.join("; ")}`)));
  });
}

/** The lines of a stream, once it has ended. */
export async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface(stream)) lines.push(line);
  return lines;
}
