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
/** The rate at which the way through a relay is measured. */
const RELAYED_RATE = 100_000;

/** Question to the sender, answered with its port. */
export interface SenderQuestion {
  /** Number of receivers to wait for and to send to in turn; 0 sends nothing. */
  readonly receivers: number;
}

/** Question to a receiver: measure for this long, answered with the quantiles. */
export interface LatencyQuestion {
  readonly ms: number;
}

/** Two receivers that read from the same sender in turn, and how a row names them. */
export interface Pair {
  /** The benchmark that the rows belong to. */
  readonly bench: string;
  /** The row's case, behind the rate and the quantile. */
  readonly what: string;
  readonly peer: string;
  /** Starts both, ours first, with the sender's URL. Returns them, and what else is to be ended. */
  begin(url: string, rate: number): Promise<{ readonly receivers: Receiver[]; readonly others: { end(): void }[] }>;
}

type Receiver = Worker<LatencyQuestion>;

const DIRECT: Pair = {
  bench: "latency",
  what: "msgpack",
  peer: "ws alone",
  begin: async (url, rate) => ({
    receivers: ["ours", "ws"].map((name) => new Worker<LatencyQuestion>(`latency-${name}`, [url, rate])),
    others: [],
  }),
};

const RELAYED: Pair = {
  bench: "latency",
  what: "through a relay",
  peer: "ours, without it",
  begin: async (url, rate) => {
    const relay = new Worker<object>("relay", [`${url}/v2/sip`]);
    const relayUrl = `ws://127.0.0.1:${await relay.ask<number>({})}/v2/sip`;
    const receivers = [relayUrl, url].map((from) => new Worker<LatencyQuestion>("latency-ours", [from, rate]));
    return { receivers, others: [relay] };
  },
};

/** Measures the time from the server's send to the handler, compared with a bare `ws` that reads only each frame's time. */
export async function latency({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rate of isShort ? RATES.slice(0, 1) : RATES)
    rows.push(...(await atRate(rate, rounds * ROUNDS_FACTOR, DIRECT)));
  if (!isShort) rows.push(...(await atRate(RELAYED_RATE, rounds * ROUNDS_FACTOR, RELAYED)));
  return rows;
}

/**
 * Measures both over the same second, alternating every 50 ms: other work of the machine comes in
 * bursts, and with whole seconds in turn a burst would affect only one of them.
 */
export async function atRate(rate: number, rounds: number, { bench, what, peer, begin }: Pair): Promise<Row[]> {
  const sender = new Worker<SenderQuestion>("latency-sender", [rate]);
  const port = await sender.ask<number>({ receivers: 0 });
  const { receivers, others } = await begin(`ws://127.0.0.1:${port}`, rate);
  const measured: Quantiles[][] = [];
  try {
    await sender.ask({ receivers: receivers.length });
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
      measured.push(await Promise.all(receivers.map((receiver) => receiver.ask<Quantiles>({ ms: ROUND_MS }))));
    }
  } finally {
    for (const worker of [...receivers, ...others, sender]) worker.end();
  }
  const of = (contestant: number, quantile: keyof Quantiles): number[] =>
    measured.slice(WARM_UP_ROUNDS).map((pair) => pair[contestant]?.[quantile] ?? Number.NaN);
  return (["p50", "p99", "p99.9", "max"] as const).map((quantile) => {
    const names = { bench, case: `${rate / 1000}k records/s, ${quantile}, ${what}`, peer, unit: "ms" };
    return rowOf(names, of(0, quantile), of(1, quantile));
  });
}
