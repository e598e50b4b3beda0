/** Subscribes to 10,000 symbols in one call. Usage: subscribe-client.js PORT-OF-OURS PORT-OF-WS CODEC */
import { once } from "node:events";
import { STOCK_SCHEMA, StockDataStream } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { WebSocket } from "ws";
import type { SubscribeQuestion } from "../benches/subscribe.ts";
import { SYMBOLS_10K } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed } from "../workload.ts";

const [ours, ws, codecName] = process.argv.slice(2);
const codec = codecNamed(codecName);
const request = new FrameEncoder(codec, STOCK_SCHEMA).clientFrame({
  action: "subscribe",
  symbols: { trades: SYMBOLS_10K },
  unknownChannels: [],
});

async function subscribeWithOurs(): Promise<number> {
  const stream = new StockDataStream({
    apiKey: "bench",
    secretKey: "bench",
    urlOverride: `ws://127.0.0.1:${ours}/v2/sip`,
    codec,
  });
  await stream.connect();
  const startedAt = performance.now();
  await stream.subscribeTrades(() => {}, ...SYMBOLS_10K).ready;
  const elapsedMs = performance.now() - startedAt;
  await stream.stop();
  return elapsedMs;
}

async function exchangeBytes(): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${ws}`, { perMessageDeflate: false });
  await once(socket, "open");
  const startedAt = performance.now();
  socket.send(request, { binary: codec === Codec.MSGPACK });
  await once(socket, "message");
  const elapsedMs = performance.now() - startedAt;
  socket.close();
  await once(socket, "close");
  return elapsedMs;
}

answerQuestions(({ kind }: SubscribeQuestion) => (kind === "ours" ? subscribeWithOurs() : exchangeBytes()));
