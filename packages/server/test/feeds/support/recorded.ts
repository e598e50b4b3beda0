import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { VirtualClock } from "@tickerplant/client/testing";
import type { MarketRecord } from "@tickerplant/client/wire";
import { Recorder } from "@tickerplant/recorder";
import { onTestFinished } from "vitest";
import type { FeedGap } from "../../../src/feeds/feed.ts";
import { RECORDED_SECONDS } from "./recordings.ts";

/** What a recorder gets: a record, or a gap. */
export type Entry = MarketRecord | { readonly gap: FeedGap };

/** How entries are recorded. */
export interface RecordOptions {
  readonly feed?: string;
  readonly assetClass?: "stocks" | "crypto";
  /** Milliseconds from one entry to the next. */
  readonly stepMs?: number;
  /** Whether the segment stays in the log, as after a crash. */
  readonly staysInLog?: boolean;
}

/** Makes a folder that is removed at the end of the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-recorded-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Records what a feed publishes; in virtual time, in which each entry is a turn of its own. */
export async function record(dir: string, entries: Iterable<Entry>, options: RecordOptions = {}): Promise<void> {
  const { feed = "sip", assetClass = "stocks", stepMs = 1, staysInLog = false } = options;
  const clock = new VirtualClock({ startMs: RECORDED_SECONDS * 1000 });
  const errors: Error[] = [];
  const recorder = await Recorder.open({ dir, feed, assetClass, clock, onError: (error) => errors.push(error) });
  const inTheWay = join(dir, `feed=${feed}/date=2025-11-14`); // where the folder of the day would be
  if (staysInLog) writeFileSync(inTheWay, "");
  for (const entry of entries) {
    if ("gap" in entry) recorder.sink.gap(entry.gap);
    else recorder.sink.record(entry);
    recorder.sink.flush();
    await clock.advance(stepMs);
  }
  await recorder.close();
  if (staysInLog) rmSync(inTheWay);
  else if (errors[0] !== undefined) throw errors[0];
}

/** Returns the paths below a folder that end with an extension. */
export function pathsIn(dir: string, extension: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(extension)).map((name) => join(dir, name));
}

/** Changes a byte of a file, at a share of its length. */
export function damage(path: string, share: number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * share);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

/** Writes a Parquet file, as another program does, with the rows of a query. */
export async function writeParquet(path: string, query: string): Promise<string> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`copy (${query}) to '${path}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}
