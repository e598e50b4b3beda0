/** Many clients that count bytes and read none. Usage: fan-out-receivers.js PORT CLIENTS READS CODEC */
import { connect, type Socket } from "node:net";
import type { ReceiverQuestion } from "../benches/fan-out.ts";
import { symbolsOf } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";

/** Below the gateway's 20 s: a client that is not heard of is cut off. */
const SIGN_OF_LIFE_MS = 8_000;
/** A pong that nobody asked for, which is allowed (RFC 6455, section 5.5.3), masked with zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const [port, clients, reads, codec] = process.argv.slice(2);
/** Every socket's bytes land here: nobody looks at them. */
const buffer = Buffer.alloc(262_144);
let received = 0;
let wanted: { readonly bytes: number; resolve(): void } | undefined;

function count(bytes: number): boolean {
  received += bytes;
  if (wanted !== undefined && received >= wanted.bytes) wanted.resolve();
  return true;
}

/** A text frame, masked with zeros: what is sent stays what it is. */
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
}, SIGN_OF_LIFE_MS);

answerQuestions(async ({ bytes }: ReceiverQuestion) => {
  if (received < bytes) await new Promise<void>((resolve) => (wanted = { bytes, resolve }));
  return received;
});
