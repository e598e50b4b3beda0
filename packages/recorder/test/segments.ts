import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type MarketRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { feedFolderOf, logFolderOf } from "../src/folder/recording-files.ts";
import type { LogEvent } from "../src/log/log-event.ts";
import { Fsync, LogWriter } from "../src/log/log-writer.ts";
import { nextBlock } from "../src/log/segment-format.ts";
import type { ParquetFile } from "../src/parquet/parquet-file.ts";
import { promoteSegment } from "../src/promotion/promote-segment.ts";
import { FeedSource } from "../src/sources/feed-source.ts";

/** What a segment has: records in their order, some of which the helper `historyRecord` made, and events. */
export type Content = readonly (MarketRecord | LogEvent)[];

/** Writes a segment of the feed `sip` that was begun at a time. Returns its path. */
export async function writeSegment(dir: string, begunAt: string, content: Content): Promise<string> {
  const folder = logFolderOf(feedFolderOf(dir, "sip"));
  await mkdir(folder, { recursive: true });
  const before = new Set(readdirSync(folder));
  const log = await LogWriter.open({
    folder,
    header: () => ({
      address: "",
      feed: "sip",
      assetClass: "stocks",
      codec: "msgpack",
      schemaVersion: "0.1.0",
      subscription: {},
    }),
    fsync: Fsync.SEGMENT,
    clock: new VirtualClock({ startMs: Date.parse(begunAt) }),
    onError: (error) => {
      throw error;
    },
    onSealed: () => {},
  });
  const source = new FeedSource(log, STOCK_SCHEMA);
  for (const item of content) {
    if ("kind" in item) {
      source.flush();
      log.event(item);
    } else source.record(item);
  }
  source.flush();
  await log.close();
  const name = readdirSync(folder).find((one) => !before.has(one)) ?? "";
  return join(folder, name);
}

/** Begins segments of the feed `sip`, one after the other, and seals none of them. */
export async function unsealedSegments(dir: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const sealed = await writeSegment(dir, new Date(1_763_130_600_000 + index).toISOString(), []);
    const bytes = readFileSync(sealed);
    writeFileSync(sealed, bytes.subarray(0, nextBlock(bytes, 0)));
  }
}

/** Writes a segment and makes Parquet files of it. */
export async function promoted(dir: string, begunAt: string, content: Content): Promise<ParquetFile[]> {
  return promoteSegment(await writeSegment(dir, begunAt, content), feedFolderOf(dir, "sip"));
}
