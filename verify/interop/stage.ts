import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSecret } from "tickerplant";
import { linesOf, RECORDS, TICKS } from "./sent-records.ts";
import { Serving } from "./serving.ts";

/** A key that may do everything. */
export const KEY = { key: "INTEROP", secret: "interop-secret" } as const;
/** A key whose plan lacks the feed that the clients ask for. */
export const KEY_WITHOUT_FEED = { key: "NOFEED", secret: "interop-secret" } as const;
/** A key whose plan has two symbols. */
export const KEY_OF_TWO_SYMBOLS = { key: "TWOSYMBOLS", secret: "interop-secret" } as const;

/** Files that the gateway serves and reads keys from; they go with the run. */
export class Stage implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the files. */
  static async set(): Promise<Stage> {
    const stage = new Stage(await mkdtemp(join(tmpdir(), "tickerplant-interop-")));
    const keys = [KEY, { ...KEY_WITHOUT_FEED, feeds: ["sip"] }, { ...KEY_OF_TWO_SYMBOLS, maxSymbols: 2 }];
    const entries = keys.map(({ secret, ...entry }) => ({ ...entry, secretHash: hashSecret(secret) }));
    await writeFile(stage.#file("keys.json"), JSON.stringify(entries));
    await writeFile(stage.#file("records.jsonl"), linesOf(RECORDS));
    await writeFile(stage.#file("ticks.jsonl"), linesOf(TICKS));
    return stage;
  }

  /** A gateway that plays every type of record once, from the first subscription on, and then closes. */
  playing(): Promise<Serving> {
    return Serving.start([...this.#common("records.jsonl"), "--speed", "max", "--once"]);
  }

  /** A gateway that plays trades at their pace, without an end. */
  ticking(port = 0): Promise<Serving> {
    return Serving.start([...this.#common("ticks.jsonl"), "--loop"], port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  #common(file: string): string[] {
    return ["--replay", this.#file(file), "--feed", "iex", "--keys", this.#file("keys.json")];
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
