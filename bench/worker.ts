import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** A program of `processes/` that stays, and answers one question after the other. */
export class Worker<Q extends object> {
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(program: string, args: readonly (string | number)[], execArgv: readonly string[] = []) {
    this.#name = [program, ...args].join(" ");
    this.#child = fork(join(import.meta.dirname, "processes", `${program}.js`), args.map(String), {
      execArgv: [...execArgv],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** Asks, and resolves with the answer. Rejects when the program ends instead. */
  async ask<A>(question: Q): Promise<A> {
    const ended = (code: number | null): void => reject(new Error(`${this.#name} ended with ${code}`));
    let reject: (error: Error) => void = () => {};
    const answer = new Promise<A>((resolve, fail) => {
      reject = fail;
      this.#child.once("message", (value) => resolve(value as A)); // each program answers what its caller expects
      this.#child.once("exit", ended);
    });
    this.#child.send(question);
    return await answer.finally(() => this.#child.off("exit", ended));
  }

  /** Ends the program. */
  end(): void {
    this.#child.disconnect();
  }
}

/** In a program of `processes/`: answers every question. A failure ends the program. */
export function answerQuestions<Q>(answerTo: (question: Q) => unknown): void {
  process.on("disconnect", () => process.exit()); // with who started it, however that ends
  process.on("message", async (question) => process.send?.(await answerTo(question as Q))); // the caller's type
}
