import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";

/** The program `nats-server`: that of the variable NATS_SERVER, or the one on PATH; undefined without one. */
export const NATS_SERVER: string | undefined = [
  process.env.NATS_SERVER ?? "",
  ...(process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "nats-server")),
].find((file) => file !== "" && existsSync(file));

/** A server of NATS with JetStream, in a process. */
export interface NatsServer {
  readonly port: number;
  readonly url: string;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Starts NATS on a free port, or on `port`; it is stopped, and its store removed, at the end of the test. */
export async function startNats(args: readonly string[] = [], port = -1): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-nats-"));
  const common = ["-js", "-a", "127.0.0.1", "-p", `${port}`, "-sd", join(folder, "store"), "--ports_file_dir", folder];
  const child = spawn(NATS_SERVER ?? "", [...common, ...args], { stdio: "ignore" });
  const stop = (): Promise<void> => ended(child);
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = await addressIn(folder, child);
  return { port: Number(new URL(url).port), url, stop };
}

/** Reads the address from the file that the server writes when it accepts connections. */
async function addressIn(folder: string, child: ChildProcess): Promise<string> {
  const watcher = watch(folder);
  const exited = once(child, "exit");
  try {
    for (;;) {
      const file = readdirSync(folder).find((name) => name.endsWith(".ports"));
      const [url] = file === undefined ? [] : addressesOf(readFileSync(join(folder, file), "utf8"));
      if (url !== undefined) return url;
      if (child.exitCode !== null) throw new Error(`nats-server exited with ${child.exitCode}`);
      await Promise.race([once(watcher, "change"), exited]);
    }
  } finally {
    watcher.close();
  }
}

function addressesOf(text: string): readonly string[] {
  if (text === "") return []; // it is being written
  const { nats } = JSON.parse(text) as { readonly nats: readonly string[] };
  return nats;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
