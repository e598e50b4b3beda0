import { mkdirSync } from "node:fs";
import { isFromHistory } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec, FrameEncoder, type MarketRecord } from "@tickerplant/client/wire";
import { ASSET_CLASSES, type AssetClass } from "../../src/asset-class.ts";
import { feedFolderOf, logFolderOf, segmentsIn } from "../../src/folder/recording-files.ts";
import type { LogEvent } from "../../src/log/log-event.ts";
import { LogWriter } from "../../src/log/log-writer.ts";
import { promoteSegment } from "../../src/promotion/promote-segment.ts";
import { placeOf, type RecordBatch } from "../../src/reading/record-batch.ts";
import type { RecordPlace, RecordQuery } from "../../src/reading/record-query.ts";
import { type ReaderOptions, RecordingReader } from "../../src/reading/recording-reader.ts";

/** What a segment is written with: a record, one from history, or an event. */
export type Entry = MarketRecord | { readonly history: MarketRecord } | { readonly event: LogEvent };

export interface LogOptions {
  readonly feed?: string;
  readonly assetClass?: AssetClass;
  /** The time at which the recorder begins it; each entry comes a millisecond later than the one before. */
  readonly startMs?: number;
}

/** 2025-11-14, 14:30:00 in UTC: the market opens in New York. */
export const OPEN_SECONDS = 1_763_130_600;

/** Writes one complete segment to the log of a feed, and leaves it there. */
export async function writeSegment(dir: string, entries: readonly Entry[], options: LogOptions = {}): Promise<void> {
  const { feed = "sip", assetClass = "stocks", startMs = OPEN_SECONDS * 1000 } = options;
  const clock = new VirtualClock({ startMs });
  const folder = logFolderOf(feedFolderOf(dir, feed));
  mkdirSync(folder, { recursive: true });
  const header = { address: "", feed, assetClass, codec: "", schemaVersion: "1", subscription: {} };
  const onError = (error: Error): never => {
    throw error;
  };
  const log = await LogWriter.open({
    folder,
    header: () => header,
    fsync: "segment",
    clock,
    onError,
    onSealed: () => {},
  });
  const encoder = new FrameEncoder(Codec.MSGPACK, ASSET_CLASSES[assetClass].schema);
  for (const entry of entries) {
    await clock.advance(1);
    if ("event" in entry) log.event(entry.event);
    else if ("history" in entry) log.history(encoder.frame([entry.history]));
    else log.frame(encoder.frame([entry]));
  }
  await log.close();
}

/** Makes Parquet files of what is in the log of a feed. */
export async function promoteLog(dir: string, feed = "sip"): Promise<void> {
  const folder = feedFolderOf(dir, feed);
  for (const path of await segmentsIn(logFolderOf(folder))) await promoteSegment(path, folder);
}

/** Reads all batches of a query. */
export async function batchesOf(
  path: string,
  query: RecordQuery = {},
  options: ReaderOptions = {},
): Promise<RecordBatch[]> {
  const reader = await RecordingReader.open(path, options);
  try {
    const batches: RecordBatch[] = [];
    for await (const batch of reader.read(query)) batches.push(batch);
    return batches;
  } finally {
    reader.close();
  }
}

/** Reads all records of a query. */
export async function recordsOf(
  path: string,
  query: RecordQuery = {},
  options: ReaderOptions = {},
): Promise<MarketRecord[]> {
  return (await batchesOf(path, query, options)).flatMap(({ records }) => records);
}

/** Returns the ids of records, with `h` behind those from history. */
export function idsOf(records: readonly MarketRecord[]): string[] {
  return records.map((record) => `${"id" in record ? record.id : record.channel}${isFromHistory(record) ? "h" : ""}`);
}

/** Returns the place of the last record. */
export function lastPlace(batches: readonly RecordBatch[]): RecordPlace {
  const last = batches.at(-1);
  if (last === undefined) throw new Error("no record was read");
  return placeOf(last, last.records.length - 1);
}
