/** Receives with `ws` alone: reads the time of each frame's last record from its bytes. Usage: latency-ws.js URL */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { LatencyQuestion } from "../benches/latency.ts";
import { FRAMES_PER_SECOND, LAST_TIME_FROM_END, Latencies } from "../latencies.ts";
import { answerQuestions } from "../worker.ts";

const [url = ""] = process.argv.slice(2);
const latencies = new Latencies(FRAMES_PER_SECOND);

const socket = new WebSocket(url);
socket.on("message", (data: Buffer, isBinary) => {
  if (!isBinary) return; // answers are text frames, records are binary
  const at = data.length - LAST_TIME_FROM_END;
  const high = data.readUInt32BE(at); // 30 bits of nanoseconds, and the upper 2 of 34 of seconds
  latencies.add((high & 3) * 2 ** 32 + data.readUInt32BE(at + 4), high >>> 2);
});

answerQuestions(({ ms }: LatencyQuestion) => latencies.collect(ms));
await once(socket, "open");
socket.send("[]"); // in place of the credentials
socket.send("[]"); // in place of the subscription
