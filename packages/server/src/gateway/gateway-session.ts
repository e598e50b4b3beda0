import { IMPLIED_CHANNELS, STOCK_SCHEMA, SUBSCRIBABLE_CHANNELS, type SubscribableChannel } from "@tickerplant/client";
import {
  type ChannelSymbols,
  type ClientMessage,
  Codec,
  FrameDecoder,
  isServerErrorNumber,
  isSymbol,
  SERVER_ERRORS,
  type ServerMessage,
  StreamError,
} from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "./limits.ts";
import { SubscriptionSet, type SymbolCount } from "./subscription-set.ts";

/** What a session wants done. */
export type GatewayAction =
  /** Send a control message, alone in its frame. */
  | { readonly type: "send"; readonly message: ServerMessage }
  /** The client's subscription has changed: serve it by `subscriptions` from now on. */
  | { readonly type: "changed"; readonly action: "subscribe" | "unsubscribe"; readonly symbols: ChannelSymbols }
  /** Close the socket. */
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** What an attempt to authenticate comes to: a limit of symbols, or an error's number. */
export type Admission = { readonly maxSymbols: number } | { readonly error: number };

/** What a session needs to know. */
export interface GatewaySessionOptions {
  readonly codec: Codec;
  /** Channels that the feed offers; others are refused with 410. */
  readonly channels: readonly SubscribableChannel[];
  /** Checks credentials and takes a place among the key's connections. */
  readonly admit: (key: string, secret: string) => Admission;
  readonly symbolCount: SymbolCount;
  /** The error with which every subscribe is to be refused, for `Faults.subscribeError`. */
  readonly refuseSubscribe: () => number | undefined;
  /** What happens to keys of a request that name no channel. */
  readonly unknownChannels: "ignore" | "refuse";
  readonly closeCodes: CloseCodes;
}

/** Close codes of the websocket that no source tells; Alpaca's own are not known. */
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
  readonly subscriptions: SubscriptionSet = new SubscriptionSet();
  isAuthenticated = false;
  readonly #options: GatewaySessionOptions;
  readonly #decoder = new FrameDecoder(STOCK_SCHEMA);
  readonly #actions: GatewayAction[] = [];
  #maxSymbols = 0;
  #authDeadlineMs: number;
  #authAttempts = 0;
  #badMessages = 0;
  #isOver = false;

  constructor(options: GatewaySessionOptions, nowMs: number) {
    this.#options = options;
    this.#authDeadlineMs = nowMs + GATEWAY_LIMITS.authTimeoutMs;
  }

  /** The socket is open; `credentials` are those of the upgrade's headers, if it had any. */
  open(credentials: { key: string; secret: string } | undefined, nowMs: number): GatewayAction[] {
    this.#send({ type: "success", message: "connected" });
    if (credentials !== undefined) this.#authenticate(credentials.key, credentials.secret, nowMs);
    return this.#taken();
  }

  /** A frame came in. */
  receive(frame: Uint8Array, nowMs: number): GatewayAction[] {
    if (this.#isOver) return [];
    if (!this.isAuthenticated && frame.length > GATEWAY_LIMITS.maxUnauthenticatedFrameBytes) {
      this.#close("a message before authentication is too long", MESSAGE_TOO_BIG);
      return this.#taken();
    }
    try {
      const messages = this.#decoder.decodeClient(frame);
      const { length } = messages;
      if (length === 0 || length > GATEWAY_LIMITS.maxMessagesPerFrame) throw wrongMessageCount(length);
      for (const message of messages) this.#message(message, nowMs);
    } catch (error) {
      // Anything but a StreamError is a fault of ours and must not be taken for bad input.
      if (!(error instanceof StreamError)) throw error;
      this.#error(400);
      if (++this.#badMessages >= GATEWAY_LIMITS.maxBadMessages) this.#close("too many unreadable messages");
    }
    return this.#taken();
  }

  /** The time is now `nowMs`. */
  tick(nowMs: number): GatewayAction[] {
    if (!this.isAuthenticated && !this.#isOver && nowMs >= this.#authDeadlineMs) {
      this.#error(404);
      this.#close("auth timeout", this.#options.closeCodes.authTimeout);
    }
    return this.#taken();
  }

  /** When {@link tick} must be called at the latest. */
  get wakeAtMs(): number | undefined {
    return this.isAuthenticated || this.#isOver ? undefined : this.#authDeadlineMs;
  }

  #message(message: ClientMessage, nowMs: number): void {
    if (this.#isOver) return; // an earlier message of the frame ended the session
    if (message.action === "auth") {
      if (this.isAuthenticated) return this.#error(403);
      return this.#authenticate(message.key, message.secret, nowMs);
    }
    if (!this.isAuthenticated) return this.#error(401);
    const refusal = this.#refusal(message);
    if (refusal !== undefined) return this.#error(refusal);
    const { action, symbols } = message;
    if (action === "subscribe") this.subscriptions.add(symbols);
    else this.subscriptions.remove(symbols);
    // Alpaca's msgpack encoder leaves empty channels out (alpaca-trade-api-js#273).
    this.#send({ type: "subscription", symbols: this.subscriptions.list(this.#options.codec === Codec.JSON) });
    this.#actions.push({ type: "changed", action, symbols });
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

  /** The number with which a request is refused as a whole; earlier subscriptions stay. */
  #refusal(request: Exclude<ClientMessage, { action: "auth" }>): number | undefined {
    const { symbols, unknownChannels, action } = request;
    const fault = action === "subscribe" ? this.#options.refuseSubscribe() : undefined;
    if (fault !== undefined) return fault;
    if (unknownChannels.length > 0 && this.#options.unknownChannels === "refuse") return 400;
    if (IMPLIED_CHANNELS.some((channel) => symbols[channel] !== undefined)) return 410;
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const list = symbols[channel];
      if (list === undefined) continue;
      if (!this.#options.channels.includes(channel)) return 410;
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
    this.#actions.push({ type: "close", code, reason });
  }

  #taken(): GatewayAction[] {
    return this.#actions.splice(0);
  }
}

function wrongMessageCount(count: number): StreamError {
  return new StreamError(
    "bad_message",
    `expected 1 to ${GATEWAY_LIMITS.maxMessagesPerFrame} messages in a frame, got ${count}`,
  );
}

/** The error message of a number, with the server's text where it is a documented one. */
export function errorMessage(number: number): ServerMessage {
  const message = isServerErrorNumber(number) ? SERVER_ERRORS[number].text : "error";
  return { type: "error", number, message };
}
