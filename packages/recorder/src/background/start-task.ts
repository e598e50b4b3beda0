import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import type { Task, TaskResult } from "./task.ts";

/** By a name of the package, because it has to be the built file, from the sources too. */
const PROGRAM: string = createRequire(import.meta.url).resolve("#task-process");

/** A task that is running. */
export interface RunningTask {
  /**
   * Resolves with what the task did.
   *
   * @throws Error if its process ends without a result.
   */
  readonly result: Promise<TaskResult>;
  /** Kills the process. */
  stop(): void;
}

/**
 * Starts a task in a process of its own. In a thread it would end the recorder with it: DuckDB aborts the process when
 * a thread ends during a query, which a thread without memory does.
 */
export function startTask(task: Task, program: string = PROGRAM): RunningTask {
  const child = fork(program, [JSON.stringify(task)], {
    execArgv: [], // a debugger or a loader of the recorder is not for this process
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return { result: resultOf(child), stop: () => void child.kill("SIGKILL") };
}

function resultOf(child: ChildProcess): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    let result: TaskResult | undefined;
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(0, MAX_ERROR_CHARACTERS);
    });
    child.on("message", (message) => {
      result = message as TaskResult; // sent by task-process.ts
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (result !== undefined) return resolve(result);
      const end = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      reject(new Error(`its process ${end}${reasonIn(errors)}`));
    });
  });
}

/** Of what a process writes to standard error: V8 writes pages when its memory is full. */
const MAX_ERROR_CHARACTERS = 10_000;

/** The line that names the error: V8's, or that of an exception. */
function reasonIn(errors: string): string {
  const line = /^(?:FATAL ERROR|\w*Error): .*$/m.exec(errors)?.[0];
  return line === undefined ? "" : ` (${line})`;
}
