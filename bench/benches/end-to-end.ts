import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";
import { DATA_SETS, type DataSet, FRAME_SIZES } from "../workload.ts";

interface Case {
  readonly codec: Codec;
  readonly size: number;
  readonly dataSet: DataSet;
  /** Frames per write to the socket. Default 1. */
  readonly framesAWrite?: number;
  /** Ways to read with ours; peers are compared with the first. */
  readonly ours: readonly [string, ...string[]];
  readonly peers: readonly string[];
}

const BARE = "ws alone";
const SDK = "@alpacahq/alpaca-trade-api";
const WARM_UP_MS = 700;

/**
 * Measures the way from a socket to a handler: a server in one process that sends as fast as the
 * client reads, the client in another. Each round starts a new client process, because the code
 * that ran before changes how the engine optimises.
 */
export async function endToEnd({ rounds, roundMs, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { codec, size, dataSet, framesAWrite = 1, ours, peers } of cases(isShort)) {
    const server = new Worker<Record<string, never>>("frame-server", [codec, size, dataSet, framesAWrite]);
    const url = await server.ask<string>({});
    const cpu: Record<string, number[]> = {};
    const wall = await inTurn(
      [...ours, ...peers].map((kind) => ({
        name: kind,
        measure: async () => {
          const args = [kind, url, codec, size, WARM_UP_MS, 2 * roundMs].map(String);
          const speed = await answerOf<{ wall: number; cpu: number }>("frame-reader", args);
          cpu[kind] = [...(cpu[kind] ?? []), speed.cpu];
          return speed.wall;
        },
      })),
      rounds,
    );
    server.end();
    const written = framesAWrite === 1 ? "" : ` (${framesAWrite} a write)`;
    const ofDataSet = dataSet === "simulated" ? "" : `, ${dataSet}`;
    const row = (kind: string, peer: string, results: Readonly<Record<string, readonly number[]>>, unit: string): Row =>
      rowOf(
        { bench: "end-to-end", case: `frames of ${size}${written}, ${codec}${ofDataSet}, ${kind}`, peer, unit },
        results[kind] ?? [],
        results[peer] ?? [],
      );
    const [main, ...others] = ours;
    for (const peer of peers) {
      rows.push(row(main, peer, wall, "messages/s"), row(main, peer, cpu, "messages/CPU s"));
    }
    for (const kind of others) rows.push(row(kind, main, wall, "messages/s"));
  }
  return rows;
}

function cases(isShort: boolean): readonly Case[] {
  const sync = "sync handler";
  const simulated = { codec: Codec.MSGPACK, dataSet: "simulated" } as const;
  if (isShort) {
    return [
      { ...simulated, size: 100, ours: [sync, "async handler", "iterator"], peers: [BARE, SDK] },
      { ...simulated, size: 1, ours: [sync], peers: [BARE] },
    ];
  }
  const ways = [sync, "async handler", "iterator", "rawData", "two matching subscriptions"] as const;
  const real = DATA_SETS.filter((dataSet) => dataSet !== "simulated");
  return [
    ...FRAME_SIZES.map((size): Case => ({ ...simulated, size, ours: ways, peers: [BARE, SDK] })),
    { ...simulated, size: 1, framesAWrite: 100, ours: [sync], peers: [BARE, SDK] },
    { ...simulated, codec: Codec.JSON, size: 100, ours: [sync], peers: [BARE] },
    ...real.map((dataSet): Case => ({ codec: Codec.MSGPACK, size: 100, dataSet, ours: [sync], peers: [BARE, SDK] })),
  ];
}
