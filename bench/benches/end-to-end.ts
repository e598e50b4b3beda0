import { Codec } from "@tickerplant/client/wire";
import type { Effort } from "../effort.ts";
import { type Sending, withFrameServer } from "../frame-server.ts";
import { officialReaders } from "../official-readers.ts";
import { nodeReader, type ReaderCommand } from "../reader.ts";
import { type Row, rowOf } from "../row.ts";
import { inSlices, type Rates } from "../slices.ts";
import { DATA_SETS, ROOT } from "../workload.ts";

interface Case extends Sending {
  /** Ways to read with ours; the others are compared with the first. */
  readonly ours: readonly [string, ...string[]];
  /** Readers in Node that all of ours are compared with. */
  readonly peers: readonly string[];
}

const SYNC = "sync handler";
const BARE = "ws alone";
const SDK = "@alpacahq/alpaca-trade-api";
const SIMULATED = { codec: Codec.MSGPACK, dataSet: "simulated", size: 100, framesAWrite: 1, scheme: "ws" } as const;

/**
 * Measures the way from a socket to a handler: a server in one process that sends as fast as the
 * client reads, each client in another.
 */
export async function endToEnd({ readerRounds, isShort }: Effort): Promise<Row[]> {
  const official = isShort ? [] : await officialReaders();
  const rows: Row[] = [];
  for (const [index, one] of cases(isShort).entries()) {
    // The official clients in other languages read in the first case alone: they are far from the limits of the others.
    const others = index === 0 ? official : [];
    const rates = await withFrameServer(one, (url) => {
      const inNode = [...one.ours, ...one.peers].map((kind) => nodeReader(kind, ROOT, kind, url, one.codec, one.size));
      return ratesOf([...inNode, ...others.map((reader) => reader(url))], readerRounds);
    });
    if (rates !== undefined) rows.push(...rowsOf(one, rates));
  }
  return rows;
}

async function ratesOf(commands: readonly ReaderCommand[], rounds: number): Promise<ReadonlyMap<string, Rates>> {
  const rates = await inSlices(commands, rounds);
  return new Map(commands.map(({ name }, index) => [name, rates[index] as Rates])); // one for each command
}

function rowsOf(one: Case, rates: ReadonlyMap<string, Rates>): Row[] {
  const [main, ...others] = one.ours;
  const peers = [...rates.keys()].filter((name) => !one.ours.includes(name));
  const pairs = [
    ...peers.map((peer) => [main, peer] as const),
    ...others.flatMap((kind) => [main, ...one.peers].map((peer) => [kind, peer] as const)),
  ];
  return pairs.flatMap(([kind, peer]) => {
    const [ours, theirs] = [rates.get(kind), rates.get(peer)];
    if (ours === undefined || theirs === undefined) return [];
    const names = { bench: "end-to-end", case: `${title(one)}, ${kind}`, peer };
    return [
      rowOf({ ...names, unit: "messages/s" }, ours.clock, theirs.clock),
      rowOf({ ...names, unit: "messages/CPU s" }, ours.cpu, theirs.cpu),
    ];
  });
}

function title({ codec, size, dataSet, framesAWrite, scheme }: Sending): string {
  const written = framesAWrite === 1 ? "" : ` (${framesAWrite} a write)`;
  const ofDataSet = dataSet === "simulated" ? "" : `, ${dataSet}`;
  return `frames of ${size}${written}, ${codec}${scheme === "wss" ? ", TLS" : ""}${ofDataSet}`;
}

/**
 * With one frame a write the server is slower than a fast reader, which then waits for it. With ten
 * the connection always has data: small frames, and ways to read that are compared with each other,
 * need that.
 */
function cases(isShort: boolean): readonly Case[] {
  const first: Case = { ...SIMULATED, ours: [SYNC, "async handler", "iterator"], peers: [BARE, SDK] };
  const ways: Case = { ...SIMULATED, framesAWrite: 10, ours: [SYNC, "batches", "rawData"], peers: [] };
  const ofOne: Case = { ...SIMULATED, size: 1, framesAWrite: 100, ours: [SYNC], peers: [BARE] };
  if (isShort) return [first, ways, ofOne];
  const real = DATA_SETS.filter((dataSet) => dataSet !== "simulated");
  return [
    first,
    { ...ways, ours: [...ways.ours, "two matching subscriptions"], peers: [BARE] },
    { ...SIMULATED, size: 10, framesAWrite: 10, ours: [SYNC], peers: [BARE, SDK] },
    { ...ofOne, peers: [BARE, SDK] },
    { ...SIMULATED, codec: Codec.JSON, ours: [SYNC, "rawData"], peers: [BARE] },
    { ...SIMULATED, scheme: "wss", ours: [SYNC], peers: [BARE] },
    ...real.map((dataSet): Case => ({ ...SIMULATED, dataSet, ours: [SYNC], peers: [BARE, SDK] })),
  ];
}
