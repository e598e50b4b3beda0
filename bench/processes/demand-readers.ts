/**
 * Many readers that want 10,000 symbols each. Usage: demand-readers.js URL READERS CODEC. Answers any question with the
 * milliseconds from the first request to the last acknowledgement.
 */
import { once } from "node:events";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { WebSocket } from "ws";
import { SYMBOLS_10K } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed } from "../workload.ts";

const [url = "", readers, codecName] = process.argv.slice(2);
const codec = codecNamed(codecName);
const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
const binary = codec === Codec.MSGPACK;
const request = encoder.clientFrame({ action: "subscribe", symbols: { trades: SYMBOLS_10K }, unknownChannels: [] });
const headers = {
  "Content-Type": `application/${codec}`,
  "APCA-API-KEY-ID": "bench",
  "APCA-API-SECRET-KEY": "bench",
};

/** Opens a connection, which is authenticated by its second message. */
async function open(): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  let isGreeted = false;
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.on("message", () => {
      if (isGreeted) resolve();
      isGreeted = true;
    });
  });
  socket.removeAllListeners();
  return socket;
}

const sockets: WebSocket[] = [];
for (let count = 0; count < Number(readers); count++) sockets.push(await open());

answerQuestions(async () => {
  const startedAt = performance.now();
  const acked = sockets.map((socket) => once(socket, "message"));
  for (const socket of sockets) socket.send(request, { binary });
  await Promise.all(acked);
  return performance.now() - startedAt;
});
