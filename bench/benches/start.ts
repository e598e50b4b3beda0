import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";

const TICKERPLANT = join(import.meta.dirname, "../../../packages/server/bin/tickerplant.js");
/** A trade comes every few milliseconds, so that the wait for one does not count. */
const DEMO = [TICKERPLANT, "demo", "--rate", "5000"];
const BARE = ["-e", "console.log()"];

/** From the call of `node` until the demo prints its first record, beside `node` that prints a line and nothing else. */
export async function start({ rounds }: Effort): Promise<Row[]> {
  const contestants = [
    { name: "ours", measure: () => msToFirstOutput(DEMO) },
    { name: "theirs", measure: () => msToFirstOutput(BARE) },
  ];
  await inTurn(contestants, 1); // fills the caches of the disk
  const { ours = [], theirs = [] } = await inTurn(contestants, rounds);
  const names = { bench: "start", case: "demo, until the first record", peer: "node that prints a line", unit: "ms" };
  return [rowOf(names, ours, theirs)];
}

/** The demo prints records on standard output, and whatever else it says on standard error. */
async function msToFirstOutput(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exited.then(() => Promise.reject(new Error(`${args.join(" ")} ended without output`))),
  ]);
  const elapsedMs = performance.now() - startedAt;
  child.kill();
  await exited;
  return elapsedMs;
}
