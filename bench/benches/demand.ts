import { Codec } from "@tickerplant/client/wire";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";
import type { SubscribeKind } from "./subscribe.ts";

const READERS = 100;

/**
 * Measures the time until 100 readers that want 10,000 symbols each, at the same time, are acknowledged by a relay:
 * with a new relay and a new server upstream each time, because a relay keeps the symbols for a while.
 */
export async function demand(rounds: number): Promise<Row[]> {
  const contestants = [
    { name: "relayed", measure: () => acknowledged(true) },
    { name: "direct", measure: () => acknowledged(false) },
  ];
  const { relayed = [], direct = [] } = await inTurn(contestants, rounds);
  const names = { bench: "relay", case: `10,000 symbols for ${READERS} clients, msgpack`, unit: "ms until acked" };
  return [rowOf({ ...names, peer: "ours, without the relay" }, relayed, direct)];
}

async function acknowledged(isRelayed: boolean): Promise<number> {
  const server = new Worker("subscribe-server", [Codec.MSGPACK]);
  const workers = [server];
  try {
    const { ours } = await server.ask<Readonly<Record<SubscribeKind, number>>>({});
    let url = `ws://127.0.0.1:${ours}/v2/sip`;
    if (isRelayed) {
      const relay = new Worker("relay", [url]);
      workers.push(relay);
      url = `ws://127.0.0.1:${await relay.ask<number>({})}/v2/sip`;
    }
    const readers = new Worker("demand-readers", [url, READERS, Codec.MSGPACK]);
    workers.push(readers);
    return await readers.ask<number>({});
  } finally {
    for (const worker of workers) worker.end();
  }
}
