/**
 * Serves records to many clients, with the gateway or with `ws` alone, from its own memory or as a relay.
 * Usage: fan-out-server.js ours|ws|relay|ws-relay CLIENTS READS CODEC
 */
import { subscribe } from "node:diagnostics_channel";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { Codec } from "@tickerplant/client/wire";
import { createGateway, type Feed, type FeedSink, GATEWAY_LIMITS, listen } from "tickerplant";
import { type WebSocket, WebSocketServer } from "ws";
import { batches, readyMade } from "../batches.ts";
import type { FanOutServer, ServerQuestion } from "../benches/fan-out.ts";
import { bareRelay, relay } from "../relays.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed } from "../workload.ts";

const [kind, clientsText, reads, codecName] = process.argv.slice(2);
const codec = codecNamed(codecName);
const list = await batches();
const sockets: Socket[] = [];
subscribe("net.server.socket", (message) => {
  sockets.push((message as { socket: Socket }).socket); // documented by Node for this channel
});

async function gateway(): Promise<FanOutServer> {
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
        for (const record of list[at % list.length] ?? []) sink.publish(record);
        await sink.room();
        await nextTurn();
      }
      return subject.stats.delivered - before;
    },
  };
}

async function bareWs(clients: number): Promise<FanOutServer> {
  const frames = readyMade(list, clients, reads, codec);
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

function begin(): Promise<FanOutServer> {
  switch (kind) {
    case "ours":
      return gateway();
    case "relay":
      return relay(codec);
    case "ws-relay":
      return bareRelay(codec, reads, readyMade(list, clients, reads, codec));
    default:
      return bareWs(clients);
  }
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

const clients = Number(clientsText);
const server = await begin();
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
