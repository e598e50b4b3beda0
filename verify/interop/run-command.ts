import { spawn } from "node:child_process";

/** How a command ended. */
export interface Ended {
  /** Undefined when it was not found, or ended by a signal. */
  readonly code: number | undefined;
  /** Whether there is no such program on this machine. */
  readonly isMissing: boolean;
  /** Both its outputs. */
  readonly output: string;
}

/** Installing from a registry that does not answer must not hold everything up. */
const TIMEOUT_MS = 240_000;

/** Runs a command that ends by itself. */
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
