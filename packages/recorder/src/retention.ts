import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { usEquitySession } from "@tickerplant/client";
import { DELETED_PREFIX, dayFolderOf, logFolderOf, segmentName, segmentsIn } from "./folder/recording-files.ts";
import { segmentTimeMs } from "./log/segment-name.ts";
import { dayName, newYorkDay } from "./trading-day.ts";

/** Which days of a recording to keep. */
export interface Retention {
  /** How many trading days, today included if it is one. For crypto, every day is one. */
  readonly keepDays: number;
  readonly assetClass: "stocks" | "crypto";
  readonly nowMs: number;
}

/** The folder of a day. */
const DAY_FOLDER = /^date=(\d{4}-\d\d-\d\d)$/;

const DAY_MS = 86_400_000;

/**
 * Deletes the folders of days that are older than those to keep, except for days that segments of the log may still
 * be promoted to. Returns the days that it deleted, the oldest first.
 */
export async function deleteOldDays(folder: string, retention: Retention): Promise<string[]> {
  const names = await readdir(folder);
  for (const name of names) if (name.startsWith(DELETED_PREFIX)) await remove(join(folder, name)); // a crash left it
  const days = names.flatMap((name) => DAY_FOLDER.exec(name)?.[1] ?? []).sort();
  const [oldest] = days;
  if (oldest === undefined) return [];
  const segments = (await segmentsIn(logFolderOf(folder))).map(segmentName);
  const firstKept = firstKeptDay(retention, oldest);
  const deleted: string[] = [];
  for (const day of days) {
    const dayFolder = dayFolderOf(folder, day);
    if (day >= firstKept || (await isInLog(dayFolder, day, segments))) continue;
    const doomed = join(folder, DELETED_PREFIX + day);
    await rename(dayFolder, doomed); // so that no reader finds half of a day
    await remove(doomed);
    deleted.push(day);
  }
  return deleted;
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The first day to keep; the search ends at the oldest day that there is. */
function firstKeptDay({ keepDays, assetClass, nowMs }: Retention, oldest: string): string {
  let day = dayName(newYorkDay(nowMs / 1000));
  for (let left = keepDays; day > oldest; day = dayBefore(day))
    if ((assetClass === "crypto" || isTradingDay(day)) && --left === 0) break;
  return day;
}

/** Whether a segment of the log may have records of a day: one that was begun then or before, or has a file there. */
async function isInLog(dayFolder: string, day: string, segments: readonly string[]): Promise<boolean> {
  if (segments.some((name) => begunDay(name) <= day)) return true;
  const files = await readdir(dayFolder, { recursive: true });
  return files.some((file) => segments.some((segment) => file.includes(segment)));
}

/** The day in New York on which a segment was begun, by its name. */
function begunDay(segment: string): string {
  const begunMs = segmentTimeMs(segment);
  return begunMs === undefined ? "" : dayName(newYorkDay(begunMs / 1000)); // before every day
}

/** Whether a day is one of trading; in years that the calendar does not have, every weekday is one. */
function isTradingDay(day: string): boolean {
  try {
    return usEquitySession(day) !== undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return ![0, 6].includes(new Date(day).getUTCDay());
  }
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
}
