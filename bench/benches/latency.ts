import type { Effort } from "../effort.ts";
import type { Quantiles } from "../latencies.ts";
import { type Row, rowOf } from "../row.ts";
import { Worker } from "../worker.ts";

/** Records per second; the server sends one frame per millisecond. */
const RATES = [100_000, 10_000, 1_000] as const;
/** Duration of one round: 500 frames for each contestant. */
const ROUND_MS = 1_000;
/** Rounds per round of other benchmarks: with more rounds, the median excludes those that other work disturbed. */
const ROUNDS_FACTOR = 3;
/** Discarded rounds: compilers and caches are cold. */
const WARM_UP_ROUNDS = 3;
const CONTESTANTS = ["ours", "ws"] as const;

/** Question to the sender, answered with its port. */
export interface SenderQuestion {
  /** Number of receivers to wait for and to send to in turn; 0 sends nothing. */
  readonly receivers: number;
}

/** Question to a receiver: measure for this long, answered with the quantiles. */
export interface LatencyQuestion {
  readonly ms: number;
}

/** Measures the time from the server's send to the handler, compared with a bare `ws` that reads only each frame's time. */
export async function latency({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rate of isShort ? RATES.slice(0, 1) : RATES) rows.push(...(await atRate(rate, rounds * ROUNDS_FACTOR)));
  return rows;
}

/**
 * Measures both over the same second, alternating every 50 ms: other work of the machine comes in
 * bursts, and with whole seconds in turn a burst would affect only one of them.
 */
async function atRate(rate: number, rounds: number): Promise<Row[]> {
  const sender = new Worker<SenderQuestion>("latency-sender", [rate]);
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
