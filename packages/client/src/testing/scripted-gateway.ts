import { shownValue } from "../checks/shown-value.ts";
import type { Connector } from "../platform/transport/transport.ts";
import { STOCK_SCHEMA } from "../stocks/stock-schema.ts";
import {
  type ChannelSymbols,
  type ClientMessage,
  Codec,
  FrameDecoder,
  FrameEncoder,
  type MarketRecord,
  SERVER_ERROR_TEXTS,
  type ServerErrorNumber,
  type WritableSchema,
} from "../wire/index.ts";
import { JsonWriter } from "../wire/json/json-writer.ts";
import { MsgpackWriter } from "../wire/msgpack/msgpack-writer.ts";
import { MemoryNetwork, type MemoryNetworkOptions, type MemorySocket } from "./memory-network.ts";

/**
 * A server that a test scripts message by message, over a {@link MemoryNetwork}.
 *
 * @example
 * ```ts
 * const gateway = new ScriptedGateway();
 * const stream = new StockDataStream({ apiKey: "k", secretKey: "s", connector: gateway.connector });
 * stream.subscribeTrades(console.log, "AAPL");
 * void stream.run();
 * const session = await gateway.handshake();
 * await session.expectSubscribe(); // { trades: ["AAPL"] }
 * session.acknowledge();
 * session.send({ T: "t", S: "AAPL", t: "2025-01-02T15:00:00Z", i: 1, x: "V", p: 243.1, s: 100, c: ["@"], z: "C" });
 * ```
 */
export class ScriptedGateway {
  /** The network below, which can reject connections. */
  readonly network: MemoryNetwork;
  /** Every session so far, the newest last. */
  readonly sessions: ScriptedSession[] = [];
  #accepted = 0;
  #acceptors: ((session: ScriptedSession) => void)[] = [];

  /** `schema` is the asset class to serve, stocks by default. */
  constructor(options: MemoryNetworkOptions = {}, schema: WritableSchema = STOCK_SCHEMA) {
    this.network = new MemoryNetwork(options);
    this.network.onsocket = (socket) => {
      this.sessions.push(new ScriptedSession(socket, schema));
      this.#handOut();
    };
  }

  /** For the option `connector` of a stream. */
  get connector(): Connector {
    return this.network.connector;
  }

  /** Resolves with the next connection, before any message on it. */
  accept(): Promise<ScriptedSession> {
    return new Promise((resolve) => {
      this.#acceptors.push(resolve);
      this.#handOut();
    });
  }

  /** Accepts the next connection and performs the handshake: welcome, credentials, "authenticated". */
  async handshake(): Promise<ScriptedSession> {
    const session = await this.accept();
    session.welcome();
    await session.expectAuth();
    session.authenticated();
    return session;
  }

  #handOut(): void {
    for (let session = this.sessions[this.#accepted]; session !== undefined; session = this.sessions[this.#accepted]) {
      const acceptor = this.#acceptors.shift();
      if (acceptor === undefined) return;
      this.#accepted++;
      acceptor(session);
    }
  }
}

/** One connection of a {@link ScriptedGateway}. It uses the codec that the client's headers request. */
export class ScriptedSession {
  /** The socket under it: cut, mute, pings, pauses. */
  readonly socket: MemorySocket;
  readonly codec: Codec;
  /** The size of each frame that came from the client, in bytes. */
  readonly frameSizes: number[] = [];
  /** Close code and reason, once the connection is over. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #encoder: FrameEncoder;
  readonly #schema: WritableSchema;
  readonly #decoder: FrameDecoder;
  /** Messages of the client that no `expect…` has read. */
  readonly #unread: ClientMessage[] = [];
  #readers: { resolve(message: ClientMessage): void; reject(error: Error): void }[] = [];
  /** The client's subscription, which an acknowledgement lists. */
  readonly #symbols = new Map<string, Set<string>>();
  #acknowledgesAll = false;

  /** Made by a {@link ScriptedGateway}. */
  constructor(socket: MemorySocket, schema: WritableSchema = STOCK_SCHEMA) {
    this.socket = socket;
    this.#schema = schema;
    this.#decoder = new FrameDecoder(schema);
    this.codec = socket.request.headers["Content-Type"] === "application/msgpack" ? Codec.MSGPACK : Codec.JSON;
    this.#encoder = new FrameEncoder(this.codec, schema);
    socket.onframe = (frame) => {
      this.frameSizes.push(frame.length);
      for (const message of this.#decoder.decodeClient(frame)) this.#received(message);
    };
    socket.onclose = (code, reason) => {
      this.closed = { code, reason };
      for (const reader of this.#readers.splice(0)) reader.reject(this.#noMore());
    };
  }

  /** Sends "connected", which a server sends when the socket opens. */
  welcome(): void {
    this.send({ T: "success", msg: "connected" });
  }

  /** Sends "authenticated". */
  authenticated(): void {
    this.send({ T: "success", msg: "authenticated" });
  }

  /** Resolves with the client's credentials; rejects if its next message is another. */
  async expectAuth(): Promise<{ readonly key: string; readonly secret: string }> {
    const message = await this.#next();
    if (message.action !== "auth") throw new Error(`expected credentials, got ${shown(message)}`);
    return { key: message.key, secret: message.secret };
  }

  /** Resolves with the client's next subscribe request; rejects if its next message is another. */
  expectSubscribe(): Promise<ChannelSymbols> {
    return this.#expectRequest("subscribe");
  }

  /** Resolves with the client's next unsubscribe request; rejects if its next message is another. */
  expectUnsubscribe(): Promise<ChannelSymbols> {
    return this.#expectRequest("unsubscribe");
  }

  /** Number of the client's messages that no `expect…` has read. */
  get unread(): number {
    return this.#unread.length;
  }

  /**
   * Answers a request with these symbols, or with the sum of all requests so far. Channels that another
   * channel brings, such as corrections, are listed with that channel's symbols, as Alpaca does.
   */
  acknowledge(symbols: ChannelSymbols = this.#subscription()): void {
    for (const [channel, list] of Object.entries(symbols)) checkList(channel, list);
    this.send({ T: "subscription", ...symbols, ...this.#brought(symbols) });
  }

  /** Acknowledges every request from now on. */
  acknowledgeAll(): void {
    this.#acknowledgesAll = true;
    for (const message of this.#unread.splice(0)) this.#received(message);
  }

  /** Sends records in one frame. */
  records(...records: MarketRecord[]): void {
    if (records.some(Array.isArray)) throw new TypeError("records come one by one, got array: write records(...list)");
    this.frame(this.#encoder.frame(records));
  }

  /** Sends an error message; the text is Alpaca's unless another is given. */
  error(number: number, text?: string): void {
    const known = SERVER_ERROR_TEXTS[number as ServerErrorNumber] as string | undefined; // other numbers have none
    this.send({ T: "error", code: number, msg: text ?? known ?? "" });
  }

  /** Sends messages in one frame: plain data with the wire's short keys, valid or not. */
  send(...messages: unknown[]): void {
    const writer = this.codec === Codec.JSON ? new JsonWriter() : new MsgpackWriter();
    writer.value(messages);
    this.frame(writer.out.take());
  }

  /** Sends bytes unchanged. */
  frame(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** Closes the connection normally. */
  close(code?: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  /** Cuts the connection. */
  cut(): void {
    this.socket.cut();
  }

  async #expectRequest(action: "subscribe" | "unsubscribe"): Promise<ChannelSymbols> {
    const message = await this.#next();
    if (message.action !== action) throw new Error(`expected a request to ${action}, got ${shown(message)}`);
    this.#apply(message);
    return message.symbols;
  }

  #next(): Promise<ClientMessage> {
    const message = this.#unread.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.closed !== undefined) return Promise.reject(this.#noMore());
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  #received(message: ClientMessage): void {
    if (this.#acknowledgesAll && message.action !== "auth") {
      this.#apply(message);
      return this.acknowledge();
    }
    const reader = this.#readers.shift();
    if (reader === undefined) this.#unread.push(message);
    else reader.resolve(message);
  }

  #apply(message: Exclude<ClientMessage, { action: "auth" }>): void {
    for (const channel of this.#schema.subscribable) {
      const symbols = this.#symbols.get(channel) ?? new Set();
      this.#symbols.set(channel, symbols);
      for (const symbol of message.symbols[channel] ?? []) {
        if (message.action === "subscribe") symbols.add(symbol);
        else symbols.delete(symbol);
      }
    }
  }

  #subscription(): ChannelSymbols {
    const listed = [...this.#symbols].filter(([, symbols]) => symbols.size > 0);
    return Object.fromEntries(listed.map(([channel, symbols]) => [channel, [...symbols]]));
  }

  #brought(symbols: ChannelSymbols): ChannelSymbols {
    const { channels, traits } = this.#schema;
    const brought: Record<string, readonly string[]> = {};
    for (const channel of channels) {
      const list = symbols[traits[channel]?.broughtBy ?? ""];
      if (list !== undefined) brought[channel] = list;
    }
    return brought;
  }

  #noMore(): Error {
    return new Error(`the connection is over (${this.closed?.code} ${this.closed?.reason}): the client sends no more`);
  }
}

/** Rejects a string in place of an array, whose letters would become symbols. */
function checkList(channel: string, list: unknown): void {
  if (!Array.isArray(list)) throw new TypeError(`${channel} takes an array of symbols, got ${shownValue(list)}`);
}

/** A message of a client, without its secret. */
function shown(message: ClientMessage): string {
  return message.action === "auth" ? "credentials" : JSON.stringify({ action: message.action, ...message.symbols });
}
