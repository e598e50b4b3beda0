import { spawn } from "node:child_process";

/** The result of a command. */
export interface Ended {
  /** Exit code; undefined if the program was not found, or ended by a signal. */
  readonly code: number | undefined;
  /** True if the program is not installed. */
  readonly isMissing: boolean;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Time limit of a command: a registry that does not answer must not block the run. */
const TIMEOUT_MS = 240_000;

/** Runs a command to its end. */
export function run(program: string, args: readonly string[], folder: string): Promise<Ended> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ code: undefined, isMissing: error.code === "ENOENT", output: error.message }),
    );
    child.once("close", (code) => resolve({ code: code ?? undefined, isMissing: false, output }));
  });
}

/**
 * Runs a command that must succeed.
 *
 * @throws Error with the end of its output if it does not.
 */
export async function succeed(program: string, args: readonly string[], folder: string): Promise<void> {
  const { code, output } = await run(program, args, folder);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${output.trim().slice(-2_000)}`);
}
