import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Where the server is: the variable NATS_SERVER, or the path. Undefined where there is none. */
export function natsProgram(): { readonly program: string; readonly version: string } | undefined {
  const program = process.env.NATS_SERVER ?? "nats-server";
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const version = /v?(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1];
  return status === 0 && version !== undefined ? { program, version } : undefined;
}

/** A server of NATS with JetStream, which can be stopped and started again with what it has kept. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
  }

  /** The process; undefined before it was started. */
  get processId(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it, and resolves when it listens. */
  async start(): Promise<void> {
    const args = ["-js", "-a", "127.0.0.1", "-p", String(this.port), "-sd", this.#folder];
    this.#process = spawn(this.#program, args, { stdio: "ignore" });
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await isListening(this.port)) return;
      await wait(50);
    }
    throw new Error(`${this.#program} did not listen on port ${this.port}`);
  }

  /** Sends it a signal; resolves when it has ended, if the signal ends it. */
  async signal(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    this.#process?.kill(signal);
    if (this.#process?.exitCode === null && (signal === "SIGTERM" || signal === "SIGKILL"))
      await once(this.#process, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.signal("SIGKILL");
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens, on a port
  server.close();
  await once(server, "close");
  return port;
}
