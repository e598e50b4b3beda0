import * as LIMITS from "../../limits.ts";
import { formatTimestamp, fromNanoseconds, toNanoseconds, WILDCARD } from "../../wire/index.ts";
import type { ChannelPosition } from "../stream-position.ts";
import type { FillRules } from "./fill-rules.ts";
import { covers, earliest, type Lane, progressOf } from "./progress.ts";
import { recordMark } from "./record-mark.ts";

/** A record that was delivered, and whose handler has not finished it. */
export interface UnfinishedRecord {
  readonly symbol: string;
  readonly seconds: number;
  readonly nanos: number;
  readonly identity: number;
}

/** A record that is not finished, by its mark. */
interface Unfinished {
  readonly timeNs: bigint;
  readonly mark: string;
}

/** Up to which time the records of each symbol are finished. */
interface Places {
  afterNs: bigint;
  readonly symbols: Map<string, bigint>;
}

/**
 * The position of one channel; undefined while nothing is known. What a lane has delivered is finished, but for the
 * records that are `unfinished`.
 */
export function channelPosition(
  all: readonly Lane[],
  unfinished: readonly UnfinishedRecord[],
  rules: FillRules,
): ChannelPosition | undefined {
  const bySymbol = unfinishedBySymbol(unfinished, rules);
  const limit = Math.floor(LIMITS.maxPositionMarks / Math.max(1, all.length));
  const cut = all.map((lane) => cutLane(lane, limit));
  const lanes = cut.map(({ lane }) => lane);
  const places = mergedPlaces(lanes);
  if (places === undefined) return undefined;
  const { marks, newestNs } = finishedLater(lanes, places, bySymbol, rules);
  // Records of periods come at their end, in order.
  const lateNs = rules.revisions ? undefined : earliest(cut.map(({ lateFromNs }) => lateFromNs));
  const due = dueRecords(lanes, places, bySymbol);
  const symbols = [...places.symbols].filter(([, placeNs]) => placeNs !== places.afterNs);
  return {
    after: timeText(places.afterNs),
    ...(symbols.length === 0 ? {} : { symbols: Object.fromEntries(symbols.map(([name, ns]) => [name, timeText(ns)])) }),
    until: timeText(newestNs),
    done: [...marks].join(""),
    ...(due.length === 0 ? {} : { due: Object.fromEntries(due) }),
    ...(lateNs === undefined ? {} : { lateFrom: timeText(lateNs) }),
  };
}

/** The position of a channel that history does not fill: the time alone. */
export function timeOnly(afterNs: bigint): ChannelPosition {
  const after = timeText(afterNs);
  return { after, until: after, done: "" };
}

function unfinishedBySymbol(
  records: readonly UnfinishedRecord[],
  rules: FillRules,
): ReadonlyMap<string, readonly Unfinished[]> {
  const bySymbol = new Map<string, Unfinished[]>();
  for (const { symbol, seconds, nanos, identity } of records) {
    const one = { timeNs: toNanoseconds(seconds, nanos), mark: recordMark(rules, symbol, seconds, nanos, identity) };
    const ofSymbol = bySymbol.get(symbol);
    if (ofSymbol === undefined) bySymbol.set(symbol, [one]);
    else ofSymbol.push(one);
  }
  return bySymbol;
}

/** Records up to the places that are not finished, or that were due at the start and have not come yet. */
function dueRecords(
  lanes: readonly Lane[],
  places: Places,
  unfinished: ReadonlyMap<string, readonly Unfinished[]>,
): [symbol: string, due: { readonly from: string; readonly marks: string }][] {
  const due = new Map<string, { fromNs: bigint; readonly marks: Set<string> }>();
  const add = (symbol: string, fromNs: bigint, marks: Iterable<string>): void => {
    const ofSymbol = due.get(symbol) ?? { fromNs, marks: new Set() };
    due.set(symbol, ofSymbol);
    if (fromNs < ofSymbol.fromNs) ofSymbol.fromNs = fromNs;
    for (const mark of marks) ofSymbol.marks.add(mark);
  };
  for (const [symbol, records] of unfinished)
    for (const { timeNs, mark } of records) if (timeNs <= placeOf(places, symbol)) add(symbol, timeNs, [mark]);
  for (const lane of lanes)
    for (const [symbol, { fromNs, marks }] of lane.start?.due ?? [])
      if (marks.size > 0 && covers(lane, symbol)) add(symbol, fromNs, marks);
  return [...due].map(([symbol, { fromNs, marks }]) => [
    symbol,
    { from: timeText(fromNs), marks: [...marks].join("") },
  ]);
}

/**
 * Moves the places of a lane forward if more than `limit` records behind them would need a mark. Of the
 * newest time every record keeps its mark: more may come.
 */
function cutLane(lane: Lane, limit: number): { readonly lane: Lane; readonly lateFromNs?: bigint } {
  const { progress } = lane;
  const { recent, afterNs } = progress;
  if (recent.size <= limit || afterNs === undefined) return { lane };
  const newest = newestTime(lane);
  const cuts = new Map<string, bigint>();
  let count = 0;
  recent.visit((number, seconds, nanos) => {
    const symbol = recent.nameOf(number);
    if (!covers(lane, symbol) || ++count <= limit) return;
    if (seconds > recent.newestS + 1 || (seconds === newest.seconds && nanos === newest.nanos)) return;
    const timeNs = toNanoseconds(seconds, nanos);
    const key = progress.isLive && !progress.symbols.has(symbol) ? WILDCARD : symbol;
    if (timeNs > (cuts.get(key) ?? progressOf(progress, symbol) ?? afterNs)) cuts.set(key, timeNs);
  });
  if (cuts.size === 0) return { lane };
  const symbols = new Map(progress.symbols);
  for (const [symbol, timeNs] of cuts) symbols.set(symbol, timeNs);
  symbols.delete(WILDCARD);
  const cut = { ...progress, afterNs: cuts.get(WILDCARD) ?? afterNs, symbols };
  return { lane: { ...lane, progress: cut }, lateFromNs: afterNs };
}

/** The places of all lanes together: a symbol that several have is where the last of them is. */
function mergedPlaces(all: readonly Lane[]): Places | undefined {
  const lanes = all.filter(({ progress }) => progress.afterNs !== undefined);
  const ofAll = lanes.filter(({ names }) => names.has(WILDCARD));
  const afterNs = earliest((ofAll.length > 0 ? ofAll : lanes).map(({ progress }) => progress.afterNs));
  if (afterNs === undefined) return undefined;
  const symbols = new Map<string, bigint>();
  for (const lane of lanes) {
    const { progress, names } = lane;
    for (const symbol of [...progress.symbols.keys(), ...(progress.afterNs === afterNs ? [] : names)]) {
      if (symbol === WILDCARD || !covers(lane, symbol)) continue;
      const placeNs = earliest(
        lanes.filter((other) => covers(other, symbol)).map((other) => progressOf(other.progress, symbol)),
      );
      if (placeNs !== undefined) symbols.set(symbol, placeNs);
    }
  }
  return { afterNs, symbols };
}

function placeOf({ afterNs, symbols }: Places, symbol: string): bigint {
  return symbols.get(symbol) ?? afterNs;
}

/** The marks of the finished records behind the places, and the newest of their times. */
function finishedLater(
  lanes: readonly Lane[],
  places: Places,
  unfinished: ReadonlyMap<string, readonly Unfinished[]>,
  rules: FillRules,
): { readonly marks: ReadonlySet<string>; readonly newestNs: bigint } {
  const marks = new Set<string>();
  const waiting = new Set([...unfinished.values()].flatMap((records) => records.map(({ mark }) => mark)));
  let newestNs = places.afterNs;
  const firstNs = earliest([places.afterNs, ...places.symbols.values()]) ?? places.afterNs;
  const firstS = fromNanoseconds(firstNs).seconds;
  const delivered = new Map(lanes.length > 1 ? lanes.map((lane) => [lane, marksOf(lane, rules)]) : []);
  for (const lane of lanes) {
    const { recent } = lane.progress;
    const { start } = lane;
    if (start !== undefined && start.untilNs > firstNs) {
      for (const mark of start.marks) marks.add(mark);
      if (start.untilNs > newestNs) newestNs = start.untilNs;
    }
    const others = lanes.filter((other) => other !== lane);
    recent.visit((number, seconds, nanos, identity) => {
      if (seconds < firstS) return;
      const symbol = recent.nameOf(number);
      const timeNs = toNanoseconds(seconds, nanos);
      if (!covers(lane, symbol) || timeNs <= placeOf(places, symbol)) return;
      const mark = recordMark(rules, symbol, seconds, nanos, identity);
      if (waiting.has(mark)) return;
      const isFinished = (other: Lane): boolean =>
        !covers(other, symbol) ||
        timeNs <= (progressOf(other.progress, symbol) ?? places.afterNs) ||
        (delivered.get(other)?.has(mark) ?? false);
      if (!others.every(isFinished)) return;
      marks.add(mark);
      const isOutlier = (seconds - recent.newestS) * 1000 > LIMITS.maxTimeLagMs && Number.isFinite(recent.newestS);
      if (timeNs > newestNs && !isOutlier) newestNs = timeNs;
    });
  }
  return { marks, newestNs };
}

/** The marks of everything that a lane remembers. */
function marksOf({ progress, start }: Lane, rules: FillRules): ReadonlySet<string> {
  const { recent } = progress;
  const marks = new Set(start?.marks);
  recent.visit((number, seconds, nanos, identity) =>
    marks.add(recordMark(rules, recent.nameOf(number), seconds, nanos, identity)),
  );
  return marks;
}

/** The newest time that a lane has delivered, without outliers. */
function newestTime({ progress: { recent } }: Lane): { readonly seconds: number; readonly nanos: number } {
  const newest = { seconds: Number.NEGATIVE_INFINITY, nanos: 0 };
  recent.visit((_number, seconds, nanos) => {
    if (seconds > recent.newestS + 1) return;
    if (seconds < newest.seconds || (seconds === newest.seconds && nanos <= newest.nanos)) return;
    newest.seconds = seconds;
    newest.nanos = nanos;
  });
  return newest;
}

function timeText(timeNs: bigint): string {
  const { seconds, nanos } = fromNanoseconds(timeNs);
  return formatTimestamp(seconds, nanos);
}
