import type { Effort } from "../effort.ts";
import type { Quantiles } from "../latencies.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";

/** Records a second; the server sends a frame each millisecond. */
const RATES = [100_000, 10_000, 1_000] as const;
/**
 * One round: 500 frames. Short, and so many of them, because what else the machine does comes in
 * bursts: they spoil some rounds, and the median leaves those out.
 */
const ROUND_MS = 500;
/** Rounds for each round of other benches. */
const ROUNDS_FACTOR = 2;
/** Rounds of each contestant that are thrown away: compilers and caches are cold. */
const WARM_UP_ROUNDS = 3;

/** What the sender is told: whom to send to, or to be silent. */
export interface SenderOrder {
  /** The path that a receiver connected with. */
  readonly path?: string;
}

/** What a receiver is asked: measure for so long. */
export interface LatencyQuestion {
  readonly ms: number;
}

/** From the server's send to the handler, beside a bare `ws` that reads the time of each frame and nothing else. */
export async function latency({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rate of isShort ? RATES.slice(0, 1) : RATES)
    rows.push(...(await atRate(rate, rounds * ROUNDS_FACTOR + 1)));
  return rows;
}

async function atRate(rate: number, rounds: number): Promise<Row[]> {
  const sender = new Worker<SenderOrder>("latency-sender", [rate]);
  const port = await sender.ask<number>({});
  const receivers = ["ours", "ws"].map((name) => ({
    name,
    worker: new Worker<LatencyQuestion>(`latency-${name}`, [
      `ws://127.0.0.1:${port}/${name}`,
      rate * (ROUND_MS / 1000),
    ]),
  }));
  const measured: Record<string, Quantiles[]> = { ours: [], ws: [] };
  const contestants = receivers.map(({ name, worker }) => ({
    name,
    measure: async () => {
      await sender.ask({ path: `/${name}` });
      const quantiles = await worker.ask<Quantiles>({ ms: ROUND_MS });
      await sender.ask({}); // the other one is to have the machine for itself
      measured[name]?.push(quantiles);
      return quantiles.p99;
    },
  }));
  try {
    await inTurn(contestants, WARM_UP_ROUNDS + rounds);
  } finally {
    for (const { worker } of receivers) worker.end();
    sender.end();
  }
  const [ours = [], theirs = []] = [measured.ours, measured.ws].map((all) => all?.slice(WARM_UP_ROUNDS));
  return (["p50", "p99", "p99.9", "max"] as const).map((quantile) => {
    const name = `${rate / 1000}k records/s, ${quantile}, msgpack`;
    const of = (all: readonly Quantiles[]): number[] => all.map((quantiles) => quantiles[quantile]);
    return rowOf({ bench: "latency", case: name, peer: "ws alone", unit: "ms" }, of(ours), of(theirs));
  });
}
