import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, NatsServer, natsProgram } from "#verify/cluster/nats-server.js";
import type { Effort } from "../effort.ts";
import type { SourceQuestion } from "../relays.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";
import { atRate, type LatencyQuestion } from "./latency.ts";

/** Question to a reader: answered when it has this many records in all. */
export interface ReaderQuestion {
  readonly count: number;
}

/** What an ingest or a gateway answers. */
interface ProcessAnswer {
  readonly cpuMicros: number;
  readonly port?: number;
  readonly frames?: number;
  readonly isReady?: boolean;
}

/** The rate at which the way through a cluster is compared with that through a relay. */
const LATENCY_RATE = 50_000;
const WARM_UP_ROUNDS = 2;
/** Longer rounds than elsewhere: the frames of a round pass five processes. */
const ROUND_FACTOR = 4;
const LATENCY_ROUNDS_FACTOR = 3;
const GATEWAYS = 4;

/** NATS and an ingest, whose source is at a URL, and gateways. */
class ClusterUnderTest {
  readonly #folder: string;
  readonly #server: NatsServer;
  readonly #workers: Worker<object>[] = [];
  readonly #servers: string;
  #ingest: Worker<object> | undefined;
  #gateways: Worker<object>[] = [];

  private constructor(folder: string, server: NatsServer) {
    this.#folder = folder;
    this.#server = server;
    this.#servers = `nats://127.0.0.1:${server.port}`;
  }

  static async begin(program: string, upstreamUrl: string, gateways: number): Promise<ClusterUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), "tickerplant-bench-"));
    const server = new NatsServer(program, folder, await freePort());
    await server.start();
    const subject = new ClusterUnderTest(folder, server);
    subject.#ingest = subject.#begin("cluster-ingest", [subject.#servers, upstreamUrl]);
    for (let count = 0; count < gateways; count++)
      subject.#gateways.push(subject.#begin("cluster-gateway", [subject.#servers]));
    while (!(await subject.#ingest.ask<ProcessAnswer>({})).isReady) await wait(20);
    return subject;
  }

  async urls(): Promise<string[]> {
    const answers = await Promise.all(this.#gateways.map((gateway) => gateway.ask<ProcessAnswer>({})));
    return answers.map(({ port }) => `ws://127.0.0.1:${port}/v2/sip`);
  }

  /** Processor time of the ingest, the server of NATS and the first gateway, in microseconds, and frames written. */
  async effort(): Promise<{
    readonly ingest: number;
    readonly nats: number;
    readonly gateway: number;
    readonly frames: number;
  }> {
    const ingest = await this.#ingest?.ask<ProcessAnswer>({});
    const gateway = await this.#gateways[0]?.ask<ProcessAnswer>({});
    return {
      ingest: ingest?.cpuMicros ?? Number.NaN,
      nats: cpuMicrosOf(this.#server.processId),
      gateway: gateway?.cpuMicros ?? Number.NaN,
      frames: ingest?.frames ?? 0,
    };
  }

  async end(): Promise<void> {
    for (const worker of this.#workers) worker.end();
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #begin(program: string, args: readonly string[]): Worker<object> {
    const worker = new Worker<object>(program, args);
    this.#workers.push(worker);
    return worker;
  }
}

/** A source, what is between, and readers. */
interface Way {
  readonly source: Worker<SourceQuestion>;
  readonly readers: readonly Worker<ReaderQuestion>[];
  sent: number;
  end(): Promise<void>;
}

/**
 * Measures the way of a record from a source through an ingest, NATS and a gateway to a reader, compared with that
 * through one relay. Everything is on one machine, each part in a process of its own.
 */
export async function cluster({ rounds, roundMs, isShort }: Effort): Promise<Row[]> {
  const nats = natsProgram();
  if (nats === undefined) {
    console.error(
      "cluster: skipped, because nats-server is not installed; put it on the path, or name it in NATS_SERVER",
    );
    return [];
  }
  const rows: Row[] = [];
  for (const gateways of isShort ? [1] : [1, GATEWAYS])
    rows.push(...(await throughput(nats.program, gateways, rounds, roundMs * ROUND_FACTOR)));
  rows.push(...(await addedLatency(nats.program, rounds)));
  return rows;
}

async function throughput(program: string, gateways: number, rounds: number, roundMs: number): Promise<Row[]> {
  const clustered = await beginSource();
  const subject = await ClusterUnderTest.begin(program, clustered.url, gateways);
  const ours = await wayTo(clustered.source, await subject.urls(), () => subject.end());
  const relayed = await beginSource();
  const relay = new Worker<object>("relay", [relayed.url, "once"]);
  const relayUrl = `ws://127.0.0.1:${await relay.ask<number>({})}/v2/sip`;
  const theirs = await wayTo(relayed.source, Array(gateways).fill(relayUrl), async () => relay.end());
  try {
    for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const way of [ours, theirs]) await play(way, roundMs);
    const before = await subject.effort();
    const sentBefore = ours.sent;
    const results = await inTurn(
      [
        { name: "ours", measure: () => play(ours, roundMs) },
        { name: "theirs", measure: () => play(theirs, roundMs) },
      ],
      rounds,
    );
    const after = await subject.effort();
    const records = ours.sent - sentBefore;
    const perRecord = (part: "ingest" | "nats" | "gateway"): number => (after[part] - before[part]) / records;
    const what = gateways === 1 ? "1 gateway, 1 reader" : `${gateways} gateways, 1 reader each`;
    const row = (unit: string, ofOurs: readonly number[], ofTheirs: readonly number[], detail = ""): Row =>
      rowOf({ bench: "cluster", case: `${what}${detail}`, peer: "one relay, as many readers", unit }, ofOurs, ofTheirs);
    const cpu = (["ingest", "nats", "gateway"] as const).map((part) => [part, perRecord(part)] as const);
    const costs = cpu.map(([part, micros]) => `${part} ${micros.toFixed(2)}`).join(", ");
    const size = Math.round(records / (after.frames - before.frames));
    console.error(`${what}: µs of CPU a record: ${costs}; ${size} records a frame`);
    return [row("records/s", results.ours ?? [], results.theirs ?? [])];
  } finally {
    await ours.end();
    await theirs.end();
  }
}

async function addedLatency(program: string, rounds: number): Promise<Row[]> {
  return atRate(LATENCY_RATE, rounds * LATENCY_ROUNDS_FACTOR, {
    bench: "cluster",
    what: "through a cluster",
    peer: "through a relay",
    begin: async (url, rate) => {
      const subject = await ClusterUnderTest.begin(program, `${url}/v2/sip`, 1);
      const relay = new Worker<object>("relay", [`${url}/v2/sip`]);
      const relayUrl = `ws://127.0.0.1:${await relay.ask<number>({})}/v2/sip`;
      const [clusterUrl = ""] = await subject.urls();
      const receivers = [clusterUrl, relayUrl].map((from) => new Worker<LatencyQuestion>("latency-ours", [from, rate]));
      return { receivers, others: [relay, { end: () => void subject.end() }] };
    },
  });
}

async function beginSource(): Promise<{ readonly source: Worker<SourceQuestion>; readonly url: string }> {
  const source = new Worker<SourceQuestion>("relay-source", ["msgpack"]);
  return { source, url: `ws://127.0.0.1:${await source.ask<number>({ ms: 0 })}/v2/sip` };
}

async function wayTo(
  source: Worker<SourceQuestion>,
  urls: readonly string[],
  endOthers: () => Promise<void>,
): Promise<Way> {
  const readers = urls.map((url) => new Worker<ReaderQuestion>("cluster-reader", [url]));
  for (const reader of readers) await reader.ask({ count: 0 });
  return {
    source,
    readers,
    sent: 0,
    end: async () => {
      for (const worker of [...readers, source]) worker.end();
      await endOthers();
    },
  };
}

/** Sends for a time, until every reader has everything. Returns the records per second. */
async function play(way: Way, ms: number): Promise<number> {
  const startedAt = performance.now();
  const sent = await way.source.ask<number>({ ms });
  way.sent += sent;
  await Promise.all(way.readers.map((reader) => reader.ask({ count: way.sent })));
  return (sent / (performance.now() - startedAt)) * 1000;
}

/** Processor time of a process in microseconds; not a number where the system does not tell. */
function cpuMicrosOf(processId: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${processId}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]); // utime and stime, of 10 ms
    return ticks * 10_000;
  } catch {
    return Number.NaN;
  }
}
