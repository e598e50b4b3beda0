/**
 * Damages files of a recording at random, one at a time, and checks what is read of them. Prints the seed of each case
 * before it begins, and what is wrong. Usage: damage-process.js SEED COUNT
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { VirtualClock } from "@tickerplant/client/testing";
import { promoteSegment, Recorder, RecorderError, RecordingReader, verify } from "@tickerplant/recorder";
import { Random } from "../shared/random.ts";
import { describeDamage, randomDamage } from "./damage.ts";
import { numberOf, type Row, recordsOf, rowOf } from "./market.ts";
import { type KeptGap, type KeptRecord, readContent, readLog } from "./recorded-content.ts";

const [seed = 1, count = 100] = process.argv.slice(2).map(Number);
const START_MS = Date.parse("2025-11-14T23:30:00Z");
const TURNS = 40;
const TURN_RECORDS = 25;

const folder = await mkdtemp(join(tmpdir(), "tickerplant-damage-"));
try {
  const known = new Map<number, Row>();
  const files = await makeFiles(join(folder, "whole"), known);
  for (let index = 0; index < count; index++) {
    console.log(`case ${seed + index}`);
    for (const problem of await runCase(new Random(seed + index), files, known)) console.log(`problem ${problem}`);
  }
  console.log("end");
} finally {
  await rm(folder, { recursive: true });
}

/** Makes a recording; returns its Parquet files, and the segment that they were made of. */
async function makeFiles(dir: string, known: Map<number, Row>): Promise<string[]> {
  const clock = new VirtualClock({ startMs: START_MS });
  const recorder = await Recorder.open({ dir, feed: "sip", clock });
  for (let turn = 0; turn < TURNS; turn++) {
    const timeNs = BigInt(START_MS + turn * 2_000) * 1_000_000n;
    for (const record of recordsOf({ first: turn * TURN_RECORDS, count: TURN_RECORDS, timeNs })) {
      known.set(numberOf(rowOf(record)), rowOf(record));
      recorder.sink.record(record);
    }
    recorder.sink.flush();
    await clock.advance(600); // a block each
  }
  const log = join(dir, "feed=sip/log");
  let size = 0;
  for (let [name = ""] = await readdir(log); ; ) {
    const bytes = await readFile(join(log, name)); // the last block may be on its way
    if (bytes.length === size && size > 1_000) {
      await recorder.close();
      await writeFile(join(log, name), bytes);
      break;
    }
    size = bytes.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const names = await readdir(dir, { recursive: true });
  return names.filter((name) => /\.(parquet|tplog)$/.test(name)).map((name) => join(dir, name));
}

async function runCase(random: Random, files: readonly string[], known: ReadonlyMap<number, Row>): Promise<string[]> {
  const original = random.pick(files);
  const bytes = await readFile(original);
  const damage = randomDamage(random, bytes);
  if (damage.bytes.equals(bytes)) return [];
  const dir = join(folder, "damaged");
  const path = join(dir, relative(join(folder, "whole"), original));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, damage.bytes);
  try {
    const problems = original.endsWith(".tplog")
      ? await checkSegment(dir, path, known)
      : await checkParquet(dir, path, known);
    return problems.map((problem) => `${basename(path)}, ${describeDamage(damage)}: ${problem}`);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function checkParquet(dir: string, path: string, known: ReadonlyMap<number, Row>): Promise<string[]> {
  const { findings } = await verify(dir);
  await readAll(dir); // which may fail, but not end the process
  const isFound = findings.some((finding) => finding.path === path);
  return isFound ? [] : ["verify does not find it", ...wrongRecords((await readContent(dir)).records, known)];
}

/** Reads with the program's own reader. Errors are of no interest here. */
async function readAll(dir: string): Promise<void> {
  let reader: RecordingReader | undefined;
  try {
    reader = await RecordingReader.open(dir);
    for await (const _ of reader.read());
  } catch {
    // What is damaged cannot be read.
  } finally {
    reader?.close();
  }
}

/** A segment loses the blocks that are damaged, and no other; what its Parquet files have was recorded. */
async function checkSegment(dir: string, path: string, known: ReadonlyMap<number, Row>): Promise<string[]> {
  const { findings } = await verify(dir);
  const problems = findings.some((finding) => finding.path === path) ? [] : ["verify does not find it"];
  await readAll(dir);
  const records: KeptRecord[] = [];
  const gaps: KeptGap[] = [];
  const copy = join(dir, "feed=sip", basename(path));
  await cp(path, copy);
  try {
    await readLog(path, records, gaps);
    await promoteSegment(copy, join(dir, "feed=sip"));
  } catch (error) {
    if (error instanceof RecorderError) return problems;
    throw error;
  }
  await rm(path);
  const promoted = await readContent(dir);
  problems.push(...wrongRecords(records, known), ...wrongRecords(promoted.records, known));
  if (promoted.records.length !== records.length)
    problems.push(`the segment has ${records.length} records, and its Parquet files ${promoted.records.length}`);
  const isReported = promoted.gaps.some(({ kind }) => kind === "damaged" || kind === "unsealed");
  if (!isReported) problems.push("gaps does not report it");
  return problems;
}

function wrongRecords(records: readonly KeptRecord[], known: ReadonlyMap<number, Row>): string[] {
  const wrong = records.filter(({ row }) => !isDeepStrictEqual(row, known.get(numberOf(row))));
  return wrong.slice(0, 3).map(({ row }) => `a record has other values: ${row.channel} ${numberOf(row)}`);
}
