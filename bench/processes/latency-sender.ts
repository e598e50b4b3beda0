/**
 * Sends one frame per millisecond to its receivers in turn, with the time of sending in every
 * record. Usage: latency-sender.js RATE
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Codec } from "@tickerplant/client/wire";
import { type WebSocket, WebSocketServer } from "ws";
import type { SenderQuestion } from "../benches/latency.ts";
import { FRAMES_PER_SECOND, LAST_TIME_FROM_END, sendTime } from "../latencies.ts";
import { answerQuestions } from "../worker.ts";
import { framesOf, records } from "../workload.ts";

/** Enough that no frame is overwritten while its last use still waits in a socket. */
const RECORDS = 50_000;
/** The key `t` and the header of the eight-byte extension type -1, which precede every record's time. */
const TIME_HEAD = Buffer.from([0xa1, 0x74, 0xd7, 0xff]);

const size = Number(process.argv[2]) / FRAMES_PER_SECOND;
const frames = framesOf(await records(RECORDS), size, Codec.MSGPACK)
  .map((bytes) => ({ bytes, times: timesIn(bytes) }))
  .filter(({ bytes, times }) => times.length === size && times.at(-1) === bytes.length - LAST_TIME_FROM_END);

/** Returns the offsets of the times in a frame. */
function timesIn(bytes: Buffer): number[] {
  const times: number[] = [];
  for (let at = bytes.indexOf(TIME_HEAD); at >= 0; at = bytes.indexOf(TIME_HEAD, at + 1)) {
    times.push(at + TIME_HEAD.length);
  }
  return times;
}

let next = 0;

/** Sends the next frame, with the present time in its records. */
function sendFrame(socket: WebSocket): void {
  const frame = frames[next++ % frames.length];
  if (frame === undefined)
    throw new Error("no frame of the workload ends with the fields that the bare receiver expects");
  const { bytes, times } = frame;
  const { seconds, nanos } = sendTime();
  const high = nanos * 4 + Math.floor(seconds / 2 ** 32); // 30 bits of nanoseconds, 34 of seconds
  for (const at of times) {
    bytes.writeUInt32BE(high, at);
    bytes.writeUInt32BE(seconds >>> 0, at + 4);
  }
  socket.send(bytes);
}

/** Frames that one receiver gets before the next receiver's turn. */
const FRAMES_A_TURN = 50;
/** Receivers that have subscribed. */
const subscribed: WebSocket[] = [];
let timer: NodeJS.Timeout | undefined;

/** Starts sending. After a late timer the missing frames follow at once, which keeps the rate. */
function sendInTurn(): void {
  const startedAt = performance.now();
  let sent = 0;
  timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * FRAMES_PER_SECOND;
    for (; sent < due; sent++) {
      const receiver = subscribed[Math.floor(sent / FRAMES_A_TURN) % subscribed.length];
      if (receiver !== undefined) sendFrame(receiver);
    }
  }, 1);
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
await once(server, "listening");
server.on("connection", (socket) => {
  const answers = [
    [{ T: "success", msg: "authenticated" }],
    [{ T: "subscription", trades: ["*"], quotes: ["*"], corrections: ["*"], cancelErrors: ["*"] }],
  ];
  socket.on("error", (error) => {
    throw error;
  });
  socket.send(JSON.stringify([{ T: "success", msg: "connected" }]));
  // The contestants send two messages: credentials, then a subscription.
  socket.on("message", () => {
    const answer = answers.shift();
    if (answer === undefined) return;
    socket.send(JSON.stringify(answer));
    if (answers.length === 0) server.emit("subscribed", subscribed.push(socket));
  });
});

answerQuestions(async ({ receivers }: SenderQuestion) => {
  clearInterval(timer);
  while (subscribed.length < receivers) await once(server, "subscribed");
  if (receivers > 0) sendInTurn();
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
});
