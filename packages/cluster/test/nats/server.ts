import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The nats-server of the environment variable NATS_SERVER, or on the PATH; undefined if there is none. */
export const NATS_SERVER: string | undefined = find(process.env.NATS_SERVER ?? "nats-server");

/** Part of the title of a suite, so that a skipped one says why. */
export const NEEDS = "(needs nats-server on the PATH, or in NATS_SERVER)";

function find(command: string): string | undefined {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return command;
  } catch {
    return undefined;
  }
}

export interface NatsServerOptions {
  /** More lines of its configuration. */
  readonly config?: string;
  /** @defaultValue true */
  readonly hasJetStream?: boolean;
  /** @defaultValue no limit but the disk's */
  readonly maxFileStore?: string;
}

/** A nats-server of a test, with a folder and a port of its own. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly dir: string;
  readonly #configFile: string;
  #process: ChildProcess | undefined;
  #output = "";

  private constructor(port: number, dir: string, configFile: string) {
    this.port = port;
    this.dir = dir;
    this.#configFile = configFile;
  }

  static async start({ config = "", hasJetStream = true, maxFileStore }: NatsServerOptions = {}): Promise<NatsServer> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), "tickerplant-nats-"));
    const configFile = join(dir, "nats.conf");
    const server = new NatsServer(port, dir, configFile);
    const limit = maxFileStore === undefined ? "" : `, max_file_store: ${maxFileStore}`;
    const jetstream = hasJetStream ? `jetstream: { store_dir: ${JSON.stringify(join(dir, "store"))}${limit} }` : "";
    server.configure(`${jetstream}\n${config}`);
    await server.run();
    return server;
  }

  /** The address without a user. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  urlFor(user: string, password: string): string {
    return `nats://${user}:${password}@127.0.0.1:${this.port}`;
  }

  configure(config: string): void {
    writeFileSync(this.#configFile, `listen: "127.0.0.1:${this.port}"\n${config}\n`);
  }

  /** Starts it, again after {@link NatsServer.stop}, with what it has stored. */
  async run(): Promise<void> {
    if (NATS_SERVER === undefined) throw new Error("there is no nats-server");
    const child = spawn(NATS_SERVER, ["-c", this.#configFile], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    this.#output = "";
    await new Promise<void>((resolve, reject) => {
      const read = (bytes: Buffer): void => {
        this.#output += bytes.toString();
        if (this.#output.includes("Server is ready")) resolve();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`nats-server has ended: ${this.#output}`)));
    });
  }

  /** Ends it, as its service does. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await ended;
  }

  /** Stops its process without ending it, until {@link NatsServer.resume}. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
