import type { LogEntry } from "./log-event.ts";
import type { Damage } from "./segment-reader.ts";

/** What a segment lacks that a recorder did not close. */
export const UNSEALED_MESSAGE = "the recorder ended without closing the segment: what it received last may be missing";

/** Describes bytes that cannot be read. */
export function damageMessage({ offset, byteLength, isTail }: Damage): string {
  const place = isTail ? "at the end of the segment" : `at byte ${offset} of the segment`;
  return `${byteLength} bytes ${place} cannot be read`;
}

/** Whether an entry is the end of a segment that a recorder closed. */
export function isSeal(entry: LogEntry): boolean {
  return entry.type === "event" && entry.event.kind === "sealed";
}
