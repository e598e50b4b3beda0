/**
 * Sends ready-made frames in a loop, as fast as each client reads. It answers the handshake of the
 * protocol and starts sending when a client has subscribed. It sends with `ws`, one frame per write,
 * as a server in JavaScript does; or several frames per write, as they arrive over a busy network:
 * otherwise small frames would measure the server's system calls.
 *
 * Usage: frame-server.js CODEC FRAME-SIZE DATA-SET FRAMES-A-WRITE ws|wss. It answers any question with its
 * URL, or with null if this machine cannot make a certificate.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STOCK_SCHEMA, SUBSCRIBABLE_CHANNELS, type SubscribableChannel } from "@tickerplant/client";
import { Codec, FrameDecoder, FrameEncoder, type ServerMessage, sniffCodec } from "@tickerplant/client/wire";
import { type WebSocket, WebSocketServer } from "ws";
import { makeCertificate } from "#verify/runtimes/certificate.js";
import { answerQuestions } from "../worker.ts";
import { codecNamed, framesOf, recordsIn } from "../workload.ts";

/** Most bytes that wait for the kernel: enough to keep it busy. */
const MAX_BUFFERED_BYTES = 1_048_576;

const [codecName, size, dataSet, framesAWriteText, scheme] = process.argv.slice(2);
const framesAWrite = Number(framesAWriteText);
/** Frames between two waits for the kernel. */
const framesATurn = Math.max(64, framesAWrite);
const codec = codecNamed(codecName);
const binary = codec === Codec.MSGPACK;
const frames = framesOf(await recordsIn(dataSet), Number(size), codec);
const decoder = new FrameDecoder(STOCK_SCHEMA);

const http = scheme === "wss" ? tlsServer() : createServer();
const server = http && new WebSocketServer({ server: http, perMessageDeflate: false });
server?.on("connection", (socket, request) => {
  const send = (message: ServerMessage, as: Codec): void =>
    socket.send(new FrameEncoder(as, STOCK_SCHEMA).serverFrame(message), { binary: as === Codec.MSGPACK });
  const stated = request.headers["content-type"] === "application/msgpack" ? Codec.MSGPACK : Codec.JSON;
  send({ type: "success", message: "connected" }, stated);
  const subscribed = new Map<SubscribableChannel, string[]>();
  socket.on("message", (frame: Buffer) => {
    for (const message of decoder.decodeClient(frame)) {
      if (message.action === "auth") send({ type: "success", message: "authenticated" }, sniffCodec(frame));
      else if (message.action === "subscribe") {
        for (const channel of SUBSCRIBABLE_CHANNELS) {
          subscribed.set(channel, [...(subscribed.get(channel) ?? []), ...(message.symbols[channel] ?? [])]);
        }
        send({ type: "subscription", symbols: Object.fromEntries(subscribed) }, sniffCodec(frame));
        setImmediate(() => play(socket, request.socket));
      }
    }
  });
  socket.on("error", () => socket.terminate());
});

if (http !== undefined) await once(http.listen(0, "127.0.0.1"), "listening");
const address = http?.address() as AddressInfo | undefined; // it listens, on a port
answerQuestions(() => (address === undefined ? null : `${scheme}://127.0.0.1:${address.port}/v2/sip`));

const playing = new WeakSet<WebSocket>();

/** Sends frame after frame, as fast as the client reads, until the connection closes. */
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
      // Continues when the kernel has accepted the frames so far; an error means that the connection is closed.
      else return socket.send(frame, { binary }, (error) => error == null && sendSome());
    }
    if (socket.readyState === socket.OPEN) setImmediate(sendSome);
  };
  sendSome();
}

/** Returns a server with a certificate made for this run, or undefined without `openssl`. */
function tlsServer(): TlsServer | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-bench-"));
  try {
    const certificate = makeCertificate(folder);
    return certificate && createTlsServer({ cert: certificate.cert, key: certificate.key });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
