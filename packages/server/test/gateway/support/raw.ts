import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import type { Server } from "./server.ts";

/** The head of a right upgrade, for tests that write the bytes themselves. */
export const UPGRADE =
  "GET /v2/iex HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A right upgrade with more headers. */
export function upgradeWith(...headers: readonly string[]): string {
  return UPGRADE.replace("\r\n\r\n", `\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`);
}

/** A TCP connection that says `text`. */
export async function tcp(server: Server, text: string | Uint8Array): Promise<Socket> {
  const socket = connect(server.listener.port, "127.0.0.1");
  socket.on("error", () => {}); // the server may cut it, which is what tests look at
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** All that a TCP connection brings until it closes. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  await closing(socket);
  return text;
}

/** Resolves when a TCP connection is gone, reset or ended. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

/** A frame of a client, masked with zeros. Source: RFC 6455, section 5.2. */
export function frame(firstByte: number, payload: Uint8Array, claimedLength = payload.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = firstByte;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(claimedLength), 2);
  return Buffer.concat([head, payload]);
}

/** Returns the status and headers of a rejected upgrade. */
export async function rejectedStatus(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  ca?: Buffer,
): Promise<{ status: number | undefined; retryAfter: string | undefined }> {
  const socket = new WebSocket(url, { headers, ca });
  socket.on("error", () => {}); // aborting below is one
  const [, response] = await once(socket, "unexpected-response");
  socket.terminate();
  return { status: response.statusCode, retryAfter: response.headers["retry-after"] };
}
