/**
 * What stands upstream of a relay: sends the frames of the fan-out benchmark, each of one batch, from the first one
 * on, as fast as the relay reads. Usage: relay-source.js CODEC
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameDecoder, FrameEncoder, type ServerMessage, sniffCodec } from "@tickerplant/client/wire";
import { type WebSocket, WebSocketServer } from "ws";
import { BATCH_RECORDS, batches } from "../batches.ts";
import type { SourceQuestion } from "../relays.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed, framesOf } from "../workload.ts";

/** Most bytes that wait for the kernel: enough to keep it busy. */
const MAX_BUFFERED_BYTES = 1_048_576;

const codec = codecNamed(process.argv[2]);
const binary = codec === Codec.MSGPACK;
const frames = framesOf((await batches()).flat(), BATCH_RECORDS, codec);
const decoder = new FrameDecoder(STOCK_SCHEMA);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
let relay: WebSocket | undefined;
let next = 0;

server.on("connection", (socket) => {
  relay = socket;
  const send = (message: ServerMessage, as: Codec): void =>
    socket.send(new FrameEncoder(as, STOCK_SCHEMA).serverFrame(message), { binary: as === Codec.MSGPACK });
  const symbols: Record<string, string[]> = {};
  socket.on("message", (frame: Buffer) => {
    for (const message of decoder.decodeClient(frame)) {
      if (message.action === "auth") send({ type: "success", message: "authenticated" }, sniffCodec(frame));
      if (message.action !== "subscribe") continue;
      for (const [channel, list = []] of Object.entries(message.symbols))
        symbols[channel] = [...(symbols[channel] ?? []), ...list];
      send({ type: "subscription", symbols }, sniffCodec(frame));
    }
  });
  send({ type: "success", message: "connected" }, codec);
});

/** Sends for a time, and returns the number of records. */
async function play(ms: number): Promise<number> {
  let count = 0;
  for (const until = performance.now() + ms; performance.now() < until; ) {
    const room = new Promise((resolve) => relay?.send(frames[next % frames.length] ?? "", { binary }, resolve));
    next++;
    count += BATCH_RECORDS;
    if ((relay?.bufferedAmount ?? 0) > MAX_BUFFERED_BYTES) await room;
  }
  return count;
}

await once(server, "listening");
const { port } = server.address() as AddressInfo; // it listens, on a port
answerQuestions(({ ms }: SourceQuestion) => (ms === 0 ? port : play(ms)));
