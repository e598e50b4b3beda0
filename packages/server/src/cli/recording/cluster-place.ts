import type { ReaderPosition } from "@tickerplant/cluster";
import type { SourcePlace } from "@tickerplant/recorder";

/** What the note of a place has, as JSON: minus infinity is null. */
interface Note extends Omit<ReaderPosition, "logId" | "number" | "completeMs" | "missing"> {
  readonly completeMs: number | null;
  readonly missing?: { readonly fromMs: number | null; readonly message: string };
}

/** The place of the frame that a reader has got to. Its source is the log, and its note what the next reader needs besides. */
export function placeOfPosition({ logId, number, ...rest }: ReaderPosition): SourcePlace {
  return { source: logId, sequence: number, note: JSON.stringify(rest) };
}

/**
 * The position of a place. One without a note is of `serve --cluster --record`: nothing is known of its epoch, so that no
 * other replaces it, nor of its time.
 */
export function positionOfPlace({ source: logId, sequence: number, note }: SourcePlace): ReaderPosition {
  if (note === undefined)
    return {
      logId,
      number,
      epoch: Number.POSITIVE_INFINITY,
      completeMs: Number.NEGATIVE_INFINITY,
      madeMs: 0,
      readMs: 0,
    };
  const { completeMs, missing, ...rest } = JSON.parse(note) as Note; // by placeOfPosition
  return {
    ...rest,
    logId,
    number,
    completeMs: timeOf(completeMs),
    ...(missing && { missing: { ...missing, fromMs: timeOf(missing.fromMs) } }),
  };
}

function timeOf(ms: number | null): number {
  return ms ?? Number.NEGATIVE_INFINITY;
}
