import { decode, encode } from "@msgpack/msgpack";
import { Codec } from "@tickerplant/client/wire";
import { type ClientOptions, WebSocket } from "ws";
import type { WireMessage } from "./memory-peer.ts";

/** A bare websocket to a gateway, that can send anything; `using` cuts it. */
export class WebPeer implements Disposable {
  readonly socket: WebSocket;
  /** Settles when the socket is gone, with the close code and reason; 1006 when it was cut. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #codec: Codec;
  readonly #unread: WireMessage[] = [];
  #reader: (() => void) | undefined;
  #isClosed = false;

  private constructor(url: string, codec: Codec, options: ClientOptions) {
    this.#codec = codec;
    this.socket = new WebSocket(url, {
      perMessageDeflate: false,
      ...options,
      headers: { "Content-Type": `application/${codec}`, ...options.headers },
    });
    this.socket.on("message", (data: Buffer) => {
      // Every frame of a gateway is an array of messages; what is not fails the test.
      const messages = codec === Codec.JSON ? JSON.parse(data.toString()) : decode(data);
      this.#unread.push(...(messages as WireMessage[]));
      this.#reader?.();
    });
    this.socket.on("error", () => {}); // it closes, which is what tests look at
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        this.#isClosed = true;
        this.#reader?.();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Connects, and takes the welcome. */
  static async connect(url: string, codec: Codec = Codec.JSON, options: ClientOptions = {}): Promise<WebPeer> {
    const peer = new WebPeer(url, codec, options);
    const welcome = await peer.next();
    if (welcome.msg !== "connected") throw new Error(`expected a welcome, got ${JSON.stringify(welcome)}`);
    return peer;
  }

  /** Connects, authenticates and subscribes. */
  static async subscribe(
    url: string,
    symbols: Readonly<Record<string, readonly string[]>>,
    codec: Codec = Codec.JSON,
    options: ClientOptions = {},
  ): Promise<WebPeer> {
    const peer = await WebPeer.connect(url, codec, options);
    peer.say({ action: "auth", key: "key", secret: "secret" });
    await peer.next();
    peer.say({ action: "subscribe", ...symbols });
    await peer.next();
    return peer;
  }

  /** The next message; rejects when the socket closes first. */
  async next(): Promise<WireMessage> {
    while (this.#unread.length === 0) {
      if (this.#isClosed) throw new Error("the socket closed before the message came");
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const [message] = this.#unread.splice(0, 1);
    if (message === undefined) throw new Error("no message"); // there is one, by the loop above
    return message;
  }

  /** So many messages. */
  async nextOf(count: number): Promise<WireMessage[]> {
    const messages: WireMessage[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Says something, as the wire has it. */
  say(message: unknown): void {
    this.socket.send(this.#codec === Codec.JSON ? JSON.stringify(message) : encode(message));
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
