import { Codec } from "@tickerplant/client/wire";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";

/** What one client has: everything, or some symbols of 8,000. */
const READS = ["*", "30 symbols"] as const;
type Reads = (typeof READS)[number];

/** What a server of this bench is asked. */
export type ServerQuestion =
  | { readonly ask: "port" }
  /** Answered when so many clients are served. */
  | { readonly ask: "clients"; readonly count: number }
  | { readonly ask: "round"; readonly ms: number }
  | { readonly ask: "cpu" | "memory" };

/** What the receivers are asked: an answer comes when they have so many bytes in all. */
export interface ReceiverQuestion {
  readonly bytes: number;
}

interface Case {
  readonly clients: number;
  readonly reads: Reads;
  readonly codec: Codec;
}

interface Round {
  readonly perSecond: number;
  /** Of the server's process, a delivery. */
  readonly cpuMicros: number;
}

/** Until then the optimiser changes more from round to round than anything else. */
const WARM_UP_ROUNDS = 2;
/** A row of memory needs so many clients: with fewer, it shows what else the process holds. */
const CLIENTS_FOR_MEMORY = 1000;
const PEER = "ws, ready-made bytes";

/**
 * The gateway beside `ws` alone, which sends the frames that the gateway would make. Each has a process,
 * and its clients another: bare sockets that count bytes, so that they are not what is measured.
 */
export async function fanOut({ rounds, roundMs, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases(isShort)) {
    const ours = await Contest.begin("ours", one);
    const theirs = await Contest.begin("ws", one);
    for (let round = 0; round < WARM_UP_ROUNDS; round++)
      for (const contest of [ours, theirs]) await contest.measure(roundMs);
    const contestants = [
      { name: "ours", measure: async () => keep(ours, await ours.measure(roundMs)) },
      { name: "theirs", measure: async () => keep(theirs, await theirs.measure(roundMs)) },
    ];
    await inTurn(contestants, rounds);
    const names = { bench: "fan-out", case: `${showClients(one)}, ${one.reads}, ${one.codec}`, peer: PEER };
    rows.push(
      rowOf({ ...names, unit: "deliveries/s" }, ours.perSecond, theirs.perSecond),
      rowOf({ ...names, unit: "µs of CPU a delivery" }, ours.cpuMicros, theirs.cpuMicros),
    );
    if (one.clients >= CLIENTS_FOR_MEMORY) {
      const memory = [[await ours.memoryPerClient()], [await theirs.memoryPerClient()]] as const;
      rows.push(rowOf({ ...names, unit: "bytes of memory a client" }, ...memory));
    }
    ours.end();
    theirs.end();
  }
  return rows;
}

function cases(isShort: boolean): Case[] {
  const counts = isShort ? [100] : [1, 10, 100, 1000];
  const all = READS.flatMap((reads) => counts.map((clients) => ({ clients, reads, codec: Codec.MSGPACK })));
  if (isShort) return [...all, { clients: 1000, reads: "30 symbols", codec: Codec.MSGPACK }];
  return [...all, ...READS.map((reads) => ({ clients: 100, reads, codec: Codec.JSON }))];
}

function showClients({ clients }: Case): string {
  return clients === 1 ? "1 client" : `${clients.toLocaleString("en")} clients`;
}

function keep(contest: Contest, { perSecond, cpuMicros }: Round): number {
  contest.perSecond.push(perSecond);
  contest.cpuMicros.push(cpuMicros);
  return perSecond;
}

/** One server and its clients. */
class Contest {
  readonly perSecond: number[] = [];
  readonly cpuMicros: number[] = [];
  readonly #clients: number;
  readonly #server: Worker<ServerQuestion>;
  #receivers: Worker<ReceiverQuestion> | undefined;

  private constructor(name: "ours" | "ws", { clients, reads, codec }: Case) {
    this.#clients = clients;
    this.#server = new Worker("fan-out-server", [name, clients, reads, codec], ["--expose-gc"]);
  }

  static async begin(name: "ours" | "ws", one: Case): Promise<Contest> {
    const contest = new Contest(name, one);
    const port = await contest.#server.ask<number>({ ask: "port" });
    contest.#receivers = new Worker("fan-out-receivers", [port, one.clients, one.reads, one.codec]);
    await contest.#server.ask({ ask: "clients", count: one.clients });
    return contest;
  }

  /** One round: it lasts until the receivers have every byte that the server has sent. */
  async measure(ms: number): Promise<Round> {
    const startedAt = performance.now();
    const { deliveries, bytes } = await this.#server.ask<{ deliveries: number; bytes: number }>({ ask: "round", ms });
    await this.#receivers?.ask({ bytes });
    const elapsedMs = performance.now() - startedAt;
    const cpuMicros = await this.#server.ask<number>({ ask: "cpu" });
    return { perSecond: (deliveries / elapsedMs) * 1000, cpuMicros: cpuMicros / deliveries };
  }

  /** What the server holds for each client when nothing happens: its heap, and buffers outside of it. */
  async memoryPerClient(): Promise<number> {
    return (await this.#server.ask<number>({ ask: "memory" })) / this.#clients;
  }

  end(): void {
    this.#receivers?.end();
    this.#server.end();
  }
}
