/**
 * Records a numbered market until it is killed, or sent SIGTERM. Reports on descriptor 3 what it passes to the
 * recorder, before it does so, one JSON object a line. Usage: recording-process.js LIFE, where LIFE is JSON.
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fsync, Recorder } from "@tickerplant/recorder";
import { Random } from "../shared/random.ts";
import { type FastClockOptions, fastClock } from "./fast-clock.ts";
import { recordsOf, type Turn } from "./market.ts";

/** What a process is to do. */
export interface LifeOptions {
  readonly dir: string;
  readonly seed: number;
  readonly clock: FastClockOptions;
  readonly fsync: Fsync;
  /** The number of the first record. */
  readonly first: number;
}

/** A line of its report. `atMs` is the real time. */
export type ReportLine =
  | { readonly kind: "ready" | "opened" | "closed" }
  | { readonly kind: "turn"; readonly atMs: number; readonly first: number; readonly count: number; readonly t: string }
  | { readonly kind: "alive"; readonly atMs: number }
  | { readonly kind: "mark"; readonly atMs: number; readonly number: number }
  | { readonly kind: "failed"; readonly message: string };

const REPORT_DESCRIPTOR = 3;

/** How often the process reports that it runs. */
const ALIVE_MS = 20;

/** The longest pause between two turns. */
const MAX_PAUSE_MS = 12;

const life = JSON.parse(process.argv[2] ?? "") as LifeOptions; // from the campaign
const random = new Random(life.seed);
const clock = fastClock(life.clock);
let isEnding = false;
process.once("SIGTERM", () => {
  isEnding = true;
});

report({ kind: "ready" });
setInterval(() => report({ kind: "alive", atMs: Date.now() }), ALIVE_MS).unref();
try {
  await record();
} catch (error) {
  failed(error instanceof Error ? error : new Error(String(error)));
}

async function record(): Promise<void> {
  const recorder = await Recorder.open({ dir: life.dir, feed: "sip", fsync: life.fsync, clock, onError: failed });
  report({ kind: "opened" });
  let { first } = life;
  while (!isEnding) {
    const count = random.chance(0.01) ? 400 : random.between(1, 5);
    publish(recorder, { first, count, timeNs: BigInt(Math.floor(clock.now())) * 1_000_000n });
    first += count;
    await sleep(random.between(0, MAX_PAUSE_MS));
  }
  await recorder.close();
  report({ kind: "closed" });
}

/** Passes a turn to the recorder; now and then with a gap behind it, whose message is the mark that is looked for. */
function publish(recorder: Recorder, turn: Turn): void {
  const { first, count, timeNs } = turn;
  report({ kind: "turn", atMs: Date.now(), first, count, t: String(timeNs) });
  for (const each of recordsOf(turn)) recorder.sink.record(each);
  recorder.sink.flush();
  if (!random.chance(0.02)) return;
  report({ kind: "mark", atMs: Date.now(), number: first });
  const time = new Date(Number(timeNs / 1_000_000n));
  recorder.sink.gap({ channel: "trades", symbols: ["AAPL"], from: time, to: time, cause: new Error(`mark ${first}`) });
}

function failed(error: Error): void {
  report({ kind: "failed", message: error.message });
}

function report(line: ReportLine): void {
  writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(line)}\n`);
}
