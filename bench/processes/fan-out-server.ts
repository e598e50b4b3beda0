/** Serves records to many clients, with the gateway or with `ws` alone. Usage: fan-out-server.js ours|ws CLIENTS READS CODEC */
import { subscribe } from "node:diagnostics_channel";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { createGateway, type Feed, type FeedSink, GATEWAY_LIMITS, listen } from "tickerplant";
import { type WebSocket, WebSocketServer } from "ws";
import type { ServerQuestion } from "../benches/fan-out.ts";
import { SYMBOLS, symbolsOf } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed, records } from "../workload.ts";

/** Records that a feed publishes in one turn of the event loop; a client's frame has those that it subscribes to. */
const BATCH_RECORDS = 100;

/** A server: `play` sends for about `ms`, as fast as the clients read, and resolves with the number of deliveries. */
interface Server {
  readonly port: number;
  readonly clientCount: () => number;
  play(ms: number): Promise<number>;
}

const [kind, clientsText, reads, codecName] = process.argv.slice(2);
const codec = codecNamed(codecName);
const list = await records(20_000, SYMBOLS);
const batches = Array.from({ length: Math.floor(list.length / BATCH_RECORDS) }, (_, index) =>
  list.slice(index * BATCH_RECORDS, (index + 1) * BATCH_RECORDS),
);
const sockets: Socket[] = [];
subscribe("net.server.socket", (message) => {
  sockets.push((message as { socket: Socket }).socket); // documented by Node for this channel
});

async function gateway(): Promise<Server> {
  let subscribed = 0;
  let sink: FeedSink | undefined;
  const feed: Feed = {
    paced: false,
    run: (given, signal) => {
      sink = given;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  const subject = createGateway({
    feeds: { sip: feed },
    onEvent: ({ type }) => void (type === "subscribed" && subscribed++),
  });
  void subject.start();
  const { port } = await listen(subject, { maxConnectionsPerAddress: 2000 });
  let at = 0;
  return {
    port,
    clientCount: () => subscribed,
    play: async (ms) => {
      if (sink === undefined) throw new Error("no client has subscribed");
      const before = subject.stats.delivered;
      for (const until = performance.now() + ms; performance.now() < until; at++) {
        for (const record of batches[at % batches.length] ?? []) sink.publish(record);
        await sink.room();
        await nextTurn();
      }
      return subject.stats.delivered - before;
    },
  };
}

/** Makes the frames of each batch for each client that reads from it, as the gateway would. */
function readyMade(clients: number): { client: number; frame: Uint8Array; count: number }[][] {
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  if (reads === "*") {
    return batches.map((batch) => {
      const frame = Buffer.from(encoder.frame(batch));
      return Array.from({ length: clients }, (_, client) => ({ client, frame, count: batch.length }));
    });
  }
  const readers = new Map<string, number[]>();
  for (let client = 0; client < clients; client++)
    for (const symbol of symbolsOf(client)) readers.set(symbol, [...(readers.get(symbol) ?? []), client]);
  return batches.map((batch) => {
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

async function bareWs(clients: number): Promise<Server> {
  const frames = readyMade(clients);
  const open: WebSocket[] = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => open.push(socket));
  await new Promise((resolve) => server.once("listening", resolve));
  const options = { binary: codec === Codec.MSGPACK };
  const isBehind = ({ bufferedAmount }: WebSocket): boolean => bufferedAmount > GATEWAY_LIMITS.feedWaitBytes;
  let at = 0;
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    clientCount: () => open.length,
    play: async (ms) => {
      let deliveries = 0;
      for (const until = performance.now() + ms; performance.now() < until; at++) {
        for (const { client, frame, count } of frames[at % frames.length] ?? []) {
          open[client]?.send(frame, options);
          deliveries += count;
        }
        while (open.some(isBehind)) await wait(1);
        await nextTurn();
      }
      return deliveries;
    },
  };
}

/** Bytes of the heap and of external buffers after garbage collection; several, because some memory is freed late. */
async function memoryInUse(): Promise<number> {
  for (let collection = 0; collection < 4; collection++) {
    globalThis.gc?.();
    await wait(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const server = kind === "ours" ? await gateway() : await bareWs(Number(clientsText));
const memoryBefore = await memoryInUse();
let cpuBefore = process.cpuUsage();

async function answerTo(question: ServerQuestion): Promise<unknown> {
  switch (question.ask) {
    case "port":
      return server.port;
    case "clients":
      while (server.clientCount() < question.count) await wait(5);
      return true;
    case "round": {
      cpuBefore = process.cpuUsage();
      const deliveries = await server.play(question.ms);
      return { deliveries, bytes: sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0) };
    }
    case "cpu": {
      const { user, system } = process.cpuUsage(cpuBefore);
      return user + system;
    }
    case "memory":
      return (await memoryInUse()) - memoryBefore;
  }
}
answerQuestions(answerTo);
