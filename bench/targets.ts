import type { Row } from "./row.ts";

/** The required ratio of one row: a minimum, or a maximum where less is better. */
export interface Target {
  readonly bench: string;
  readonly case: string;
  readonly peer: string;
  readonly unit: string;
  readonly ratio: number;
  readonly isLessBetter?: true;
  /** The value does not vary from run to run, so no tolerance applies. */
  readonly isExact?: true;
  /** The peer is not available on every machine; without it the target is skipped. */
  readonly isOptional?: boolean;
}

const RECORDS = "JSON.parse, then the same records";
const DECODE = { bench: "codec", unit: "records/CPU s" } as const;
const ALLOCATED = { bench: "codec", unit: "bytes allocated a record", isLessBetter: true } as const;

/** By processor time: by the clock, the speed of the gateway limits a fast client. */
const HISTORY = { bench: "history", unit: "records/CPU s" } as const;

/** The targets that `--check` verifies. They are ratios because machines differ. */
export const TARGETS: readonly Target[] = [
  { ...DECODE, case: "decode, frames of 100, msgpack", peer: "@msgpack/msgpack", ratio: 8 },
  { ...DECODE, case: "decode, frames of 100, msgpack", peer: "msgpackr", ratio: 5 },
  { ...DECODE, case: "decode, frames of 100, json", peer: RECORDS, ratio: 6 },
  // The goal is 7.5; it is 4.9 to 5.6 now, and was 1.75 to 2.0 before the fast path of JSON.
  { ...DECODE, case: "decode text as in a browser, frames of 100, json", peer: RECORDS, ratio: 6.5 },
  // What a record has needed since it is one object: 197 bytes on Node 20.
  { ...ALLOCATED, case: "decode, frames of 100, msgpack", peer: "msgpackr", ratio: 0.23 },
  { ...ALLOCATED, case: "decode, frames of 100, json", peer: RECORDS, ratio: 0.27 },
  {
    bench: "latency",
    case: "100k records/s, p99, msgpack",
    peer: "ws alone",
    unit: "ms",
    ratio: 2,
    isLessBetter: true,
  },
  {
    bench: "fan-out",
    case: "100 clients, *, msgpack",
    peer: "ws, ready-made bytes",
    unit: "deliveries/s",
    ratio: 0.6,
  },
  {
    // Were the cost proportional to clients × records, each delivery would cost 266 lookups that `ws` does not need.
    bench: "fan-out",
    case: "1,000 clients, 30 symbols, msgpack",
    peer: "ws, ready-made bytes",
    unit: "µs of CPU a delivery",
    ratio: 2,
    isLessBetter: true,
  },
  // One client's goal is 0.5: the rest is the decoding and the history of each record. With 100, ours joins the frames
  // of one read in one write, and `ws` writes each.
  ...(
    [
      ["1 client, *, msgpack", 0.35],
      ["100 clients, *, msgpack", 1.5],
    ] as const
  ).map(([what, ratio]) => ({ bench: "relay", case: what, peer: "ws, bytes passed on", unit: "deliveries/s", ratio })),
  {
    bench: "subscribe",
    case: "10,000 symbols, msgpack",
    peer: "target of a second",
    unit: "ms until acked",
    ratio: 1,
    isLessBetter: true,
  },
  {
    bench: "promotion",
    case: "simulated",
    peer: "target of 300,000",
    unit: "rows/CPU s",
    ratio: 1,
  },
  {
    bench: "recording",
    case: "tickerplant record, real ticks",
    peer: "tickerplant stream",
    unit: "records/s",
    ratio: 0.6,
    isOptional: true,
  },
  {
    bench: "recording",
    case: "query, minute bars, real ticks",
    peer: "target of a second",
    unit: "ms, with the start",
    ratio: 1,
    isLessBetter: true,
    isOptional: true,
  },
  {
    // Over a network both need the same round trips. On loopback the processor time counts, and Go
    // needs a few milliseconds less; any delay of ours before the attempt exceeds this target.
    bench: "reconnect",
    case: "from a cut to the next trade",
    peer: "alpaca-trade-api-go",
    unit: "ms",
    ratio: 2,
    isLessBetter: true,
    isOptional: true,
  },
  ...(
    [
      // The goals are 2, 15 and 5. The short form reads too little for them: HTTP is most of the time, on both sides.
      ["alpaca-trade-api-go", 1.5, true],
      ["alpaca-py", 12, true],
      ["@alpacahq/alpaca-trade-api", 4, false],
    ] as const
  ).map(([peer, ratio, isOptional]) => ({ ...HISTORY, case: "trades, batches", peer, ratio, isOptional })),
  {
    // What a stream remembers of each trade and bar, so that a fill repeats none.
    bench: "history",
    case: "stream, sync handler, history, no gap",
    peer: "sync handler",
    unit: "messages/CPU s",
    ratio: 0.97,
  },
  {
    bench: "size",
    case: "a page with a stream, minified and gzipped",
    peer: "target of 35.6 kB",
    unit: "bytes",
    ratio: 1,
    isLessBetter: true,
    isExact: true,
  },
  {
    // By the clock: on a busy machine `ws` finds several frames in one read, and takes half of the processor time.
    bench: "end-to-end",
    case: "frames of 100, msgpack, sync handler",
    peer: "ws alone",
    unit: "messages/s",
    ratio: 0.5,
  },
  ...(
    [
      ["frames of 100, msgpack, sync handler", "@alpacahq/alpaca-trade-api", 20],
      // The cost of a promise each is the same beside a faster decoder: beside a sync handler these would lose by it.
      ["frames of 100, msgpack, async handler", "@alpacahq/alpaca-trade-api", 8],
      ["frames of 100, msgpack, iterator", "@alpacahq/alpaca-trade-api", 11],
      ["frames of 100 (10 a write), msgpack, batches", "sync handler", 0.9],
      ["frames of 100 (10 a write), msgpack, rawData", "sync handler", 0.5],
      ["frames of 1 (100 a write), msgpack, sync handler", "ws alone", 0.6],
    ] as const
  ).map(([what, peer, ratio]) => ({ bench: "end-to-end", case: what, peer, unit: "messages/CPU s", ratio })),
];

/** Fraction of a target that still passes: machines are noisy, and short runs more so. */
const TOLERANCE = 2 / 3;

/** A target that was missed. */
export interface Shortfall {
  readonly target: Target;
  readonly sentence: string;
}

/** Returns the targets that rows miss by more than the tolerance, and those without a row. */
export function shortfalls(rows: readonly Row[]): Shortfall[] {
  const benches = new Set(rows.map(({ bench }) => bench));
  return TARGETS.filter(({ bench }) => benches.has(bench)).flatMap((target) => {
    const { bench, case: what, peer, ratio, isLessBetter, isOptional, isExact } = target;
    const tolerance = isExact ? 1 : TOLERANCE;
    const row = rows.find((one) => isFor(target, one));
    const name = `${bench}: ${what}, compared with ${peer}`;
    if (row === undefined) return isOptional ? [] : [{ target, sentence: `${name}: not measured` }];
    const isMet = isLessBetter ? row.ratio <= ratio / tolerance : row.ratio >= ratio * tolerance;
    if (isMet) return [];
    return [{ target, sentence: `${name}: ratio must be ${expected(target)}, got ${row.ratio.toFixed(2)}` }];
  });
}

/** Returns the target of a row in words, or undefined if it has none. */
export function targetOf(row: Row): string | undefined {
  const target = TARGETS.find((one) => isFor(one, row));
  return target && expected(target);
}

function isFor(target: Target, row: Row): boolean {
  return (["bench", "case", "peer", "unit"] as const).every((key) => target[key] === row[key]);
}

function expected({ ratio, isLessBetter }: Target): string {
  return isLessBetter ? `at most ${ratio}` : `at least ${ratio}`;
}
