import { fork } from "node:child_process";
import { join } from "node:path";

/**
 * Runs a program of `processes/` and resolves with the one message that it sends. Every case has a
 * process of its own, so that no code was warmed up, and no heap filled, by another case.
 *
 * @throws when it ends without a message.
 */
export function answerOf<T>(program: string, args: readonly string[], execArgv: readonly string[] = []): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "processes", `${program}.js`), args, {
      execArgv: [...execArgv],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let answer: { readonly value: T } | undefined;
    child.on("message", (value) => {
      answer = { value: value as T }; // each program sends what its caller expects
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (answer === undefined) reject(new Error(`${program} ${args.join(" ")} ended with ${code} and no answer`));
      else resolve(answer.value);
    });
  });
}

/** Sends the answer of a program of `processes/` to who started it. */
export function answer(value: unknown): void {
  process.send?.(value);
}
