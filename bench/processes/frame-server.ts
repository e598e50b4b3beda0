/**
 * Sends a tape of ready-made frames as fast as each client reads, over and over. It answers the
 * handshake of the protocol, and begins when a client has subscribed. It sends by `ws`, a frame at a
 * time, as a server in JavaScript does; or so many frames with one write, as a busy network hands
 * small ones on: otherwise those measure the server's system calls.
 *
 * Usage: frame-server.js CODEC FRAME-SIZE TAPE FRAMES-A-WRITE. Asked for anything, it answers with its URL.
 */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { STOCK_SCHEMA, SUBSCRIBABLE_CHANNELS, type SubscribableChannel } from "@tickerplant/client";
import { Codec, FrameDecoder, FrameEncoder, type ServerMessage, sniffCodec } from "@tickerplant/client/wire";
import { type WebSocket, WebSocketServer } from "ws";
import { answerQuestions } from "../worker.ts";
import { codecNamed, framesOf, recordsIn } from "../workload.ts";

/** What may wait for the kernel: enough to keep it busy. */
const MAX_BUFFERED_BYTES = 1_048_576;

const [codecName, size, dataSet, framesAWriteText] = process.argv.slice(2);
const framesAWrite = Number(framesAWriteText);
/** Frames between two looks at what the kernel has taken. */
const framesATurn = Math.max(64, framesAWrite);
const codec = codecNamed(codecName);
const binary = codec === Codec.MSGPACK;
const frames = framesOf(await recordsIn(dataSet), Number(size), codec);
const decoder = new FrameDecoder(STOCK_SCHEMA);

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket, request) => {
  const say = (message: ServerMessage, as: Codec): void =>
    socket.send(new FrameEncoder(as, STOCK_SCHEMA).serverFrame(message), { binary: as === Codec.MSGPACK });
  const stated = request.headers["content-type"] === "application/msgpack" ? Codec.MSGPACK : Codec.JSON;
  say({ type: "success", message: "connected" }, stated);
  const subscribed = new Map<SubscribableChannel, string[]>();
  socket.on("message", (frame: Buffer) => {
    for (const message of decoder.decodeClient(frame)) {
      if (message.action === "auth") say({ type: "success", message: "authenticated" }, sniffCodec(frame));
      else if (message.action === "subscribe") {
        for (const channel of SUBSCRIBABLE_CHANNELS) {
          subscribed.set(channel, [...(subscribed.get(channel) ?? []), ...(message.symbols[channel] ?? [])]);
        }
        say({ type: "subscription", symbols: Object.fromEntries(subscribed) }, sniffCodec(frame));
        setImmediate(() => play(socket, request.socket));
      }
    }
  });
  socket.on("error", () => socket.terminate());
});

await once(server, "listening");
const { port } = server.address() as AddressInfo; // it listens, on a port
answerQuestions(() => `ws://127.0.0.1:${port}/v2/sip`);

const playing = new WeakSet<WebSocket>();

/** Sends frame after frame as fast as the other side takes them, for as long as it is there. */
function play(socket: WebSocket, raw: Socket): void {
  if (playing.has(socket)) return; // another subscription of the same client
  playing.add(socket);
  let next = 0;
  const sendSome = (): void => {
    if (framesAWrite > 1) {
      raw.cork();
      process.nextTick(() => raw.uncork());
    }
    while (socket.readyState === socket.OPEN && socket.bufferedAmount < MAX_BUFFERED_BYTES) {
      const frame = frames[next] ?? Buffer.alloc(0);
      next = (next + 1) % frames.length;
      if (next % framesATurn !== 0) socket.send(frame, { binary });
      // The loop goes on when the kernel has taken the frames before; with an error, nobody is there.
      else return socket.send(frame, { binary }, (error) => error == null && sendSome());
    }
    if (socket.readyState === socket.OPEN) setImmediate(sendSome);
  };
  sendSome();
}
