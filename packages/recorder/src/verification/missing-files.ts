import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { isPartOf, type RecordedFeed, type RecordedFile, segmentName } from "../folder/recording-files.ts";
import type { Finding } from "./finding.ts";

/**
 * Reports files that a recorder wrote and that are gone. `listed` are those that the lists of the days had before
 * `recorded` was read: a file that was merged since is in a merged one.
 */
export function missingFiles(listed: readonly RecordedFile[], { files, segments }: RecordedFeed): Finding[] {
  const inLog = new Set(segments.map(segmentName));
  const tables = new Map<string, RecordedFile[]>();
  for (const file of files) tables.set(dirname(file.path), [...(tables.get(dirname(file.path)) ?? []), file]);
  const isThere = (file: RecordedFile): boolean =>
    inLog.has(file.firstSegment) || // a crash came before the segment was deleted: it is promoted again
    (tables.get(dirname(file.path)) ?? []).some((other) => isPartOf(file, other));
  return listed.filter((file) => !isThere(file) && isDayThere(file)).map(toFinding);
}

/** A day that is gone as a whole was deleted on purpose: by `keepDays`, or by hand. */
function isDayThere({ path }: RecordedFile): boolean {
  return existsSync(dirname(dirname(path)));
}

function toFinding({ path }: RecordedFile): Finding {
  return { path, kind: "missing", byteLength: 0, message: "the recorder wrote this file, and it is gone" };
}
