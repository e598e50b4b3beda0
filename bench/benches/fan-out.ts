import { Codec } from "@tickerplant/client/wire";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";
import { demand } from "./demand.ts";

/** What one client subscribes to: everything, or some symbols of 8,000. */
const READS = ["*", "30 symbols"] as const;
type Reads = (typeof READS)[number];

/** Questions to a server of this benchmark. */
export type ServerQuestion =
  | { readonly ask: "port" }
  /** Answered when this many clients are subscribed. */
  | { readonly ask: "clients"; readonly count: number }
  | { readonly ask: "round"; readonly ms: number }
  | { readonly ask: "cpu" | "memory" };

/** A server: `play` sends for about `ms`, as fast as the clients read, and resolves with the number of deliveries. */
export interface FanOutServer {
  readonly port: number;
  readonly clientCount: () => number;
  play(ms: number): Promise<number>;
}

/** Question to the receivers: answered when they have received this many bytes in all. */
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
  /** Processor time of the server per delivery, in microseconds. */
  readonly cpuMicros: number;
}

/** Discarded rounds: during these the optimiser changes results more than anything else. */
const WARM_UP_ROUNDS = 2;
/** Fewest clients for the memory row: with fewer, the rest of the process outweighs them. */
const CLIENTS_FOR_MEMORY = 1000;
/** The servers of one benchmark, as `processes/fan-out-server.ts` names them. */
interface Servers {
  readonly bench: string;
  readonly ours: "ours" | "relay";
  readonly theirs: "ws" | "ws-relay";
  readonly peer: string;
}

/** Measures the gateway, compared with `ws` alone, which sends the same frames ready-made. */
export function fanOut(effort: Effort): Promise<Row[]> {
  return compared({ bench: "fan-out", ours: "ours", theirs: "ws", peer: "ws, ready-made bytes" }, effort);
}

/**
 * Measures the gateway as a relay, compared with `ws` alone, which passes on what it receives without a look at
 * it, or frames that are ready-made to clients that read different symbols.
 */
export async function relay(effort: Effort): Promise<Row[]> {
  const servers = { bench: "relay", ours: "relay", theirs: "ws-relay", peer: "ws, bytes passed on" } as const;
  const rows = await compared(servers, effort);
  return effort.isShort ? rows : [...rows, ...(await demand(effort.rounds))];
}

/**
 * Each server runs in a process, and its clients in another: bare sockets that only count bytes, to keep their own
 * cost low. What a relay reads comes from a third process.
 */
async function compared(servers: Servers, { rounds, roundMs, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases(servers, isShort)) {
    const ours = await ServerUnderTest.begin(servers.ours, one);
    const theirs = await ServerUnderTest.begin(servers.theirs, one);
    // Before the first record: what history keeps is not the clients'.
    const memory =
      one.clients < CLIENTS_FOR_MEMORY ? [] : [await ours.memoryPerClient(), await theirs.memoryPerClient()];
    for (let round = 0; round < WARM_UP_ROUNDS; round++)
      for (const server of [ours, theirs]) await server.measure(roundMs);
    const contestants = [
      { name: "ours", measure: async () => keep(ours, await ours.measure(roundMs)) },
      { name: "theirs", measure: async () => keep(theirs, await theirs.measure(roundMs)) },
    ];
    await inTurn(contestants, rounds);
    const { bench, peer } = servers;
    const names = { bench, case: `${showClients(one)}, ${one.reads}, ${one.codec}`, peer };
    rows.push(
      rowOf({ ...names, unit: "deliveries/s" }, ours.perSecond, theirs.perSecond),
      rowOf({ ...names, unit: "µs of CPU a delivery" }, ours.cpuMicros, theirs.cpuMicros),
    );
    const [ourMemory, theirMemory] = memory;
    if (ourMemory !== undefined && theirMemory !== undefined)
      rows.push(rowOf({ ...names, unit: "bytes of memory an idle client" }, [ourMemory], [theirMemory]));
    ours.end();
    theirs.end();
  }
  return rows;
}

function cases({ bench }: Servers, isShort: boolean): Case[] {
  if (bench === "relay") {
    const all = (isShort ? [1, 100] : [1, 10, 100]).map(
      (clients): Case => ({ clients, reads: "*", codec: Codec.MSGPACK }),
    );
    return [...all, { clients: 1000, reads: "30 symbols", codec: Codec.MSGPACK }];
  }
  const counts = isShort ? [100] : [1, 10, 100, 1000];
  const all = READS.flatMap((reads) => counts.map((clients) => ({ clients, reads, codec: Codec.MSGPACK })));
  if (isShort) return [...all, { clients: 1000, reads: "30 symbols", codec: Codec.MSGPACK }];
  return [...all, ...READS.map((reads) => ({ clients: 100, reads, codec: Codec.JSON }))];
}

function showClients({ clients }: Case): string {
  return clients === 1 ? "1 client" : `${clients.toLocaleString("en")} clients`;
}

function keep(server: ServerUnderTest, { perSecond, cpuMicros }: Round): number {
  server.perSecond.push(perSecond);
  server.cpuMicros.push(cpuMicros);
  return perSecond;
}

/** One server and its clients. */
class ServerUnderTest {
  readonly perSecond: number[] = [];
  readonly cpuMicros: number[] = [];
  readonly #clients: number;
  readonly #server: Worker<ServerQuestion>;
  #receivers: Worker<ReceiverQuestion> | undefined;

  private constructor(name: Servers["ours" | "theirs"], { clients, reads, codec }: Case) {
    this.#clients = clients;
    this.#server = new Worker("fan-out-server", [name, clients, reads, codec], ["--expose-gc"]);
  }

  static async begin(name: Servers["ours" | "theirs"], one: Case): Promise<ServerUnderTest> {
    const subject = new ServerUnderTest(name, one);
    const port = await subject.#server.ask<number>({ ask: "port" });
    subject.#receivers = new Worker("fan-out-receivers", [port, one.clients, one.reads, one.codec]);
    await subject.#server.ask({ ask: "clients", count: one.clients });
    return subject;
  }

  /** Runs one round, which lasts until the receivers have every byte that the server has sent. */
  async measure(ms: number): Promise<Round> {
    const startedAt = performance.now();
    const { deliveries, bytes } = await this.#server.ask<{ deliveries: number; bytes: number }>({ ask: "round", ms });
    await this.#receivers?.ask({ bytes });
    const elapsedMs = performance.now() - startedAt;
    const cpuMicros = await this.#server.ask<number>({ ask: "cpu" });
    return { perSecond: (deliveries / elapsedMs) * 1000, cpuMicros: cpuMicros / deliveries };
  }

  /** Bytes of heap and external buffers that the idle server holds for each client. */
  async memoryPerClient(): Promise<number> {
    return (await this.#server.ask<number>({ ask: "memory" })) / this.#clients;
  }

  end(): void {
    this.#receivers?.end();
    this.#server.end();
  }
}
