import { CRYPTO_COLUMNS, CryptoOrderBook, CryptoTrade, Quote, STOCK_COLUMNS, Trade } from "@tickerplant/client";
import { historyRecord, VirtualClock } from "@tickerplant/client/testing";
import { type Column, type MarketRecord, toNanoseconds } from "@tickerplant/client/wire";
import { Recorder } from "@tickerplant/recorder";
import { recordsOf } from "./market.ts";

/** Values as they have to be read: integers and times as strings, missing values as null. */
export type ReadRow = Readonly<Record<string, unknown>>;

/** What a recording was made of. */
export interface KnownTable {
  readonly feed: string;
  readonly table: string;
  /** In the order of arrival, without the columns `segment` and `sequence`. */
  readonly rows: readonly ReadRow[];
}

/** 2025-11-14, 23:30 in New York: the recording has two days. */
const START_MS = Date.UTC(2025, 10, 15, 4, 30);
const START_SECONDS = START_MS / 1000;

const PARTS = {
  sip: { assetClass: "stocks", columns: STOCK_COLUMNS },
  "crypto-us": { assetClass: "crypto", columns: CRYPTO_COLUMNS },
} as const;

/** Records a known market, and returns what a reader must find, table by table. */
export async function makeKnownRecording(dir: string): Promise<KnownTable[]> {
  return [...(await recordFeed(dir, "sip", stockTurns())), ...(await recordFeed(dir, "crypto-us", cryptoTurns()))];
}

function stockTurns(): MarketRecord[][] {
  const turns = Array.from({ length: 60 }, (_, turn) =>
    recordsOf({ first: turn * 40, count: 40, timeNs: BigInt(START_SECONDS + turn * 60) * 1_000_000_000n }),
  );
  return [stockEdges(), ...turns];
}

/** Values at which readers round, cut or fail. */
function stockEdges(): MarketRecord[] {
  const day = START_SECONDS;
  return [
    new Trade("A", day, 999_999_999, 2n ** 64n - 1n, "V", 0.000_001, 0.123_456_789, [], "C", 1n),
    new Trade("NULL", day, 1, 0, "", 1e9, 2 ** 53, ["", "|", "ü", "  "], "", undefined),
    new Trade("TRUE", day, 0, 2n ** 53n + 1n, "V", 0.1 + 0.2, 1, ["@", "T", "I", "X"], "A", 9_223_372_036_854_775_806n),
    historyRecord(new Trade("BRK.B", day + 1, 123_456_789, 7, "V", 1 / 3, 1, ["@"], "A")),
    new Quote("ZZZ", day, 1, "", 0, 0, "", 0, 0, [], "", undefined),
  ];
}

function cryptoTurns(): MarketRecord[][] {
  const bids = [{ price: 91_000.5, size: 0.000_000_1 }];
  return [
    [
      new CryptoOrderBook("BTC/USD", START_SECONDS, 5, bids, [], true),
      new CryptoOrderBook("BTC/USD", START_SECONDS, 6, [], [...bids, { price: 1e-8, size: 1e9 }], false),
      new CryptoTrade("DOGE/USD", START_SECONDS, 7, 0.1, 0.25, 2n ** 63n, "B"),
    ],
  ];
}

async function recordFeed(
  dir: string,
  feed: keyof typeof PARTS,
  turns: readonly (readonly MarketRecord[])[],
): Promise<KnownTable[]> {
  const { assetClass, columns } = PARTS[feed];
  const clock = new VirtualClock({ startMs: START_MS });
  const recorder = await Recorder.open({ dir, feed, assetClass, clock });
  const tables = new Map<string, ReadRow[]>();
  for (const turn of turns) {
    const received = BigInt(clock.now()) * 1_000_000n;
    for (const record of turn) {
      recorder.sink.record(record);
      const { channel } = record;
      const known = tables.get(channel) ?? [];
      tables.set(channel, known);
      const columnsOfChannel = (columns as Readonly<Record<string, readonly Column[]>>)[channel] ?? []; // of its class
      known.push(rowOf(record, columnsOfChannel, received));
    }
    recorder.sink.flush();
    await clock.advance(60_000);
  }
  tables.set("gaps", [recordGap(recorder, clock), closedRow(clock)]);
  await recorder.close();
  return [...tables].map(([table, rows]) => ({ feed, table, rows }));
}

function recordGap(recorder: Recorder, clock: VirtualClock): ReadRow {
  const [from, to] = [new Date(START_MS - 1), new Date(START_MS + 1)];
  const cause = Object.assign(new Error("it's lost"), { code: "connection_lost" });
  recorder.sink.gap({ channel: "trades", symbols: ["AAPL", "*"], from, to, cause });
  return {
    kind: "gap",
    channel: "trades",
    symbols: ["AAPL", "*"],
    fromTime: nanoseconds(from.getTime()),
    toTime: nanoseconds(to.getTime()),
    count: null,
    cause: "connection_lost",
    message: "it's lost",
    received: nanoseconds(clock.now()),
  };
}

/** The row of the recorder's end. */
function closedRow(clock: VirtualClock): ReadRow {
  const unknown = { channel: null, symbols: null, fromTime: null, toTime: null, count: null, cause: null };
  return { kind: "closed", ...unknown, message: null, received: nanoseconds(clock.now()) };
}

function nanoseconds(ms: number): string {
  return String(BigInt(ms) * 1_000_000n);
}

function rowOf(record: MarketRecord, columns: readonly Column[], received: bigint): ReadRow {
  const values = record as unknown as Readonly<Record<string, unknown>>; // by the names of the columns
  const cells = columns.map(({ name, kind }) => [name, readValue(values[name], kind)]);
  return {
    symbol: record.symbol,
    t: String(toNanoseconds(record.seconds, record.nanos)),
    ...Object.fromEntries(cells),
    received: String(received),
    fromHistory: record instanceof Trade && record.symbol === "BRK.B" && record.nanos === 123_456_789,
  };
}

function readValue(value: unknown, kind: Column["kind"]): unknown {
  if (value === undefined) return null;
  return kind === "id" || kind === "count" || kind === "nanoseconds" ? String(value) : value;
}
