import { Codec } from "@tickerplant/client/wire";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { Worker } from "../worker.ts";

/** Which server a client subscribes at. */
export type SubscribeKind = "ours" | "ws";

/** Question to the client: subscribe once on a new connection, answered with the duration in milliseconds. */
export interface SubscribeQuestion {
  readonly kind: SubscribeKind;
}

const WARM_UP_ROUNDS = 2;
const TARGET_MS = 1000;

/** Measures subscribing to 10,000 symbols, from the call to the acknowledgement: our client at our gateway. */
export async function subscribe({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const codec of isShort ? [Codec.MSGPACK] : [Codec.MSGPACK, Codec.JSON]) {
    const server = new Worker("subscribe-server", [codec]);
    const ports = await server.ask<Readonly<Record<SubscribeKind, number>>>({});
    const client = new Worker<SubscribeQuestion>("subscribe-client", [ports.ours, ports.ws, codec]);
    const contestants = (["ours", "ws"] as const).map((kind) => ({
      name: kind,
      measure: () => client.ask<number>({ kind }),
    }));
    await inTurn(contestants, WARM_UP_ROUNDS);
    const { ours = [], ws = [] } = await inTurn(contestants, rounds);
    const names = { bench: "subscribe", case: `10,000 symbols, ${codec}`, unit: "ms until acked" };
    rows.push(
      rowOf(
        { ...names, peer: "target of a second" },
        ours,
        ours.map(() => TARGET_MS),
      ),
      rowOf({ ...names, peer: "ws, the same bytes" }, ours, ws),
    );
    client.end();
    server.end();
  }
  return rows;
}
