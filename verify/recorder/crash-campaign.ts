import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compact, type Finding, Fsync, Recorder, verify } from "@tickerplant/recorder";
import { damageMessage } from "#recorder/log/segment-faults.js";
import { Random } from "../shared/random.ts";
import { lostCount, problemsOf, unreportedLosses } from "./crash-checks.ts";
import { fastClock } from "./fast-clock.ts";
import { type Death, type Life, runLife } from "./life.ts";
import { numberOf } from "./market.ts";
import { leftoversIn, type RecordedContent, readContent } from "./recorded-content.ts";

/** Kills in one folder: days pass, and what an earlier kill left is there at the next. */
export const KILLS_PER_FOLDER = 25;

/** Segments are sealed every 0.9 seconds. */
const SPEED = 1_000;

/** The market begins on a Friday, before the night in which New York's clocks go back. */
const BEGIN_MS = Date.parse("2025-10-31T13:30:00Z");

/** The longest life of a process that records: blocks, and what may be lost of them, pass several times. */
const MAX_LIFE_MS = 2_000;

/** The market's time between two lives, so that days end: from minutes to hours. */
const MAX_PAUSE_MS = 10 * 3_600_000;

/** The market's time after a life at which another recorder finishes what it left. */
const FINISH_MS = 60_000;

/** The result of the kills in one folder. */
export interface FolderResult {
  readonly seed: number;
  readonly dir: string;
  readonly lives: readonly Life[];
  readonly recorded: number;
  readonly lost: number;
  readonly days: number;
  /** What is wrong, with the number of the kill. Empty if all is well; then the folder is removed. */
  readonly problems: readonly string[];
}

/** Kills processes that record into one folder, and checks the folder after each kill. */
export async function crashIntoFolder(seed: number, kills: number): Promise<FolderResult> {
  const dir = await mkdtemp(join(tmpdir(), "tickerplant-crash-"));
  const random = new Random(seed);
  const lives: Life[] = [];
  const problems: string[] = [];
  let content: RecordedContent = { records: [], gaps: [] };
  while (lives.length < kills && problems.length === 0) {
    lives.push(await runLife(nextOptions(dir, random, lives.at(-1)), deathOf(random)));
    const found = await checkFolder(dir, lives, random);
    problems.push(...found.problems.map((problem) => `kill ${lives.length}: ${problem}`));
    content = found.content;
  }
  if (problems.length === 0) await rm(dir, { recursive: true });
  const lost = lives.reduce((sum, life) => sum + lostCount(life, content), 0);
  const days = new Set(content.records.map(({ segment }) => segment.slice(0, 8))).size;
  return { seed, dir, lives, recorded: content.records.length, lost, days, problems };
}

function nextOptions(dir: string, random: Random, before: Life | undefined): Life["options"] {
  const last = before?.turns.at(-1);
  return {
    dir,
    seed: random.below(2 ** 31),
    fsync: random.pick(Object.values(Fsync)),
    first: last === undefined ? (before?.options.first ?? 0) : last.first + last.count,
    clock: {
      startMs: before === undefined ? BEGIN_MS : timeAfter(before, random.between(2 * FINISH_MS, MAX_PAUSE_MS)),
      speed: SPEED,
      timerFactor: random.chance(0.3) ? 1 : 0.1, // blocks every half second as in life, or ten times as often
    },
  };
}

/** A quarter dies while it opens the folder and finishes what the last one left, a quarter while it closes it. */
function deathOf(random: Random): Death {
  if (random.chance(0.25)) return { afterMs: random.between(0, 120), closeMs: undefined };
  const afterMs = random.between(200, MAX_LIFE_MS);
  return { afterMs, closeMs: random.chance(0.3) ? random.between(0, afterMs) : undefined };
}

interface Checked {
  readonly problems: readonly string[];
  readonly content: RecordedContent;
}

/**
 * Checks a folder as the kill left it. In two of three cases lets a recorder finish that, merges the files now and then,
 * and checks again.
 */
async function checkFolder(dir: string, lives: readonly Life[], random: Random): Promise<Checked> {
  const [isFinished, isCompacted] = [random.chance(0.67), random.chance(0.3)];
  const life = lives.at(-1);
  if (life === undefined || (life.stage === "opening" && !(await isRecording(dir))))
    return { problems: [], content: { records: [], gaps: [] } };
  const left = await readContent(dir);
  const problems = [...life.failures, ...problemsOf(left, lives), ...(await findingsIn(dir, isLeftByKill))];
  if (!isFinished || problems.length > 0) return { problems, content: left };

  problems.push(...(await finish(dir, life)));
  if (isCompacted) problems.push(...(await compact(dir)).errors.map(({ message }) => message));
  const content = await readContent(dir);
  problems.push(...problemsOf(content, lives), ...unreportedLosses(content, lives));
  problems.push(...(await leftoversIn(dir)), ...(await findingsIn(dir, () => false)));
  const [before, after] = [left, content].map(({ records }) => records.map(({ row }) => numberOf(row)).join());
  if (before !== after) problems.push("the Parquet files do not have the records that the log had");
  return { problems, content };
}

/** What `verify` finds, other than what is expected. */
async function findingsIn(dir: string, isExpected: (finding: Finding) => boolean): Promise<string[]> {
  const { findings } = await verify(dir);
  return findings.filter((finding) => !isExpected(finding)).map(({ path, message }) => `verify: ${path}: ${message}`);
}

/** A segment without an end, or whose last block was being written. */
function isLeftByKill({ kind, byteLength, message }: Finding): boolean {
  return kind === "unsealed" || message === damageMessage({ offset: 0, byteLength, isTail: true });
}

/** Opens the recording as the next recorder does, and closes it. Returns the errors that it reports. */
async function finish(dir: string, life: Life): Promise<string[]> {
  const failures: string[] = [];
  const recorder = await Recorder.open({
    dir,
    feed: "sip",
    clock: fastClock({ ...life.options.clock, startMs: timeAfter(life, FINISH_MS) }),
    onError: (error) => failures.push(error.message),
  });
  await recorder.close();
  return failures;
}

/** The market's time, a pause after the end of a life. */
function timeAfter({ options, livedMs }: Life, pauseMs: number): number {
  return options.clock.startMs + livedMs * SPEED + pauseMs;
}

async function isRecording(dir: string): Promise<boolean> {
  return (await readdir(dir)).some((name) => name.startsWith("feed="));
}
