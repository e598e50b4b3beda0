import { decode, encode } from "@msgpack/msgpack";
import { Codec } from "@tickerplant/client/wire";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import type { CloseLimits, GatewayConnection, SocketEnd } from "../../../src/gateway/socket.ts";

/** A message as the wire has it. */
export interface WireMessage {
  readonly T: string;
  readonly [key: string]: unknown;
}

/** How a {@link MemoryPeer} connects. */
export interface PeerOptions {
  /** Path and query. Default `/v2/iex`. */
  readonly url?: string;
  /** Default msgpack. */
  readonly codec?: Codec;
  /** Further headers, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it reads nothing from the network. Default false. */
  readonly isStuck?: boolean;
  /** Whether it never answers a close. Default false. */
  readonly ignoresClose?: boolean;
}

/**
 * A client without a network. It uses other decoders than the gateway's, and throws unless every
 * frame is an array.
 */
export class MemoryPeer {
  /** The decoded frames that {@link take} has not returned yet. */
  frames: WireMessage[][] = [];
  /** The bytes of every received frame. */
  readonly bytes: Uint8Array[] = [];
  /** How the gateway closed it. */
  closed: { readonly code: number; readonly reason: string; readonly limits: CloseLimits } | undefined;
  /** What a cut in the middle of a frame left. */
  cut: Uint8Array | undefined;
  /** Whether it reads nothing from the network. */
  isStuck: boolean;
  readonly #codec: Codec;
  readonly #connection: GatewayConnection;
  readonly #untaken: (() => void)[] = [];

  constructor(gateway: Gateway, options: PeerOptions = {}) {
    const { url = "/v2/iex", codec = Codec.MSGPACK, headers = {}, isStuck = false, ignoresClose = false } = options;
    this.#codec = codec;
    this.isStuck = isStuck;
    this.#connection = gateway.accept(
      {
        send: (frame, isBinary, done) => {
          if (isBinary !== (codec === Codec.MSGPACK)) throw new Error("a frame of the wrong kind");
          this.bytes.push(frame);
          this.frames.push(this.#decode(frame));
          this.#untaken.push(done);
          if (!this.isStuck) queueMicrotask(() => this.takeBytes());
        },
        cutWithin: (frame) => {
          this.cut = frame.slice();
          queueMicrotask(() => this.leave());
        },
        close: (code, reason, limits) => {
          const isFirst = this.closed === undefined;
          this.closed = { code, reason, limits };
          if (ignoresClose || !isFirst) return;
          // A stuck peer answers a patient close when it has taken what came before it.
          if (this.isStuck && limits.totalMs === Number.POSITIVE_INFINITY) this.#untaken.push(() => this.leave());
          else queueMicrotask(() => this.leave());
        },
      },
      { url, headers: { "content-type": `application/${codec}`, ...headers } },
    );
  }

  /** Takes from the network what waits there, or so many frames of it. */
  takeBytes(frameCount = Number.POSITIVE_INFINITY): void {
    for (const done of this.#untaken.splice(0, frameCount)) done();
  }

  /** Takes from now on. */
  unstick(): void {
    this.isStuck = false;
    this.takeBytes();
  }

  /** Says something, as the wire has it. */
  say(message: unknown): void {
    this.sayBytes(this.#codec === Codec.JSON ? Buffer.from(JSON.stringify(message)) : encode(message));
  }

  /** Sends bytes as they are. */
  sayBytes(bytes: Uint8Array): void {
    this.#connection.receive(bytes);
  }

  /** Its connection has ended. */
  leave(end?: SocketEnd): void {
    this.#connection.closed(end);
  }

  /** The messages that came since the last time. */
  take(): WireMessage[] {
    return this.frames.splice(0).flat();
  }

  /** Authenticates, and forgets the answers. */
  authenticate(key = "key", secret = "secret"): this {
    this.say({ action: "auth", key, secret });
    const answers = this.take();
    const last = answers.at(-1);
    if (last?.msg !== "authenticated") throw new Error(`not authenticated: ${JSON.stringify(answers)}`);
    return this;
  }

  /** Authenticates, subscribes, and forgets the answers. */
  subscribe(symbols: Readonly<Record<string, readonly string[]>>): this {
    this.authenticate();
    this.say({ action: "subscribe", ...symbols });
    this.take();
    return this;
  }

  #decode(frame: Uint8Array): WireMessage[] {
    const value: unknown = this.#codec === Codec.JSON ? JSON.parse(Buffer.from(frame).toString()) : decode(frame);
    if (!Array.isArray(value)) throw new Error(`expected an array, got ${JSON.stringify(value)}`);
    return value;
  }
}

/** An error message of the wire. */
export function error(code: number, msg: string): WireMessage {
  return { T: "error", code, msg };
}
