import { fork } from "node:child_process";
import { join } from "node:path";

/**
 * Runs a program of `processes/` and resolves with the one message that it sends. Each case runs in
 * its own process, so that no other case has warmed up its code or filled its heap.
 *
 * @throws Error when the program exits without a message.
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
      if (answer === undefined)
        reject(new Error(`${program} ${args.join(" ")} exited with ${code} and sent no answer`));
      else resolve(answer.value);
    });
  });
}

/** Sends the answer of a program of `processes/` to its parent process. */
export function answer(value: unknown): void {
  process.send?.(value);
}
