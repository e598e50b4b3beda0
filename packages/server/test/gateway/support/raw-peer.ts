import { once } from "node:events";
import type { Socket } from "node:net";
import { constants, inflateRawSync } from "node:zlib";
import { frame, tcp, upgradeWith } from "./raw.ts";
import type { Server } from "./server.ts";

/** What a {@link RawPeer} does on its own. */
export interface RawPeerOptions {
  /** More headers of its request, such as an offer of compression. */
  readonly headers?: readonly string[];
  /** Default true. */
  readonly answersPings?: boolean;
  /** Default true. */
  readonly answersClose?: boolean;
}

/** A frame as it came. */
export interface RawFrame {
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly payload: Buffer;
}

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;

/** A websocket client of its own, that can leave out what every library does. JSON alone. */
export class RawPeer implements Disposable {
  readonly socket: Socket;
  readonly frames: RawFrame[] = [];
  /** The head of the server's answer. */
  head = "";
  /** Resolves when TCP has ended. */
  readonly ended: Promise<void>;
  readonly #options: Required<Omit<RawPeerOptions, "headers">>;
  #bytes: Buffer = Buffer.alloc(0);
  #noticed: () => void = () => {};

  private constructor(socket: Socket, { answersPings = true, answersClose = true }: RawPeerOptions) {
    this.socket = socket;
    this.#options = { answersPings, answersClose };
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#read();
      this.#noticed();
    });
    this.ended = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Connects, and subscribes to all trades. */
  static async subscribe(server: Server, options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(await tcp(server, upgradeWith(...(options.headers ?? []))), options);
    await peer.until(() => peer.messages.length === 1);
    peer.say({ action: "auth", key: "k", secret: "s" });
    await peer.until(() => peer.messages.length === 2);
    peer.say({ action: "subscribe", trades: ["*"] });
    await peer.until(() => peer.messages.length === 3);
    return peer;
  }

  /** Every message that came. */
  get messages(): readonly { readonly T: string; readonly i?: number; readonly code?: number }[] {
    return this.frames.filter(({ opcode }) => opcode === TEXT).flatMap(({ payload }) => JSON.parse(payload.toString()));
  }

  /** The ids of the trades that came. */
  get ids(): number[] {
    return this.messages.flatMap(({ i }) => (i === undefined ? [] : [i]));
  }

  /** The code of the close that came. */
  get closeCode(): number | undefined {
    return this.frames.find(({ opcode }) => opcode === CLOSE)?.payload.readUInt16BE(0);
  }

  /** The payload of the newest ping. */
  get lastPing(): string | undefined {
    return this.frames.findLast(({ opcode }) => opcode === PING)?.payload.toString();
  }

  /** Reads so many bytes, or to the end, and pauses. */
  async readSome(bytes: number): Promise<void> {
    const until = this.socket.bytesRead + bytes;
    this.socket.resume();
    await this.until(() => this.socket.bytesRead >= until || this.closeCode !== undefined);
    this.socket.pause();
  }

  say(message: unknown): void {
    this.socket.write(frame(0x81, Buffer.from(JSON.stringify(message))));
  }

  /** Sends a ping, which no answer of the server needs. */
  ping(): void {
    this.socket.write(control(0x89, Buffer.from("hello")));
  }

  /** Resolves when something is so; looks whenever bytes come. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve, reject) => {
        this.#noticed = resolve;
        void this.ended.then(() => reject(new Error("the connection ended before")));
      });
    }
  }

  /** All frames that the server sent, until TCP ends. */
  async readAll(): Promise<readonly RawFrame[]> {
    if (!this.socket.closed) await once(this.socket, "close");
    return this.frames;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #read(): void {
    if (this.head === "") {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = this.#bytes.subarray(0, end).toString("latin1");
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    while (this.#readFrame());
  }

  #readFrame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    const [first = 0, second = 0] = bytes;
    const start = second === 127 ? 10 : second === 126 ? 4 : 2;
    if (bytes.length < start) return false;
    const length = second === 127 ? Number(bytes.readBigUInt64BE(2)) : second === 126 ? bytes.readUInt16BE(2) : second;
    if (bytes.length < start + length) return false;
    this.#bytes = bytes.subarray(start + length);
    const isCompressed = (first & 0x40) !== 0;
    const raw = bytes.subarray(start, start + length);
    this.#take({ opcode: first & 0x0f, isCompressed, payload: isCompressed ? inflated(raw) : raw });
    return true;
  }

  #take(one: RawFrame): void {
    this.frames.push(one);
    if (one.opcode === PING && this.#options.answersPings) this.socket.write(control(0x8a, one.payload));
    if (one.opcode !== CLOSE || !this.#options.answersClose) return;
    this.socket.write(control(0x88, one.payload.subarray(0, 2)));
    this.socket.end();
  }
}

/** A control frame, masked with zeros. */
function control(firstByte: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([firstByte, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A message that stands alone. Source: RFC 7692, section 7.2.2. */
function inflated(payload: Buffer): Buffer {
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH });
}
