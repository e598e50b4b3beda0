import type { AnyRecord } from "@tickerplant/client";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { type Codec, FrameEncoder } from "@tickerplant/client/wire";
import { SYMBOLS, symbolsOf } from "./symbols.ts";
import { records } from "./workload.ts";

/** Records that a feed publishes in one turn of the event loop; a client's frame has those that it subscribes to. */
export const BATCH_RECORDS = 100;
const RECORDS = 20_000;

/** A frame for one client. */
export interface ClientFrame {
  readonly client: number;
  readonly frame: Uint8Array;
  /** How many records it has. */
  readonly count: number;
}

/** The records of the fan-out benchmarks, in batches. */
export async function batches(): Promise<readonly (readonly AnyRecord[])[]> {
  const list = await records(RECORDS, SYMBOLS);
  return Array.from({ length: Math.floor(list.length / BATCH_RECORDS) }, (_, index) =>
    list.slice(index * BATCH_RECORDS, (index + 1) * BATCH_RECORDS),
  );
}

/** Makes the frames of each batch for each client that reads from it, as the gateway would. */
export function readyMade(
  all: readonly (readonly AnyRecord[])[],
  clients: number,
  reads: string | undefined,
  codec: Codec,
): ClientFrame[][] {
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  if (reads === "*") {
    return all.map((batch) => {
      const frame = Buffer.from(encoder.frame(batch));
      return Array.from({ length: clients }, (_, client) => ({ client, frame, count: batch.length }));
    });
  }
  const readers = new Map<string, number[]>();
  for (let client = 0; client < clients; client++)
    for (const symbol of symbolsOf(client)) readers.set(symbol, [...(readers.get(symbol) ?? []), client]);
  return all.map((batch) => {
    const byClient = new Map<number, AnyRecord[]>();
    for (const record of batch) {
      for (const client of readers.get(record.symbol) ?? [])
        byClient.set(client, [...(byClient.get(client) ?? []), record]);
    }
    return [...byClient].map(([client, some]) => ({
      client,
      frame: Buffer.from(encoder.frame(some)),
      count: some.length,
    }));
  });
}
