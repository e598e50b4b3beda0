import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Codec } from "@tickerplant/client/wire";
import { createGateway, GATEWAY_LIMITS, listen, upstream } from "tickerplant";
import { WebSocket, WebSocketServer } from "ws";
import { BATCH_RECORDS, type ClientFrame } from "./batches.ts";
import type { FanOutServer } from "./benches/fan-out.ts";
import { Worker } from "./worker.ts";

/** Question to the source of a relay: send for so long, answered with the number of records; its port for 0. */
export interface SourceQuestion {
  readonly ms: number;
}

async function beginSource(codec: Codec): Promise<{ readonly source: Worker<SourceQuestion>; readonly url: string }> {
  const source = new Worker<SourceQuestion>("relay-source", [codec]);
  return { source, url: `ws://127.0.0.1:${await source.ask<number>({ ms: 0 })}/v2/sip` };
}

/** A gateway whose feed comes from another process. */
export async function relay(codec: Codec): Promise<FanOutServer> {
  const { source, url } = await beginSource(codec);
  let subscribed = 0;
  const keys = { apiKey: "bench", secretKey: "bench" };
  const feed = upstream({
    ...keys,
    feed: "sip",
    urlOverride: url,
    codec,
    once: true, // so that it waits for the clients, and measures its own speed
    websocketParams: { perMessageDeflate: false },
  });
  const gateway = createGateway({
    feeds: { sip: feed },
    onEvent: ({ type }) => void (type === "subscribed" && subscribed++),
  });
  gateway.start().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  const { port } = await listen(gateway, { maxConnectionsPerAddress: 2000 });
  return {
    port,
    clientCount: () => subscribed,
    play: async (ms) => {
      const { delivered, published } = gateway.stats;
      const sent = await source.ask<number>({ ms });
      while (gateway.stats.published < published + sent) await wait(1);
      return gateway.stats.delivered - delivered;
    },
  };
}

/**
 * Passes frames on without a look at them, to all clients; or, to clients that read different symbols, frames that
 * are ready-made.
 */
export async function bareRelay(
  codec: Codec,
  reads: string | undefined,
  frames: readonly ClientFrame[][],
): Promise<FanOutServer> {
  const { source, url } = await beginSource(codec);
  const open: WebSocket[] = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => open.push(socket));
  await new Promise((resolve) => server.once("listening", resolve));
  const isBehind = ({ bufferedAmount }: WebSocket): boolean => bufferedAmount > GATEWAY_LIMITS.feedWaitBytes;
  const from = new WebSocket(url, { perMessageDeflate: false });
  const binary = codec === Codec.MSGPACK;
  let isGreeted = false;
  let received = 0;
  let deliveries = 0;
  from.on("message", (frame) => {
    if (!isGreeted) {
      isGreeted = true; // the welcome
      return;
    }
    const at = received++;
    if (reads === "*") {
      for (const client of open) client.send(frame as Buffer, { binary }); // ws gives a Buffer unless told otherwise
      deliveries += BATCH_RECORDS * open.length;
    } else {
      for (const { client, frame: one, count } of frames[at % frames.length] ?? []) {
        open[client]?.send(one, { binary });
        deliveries += count;
      }
    }
    if (open.some(isBehind)) void room();
  });
  async function room(): Promise<void> {
    from.pause();
    while (open.some(isBehind)) await wait(1);
    from.resume();
  }
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    clientCount: () => open.length,
    play: async (ms) => {
      const before = { deliveries, received };
      const sent = await source.ask<number>({ ms });
      while ((received - before.received) * BATCH_RECORDS < sent) await wait(1);
      return deliveries - before.deliveries;
    },
  };
}
