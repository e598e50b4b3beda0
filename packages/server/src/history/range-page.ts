import type { PageEnd } from "./page-token.ts";
import type { PageWriter } from "./page-writer.ts";
import type { RangeQuery } from "./range-query.ts";
import type { RecordSource } from "./store/channel-history.ts";

/** What a page is made of. */
export interface PageRequest extends RangeQuery {
  readonly source: RecordSource;
  /** In the order of the answer. */
  readonly symbols: readonly string[];
  /** The end of the page before; undefined for the first page. */
  readonly after: PageEnd | undefined;
  /** Leaves out one record of so many, as a fault. */
  readonly dropEvery: number;
}

/** Indices of one symbol's records, in the order of the answer. */
interface Run {
  readonly symbol: string;
  readonly start: number;
  readonly count: number;
  /** 1 or -1. */
  readonly step: number;
}

/**
 * Writes a page: `"AAPL":[…],"MSFT":[…]` or, with `isSingle`, `[…]`. Returns its end if more records follow.
 */
export function writePage(request: PageRequest, writer: PageWriter, isSingle: boolean): PageEnd | undefined {
  let left = request.limit;
  let end: PageEnd | undefined;
  let isFirst = true;
  if (isSingle) writer.text("[");
  for (const run of runs(request)) {
    if (left === 0) return end;
    const count = Math.min(run.count, left);
    if (!isSingle) writer.text(`${isFirst ? "" : ","}${JSON.stringify(run.symbol)}:[`);
    isFirst = false;
    writeRun(request, run, count, writer);
    writer.text("]");
    left -= count;
    end = { symbol: run.symbol, ...request.source.placeOf(run.symbol, run.start + (count - 1) * run.step) };
    if (count < run.count) return end;
  }
  if (isSingle && isFirst) writer.text("]");
  return undefined;
}

/** Returns how many records are left for a page and those after it. */
export function countRecords(request: Omit<PageRequest, "limit" | "dropEvery">): number {
  let count = 0;
  for (const run of runs(request)) count += run.count;
  return count;
}

/** The records that are left for this page and those after it. */
function* runs(request: Omit<PageRequest, "limit" | "dropEvery">): Generator<Run> {
  const { symbols, after, isDescending } = request;
  for (const symbol of symbols) {
    if (after !== undefined && symbol < after.symbol) continue;
    const [start, end] = indicesOf(request, symbol);
    if (end <= start) continue;
    const count = end - start;
    yield isDescending ? { symbol, start: end - 1, count, step: -1 } : { symbol, start, count, step: 1 };
  }
}

/** The first index of a symbol's records and the one behind the last, from the lower time to the higher. */
function indicesOf(
  { source, from, to, after, isDescending }: Omit<PageRequest, "limit" | "dropEvery">,
  symbol: string,
): [number, number] {
  const start = source.indexFrom(symbol, from);
  const end = source.indexAfter(symbol, to);
  if (after?.symbol !== symbol) return [start, end];
  const index = source.indexOf(symbol, after);
  if (isDescending) return [start, Math.min(end, index >= 0 ? index : source.indexFrom(symbol, after))];
  return [Math.max(start, index >= 0 ? index + 1 : source.indexAfter(symbol, after)), end];
}

function writeRun({ source, dropEvery }: PageRequest, run: Run, count: number, writer: PageWriter): void {
  const { symbol, start, step } = run;
  let isFirst = true;
  for (let number = 0; number < count; number++) {
    const index = start + number * step;
    if ((index + 1) % dropEvery === 0) continue;
    if (!isFirst) writer.comma();
    isFirst = false;
    writer.record(source.read(symbol, index), source.suffix(symbol, index));
  }
}
