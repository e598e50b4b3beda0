/** Runs a gateway, and a bare `ws` that answers with the same bytes. Usage: subscribe-server.js CODEC */
import type { AddressInfo } from "node:net";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { createGateway, type Feed, listen } from "tickerplant";
import { WebSocketServer } from "ws";
import { SYMBOLS_10K } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";
import { codecNamed } from "../workload.ts";

const codec = codecNamed(process.argv[2]);
/** Publishes nothing: the benchmark measures the answer alone. */
const feed: Feed = {
  paced: true,
  run: (_sink, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
};
const gateway = createGateway({ feeds: { sip: feed } });
void gateway.start();
const { port: ours } = await listen(gateway, { compress: false }); // like its peer: measures the answer, not zlib

const trades = SYMBOLS_10K;
const symbols = { trades, corrections: trades, cancelErrors: trades };
const ack = Buffer.from(new FrameEncoder(codec, STOCK_SCHEMA).serverFrame({ type: "subscription", symbols }));
const bare = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
bare.on("connection", (socket) => {
  socket.on("message", () => socket.send(ack, { binary: codec === Codec.MSGPACK }));
});
await new Promise((resolve) => bare.once("listening", resolve));

answerQuestions(() => ({ ours, ws: (bare.address() as AddressInfo).port })); // a TCP server that listens has one
