import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** A program of `processes/` that keeps running and answers one question at a time. */
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

  /** Sends a question and resolves with the answer. Rejects when the program exits instead. */
  async ask<A>(question: Q): Promise<A> {
    const ended = (code: number | null): void =>
      reject(new Error(`${this.#name} exited with ${code} and sent no answer`));
    let reject: (error: Error) => void = () => {};
    const answer = new Promise<A>((resolve, fail) => {
      reject = fail;
      this.#child.once("message", (value) => resolve(value as A)); // each program answers what its caller expects
      this.#child.once("exit", ended);
    });
    this.#child.send(question);
    return await answer.finally(() => this.#child.off("exit", ended));
  }

  /** Terminates the program. */
  end(): void {
    this.#child.disconnect();
  }
}

/** In a program of `processes/`: answers every question. A failure terminates the program. */
export function answerQuestions<Q>(answerTo: (question: Q) => unknown): void {
  process.on("disconnect", () => process.exit()); // no orphan remains if the parent process dies
  process.on("message", async (question) => process.send?.(await answerTo(question as Q))); // the caller's type
}
