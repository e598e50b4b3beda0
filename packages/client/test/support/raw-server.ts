import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { FrameEncoder, type ServerMessage } from "../../src/wire/index.ts";

/** Opcodes of websocket frames. Source: RFC 6455, section 5.2. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A websocket frame of a server, unmasked. */
export function websocketFrame(opcode: number, payload: Uint8Array = new Uint8Array(), bits = 0x80): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = bits | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** A close frame; without a code it has no body. */
export function closeFrame(code?: number, reason = ""): Buffer {
  if (code === undefined) return websocketFrame(Opcode.CLOSE);
  return websocketFrame(Opcode.CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

/** The answer to the key of an upgrade. Source: RFC 6455, section 4.2.2. */
export function acceptOf(key = ""): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/**
 * A server of plain TCP that speaks websocket byte by byte, so that it can break the protocol. It
 * never closes a connection by itself: not after a close frame, and not after the client has.
 */
export class RawServer {
  /** Every connection so far, the newest last. */
  readonly sockets: Socket[] = [];
  /** Whether connections are answered at all. */
  isSilent = false;
  readonly #server: Server;
  #upgraded: ((socket: Socket) => void)[] = [];

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket);
      socket.on("error", () => {});
      if (this.isSilent) socket.resume();
      else socket.once("data", (request) => this.#upgrade(socket, request.toString()));
    });
  }

  /** Listens at a free port of the loopback. */
  static async listen(): Promise<RawServer> {
    const server = new RawServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  /** Its address, without a scheme. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // a port, not a pipe
  }

  /** The next connection that has been upgraded. */
  upgraded(): Promise<Socket> {
    return new Promise((resolve) => this.#upgraded.push(resolve));
  }

  /** The next connection, through the handshake: welcome and "authenticated" are on their way. */
  async session(): Promise<Socket> {
    const socket = await this.upgraded();
    say(socket, { type: "success", message: "connected" });
    say(socket, { type: "success", message: "authenticated" });
    return socket;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #upgrade(socket: Socket, request: string): void {
    const key = /^sec-websocket-key: (.*)$/im.exec(request)?.[1]?.trim();
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    );
    socket.resume();
    this.#upgraded.shift()?.(socket);
  }
}

const encoder = new FrameEncoder("msgpack", STOCK_SCHEMA);

/** Sends a control message. */
export function say(socket: Socket, message: ServerMessage): void {
  socket.write(websocketFrame(Opcode.BINARY, encoder.serverFrame(message)));
}
