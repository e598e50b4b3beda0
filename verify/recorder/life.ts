import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Turn } from "./market.ts";
import type { LifeOptions, ReportLine } from "./recording-process.ts";

const PROGRAM = fileURLToPath(new URL("recording-process.js", import.meta.url));

/** A process does not start at all if it takes longer. */
const START_LIMIT_MS = 60_000;

/** When a process is killed. */
export interface Death {
  /** How long it lives, from when its modules are loaded. */
  readonly afterMs: number;
  /** How long before its end it is asked to close the recording; undefined if it is not. */
  readonly closeMs: number | undefined;
}

/** Something that was passed to the recorder, and when. */
export type Passed<T> = T & { readonly atMs: number };

/** What a process did. */
export interface Life {
  readonly options: LifeOptions;
  readonly turns: readonly Passed<Turn>[];
  readonly marks: readonly Passed<{ readonly number: number }>[];
  /** When it ran, in order. */
  readonly timesMs: readonly number[];
  /** What the recorder reported as an error. */
  readonly failures: readonly string[];
  /** How far it came before it was killed. */
  readonly stage: "opening" | "recording" | "closing" | "closed";
  readonly killedAtMs: number;
  /** How long it ran, with its start. */
  readonly livedMs: number;
}

/** Runs a process that records, and kills it. */
export async function runLife(options: LifeOptions, { afterMs, closeMs }: Death): Promise<Life> {
  const spawnedAtMs = Date.now();
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exit = once(child, "exit");
  const report = createInterface(child.stdio[3] as Readable); // the descriptor is a pipe
  const lines: ReportLine[] = [];
  report.on("line", (line) => lines.push(JSON.parse(line) as ReportLine)); // a small write to a pipe is never cut
  const end = once(report, "close");
  await Promise.race([once(report, "line"), exit, sleep(START_LIMIT_MS, undefined, { ref: false })]);
  await sleep(afterMs - (closeMs ?? 0));
  if (closeMs !== undefined) {
    child.kill("SIGTERM");
    await Promise.race([sleep(closeMs), exit]);
  }
  const killedAtMs = Date.now();
  child.kill("SIGKILL");
  await Promise.all([exit, end]);
  const stage = stageOf(lines, closeMs !== undefined);
  return { options, ...contentOf(lines), stage, killedAtMs, livedMs: killedAtMs - spawnedAtMs };
}

function contentOf(lines: readonly ReportLine[]): Pick<Life, "turns" | "marks" | "timesMs" | "failures"> {
  const turns: Passed<Turn>[] = [];
  const marks: Passed<{ number: number }>[] = [];
  const failures: string[] = [];
  for (const line of lines) {
    if (line.kind === "turn") turns.push({ ...line, timeNs: BigInt(line.t) });
    else if (line.kind === "mark") marks.push(line);
    else if (line.kind === "failed") failures.push(line.message);
  }
  const timesMs = lines.flatMap((line) => ("atMs" in line ? [line.atMs] : []));
  return { turns, marks, timesMs, failures };
}

function stageOf(lines: readonly ReportLine[], isClosing: boolean): Life["stage"] {
  const has = (kind: ReportLine["kind"]): boolean => lines.some((line) => line.kind === kind);
  if (has("closed")) return "closed";
  if (!has("opened")) return "opening";
  return isClosing ? "closing" : "recording";
}
