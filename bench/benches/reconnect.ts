import { fileURLToPath } from "node:url";
import { ClientProcess, type SeenRecord } from "#verify/interop/client-process.js";
import { OFFICIAL_CLIENTS } from "#verify/interop/clients.js";
import type { Effort } from "../effort.ts";
import type { Played, ReconnectQuestion } from "../processes/reconnect-server.ts";
import { median, type Row } from "../row.ts";
import { Worker } from "../worker.ts";
import { DATA_SETS, type DataSet } from "../workload.ts";

/** A client, and how to start it at an address without a path. */
interface Contender {
  readonly name: string;
  start(url: string): ClientProcess;
}

/** What cuts cost a client. */
interface Losses {
  /** From each cut to the time of the first trade that came after it, in milliseconds. */
  readonly holesMs: readonly number[];
  /** How many of a thousand trades were missed. */
  readonly perMille: number;
}

const OURS: Contender = {
  name: "ours",
  start: (url) =>
    new ClientProcess(process.execPath, [
      fileURLToPath(new URL("../processes/reconnect-client.js", import.meta.url)),
      `${url}/v2/iex`,
    ]),
};

/** The slowest back-off of a peer ends within this; who is not back then stays away. */
const RETURN_TIMEOUT_MS = 20_000;

/**
 * What a cut costs: every client behind a proxy that cuts its connections when they are 1.5 to 3.5 s
 * old, in the middle of a frame. They wait for most of the time, so all of them run side by side,
 * and see the same trades.
 */
export async function reconnect({ isShort }: Effort): Promise<Row[]> {
  const contenders = [OURS, ...(await peers())];
  const rows: Row[] = [];
  for (const dataSet of isShort ? (["simulated"] as const) : DATA_SETS) {
    const losses = await lossesOf(contenders, dataSet, isShort ? 20_000 : 60_000);
    const [ours, ...theirs] = contenders.map(({ name }, index) => ({ name, ...(losses[index] as Losses) })); // one each
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
        rows.push(row("from a cut to the next trade", "ms", median(ours.holesMs), median(peer.holesMs)));
      }
      const name = dataSet === "simulated" ? "1,000 trades/s" : "real ticks, a day in 30 s";
      rows.push(row(name, "of 1,000 missed", ours.perMille, peer.perMille));
    }
  }
  return rows;
}

/** The official clients that can be installed here; says which cannot. */
async function peers(): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const client of OFFICIAL_CLIENTS) {
    const reason = await client.prepare().catch((error: Error) => error.message);
    if (reason === undefined)
      found.push({ name: client.name, start: (url) => client.start(url, "bench", "bench-secret") });
    else console.error(`reconnect: without ${client.name}, because ${reason}`);
  }
  return found;
}

async function lossesOf(contenders: readonly Contender[], dataSet: DataSet, ms: number): Promise<Losses[]> {
  const server = new Worker<ReconnectQuestion>("reconnect-server", [contenders.length]);
  const clients: ClientProcess[] = [];
  try {
    const ports = await server.ask<readonly number[]>({ do: "ports" });
    for (const [index, contender] of contenders.entries()) {
      const client = contender.start(`ws://127.0.0.1:${ports[index]}`);
      clients.push(client);
      await client.tell({ do: "subscribe", channel: "trades", symbols: ["*"] });
      await client.tell({ do: "connect" });
    }
    for (const client of clients) await client.until("trades come", () => client.records.length > 0);
    const { published, cutsMs } = await server.ask<Played>({ do: "play", dataSet, ms });
    await Promise.all(clients.map(back));
    return clients.map(({ records }, index) => losses(records, published, cutsMs[index] ?? []));
  } finally {
    for (const client of clients) await client[Symbol.asyncDispose]();
    server.end();
  }
}

/** Resolves when a client has taken what was published until now, or stays away. */
async function back(client: ClientProcess): Promise<void> {
  const playedAtMs = Date.now();
  const isBack = (): boolean => {
    const last = client.records.at(-1);
    return last !== undefined && isWarm(last) && timeOf(last) > playedAtMs;
  };
  await client.until("it is back", isBack, RETURN_TIMEOUT_MS).catch(() => {});
}

function losses(records: readonly SeenRecord[], published: number, cutsMs: readonly number[]): Losses {
  const counted = records.filter((record) => !isWarm(record));
  const holesMs = cutsMs.flatMap((cutMs) => {
    const next = counted.find((record) => timeOf(record) > cutMs);
    return next === undefined ? [] : [timeOf(next) - cutMs];
  });
  return { holesMs, perMille: ((published - counted.length) / published) * 1000 };
}

/** A trade that only shows that the client is there. */
function isWarm(record: SeenRecord): boolean {
  return record.S === "WARM";
}

/** When a trade was published: of a numbered one that is its own time. */
function timeOf(record: SeenRecord): number {
  return Date.parse(`${String(record.t).slice(0, 23)}Z`);
}
