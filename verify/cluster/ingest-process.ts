import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Command, tickerplant } from "../shared/command.ts";
import { SwitchedProxy } from "../shared/switched-proxy.ts";

/** How an ingest is started. */
export interface IngestSetting {
  readonly name: string;
  readonly natsPort: number;
  readonly upstreamPort: number;
  readonly leaseS: number;
}

/** An ingest as a process, whose connections to NATS and upstream can be cut. */
export class IngestProcess implements AsyncDisposable {
  readonly name: string;
  readonly nats: SwitchedProxy;
  readonly upstream: SwitchedProxy;
  /** The messages of all its lives, the newest last. */
  readonly log: string[] = [];
  readonly #leaseS: number;
  #process: Command | undefined;

  private constructor({ name, leaseS }: IngestSetting, nats: SwitchedProxy, upstream: SwitchedProxy) {
    this.name = name;
    this.nats = nats;
    this.upstream = upstream;
    this.#leaseS = leaseS;
  }

  static async start(setting: IngestSetting): Promise<IngestProcess> {
    const nats = await SwitchedProxy.listen(setting.natsPort);
    const upstream = await SwitchedProxy.listen(setting.upstreamPort);
    const ingest = new IngestProcess(setting, nats, upstream);
    ingest.begin();
    return ingest;
  }

  /** Starts the process. */
  begin(): void {
    this.#process = tickerplant([
      ...["ingest", "trades", "*", "--name", this.name, "--lease", String(this.#leaseS)],
      ...["--upstream", `ws://127.0.0.1:${this.upstream.port}/v2/sip`],
      ...["--cluster", `nats://127.0.0.1:${this.nats.port}`],
    ]);
    this.#process.stdout.resume();
    createInterface(this.#process.stderr).on("line", (line) => this.log.push(line));
  }

  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void {
    this.#process?.kill(signal);
  }

  /** Whether the process runs. */
  get isAlive(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined && this.isAlive) {
      this.signal("SIGKILL");
      await once(this.#process, "exit");
    }
    await this.nats[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
  }
}
