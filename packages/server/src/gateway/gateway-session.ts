import {
  type ChannelSymbols,
  type ClientMessage,
  Codec,
  type FrameDecoder,
  isServerErrorNumber,
  isSymbol,
  SERVER_ERROR_TEXTS,
  type ServerMessage,
  StreamError,
  type StreamSchema,
} from "@tickerplant/client/wire";
import type { Rejection } from "../feeds/feed.ts";
import { HeldMessages, type Received } from "./held-messages.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { SubscriptionSet, type SymbolCount } from "./subscription-set.ts";

/** A client's message that changes its subscription. */
type SubscriptionRequest = Exclude<ClientMessage, { action: "auth" }>;

/** A change of a client's subscription. */
export interface SubscriptionChange {
  readonly action: "subscribe" | "unsubscribe";
  /** The symbols that the request named. */
  readonly symbols: ChannelSymbols;
  /** Those of them that the client was not subscribed to before a subscribe. */
  readonly added: ChannelSymbols;
  /** Whether the client was subscribed to nothing before. */
  readonly isFirst: boolean;
}

/** An action that a session returns for its owner to perform. */
export type GatewayAction =
  /** Send a control message, alone in its frame. */
  | { readonly type: "send"; readonly message: ServerMessage }
  /** Request symbols from the feed, and pass its answer to {@link GatewaySession.answer}; always the last action. */
  | { readonly type: "ask"; readonly symbols: ChannelSymbols }
  /** The client's subscription has changed: serve it by `subscriptions` from now on. */
  | ({ readonly type: "changed" } & SubscriptionChange)
  /** Close the socket. */
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** Result of an attempt to authenticate: a limit of symbols, or an error's number and what the log should say of it. */
export type Admission = { readonly maxSymbols: number } | { readonly error: number; readonly hint?: string };

/** Options of a {@link GatewaySession}. */
export interface GatewaySessionOptions {
  readonly codec: Codec;
  /** The asset class of the endpoint. */
  readonly schema: StreamSchema;
  /** Decodes what the client sends. Sessions may share it. */
  readonly decoder: FrameDecoder;
  /** Channels that the endpoint offers; requests for others are rejected with 410. */
  readonly channels: readonly string[];
  /** Checks credentials and counts the connection as one of the key's. */
  readonly admit: (key: string, secret: string) => Admission;
  readonly symbolCount: SymbolCount;
  /** Whether the feed confirms or rejects each request to subscribe. */
  readonly asksFeed: boolean;
  /** The error with which every subscribe is to be rejected, for `Faults.subscribeError`. */
  readonly subscribeError: () => number | undefined;
  /** What happens to keys of a request that name no channel. */
  readonly unknownChannels: "ignore" | "reject";
  readonly closeCodes: CloseCodes;
}

/** Close codes of the websocket. Alpaca does not document its own. */
export interface CloseCodes {
  /** After error 404. */
  readonly authTimeout: number;
  /** After error 407. */
  readonly slowClient: number;
}

/** Close code for a client that breaks the rules. Source: RFC 6455, section 7.4.1. */
export const POLICY_VIOLATION = 1008;

/** Close code for a message that is too long. Source: RFC 6455, section 7.4.1. */
export const MESSAGE_TOO_BIG = 1009;

/**
 * The server's half of the protocol for one connection, sans-I/O: frames and the time go in, actions
 * come out.
 */
export class GatewaySession {
  readonly subscriptions: SubscriptionSet;
  isAuthenticated = false;
  readonly #options: GatewaySessionOptions;
  readonly #actions: GatewayAction[] = [];
  /** The request that waits for the feed's answer. */
  #asked: SubscriptionRequest | undefined;
  readonly #held = new HeldMessages();
  #maxSymbols = 0;
  #authDeadlineMs: number;
  #authAttempts = 0;
  #badMessages = 0;
  #isOver = false;

  constructor(options: GatewaySessionOptions, nowMs: number) {
    this.#options = options;
    this.subscriptions = new SubscriptionSet(options.schema);
    this.#authDeadlineMs = nowMs + GATEWAY_LIMITS.authTimeoutMs;
  }

  /** Begins the session; `credentials` are those of the upgrade's headers, if it had any. */
  open(credentials: { key: string; secret: string } | undefined, nowMs: number): GatewayAction[] {
    this.#send({ type: "success", message: "connected" });
    if (credentials !== undefined) this.#authenticate(credentials.key, credentials.secret, nowMs);
    return this.#finish();
  }

  /** Handles a frame of the client. */
  receive(frame: Uint8Array, nowMs: number): GatewayAction[] {
    if (this.#isOver) return [];
    if (!this.isAuthenticated && frame.length > GATEWAY_LIMITS.maxUnauthenticatedFrameBytes) {
      this.#close("a message before authentication is too long", MESSAGE_TOO_BIG);
      return this.#finish();
    }
    const messages = this.#read(frame);
    for (const message of messages) this.#accept(message, frame.length / messages.length, nowMs);
    return this.#finish();
  }

  /** Handles the feed's answer to the newest `ask`: undefined when it confirmed. */
  answer(rejection: Rejection | undefined, nowMs: number): GatewayAction[] {
    const request = this.#asked;
    if (request === undefined || this.#isOver) return [];
    this.#asked = undefined;
    if (rejection === undefined) this.#grant(request);
    else this.#send({ type: "error", ...rejection });
    while (this.#asked === undefined && !this.#isOver) {
      const message = this.#held.shift();
      if (message === undefined) break;
      this.#message(message, nowMs);
    }
    return this.#finish();
  }

  /** Handles the deadline of authentication: `nowMs` is the time. */
  tick(nowMs: number): GatewayAction[] {
    if (!this.isAuthenticated && !this.#isOver && nowMs >= this.#authDeadlineMs) {
      this.#error(404);
      this.#close("auth timeout", this.#options.closeCodes.authTimeout);
    }
    return this.#finish();
  }

  /** Sets another limit of symbols, for later requests: what is subscribed to stays. */
  limitSymbols(maxSymbols: number): void {
    this.#maxSymbols = maxSymbols;
  }

  /** When {@link tick} must be called at the latest. */
  get wakeAtMs(): number | undefined {
    return this.isAuthenticated || this.#isOver ? undefined : this.#authDeadlineMs;
  }

  #read(frame: Uint8Array): readonly Received[] {
    try {
      const messages = this.#options.decoder.decodeClient(frame);
      const { length } = messages;
      return length === 0 || length > GATEWAY_LIMITS.maxMessagesPerFrame ? ["unreadable"] : messages;
    } catch (error) {
      // Anything but a StreamError is a bug of the gateway, and not the client's bad input.
      if (!(error instanceof StreamError)) throw error;
      return ["unreadable"];
    }
  }

  /** Answers come in the order of the messages: those behind one that waits are held. */
  #accept(message: Received, bytes: number, nowMs: number): void {
    if (this.#isOver) return; // an earlier message of the frame ended the session
    if (this.#asked === undefined) return this.#message(message, nowMs);
    if (!this.#held.push(message, bytes)) this.#close("too many requests while one waits for its answer");
  }

  #message(message: Received, nowMs: number): void {
    if (message === "unreadable") return this.#rejectUnreadable();
    if (message.action === "auth") {
      if (this.isAuthenticated) return this.#error(403);
      return this.#authenticate(message.key, message.secret, nowMs);
    }
    if (!this.isAuthenticated) return this.#error(401);
    const rejection = this.#rejection(message);
    if (rejection !== undefined) return this.#error(rejection);
    if (message.action === "unsubscribe" || !this.#options.asksFeed) return this.#grant(message);
    this.#asked = message;
    this.#actions.push({ type: "ask", symbols: message.symbols });
  }

  #rejectUnreadable(): void {
    this.#error(400);
    if (++this.#badMessages >= GATEWAY_LIMITS.maxBadMessages) this.#close("too many unreadable messages");
  }

  #grant({ action, symbols }: SubscriptionRequest): void {
    const isFirst = this.subscriptions.isEmpty;
    const added = action === "subscribe" ? this.subscriptions.missing(symbols) : {};
    if (action === "subscribe") this.subscriptions.add(symbols);
    else this.subscriptions.remove(symbols);
    // Alpaca's msgpack encoder leaves empty channels out (alpaca-trade-api-js#273).
    this.#send({ type: "subscription", symbols: this.subscriptions.list(this.#options.codec === Codec.JSON) });
    this.#actions.push({ type: "changed", action, symbols, added, isFirst });
  }

  #authenticate(key: string, secret: string, nowMs: number): void {
    const admission = this.#options.admit(key, secret);
    if ("error" in admission) {
      this.#error(admission.error);
      // The client may try again on the same socket, and has the whole time for it again.
      this.#authDeadlineMs = nowMs + GATEWAY_LIMITS.authTimeoutMs;
      if (++this.#authAttempts >= GATEWAY_LIMITS.maxAuthAttempts) this.#close("too many attempts to authenticate");
      return;
    }
    this.isAuthenticated = true;
    this.#maxSymbols = admission.maxSymbols;
    this.#send({ type: "success", message: "authenticated" });
  }

  /** The number with which a request is rejected as a whole; earlier subscriptions stay. */
  #rejection({ symbols, unknownChannels, action }: SubscriptionRequest): number | undefined {
    const fault = action === "subscribe" ? this.#options.subscribeError() : undefined;
    if (fault !== undefined) return fault;
    if (unknownChannels.length > 0 && this.#options.unknownChannels === "reject") return 400;
    const { schema, channels } = this.#options;
    if (schema.channels.some((channel) => symbols[channel] !== undefined && !schema.subscribable.includes(channel)))
      return 410;
    for (const channel of schema.subscribable) {
      const list = symbols[channel];
      if (list === undefined) continue;
      if (!channels.includes(channel)) return 410;
      if (!list.every(isSymbol)) return 400;
    }
    if (action === "unsubscribe") return undefined;
    return this.subscriptions.wouldExceed(this.#maxSymbols, symbols, this.#options.symbolCount) ? 405 : undefined;
  }

  #error(number: number): void {
    this.#send(errorMessage(number));
  }

  #send(message: ServerMessage): void {
    this.#actions.push({ type: "send", message });
  }

  #close(reason: string, code: number = POLICY_VIOLATION): void {
    this.#isOver = true;
    this.#held.clear();
    this.#actions.push({ type: "close", code, reason });
  }

  #finish(): GatewayAction[] {
    return this.#actions.splice(0);
  }
}

/** The error message of a number, with the server's text where it is a documented one. */
export function errorMessage(number: number): ServerMessage {
  const message = isServerErrorNumber(number) ? SERVER_ERROR_TEXTS[number] : "error";
  return { type: "error", number, message };
}
