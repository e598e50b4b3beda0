/** Many clients that count bytes without decoding them. Usage: fan-out-receivers.js PORT CLIENTS READS CODEC */
import { connect, type Socket } from "node:net";
import type { ReceiverQuestion } from "../benches/fan-out.ts";
import { symbolsOf } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";

/** Interval of pongs, below the 20 s after which the gateway disconnects a silent client. */
const PONG_INTERVAL_MS = 8_000;
/** An unsolicited pong, which RFC 6455, section 5.5.3 allows; masked with zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const [port, clients, reads, codec] = process.argv.slice(2);
/** All sockets write their bytes here; they are not read. */
const buffer = Buffer.alloc(262_144);
let received = 0;
let wanted: { readonly bytes: number; resolve(): void } | undefined;

function count(bytes: number): boolean {
  received += bytes;
  if (wanted !== undefined && received >= wanted.bytes) wanted.resolve();
  return true;
}

/** Makes a text frame masked with zeros, which leave the payload as it is. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]),
    payload,
  ]);
}

const head = [
  "GET /v2/sip HTTP/1.1",
  `Host: 127.0.0.1:${port}`,
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  `Content-Type: application/${codec}`,
  "APCA-API-KEY-ID: bench",
  "APCA-API-SECRET-KEY: bench",
];

async function open(client: number): Promise<Socket> {
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    onread: { buffer, callback: count },
  });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const symbols = reads === "*" ? ["*"] : symbolsOf(client);
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(textFrame(JSON.stringify({ action: "subscribe", trades: symbols, quotes: symbols })));
  socket.on("close", () => {
    console.error(`client ${client} was closed`);
    process.exit(1);
  });
  return socket;
}

const sockets: Socket[] = [];
for (let client = 0; client < Number(clients); client++) sockets.push(await open(client));
setInterval(() => {
  for (const socket of sockets) socket.write(PONG);
}, PONG_INTERVAL_MS);

answerQuestions(async ({ bytes }: ReceiverQuestion) => {
  if (received < bytes) await new Promise<void>((resolve) => (wanted = { bytes, resolve }));
  return received;
});
