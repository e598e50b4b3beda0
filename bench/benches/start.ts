import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";

const TICKERPLANT = join(import.meta.dirname, "../../../packages/server/bin/tickerplant.js");
/** At this rate a trade comes every few milliseconds, so that waiting for one adds nothing. */
const DEMO = [TICKERPLANT, "demo", "--rate", "5000"];
const BARE = ["-e", "console.log()"];

/** Measures the time from starting `node` to the demo's first record, compared with `node` that only prints a line. */
export async function start({ rounds }: Effort): Promise<Row[]> {
  const contestants = [
    { name: "ours", measure: () => msToFirstOutput(DEMO) },
    { name: "theirs", measure: () => msToFirstOutput(BARE) },
  ];
  await inTurn(contestants, 1); // fills the disk cache
  const { ours = [], theirs = [] } = await inTurn(contestants, rounds);
  const names = { bench: "start", case: "demo, until the first record", peer: "node that prints a line", unit: "ms" };
  return [rowOf(names, ours, theirs)];
}

/** Milliseconds to the first output; the demo prints records alone to standard output. */
async function msToFirstOutput(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exited.then(() => Promise.reject(new Error(`${args.join(" ")} exited without output`))),
  ]);
  const elapsedMs = performance.now() - startedAt;
  child.kill();
  await exited;
  return elapsedMs;
}
