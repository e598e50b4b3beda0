import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSecret } from "tickerplant";
import { GatewayProcess } from "./gateway-process.ts";
import { historyLines } from "./history-records.ts";
import { linesOf, RECORDS, TICKS } from "./sent-records.ts";

/** A key without limits. */
export const KEY = { key: "INTEROP", secret: "interop-secret" } as const;
/** A key whose plan lacks the feed of the scenarios. */
export const KEY_WITHOUT_FEED = { key: "NOFEED", secret: "interop-secret" } as const;
/** A key whose plan lacks every feed that has a history. */
export const KEY_WITHOUT_HISTORY = { key: "NOHISTORY", secret: "interop-secret" } as const;
/** A key whose plan allows two symbols. */
export const KEY_OF_TWO_SYMBOLS = { key: "TWOSYMBOLS", secret: "interop-secret" } as const;

/** Starts gateways on files of records and keys, which are deleted after the run. */
export class Gateways implements AsyncDisposable {
  readonly #folder: string;
  readonly #areRelays: boolean;

  private constructor(folder: string, areRelays: boolean) {
    this.#folder = folder;
    this.#areRelays = areRelays;
  }

  /** Writes the files. With `areRelays`, clients connect to gateways that read from those with the files. */
  static async prepare(areRelays = false): Promise<Gateways> {
    const gateways = new Gateways(await mkdtemp(join(tmpdir(), "tickerplant-interop-")), areRelays);
    const keys = [
      KEY,
      { ...KEY_WITHOUT_FEED, feeds: ["sip"] },
      { ...KEY_WITHOUT_HISTORY, feeds: ["boats"] },
      { ...KEY_OF_TWO_SYMBOLS, maxSymbols: 2 },
    ];
    const entries = keys.map(({ secret, ...entry }) => ({ ...entry, secretHash: hashSecret(secret) }));
    await writeFile(gateways.#file("keys.json"), JSON.stringify(entries));
    await writeFile(gateways.#file("records.jsonl"), linesOf(RECORDS));
    await writeFile(gateways.#file("ticks.jsonl"), linesOf(TICKS));
    await writeFile(gateways.#file("past.jsonl"), historyLines());
    return gateways;
  }

  /** Starts a gateway that sends records of every type once, from the first subscription on, and then closes. */
  playing(): Promise<GatewayProcess> {
    return this.#start("records.jsonl", ["--speed", "max", "--once"], ["--once"]);
  }

  /** Starts a gateway that sends trades at their pace, in a loop. */
  ticking(port = 0): Promise<GatewayProcess> {
    return this.#start("ticks.jsonl", ["--loop"], [], port);
  }

  /** Starts a gateway that has replayed its records, and serves their history. */
  async past(): Promise<GatewayProcess> {
    // The Go client asks for the auctions of sip.
    const gateway = await GatewayProcess.start([...this.#common("past.jsonl", "iex,sip"), "--speed", "100000"]);
    await gateway.logged(/the feed has ended/);
    return this.#areRelays ? this.#relay(gateway, ["--feed", "iex,sip"]) : gateway;
  }

  /** Starts one that has replayed its records, holds the last minute of them, and has recorded the others. */
  async recorded(): Promise<GatewayProcess> {
    const folder = await mkdtemp(this.#file("tape-"));
    const memory = ["--history-minutes", "1", "--record", folder];
    const gateway = await GatewayProcess.start([
      ...this.#common("past.jsonl", "iex,sip"),
      "--speed",
      "100000",
      ...memory,
    ]);
    await gateway.logged(/the feed has ended/);
    return gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async #start(file: string, args: readonly string[], ofRelay: readonly string[], port = 0): Promise<GatewayProcess> {
    if (!this.#areRelays) return GatewayProcess.start([...this.#common(file), ...args], port);
    const upstream = await GatewayProcess.start([...this.#common(file), ...args]);
    return this.#relay(upstream, ofRelay, port);
  }

  #relay(upstream: GatewayProcess, args: readonly string[], port = 0): Promise<GatewayProcess> {
    return GatewayProcess.startRelay(upstream, KEY, ["--keys", this.#file("keys.json"), ...args], port);
  }

  #common(file: string, feeds = "iex"): string[] {
    return ["--replay", this.#file(file), "--feed", feeds, "--keys", this.#file("keys.json")];
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
