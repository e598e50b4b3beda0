import { join } from "node:path";
import { Codec } from "@tickerplant/client/wire";
import type { Effort } from "../effort.ts";
import { withFrameServer } from "../frame-server.ts";
import { type HistoryRequest, PAGE_RECORDS } from "../history-pages.ts";
import { officialHistoryReaders } from "../official-readers.ts";
import { nodeReader, type ReaderCommand } from "../reader.ts";
import { readInTurn } from "../readings.ts";
import { type Row, rowOf } from "../row.ts";
import { inSlices, type Rates } from "../slices.ts";
import { Worker } from "../worker.ts";
import { ROOT } from "../workload.ts";

/** What the history server serves. */
export interface ServedHistory {
  /** The request for all that it holds. */
  readonly request: HistoryRequest;
  /** Address of the server that sends the same pages ready-made. */
  readonly readyMadeUrl: string;
  /** Seconds of processor time of the server so far. */
  readonly cpuS: number;
}

type HistoryServer = Worker<Record<string, never>>;

const OURS = ["for await", "batches"] as const;
const SDK = "@alpacahq/alpaca-trade-api";
/** Few, because one of alpaca-py takes a quarter of a minute. */
const ROUNDS = 3;

const SYNC = "sync handler";
const WITH_HISTORY = "sync handler, history";
/** Ten frames a write, so that no reader waits for the server: the two are compared with each other. */
const STREAM = { codec: Codec.MSGPACK, dataSet: "simulated", size: 100, framesAWrite: 10, scheme: "ws" } as const;

/**
 * Measures reading history from a gateway in another process, with ours and with the official clients; the
 * gateway alone; and a stream that fills gaps, while there are none.
 */
export async function history({ rounds, readerRounds, isShort }: Effort): Promise<Row[]> {
  const count = isShort ? 100_000 : 1_000_000;
  const server: HistoryServer = new Worker("history-server", [count]);
  try {
    const served = await server.ask<ServedHistory>({});
    return [
      ...(await readingRows(served, count)),
      ...(await servingRows(server, served, count / PAGE_RECORDS, rounds)),
      ...(await streamRows(readerRounds)),
    ];
  } finally {
    server.end();
  }
}

async function readingRows({ request }: ServedHistory, count: number): Promise<Row[]> {
  const official = await officialHistoryReaders();
  const commands = [...[...OURS, SDK].map((kind) => nodeCommand(kind, request)), ...official.map((of) => of(request))];
  const rates = await readInTurn(commands, count, ROUNDS);
  const peers = commands.slice(OURS.length).map(({ name }) => name);
  return OURS.flatMap((kind) =>
    peers.flatMap((peer) =>
      rowsOf({ case: `trades, ${kind}`, peer, what: "records" }, rates.get(kind), rates.get(peer)),
    ),
  );
}

/** Compares the gateway, which writes every page again, with `node:http` that sends the same bytes. */
async function servingRows(
  server: HistoryServer,
  served: ServedHistory,
  pages: number,
  rounds: number,
): Promise<Row[]> {
  const ours = "gateway";
  const peer = "node:http, ready-made bytes";
  const command = (name: string, url: string): ReaderCommand => ({
    ...nodeCommand("bytes", { ...served.request, url }),
    name,
  });
  const commands = [command(ours, served.request.url), command(peer, served.readyMadeUrl)];
  const rates = await readInTurn(commands, pages, rounds, async () => (await server.ask<ServedHistory>({})).cpuS);
  const names = { case: "the server alone, pages of 10,000", peer, what: "pages" };
  return rowsOf(names, rates.get(ours), rates.get(peer));
}

async function streamRows(rounds: number): Promise<Row[]> {
  const [without, withHistory] =
    (await withFrameServer(STREAM, (url) =>
      inSlices(
        [SYNC, WITH_HISTORY].map((kind) => nodeReader(kind, ROOT, kind, url, STREAM.codec, STREAM.size)),
        rounds,
      ),
    )) ?? [];
  return rowsOf({ case: `stream, ${WITH_HISTORY}, no gap`, peer: SYNC, what: "messages" }, withHistory, without);
}

/** Returns the command that reads a history with a program of `processes/history-reader.ts`. */
function nodeCommand(kind: string, { url, symbols, start, end }: HistoryRequest): ReaderCommand {
  const program = join(import.meta.dirname, "../processes/history-reader.js");
  return { name: kind, program: process.execPath, args: [program, kind, url, symbols.join(","), start, end] };
}

function rowsOf(
  { what, ...names }: { readonly case: string; readonly peer: string; readonly what: string },
  ours: Rates | undefined,
  theirs: Rates | undefined,
): Row[] {
  if (ours === undefined || theirs === undefined) return [];
  return [
    rowOf({ bench: "history", ...names, unit: `${what}/s` }, ours.clock, theirs.clock),
    rowOf({ bench: "history", ...names, unit: `${what}/CPU s` }, ours.cpu, theirs.cpu),
  ];
}
