import type { Effort } from "../effort.ts";
import type { Quantiles } from "../latencies.ts";
import { type Row, rowOf } from "../row.ts";
import { Worker } from "../worker.ts";

/** Records a second; the server sends a frame each millisecond. */
const RATES = [100_000, 10_000, 1_000] as const;
/** One round: 500 frames for each contestant. */
const ROUND_MS = 1_000;
/** Rounds for each round of other benches: the median leaves those out that other work has spoilt. */
const ROUNDS_FACTOR = 3;
/** Rounds that are thrown away: compilers and caches are cold. */
const WARM_UP_ROUNDS = 3;
const CONTESTANTS = ["ours", "ws"] as const;

/** What the sender is told. */
export interface SenderOrder {
  /** How many receivers to wait for, and to send to in turn; 0 for silence. */
  readonly receivers: number;
}

/** What a receiver is asked: measure for so long. */
export interface LatencyQuestion {
  readonly ms: number;
}

/** From the server's send to the handler, beside a bare `ws` that reads the time of each frame and nothing else. */
export async function latency({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rate of isShort ? RATES.slice(0, 1) : RATES) rows.push(...(await atRate(rate, rounds * ROUNDS_FACTOR)));
  return rows;
}

/**
 * Both are measured over the same second, of which each gets every other 50 ms: a machine's other
 * work comes in bursts, and with whole seconds in turn a burst would hit one of them alone.
 */
async function atRate(rate: number, rounds: number): Promise<Row[]> {
  const sender = new Worker<SenderOrder>("latency-sender", [rate]);
  const port = await sender.ask<number>({ receivers: 0 });
  const receivers = CONTESTANTS.map(
    (name) => new Worker<LatencyQuestion>(`latency-${name}`, [`ws://127.0.0.1:${port}`, rate]),
  );
  const measured: Quantiles[][] = [];
  try {
    await sender.ask({ receivers: receivers.length });
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
      measured.push(await Promise.all(receivers.map((receiver) => receiver.ask<Quantiles>({ ms: ROUND_MS }))));
    }
  } finally {
    for (const worker of [...receivers, sender]) worker.end();
  }
  const of = (contestant: number, quantile: keyof Quantiles): number[] =>
    measured.slice(WARM_UP_ROUNDS).map((pair) => pair[contestant]?.[quantile] ?? Number.NaN);
  return (["p50", "p99", "p99.9", "max"] as const).map((quantile) => {
    const name = `${rate / 1000}k records/s, ${quantile}, msgpack`;
    const names = { bench: "latency", case: name, peer: "ws alone", unit: "ms" };
    return rowOf(names, of(0, quantile), of(1, quantile));
  });
}
