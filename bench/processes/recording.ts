/**
 * Records a data set into FOLDER/tape, and writes it to FOLDER/lines.jsonl; or reads one of them, or runs a command that
 * receives them from a gateway, and answers with records per second; or answers with the milliseconds of `query`.
 *
 * Usage: recording.js prepare|record|stream|stream-gzip|replay|replay-lines|query FOLDER DATASET
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { AnyRecord } from "@tickerplant/client";
import { Codec } from "@tickerplant/client/wire";
import { listRecording, Recorder } from "@tickerplant/recorder";
import { type Feed, recording, replay } from "tickerplant";
import { answer } from "../child.ts";
import { framesOf, ROOT, records, recordsIn } from "../workload.ts";

/** What a data set needs, as JSON lines and as Parquet files. */
export interface Prepared {
  readonly recordCount: number;
  readonly parquetBytes: number;
  readonly gzipBytes: number;
}

const SIMULATED_RECORDS = 400_000;
const BARS = "select count(*) from bars_of('*', '1 minute')";

const COMMAND = join(ROOT, "packages/server/bin/tickerplant.js");

const ENV = { ...process.env, APCA_API_KEY_ID: "bench", APCA_API_SECRET_KEY: "bench" };

const [kind = "", folder = "", dataSet = ""] = process.argv.slice(2);
const tape = join(folder, "tape");
const lines = join(folder, "lines.jsonl");

if (kind === "prepare") answer(await prepare());
else if (kind === "replay") answer(await rateOf(recording(tape, { speed: "max" })));
else if (kind === "replay-lines") answer(await rateOf(replay([lines], { speed: "max" })));
else if (kind === "query") answer(queryMs());
else answer(await receivedRate());

async function prepare(): Promise<Prepared> {
  mkdirSync(folder);
  const list = dataSet === "simulated" ? await records(SIMULATED_RECORDS) : await recordsIn(dataSet);
  writeFileSync(
    lines,
    framesOf(list, 1, Codec.JSON)
      .map((frame) => `${frame.subarray(1, -1)}\n`)
      .join(""),
  );
  await record(list);
  const files = (await listRecording(tape)).flatMap((feed) => feed.files);
  const parquetBytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
  return { recordCount: list.length, parquetBytes, gzipBytes: gzipSync(readFileSync(lines)).length };
}

async function record(list: readonly AnyRecord[]): Promise<void> {
  const recorder = await Recorder.open({ dir: tape, feed: "sip" });
  for (const [index, one] of list.entries()) {
    recorder.sink.record(one);
    if (index % 1000 === 0) await nextTurn(); // the disk keeps up
  }
  await recorder.close();
}

async function rateOf(feed: Feed): Promise<number> {
  let count = 0;
  const startedAtMs = performance.now();
  const sink = { publish: () => void count++, room: () => undefined };
  await feed.run(sink, new AbortController().signal);
  return count / ((performance.now() - startedAtMs) / 1000);
}

/** Runs a command that receives everything from a gateway. The time is the gateway's, from the subscription on. */
async function receivedRate(): Promise<number> {
  const serve = [COMMAND, "serve", "--replay", lines, "--speed", "max", "--once", "--port", "0"];
  const gateway = spawn(process.execPath, serve, { stdio: ["ignore", "ignore", "pipe"] });
  let command: Promise<unknown> | undefined;
  let startedAtMs = 0;
  let elapsedMs = 0;
  for await (const line of createInterface({ input: gateway.stderr })) {
    const url = /ws:\/\/\S+\/v2\/sip$/.exec(line)?.[0];
    if (url !== undefined) command = promisify(execFile)("sh", ["-c", commandOf(url)], { env: ENV });
    if (line.includes(" subscribed: ")) startedAtMs = performance.now();
    if (line.includes(" replayed ")) elapsedMs = performance.now() - startedAtMs;
  }
  await command; // it fails if a record was lost
  rmSync(join(folder, "recorded"), { recursive: true, force: true });
  return lineCount() / (elapsedMs / 1000);
}

function commandOf(url: string): string {
  const program = `${process.execPath} ${COMMAND}`;
  const args = `trades,quotes '*' --no-reconnect --url ${url}`;
  if (kind === "record") return `${program} record ${args} --dir ${join(folder, "recorded")}`;
  const stream = `${program} stream ${args} --format jsonl`;
  return kind === "stream" ? `${stream} > /dev/null` : `${stream} | gzip > ${join(folder, "received.gz")}`;
}

function lineCount(): number {
  let count = 0;
  const bytes = readFileSync(lines);
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function queryMs(): number {
  const startedAtMs = performance.now();
  execFileSync(process.execPath, [COMMAND, "query", BARS, "--dir", tape, "--format", "csv"], { stdio: "ignore" });
  return performance.now() - startedAtMs;
}
