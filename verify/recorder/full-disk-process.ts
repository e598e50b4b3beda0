/**
 * Records onto a disk of its own while that is full, and checks what is left. Usage: full-disk-process.js DIR, where DIR
 * is a small file system. Prints what is wrong, one line each; exits with 1 if something is.
 */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { TradingStatus } from "@tickerplant/client";
import { fromNanoseconds } from "@tickerplant/client/wire";
import { Recorder, type RecorderError } from "@tickerplant/recorder";
import { fastClock } from "./fast-clock.ts";
import { leftoversIn, readContent } from "./recorded-content.ts";

/** A record of this size fills what may wait for the disk with a few thousand records. */
const PADDING = "x".repeat(16_384);

/** Records of a frame. */
const FRAME_RECORDS = 20;

/** How long the disk may take to accept the log again. */
const RECOVERY_LIMIT_MS = 20_000;

const dir = process.argv[2] ?? "";
const ballast = join(dir, "ballast");
const clock = fastClock({ startMs: Date.parse("2025-11-14T14:30:00Z"), speed: 5_000, timerFactor: 0.2 });
const errors: RecorderError[] = [];
const recorder = await Recorder.open({ dir, feed: "sip", clock, onError: (error) => errors.push(error) });
let frames = 0;

await publish(200, 2);
await fillDisk();
while (recorder.metrics.droppedFrames < 50) await publish(100, 0);
const { droppedFrames } = recorder.metrics;
await rm(ballast);
await untilAccepted();
await publish(200, 2);
await recorder.close();

const problems = await check();
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Passes frames to the recorder, with a pause after each. A record has the number of its frame. */
async function publish(count: number, pauseMs: number): Promise<void> {
  for (const end = frames + count; frames < end; frames++) {
    const { seconds, nanos } = fromNanoseconds(BigInt(Math.floor(clock.now())) * 1_000_000n);
    for (let index = 0; index < FRAME_RECORDS; index++)
      recorder.sink.record(new TradingStatus("AAPL", seconds, nanos, "H", PADDING, "T12", String(frames), "A"));
    recorder.sink.flush();
    await sleep(pauseMs);
  }
}

/** Writes until nothing more fits. */
async function fillDisk(): Promise<void> {
  const zeros = function* (): Generator<Buffer> {
    for (let bytes = 65_536; ; ) yield Buffer.alloc(bytes);
  };
  await pipeline(zeros, createWriteStream(ballast)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOSPC") throw error;
  });
}

async function untilAccepted(): Promise<void> {
  const endMs = performance.now() + RECOVERY_LIMIT_MS;
  while (recorder.problem !== undefined || recorder.metrics.waitingBytes > 1_000_000) {
    if (performance.now() > endMs) throw new Error(`the disk has space, and the log still waits: ${recorder.problem}`);
    await sleep(20);
  }
}

/** A promotion fails as well, and is repeated with the next segment. */
function isOfFullDisk(code: string, message: string): boolean {
  return code === "disk_full" || (code === "promotion_failed" && /no space left/i.test(message));
}

async function check(): Promise<string[]> {
  const found: string[] = [];
  const { records, gaps } = await readContent(dir);
  const countOf = new Map<number, number>();
  for (const { row } of records) {
    const frame = Number(row.reasonMessage);
    countOf.set(frame, (countOf.get(frame) ?? 0) + 1);
    if (row.statusMessage !== PADDING) found.push(`a record of frame ${frame} has another value`);
  }
  for (const [frame, count] of countOf)
    if (count !== FRAME_RECORDS) found.push(`frame ${frame} has ${count} records, expected ${FRAME_RECORDS}`);
  const reported = gaps.filter(({ kind }) => kind === "dropped").reduce((sum, { count = 0 }) => sum + count, 0);
  const missing = frames - countOf.size;
  if (missing !== reported) found.push(`${missing} frames are missing, and gaps reports ${reported}`);
  if (missing !== recorder.metrics.droppedFrames || missing < droppedFrames)
    found.push(`${missing} frames are missing, and the recorder counts ${recorder.metrics.droppedFrames}`);
  if (!countOf.has(frames - 1)) found.push("what was received when there was space again is missing");
  if (!errors.some(({ code }) => code === "disk_full")) found.push("the recorder did not report the full disk");
  for (const { code, message } of errors) if (!isOfFullDisk(code, message)) found.push(`${code}: ${message}`);
  found.push(...(await leftoversIn(dir)));
  console.log(`full disk: ${frames} frames, of which ${missing} were dropped and reported`);
  return found;
}
