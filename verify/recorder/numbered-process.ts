/**
 * Records a market of numbered messages from the place on that the recording has, until it is killed, or sent SIGTERM.
 * Reports on descriptor 3 the place at which it continues. Usage: numbered-process.js LIFE, where LIFE is JSON.
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fsync, Recorder } from "@tickerplant/recorder";
import { Random } from "../shared/random.ts";
import { type FastClockOptions, fastClock } from "./fast-clock.ts";
import { pass } from "./numbered-market.ts";

/** What a process is to do. */
export interface NumberedLifeOptions {
  readonly dir: string;
  readonly seed: number;
  readonly clock: FastClockOptions;
  readonly fsync: Fsync;
}

/** A line of its report. */
export type NumberedReportLine =
  | { readonly kind: "ready" | "closed" }
  | { readonly kind: "opened"; readonly continuesBehind: number }
  | { readonly kind: "failed"; readonly message: string };

const REPORT_DESCRIPTOR = 3;

/** The longest pause between two turns. */
const MAX_PAUSE_MS = 12;

/** The most messages of a turn: blocks are closed by their size as well. */
const MAX_MESSAGES = 15;

const life = JSON.parse(process.argv[2] ?? "") as NumberedLifeOptions; // from the campaign
const random = new Random(life.seed);
const clock = fastClock(life.clock);
let isEnding = false;
process.once("SIGTERM", () => {
  isEnding = true;
});

report({ kind: "ready" });
try {
  await record();
} catch (error) {
  failed(error instanceof Error ? error : new Error(String(error)));
}

async function record(): Promise<void> {
  const recorder = await Recorder.open({ dir: life.dir, feed: "sip", fsync: life.fsync, clock, onError: failed });
  let message = recorder.place?.sequence ?? 0;
  report({ kind: "opened", continuesBehind: message });
  while (!isEnding) {
    for (let left = random.between(1, MAX_MESSAGES); left > 0; left--) pass(++message, clock.now(), recorder.sink);
    await sleep(random.between(0, MAX_PAUSE_MS));
  }
  await recorder.close();
  report({ kind: "closed" });
}

function failed(error: Error): void {
  report({ kind: "failed", message: error.message });
}

function report(line: NumberedReportLine): void {
  writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(line)}\n`);
}
