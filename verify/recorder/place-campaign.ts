import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Fsync, Recorder, type SourcePlace } from "@tickerplant/recorder";
import { newestPlace } from "#recorder/folder/source-places.js";
import { Random } from "../shared/random.ts";
import { fastClock } from "./fast-clock.ts";
import { numberOf } from "./market.ts";
import { hasMark, markOf, messageOf, pass, recordNumbersOf, SOURCE } from "./numbered-market.ts";
import type { NumberedLifeOptions, NumberedReportLine } from "./numbered-process.ts";
import { type RecordedContent, readContent } from "./recorded-content.ts";

const PROGRAM = fileURLToPath(new URL("numbered-process.js", import.meta.url));

/** Segments are sealed every 0.9 seconds. */
const SPEED = 1_000;

const BEGIN_MS = Date.parse("2025-11-14T14:30:00Z");

/** The longest life of a process: blocks, and segments, are completed several times. */
const MAX_LIFE_MS = 2_000;

/** The market's time between two lives. */
const PAUSE_MS = 3_600_000;

/** Messages that the last recorder adds, which is not killed. */
const LAST_MESSAGES = 100;

/** The market's time after which `keepDays` deletes all days. */
const LATER_MS = 60 * 86_400_000;

/** What came of the kills in one folder. */
export interface PlaceResult {
  readonly kills: number;
  readonly messages: number;
  /** What is wrong. Empty if all is well; then the folder is removed. */
  readonly problems: readonly string[];
}

/**
 * Kills processes that record numbered messages, each of which continues at the place of the recording, and checks after
 * each kill that the recording has every message up to its place once. Then deletes all days, which leaves the place.
 */
export async function continueAfterKills(seed: number, kills: number): Promise<PlaceResult> {
  const dir = await mkdtemp(join(tmpdir(), "tickerplant-place-"));
  const random = new Random(seed);
  const problems: string[] = [];
  let nowMs = BEGIN_MS;
  let place: SourcePlace | undefined;
  for (let kill = 1; kill <= kills && problems.length === 0; kill++) {
    const startMs = nowMs;
    const options = { dir, seed: random.below(2 ** 31), fsync: random.pick(Object.values(Fsync)) };
    const timerFactor = random.chance(0.3) ? 1 : 0.1;
    const life = await runLife({ ...options, clock: { startMs, speed: SPEED, timerFactor } }, random);
    nowMs += life.livedMs * SPEED + PAUSE_MS;
    const found = [...life.problems];
    if (life.continuedBehind !== undefined && life.continuedBehind !== (place?.sequence ?? 0))
      found.push(`the process continued behind ${life.continuedBehind}, and the place was ${place?.sequence}`);
    const before = place;
    place = await placeOf(dir);
    if ((place?.sequence ?? 0) < (before?.sequence ?? 0)) found.push("the place went back");
    found.push(...(await contentProblems(dir, place)));
    problems.push(...found.map((problem) => `kill ${kill}: ${problem}`));
  }
  if (problems.length === 0) problems.push(...(await finish(dir, nowMs, place)));
  if (problems.length === 0) await rm(dir, { recursive: true });
  else
    problems.push(
      `the folder is kept: ${dir}; again: npm run crash -- --count 0 --damage 0 --places ${kills} --seed ${seed}`,
    );
  return { kills, messages: (place?.sequence ?? 0) + LAST_MESSAGES, problems };
}

interface NumberedLife {
  readonly continuedBehind: number | undefined;
  readonly problems: readonly string[];
  readonly livedMs: number;
}

/** Runs a process, and kills it while it opens, records, or closes the recording. */
async function runLife(options: NumberedLifeOptions, random: Random): Promise<NumberedLife> {
  const spawnedAtMs = Date.now();
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exit = once(child, "exit");
  const report = createInterface(child.stdio[3] as Readable); // the descriptor is a pipe
  const lines: NumberedReportLine[] = [];
  report.on("line", (line) => lines.push(JSON.parse(line) as NumberedReportLine));
  const end = once(report, "close");
  await Promise.race([once(report, "line"), exit]);
  await sleep(random.chance(0.2) ? random.between(0, 120) : random.between(200, MAX_LIFE_MS));
  if (random.chance(0.3)) {
    child.kill("SIGTERM");
    await Promise.race([sleep(random.between(0, MAX_LIFE_MS)), exit]);
  }
  child.kill("SIGKILL");
  await Promise.all([exit, end]);
  const opened = lines.find((line) => line.kind === "opened");
  const problems = lines.flatMap((line) => (line.kind === "failed" ? [line.message] : []));
  return { continuedBehind: opened?.continuesBehind, problems, livedMs: Date.now() - spawnedAtMs };
}

function placeOf(dir: string): Promise<SourcePlace | undefined> {
  return newestPlace(join(dir, "feed=sip/log"));
}

/** Every record and every gap of the messages up to the place is in the recording once, in order, and no other is. */
async function contentProblems(dir: string, place: SourcePlace | undefined): Promise<string[]> {
  if (!existsSync(join(dir, "feed=sip"))) return place === undefined ? [] : ["there is a place, and no recording"];
  return problemsIn(await readContent(dir), place?.sequence ?? 0);
}

function problemsIn({ records, gaps }: RecordedContent, last: number): string[] {
  const messages = Array.from({ length: last }, (_, index) => index + 1);
  const expected = messages.flatMap(recordNumbersOf);
  const kept = records.map(({ row }) => numberOf(row));
  const problems: string[] = [];
  const wrong = kept.findIndex((number, index) => number !== expected[index]);
  if (wrong !== -1) problems.push(`record ${wrong} is ${shown(kept[wrong])}, expected ${shown(expected[wrong])}`);
  else if (kept.length < expected.length) problems.push(`the recording ends before ${shown(expected[kept.length])}`);
  const marks = gaps.flatMap(({ kind, message = "" }) => (kind === "gap" ? [message] : [])).sort();
  const expectedMarks = messages.filter(hasMark).map(markOf).sort();
  if (marks.join() !== expectedMarks.join())
    problems.push(`the recording has ${marks.length} gaps, expected ${expectedMarks.length}: up to message ${last}`);
  return problems;
}

function shown(recordNumber: number | undefined): string {
  return recordNumber === undefined ? "none" : `${recordNumber} of message ${messageOf(recordNumber)}`;
}

/** Records the last messages, and checks everything. Then deletes all days, and checks the place. */
async function finish(dir: string, nowMs: number, place: SourcePlace | undefined): Promise<string[]> {
  const problems: string[] = [];
  const onError = (error: Error): void => void problems.push(error.message);
  const open = (startMs: number, keepDays?: number): Promise<Recorder> =>
    Recorder.open({
      dir,
      feed: "sip",
      clock: fastClock({ startMs, speed: SPEED, timerFactor: 1 }),
      onError,
      ...(keepDays !== undefined && { keepDays }),
    });
  const recorder = await open(nowMs);
  let message = recorder.place?.sequence ?? 0;
  if (message !== (place?.sequence ?? 0)) problems.push(`the last recorder continued behind ${message}`);
  for (let left = LAST_MESSAGES; left > 0; left--) pass(++message, nowMs, recorder.sink);
  await recorder.close();
  problems.push(...(await contentProblems(dir, { source: SOURCE, sequence: message })));
  await (await open(nowMs + LATER_MS, 1)).close();
  const left = (await readContent(dir)).records.length;
  if (left > 0) problems.push(`${left} records are left of days that were to be deleted`);
  const last = await placeOf(dir);
  if (last?.sequence !== message || last.source !== SOURCE)
    problems.push(`the place behind all days is ${JSON.stringify(last)}, expected ${message}`);
  return problems;
}
