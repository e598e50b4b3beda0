import { type ConnectOpts, connect, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import * as tls from "node:tls";
import { WebSocket } from "ws";
import * as LIMITS from "../../../limits.ts";
import { FrameSplitter } from "./frame-splitter.ts";

/** What a frame reader needs to know. */
export interface FrameReaderOptions {
  /** Whether the connection is over TLS. */
  readonly isSecure: boolean;
  /** The option of `ws`: bytes of the largest message, or 0 for no limit. */
  readonly maxPayload?: number | undefined;
}

/** Node's types lack this option of `tls.connect`. */
type TlsOptions = tls.ConnectionOptions & Pick<ConnectOpts, "onread">;

/**
 * Reads the socket of one websocket into one buffer, and emits plain frames as views of it: without a
 * copy, and with bytes of the buffer behind each frame, as the fast paths of the decoder need them.
 *
 * `ws` keeps the rest: handshake, all other frames, sending and closing. It receives their bytes as if
 * Node had read them, from the readable side of the socket. One rule keeps the order of frames: while
 * `ws` is not idle, it receives plain frames as well.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #frame: (bytes: Uint8Array) => void;
  /** The bytes behind `readBufferBytes` stay unused: they are behind the last frame. */
  readonly #buffer: Buffer = Buffer.alloc(LIMITS.readBufferBytes + LIMITS.bytesBehindFrame);
  readonly #wholeBuffer: Buffer = this.#buffer.subarray(0, LIMITS.readBufferBytes);
  /** Bytes of an incomplete frame at the front of the buffer. */
  #filled = 0;
  #socket: Socket | undefined;
  /** Undefined until the handshake has succeeded. */
  #websocket: WebSocket | undefined;
  /** Undefined if `ws` has to receive every byte. */
  #splitter: FrameSplitter | undefined;

  constructor(options: FrameReaderOptions, frame: (bytes: Uint8Array) => void) {
    this.#options = options;
    this.#frame = frame;
  }

  /** Opens the socket as `ws` does; for its option of this name. */
  createConnection(options: TcpNetConnectOpts & tls.ConnectionOptions & { readonly socketPath?: string }): Socket {
    const { host = "", socketPath } = options;
    const onread = { buffer: () => this.#room(), callback: (count: number) => this.#read(count) };
    if (this.#options.isSecure) {
      const { servername = isIP(host) === 0 ? host : "" } = options;
      const tlsOptions: TlsOptions = { ...options, path: undefined, servername, onread };
      this.#socket = tls.connect(tlsOptions);
    } else {
      // Without a path the options are those of TCP; with one, of a Unix socket.
      this.#socket = connect({ ...options, path: socketPath, onread } as ConnectOpts & TcpNetConnectOpts);
    }
    return this.#socket;
  }

  /** The handshake has succeeded. What follows it in the buffer are frames. */
  opened(websocket: WebSocket): void {
    this.#websocket = websocket;
    // A compressed frame is decompressed in another thread, and the frames behind it have to wait.
    const isCompressed = websocket.extensions !== "";
    // Where Node does not pass bytes on in the call that pushes them, frames may have been pushed already.
    const hasUnread = this.#socket?.readableLength !== 0;
    if (isCompressed || hasUnread) return;
    const { maxPayload = 0 } = this.#options;
    const limit = maxPayload >= 1 ? maxPayload : Number.POSITIVE_INFINITY;
    this.#splitter = new FrameSplitter(Math.min(limit, LIMITS.maxPlainFrameBytes));
  }

  /** Where the next bytes go. Never empty: an incomplete plain frame is shorter than the buffer. */
  #room(): Buffer {
    return this.#filled === 0 ? this.#wholeBuffer : this.#wholeBuffer.subarray(this.#filled);
  }

  /** Bytes have been read. Returns whether to read on. */
  #read(count: number): boolean {
    const end = this.#filled + count;
    const start = this.#readFrames(this.#readHandshake(end), end);
    if (start > 0) this.#buffer.copyWithin(0, start, end);
    this.#filled = end - start;
    return this.#socket?.isPaused() === false;
  }

  /**
   * Pushes the response to the upgrade line by line: `ws` opens in the call that pushes its last line.
   * Returns where the frames start.
   */
  #readHandshake(end: number): number {
    let start = 0;
    while (this.#websocket === undefined && start < end) {
      const newline = this.#buffer.subarray(start, end).indexOf("\n");
      const next = newline === -1 ? end : start + newline + 1;
      this.#push(start, next);
      start = next;
    }
    return start;
  }

  /** Returns where an incomplete frame starts. */
  #readFrames(from: number, end: number): number {
    const splitter = this.#splitter;
    if (splitter === undefined) {
      this.#push(from, end);
      return end;
    }
    let start = from;
    for (let piece = splitter.next(this.#buffer, start, end); piece; piece = splitter.next(this.#buffer, start, end)) {
      if (piece.isPlain && this.#wsIsIdle()) this.#frame(this.#buffer.subarray(piece.payload, piece.end));
      else this.#push(start, piece.end);
      start = piece.end;
    }
    return start;
  }

  /**
   * Whether `ws` has dealt with all that was pushed and could receive more. It pauses the socket when it
   * cannot, after an error in a frame as well.
   */
  #wsIsIdle(): boolean {
    const socket = this.#socket;
    const isOpen = this.#websocket?.readyState === WebSocket.OPEN;
    return isOpen && socket?.isPaused() === false && socket.readableLength === 0;
  }

  /** Puts bytes into the readable side of the socket, as Node does without `onread`. */
  #push(start: number, end: number): void {
    if (start < end) this.#socket?.push(Buffer.from(this.#buffer.subarray(start, end)));
  }
}
