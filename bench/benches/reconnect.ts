import { fileURLToPath } from "node:url";
import { ClientProcess, type SeenRecord } from "#verify/interop/client-process.js";
import { OFFICIAL_CLIENTS } from "#verify/interop/clients.js";
import type { Effort } from "../effort.ts";
import type { Played, ReconnectQuestion } from "../processes/reconnect-server.ts";
import { median, type Row } from "../row.ts";
import { Worker } from "../worker.ts";
import { DATA_SETS, type DataSet } from "../workload.ts";

/** A client, and how to start it with a URL without a path. */
interface ClientUnderTest {
  readonly name: string;
  start(url: string): ClientProcess;
}

/** What a client missed because of cuts. */
interface Losses {
  /** From each cut to the time of the first trade received after it, in milliseconds. */
  readonly gapsMs: readonly number[];
  /** Missed trades per thousand. */
  readonly perMille: number;
}

const OURS: ClientUnderTest = {
  name: "ours",
  start: (url) =>
    new ClientProcess(process.execPath, [
      fileURLToPath(new URL("../processes/reconnect-client.js", import.meta.url)),
      `${url}/v2/iex`,
    ]),
};

/** Longer than the slowest back-off of a peer. */
const RETURN_TIMEOUT_MS = 20_000;

/**
 * Measures what a cut costs: a proxy in front of each client cuts its connections at an age of 1.5 to
 * 3.5 s, in the middle of a frame. Clients are idle most of the time, so all of them run concurrently
 * and receive the same trades.
 */
export async function reconnect({ isShort }: Effort): Promise<Row[]> {
  const clients = [OURS, ...(await peers())];
  const rows: Row[] = [];
  for (const dataSet of isShort ? (["simulated"] as const) : DATA_SETS) {
    const losses = await lossesOf(clients, dataSet, isShort ? 20_000 : 60_000);
    const [ours, ...theirs] = clients.map(({ name }, index) => ({ name, ...(losses[index] as Losses) })); // one each
    if (ours === undefined) break;
    for (const peer of theirs) {
      const row = (what: string, unit: string, our: number, their: number): Row => ({
        bench: "reconnect",
        case: what,
        peer: peer.name,
        ours: our,
        theirs: their,
        ratio: our / their,
        unit,
      });
      if (dataSet === "simulated") {
        rows.push(row("from a cut to the next trade", "ms", median(ours.gapsMs), median(peer.gapsMs)));
      }
      const name = dataSet === "simulated" ? "1,000 trades/s" : "real ticks, a day in 30 s";
      rows.push(row(name, "of 1,000 missed", ours.perMille, peer.perMille));
    }
  }
  return rows;
}

/** Returns the official clients that can be installed here; reports those that cannot. */
async function peers(): Promise<ClientUnderTest[]> {
  const found: ClientUnderTest[] = [];
  for (const client of OFFICIAL_CLIENTS) {
    const reason = await client.prepare().catch((error: Error) => error.message);
    if (reason === undefined)
      found.push({ name: client.name, start: (url) => client.start(url, "bench", "bench-secret") });
    else console.error(`reconnect: skipping ${client.name}: ${reason}`);
  }
  return found;
}

async function lossesOf(clients: readonly ClientUnderTest[], dataSet: DataSet, ms: number): Promise<Losses[]> {
  const server = new Worker<ReconnectQuestion>("reconnect-server", [clients.length]);
  const running: ClientProcess[] = [];
  try {
    const ports = await server.ask<readonly number[]>({ do: "ports" });
    for (const [index, { start }] of clients.entries()) {
      const client = start(`ws://127.0.0.1:${ports[index]}`);
      running.push(client);
      await client.send({ do: "subscribe", channel: "trades", symbols: ["*"] });
      await client.send({ do: "connect" });
    }
    for (const client of running) await client.until("trades come", () => client.records.length > 0);
    const { published, cutsMs } = await server.ask<Played>({ do: "play", dataSet, ms });
    await Promise.all(running.map(hasReturned));
    return running.map(({ records }, index) => losses(records, published, cutsMs[index] ?? []));
  } finally {
    for (const client of running) await client[Symbol.asyncDispose]();
    server.end();
  }
}

/** Resolves when a client has received everything published so far, or after {@link RETURN_TIMEOUT_MS}. */
async function hasReturned(client: ClientProcess): Promise<void> {
  const playedAtMs = Date.now();
  const isUpToDate = (): boolean => {
    const last = client.records.at(-1);
    return last !== undefined && isWarm(last) && timeOf(last) > playedAtMs;
  };
  await client.until("it is back", isUpToDate, RETURN_TIMEOUT_MS).catch(() => {});
}

function losses(records: readonly SeenRecord[], published: number, cutsMs: readonly number[]): Losses {
  const counted = records.filter((record) => !isWarm(record));
  const gapsMs = cutsMs.flatMap((cutMs) => {
    const next = counted.find((record) => timeOf(record) > cutMs);
    return next === undefined ? [] : [timeOf(next) - cutMs];
  });
  return { gapsMs, perMille: ((published - counted.length) / published) * 1000 };
}

/** Whether a trade only shows that the client is connected. */
function isWarm(record: SeenRecord): boolean {
  return record.S === "WARM";
}

/** The time of a trade in milliseconds since the Unix epoch; a numbered trade has the time of its publication. */
function timeOf(record: SeenRecord): number {
  return Date.parse(`${String(record.t).slice(0, 23)}Z`);
}
