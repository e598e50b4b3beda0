import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Answers, Question } from "./questions.ts";

/** The process of the gateway, to which the soak sends questions. */
export class GatewayProcess {
  /** The address of the gateway. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Answers[keyof Answers]) => void>();
  #asked = 0;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.on("message", ({ id, reply }: { id: number; reply: Answers[keyof Answers] }) => {
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
    child.once("exit", (code) => {
      if (code !== 0 && !child.killed) throw new Error(`the gateway's process ended with ${code}`);
    });
  }

  /** Starts the process; resolves once the gateway listens. */
  static async start(
    ratePerSecond: number,
    symbolCount: number,
    seed: number,
    records: "all" | "fillable",
  ): Promise<GatewayProcess> {
    const file = new URL("gateway-main.js", import.meta.url);
    const child = fork(file, [String(ratePerSecond), String(symbolCount), String(seed), records], {
      execArgv: ["--expose-gc"],
    });
    const [{ reply }] = (await once(child, "message")) as [{ reply: Answers["start"] }]; // the first message of the process
    return new GatewayProcess(child, reply.url);
  }

  /** Sends a question and returns its answer. */
  ask<Q extends Question>(question: Q): Promise<Answers[Q["type"]]> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, (reply) => resolve(reply as Answers[Q["type"]])); // each question has one type of answer
      this.#child.send({ id, question });
    });
  }

  /** Ends the process. */
  end(): void {
    this.#child.kill();
  }
}
