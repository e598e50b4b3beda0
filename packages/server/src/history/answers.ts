import { type TimestampParts, WILDCARD } from "@tickerplant/client/wire";
import type { FeedHistory, Kind } from "./feed-history.ts";
import { findLatest, writeFound, writeSnapshot } from "./latest.ts";
import { HISTORY_LIMITS } from "./limits.ts";
import type { PageEnd, PageTokens } from "./page-token.ts";
import { PageWriter } from "./page-writer.ts";
import { writePage } from "./range-page.ts";
import { checkAdjustment, checkCurrency, type RangeQuery, rangeQuery, shown } from "./range-query.ts";
import { RankedPlaces } from "./recorded/ranked-places.ts";
import type { RecordedHistory } from "./recorded/recorded-history.ts";
import type { Wanted } from "./recorded/wanted.ts";
import { RestError } from "./rest-error.ts";
import type { RecordSource } from "./store/channel-history.ts";
import { intervalOf, parseTimeframe, type Timeframe } from "./timeframe.ts";
import { TimeframeBars } from "./timeframe-bars.ts";

const DAYS: Wanted = { kind: "bars", timeframe: { count: 1, unit: "Day" } };

/** A request for history, once its key and its feed are known. */
export interface Call {
  readonly history: FeedHistory;
  /** The name of the feed. */
  readonly feed: string;
  readonly query: URLSearchParams;
  /** The symbol in the path; undefined for a request that may name many. */
  readonly symbol: string | undefined;
  readonly nowSeconds: number;
  /** The newest second that the plan gives. */
  readonly lastSeconds: number;
  readonly tokens: PageTokens;
  readonly lagMs: number;
  readonly dropEvery: number;
  readonly loops: boolean;
  /** Whether the feed has published everything up to now. */
  readonly isCurrent: boolean;
  /** Whether it is known that everything of what was asked for is held: so at a relay, which asks upstream otherwise. */
  readonly isHeld: boolean;
  /** The recording behind the history, if there is one. */
  readonly recorded: RecordedHistory | undefined;
  /** The history of this feed in memory, if `history` is one that was made for the request. */
  readonly inMemory?: FeedHistory;
}

/** The body of an answer, and what it may lack. */
export interface Body {
  readonly bytes: Uint8Array;
  /** The second from which on nothing of what was asked for is missing; undefined if nothing is. */
  readonly completeFromSeconds?: number;
}

/** The parts of a request for a range of time. */
interface RangeRequest {
  readonly range: RangeQuery;
  /** Undefined for minute bars, and for other records. */
  readonly timeframe: Timeframe | undefined;
  readonly scope: string;
  readonly after: PageEnd | undefined;
}

/** @throws RestError 400 for parameters that make no sense. */
function readRange(call: Call, kind: Kind): RangeRequest {
  const { history, query, tokens } = call;
  const range = rangeQuery(query, call.nowSeconds, call.lastSeconds, history.assetClass.dayOf);
  checkCurrency(query);
  checkAdjustment(query);
  const timeframe = kind === "bars" ? parseTimeframe(query.get("timeframe")) : undefined;
  const isMinute = timeframe?.unit === "Min" && timeframe.count === 1;
  const scope = scopeOf(call, kind, range);
  const token = query.get("page_token") ?? "";
  const after = token === "" ? undefined : tokens.read(scope, token);
  return { range, timeframe: isMinute ? undefined : timeframe, scope, after };
}

/** Reads what memory may lack from the recording: returns a call whose history has it. */
export type ReadRecording = () => Promise<Call>;

/** Returns what reads a range from the recording; undefined if memory has all of it. */
export function rangeFromRecording(call: Call, kind: Kind, recorded: RecordedHistory): ReadRecording | undefined {
  const { range, timeframe, after } = readRange(call, kind);
  const { dayOf } = call.history.assetClass;
  const { seconds } = range.from;
  const from = timeframe === undefined ? seconds : intervalOf(seconds, timeframe, dayOf).start;
  const symbols = isWildcard(call) ? undefined : symbolsOf(call, call.history[kind]);
  const wanted = { kind, timeframe, symbols, range };
  if (recorded.isRangeHeld(wanted, from)) return undefined;
  return async () => {
    await recorded.readEarlier(wanted);
    if (recorded.isRangeHeld(wanted, from)) return call;
    return { ...call, history: await recorded.page({ ...wanted, after }), inMemory: call.history };
  };
}

/** Returns what reads the latest records from the recording; undefined if memory has them, and for all symbols. */
export function latestFromRecording(
  call: Call,
  kinds: readonly Kind[],
  recorded: RecordedHistory,
  hasDays: boolean,
): ReadRecording | undefined {
  const { history } = call;
  if (isWildcard(call)) return undefined;
  const symbols = symbolsOf(call, history.quotes);
  const isHeld = (kind: Kind, symbol: string): boolean => {
    const found = findLatest(history, kind, symbol);
    if (found === undefined) return false;
    const { seconds } = found.source.placeOf(symbol, found.index);
    return recorded.isHeld({ kind, timeframe: undefined }, seconds) === true;
  };
  const areHeld = (): boolean =>
    (!hasDays || recorded.isHeld(DAYS, Number.NEGATIVE_INFINITY) === true) &&
    kinds.every((kind) => symbols.every((symbol) => isHeld(kind, symbol)));
  if (areHeld()) return undefined;
  return async () => {
    for (const wanted of [...kinds.map((kind) => ({ kind, timeframe: undefined })), DAYS])
      await recorded.readEarlier(wanted);
    if (areHeld()) return call;
    return { ...call, history: await recorded.latest(kinds, symbols, hasDays), inMemory: history };
  };
}

/** Answers a request for a range of time. */
export function rangeBody(call: Call, kind: Kind): Body {
  const { history, query, symbol, tokens } = call;
  const { range, timeframe, scope, after } = readRange(call, kind);
  const records = timeframe === undefined ? history[kind] : new TimeframeBars(history, timeframe);
  const source = call.recorded === undefined ? records : new RankedPlaces(records);
  const symbols = symbolsOf(call, source);
  const token = query.get("page_token") ?? "";
  const to = call.lagMs > 0 ? earlier(range.to, history[kind].newestSeconds, call.lagMs) : range.to;

  const writer = new PageWriter(history.assetClass.schema, range.limit);
  writer.text(symbol === undefined ? `{"${kind}":{` : `{"symbol":${JSON.stringify(symbol)},"${kind}":`);
  const request = { ...range, to, source, symbols, after, dropEvery: call.dropEvery };
  const end = writePage(request, writer, symbol !== undefined);
  const next = call.loops && token !== "" ? JSON.stringify(token) : nextToken(tokens, scope, end);
  writer.text(`${symbol === undefined ? "}" : ""},"next_page_token":${next}${currencyMember(query)}}`);
  return { bytes: writer.finish(), ...completeness(call, source, range.from) };
}

/** Names the kind of request that a page's token continues. */
export function scopeOf({ feed, query }: Call, kind: Kind, { isDescending }: RangeQuery): string {
  return [feed, kind, query.get("timeframe"), isDescending].join(" ");
}

/** Answers a request for the latest records. */
export function latestBody(call: Call, kind: Kind): Body {
  const { history, query, symbol } = call;
  checkCurrency(query);
  const writer = new PageWriter(history.assetClass.schema, 0);
  if (symbol === undefined) {
    writer.text(`{"${kind}":{`);
    let isFirst = true;
    for (const name of symbolsOf(call, history[kind])) {
      const found = findLatest(history, kind, name);
      if (found === undefined) continue;
      writer.text(`${isFirst ? "" : ","}${JSON.stringify(name)}:`);
      writeFound(found, name, writer);
      isFirst = false;
    }
    writer.text(`}${currencyMember(query)}}`);
    return { bytes: writer.finish() };
  }
  symbolsOf(call, history[kind]);
  const found = findLatest(history, kind, symbol);
  const noun = kind.slice(0, -1);
  if (found === undefined) throw new RestError(404, `no ${noun} found for ${symbol}`);
  writer.text(`{"symbol":${JSON.stringify(symbol)},"${noun}":`);
  writeFound(found, symbol, writer);
  writer.text(`${currencyMember(query)}}`);
  return { bytes: writer.finish() };
}

/** Answers a request for snapshots; `name` is the member that holds those of many symbols, where there is one. */
export function snapshotBody(call: Call, name?: string): Body {
  const { history, query, symbol } = call;
  checkCurrency(query);
  const writer = new PageWriter(history.assetClass.schema, 0);
  const symbols = symbolsOf(call, history.quotes);
  if (symbol !== undefined) {
    if (!hasRecords(history, symbol)) throw new RestError(404, `no snapshot found for ${symbol}`);
    writer.text(`{"symbol":${JSON.stringify(symbol)},`);
    writeSnapshot(history, symbol, writer);
    writer.text("}");
    return { bytes: writer.finish() };
  }
  writer.text(name === undefined ? "{" : `{"${name}":{`);
  const held = symbols.filter((name) => hasRecords(history, name));
  for (const [index, name] of held.entries()) {
    writer.text(`${index === 0 ? "" : ","}${JSON.stringify(name)}:{`);
    writeSnapshot(history, name, writer);
    writer.text("}");
  }
  writer.text(name === undefined ? "}" : "}}");
  return { bytes: writer.finish() };
}

/** Answers a request for auctions, of which the stream has none. */
export function auctionBody(call: Call): Body {
  rangeQuery(call.query, call.nowSeconds, call.lastSeconds, call.history.assetClass.dayOf);
  symbolsOf(call, call.history.trades);
  const symbol = call.symbol === undefined ? "" : `"symbol":${JSON.stringify(call.symbol)},`;
  const auctions = call.symbol === undefined ? "{}" : "[]";
  return { bytes: Buffer.from(`{${symbol}"auctions":${auctions},"next_page_token":null}`) };
}

function isWildcard({ query, symbol }: Call): boolean {
  return symbol === undefined && query.get("symbols") === WILDCARD;
}

/**
 * Returns the symbols that a request names, in the order of the answer; those of a source for `*`.
 *
 * @throws RestError 400 for none, too many, and those that are no symbols.
 */
function symbolsOf(call: Call, source: RecordSource): readonly string[] {
  const { history, query, symbol, inMemory = history } = call;
  if (isWildcard(call)) return [...source.symbols].sort();
  const names = new Set(namesOf(query, symbol));
  if (names.size === 0)
    throw new RestError(400, "Invalid format for parameter symbols: query parameter 'symbols' is required");
  if (names.size > HISTORY_LIMITS.maxSymbols) throw new RestError(400, "too many symbols");
  for (const name of names) {
    if (!history.assetClass.symbol.test(name) && !hasRecords(history, name) && !hasRecords(inMemory, name))
      throw new RestError(400, `invalid symbol: ${shown(name)}`);
  }
  return [...names].sort();
}

/** Returns the symbols of a request as it names them; `*` for all. */
export function namesOf(query: URLSearchParams, symbol: string | undefined): readonly string[] {
  return symbol === undefined ? (query.get("symbols") ?? "").split(",").filter((name) => name !== "") : [symbol];
}

function hasRecords({ trades, quotes, bars, dailyBars }: FeedHistory, symbol: string): boolean {
  return [trades, quotes, bars, dailyBars].some((source) => source.has(symbol));
}

function nextToken(tokens: PageTokens, scope: string, end: PageEnd | undefined): string {
  return end === undefined ? "null" : JSON.stringify(tokens.write(scope, end));
}

/** The currency is repeated where the request names it. */
function currencyMember(query: URLSearchParams): string {
  return query.has("currency") ? ',"currency":"USD"' : "";
}

function completeness(
  { history, nowSeconds, isHeld }: Call,
  source: RecordSource,
  from: TimestampParts,
): Pick<Body, "completeFromSeconds"> {
  if (isHeld) return {};
  const completeFromSeconds = history.isPartial ? Math.ceil(nowSeconds) : source.completeFromSeconds;
  return completeFromSeconds > from.seconds ? { completeFromSeconds } : {};
}

/** The earlier one of a time and of what is `lagMs` older than the newest record. */
function earlier(time: TimestampParts, newestSeconds: number, lagMs: number): TimestampParts {
  const limitMs = newestSeconds * 1000 - lagMs;
  if (time.seconds * 1000 <= limitMs) return time;
  const seconds = Math.floor(limitMs / 1000);
  return { seconds, nanos: Math.round((limitMs - seconds * 1000) * 1e6) };
}
