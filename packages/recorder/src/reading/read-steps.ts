import type { ArrivalPlace } from "../log/log-writer.ts";
import { segmentNameAt } from "../log/segment-name.ts";
import { quoted } from "../parquet/database.ts";
import { ReadOrder, type RecordQuery } from "./record-query.ts";
import type { RecordedRows } from "./recorded-rows.ts";
import { type ColumnTypes, timeCondition } from "./step-sql.ts";

/**
 * What one statement reads: rows in a range of the order. Each step is sorted by itself, so that the first records come
 * soon, and what is sorted at once is a day at most, or a segment that was not merged.
 */
export interface ReadStep {
  readonly rows: readonly RecordedRows[];
  /** SQL of the range, as far as the rows exceed it. */
  conditions(types: ColumnTypes): string[];
}

/** Divides rows into steps in the order of their segments. */
export function receivedSteps(rows: readonly RecordedRows[]): ReadStep[] {
  const parts: Part<string>[] = rows.map((part) => ({ first: part.firstSegment, last: part.lastSegment, rows: part }));
  return rangesOf(parts, []).map(({ after, upTo, parts: inRange }) => ({
    rows: inRange.map((part) => part.rows),
    conditions: () => [
      ...(after !== undefined && inRange.some(({ first }) => first <= after) ? [`"segment" > ${quoted(after)}`] : []),
      ...(inRange.some(({ last }) => last > upTo) ? [`"segment" <= ${quoted(upTo)}`] : []),
    ],
  }));
}

/** Divides rows into steps in the order of their times, which end where a day ends, because files do. */
export function timeSteps(rows: readonly RecordedRows[], days: readonly string[]): ReadStep[] {
  const parts: Part<bigint>[] = rows.map((part) => ({ first: part.fromNs, last: part.toNs, rows: part }));
  const nights = days.map((day) => BigInt(Date.parse(`${day}T05:00:00Z`)) * 1_000_000n); // midnight in New York, in winter
  return rangesOf(parts, nights).map(({ after, upTo, parts: inRange }) => ({
    rows: inRange.map((part) => part.rows),
    conditions: (types) => [
      ...(after !== undefined && inRange.some(({ first }) => first <= after)
        ? [timeCondition(">", after, types.get("t"))]
        : []),
      ...(inRange.some(({ last }) => last > upTo) ? [timeCondition("<=", upTo, types.get("t"))] : []),
    ],
  }));
}

/** Returns whether rows may have records for a query, by their range of times and of segments. */
export function mayMatch({ firstSegment, lastSegment, fromNs, toNs }: RecordedRows, query: RecordQuery): boolean {
  const { fromNs: from = fromNs, toNs: to = toNs, order, isDescending, after, arrivedBefore } = query;
  if (toNs < from || fromNs > to) return false;
  if (arrivedBefore !== undefined && !isBegunBefore(firstSegment, arrivedBefore)) return false;
  if (after === undefined) return true;
  if (order === ReadOrder.TIME) return isDescending ? fromNs <= after.timestampNs : toNs >= after.timestampNs;
  const segment = segmentNameAt(after.segmentMs);
  return isDescending ? firstSegment <= segment : lastSegment >= segment;
}

/** Returns whether a segment may have records that arrived before a place: otherwise it need not be decoded. */
export function isBegunBefore(segment: string, { segmentMs, sequence }: ArrivalPlace): boolean {
  const name = segmentNameAt(segmentMs);
  return segment < name || (segment === name && sequence > 0);
}

/** Rows, and the range of keys that they cover. */
interface Part<Key extends string | bigint> {
  readonly first: Key;
  readonly last: Key;
  readonly rows: RecordedRows;
}

interface Range<Key extends string | bigint> {
  /** Keys behind this one; undefined for the first range. */
  readonly after: Key | undefined;
  /** Up to this key. */
  readonly upTo: Key;
  /** The parts that have keys in it. */
  readonly parts: readonly Part<Key>[];
}

/**
 * Divides keys into ranges that follow each other. A range ends with the parts that begin it, and at a boundary at the
 * latest; a part that lasts longer is in the next range as well.
 */
function rangesOf<Key extends string | bigint>(parts: readonly Part<Key>[], boundaries: readonly Key[]): Range<Key>[] {
  const ranges: Range<Key>[] = [];
  let left = parts;
  for (let after: Key | undefined; left.length > 0; ) {
    const start = smallest(left.map(({ first }) => (after !== undefined && first < after ? after : first)));
    const end = largest(left.filter(({ first }) => first <= start).map(({ last }) => last));
    const boundary = boundaries.find((key) => key > start);
    const upTo = boundary !== undefined && boundary < end ? boundary : end;
    ranges.push({ after, upTo, parts: left.filter(({ first }) => first <= upTo) });
    after = upTo;
    left = left.filter(({ last }) => last > upTo);
  }
  return ranges;
}

function smallest<Key extends string | bigint>(keys: readonly Key[]): Key {
  return keys.reduce((least, key) => (key < least ? key : least));
}

function largest<Key extends string | bigint>(keys: readonly Key[]): Key {
  return keys.reduce((most, key) => (key > most ? key : most));
}
