import type { ChannelSymbols } from "./channel-symbols.ts";
import * as WIRE_LIMITS from "./limits.ts";
import type { StreamSchema } from "./stream-schema.ts";
import { badMessage } from "./wire-reader.ts";

/** A control message of a server. */
export type ServerMessage =
  /** A step of the handshake: `connected`, then `authenticated`. */
  | { readonly type: "success"; readonly message: string }
  /** A rejection; the numbers are in `SERVER_ERRORS`. */
  | { readonly type: "error"; readonly number: number; readonly message: string }
  /** The connection's whole subscription after a change; a channel that is missing has no symbols. */
  | { readonly type: "subscription"; readonly symbols: ChannelSymbols }
  | GapMessage;

/**
 * Records that may be missing. A gateway of this project sends it to clients that request it, and to no others: a
 * type that they do not know has ended clients.
 */
export interface GapMessage {
  readonly type: "gap";
  readonly channel: string;
  /** The symbols that the client is subscribed to; `*` for all. */
  readonly symbols: readonly string[];
  /** Records with times from here to `to` may be missing. */
  readonly from: Date;
  readonly to: Date;
  /** A code of `StreamError`, or `unknown`. */
  readonly cause: string;
  /** The cause as a sentence. */
  readonly message: string;
  /** Greater than that of every gap that the server has reported before; 0 from one that does not number them. */
  readonly id: number;
  /** Whether the server had reported it before the client subscribed to the symbols on this connection. */
  readonly isRepeated: boolean;
}

/** A message of a client. */
export type ClientMessage =
  /** Credentials, for clients that cannot set headers. */
  | { readonly action: "auth"; readonly key: string; readonly secret: string }
  /** A change of the connection's subscription. */
  | {
      readonly action: "subscribe" | "unsubscribe";
      readonly symbols: ChannelSymbols;
      /** Keys that name no channel of the schema. */
      readonly unknownChannels: readonly string[];
    };

/** Reads a server's control message from plain data; undefined for an unknown type. */
export function toServerMessage(value: unknown, schema: StreamSchema): ServerMessage | undefined {
  if (!isObject(value)) throw badMessage("a message", typeof value);
  switch (value.T) {
    case "success":
      return { type: "success", message: stringOf(value.msg) };
    case "error": {
      const number = value.code;
      const message = stringOf(value.msg);
      if (typeof number !== "number" || isNothing(number)) {
        const got = isNothing(number) ? "none" : typeof number;
        throw badMessage("an error with a number as its code", `${got}, and the message ${shortened(message)}`);
      }
      return { type: "error", number, message };
    }
    case "subscription":
      return {
        type: "subscription",
        symbols: channelSymbols(value, schema, (symbol) => !isNothing(symbol) && symbol !== ""),
      };
    case "gap":
      return toGapMessage(value, schema);
    default:
      return undefined;
  }
}

function toGapMessage(value: Record<string, unknown>, schema: StreamSchema): GapMessage | undefined {
  const { symbols } = value;
  const channel = stringOf(value.channel);
  const from = new Date(stringOf(value.from));
  const to = new Date(stringOf(value.to));
  // A time that cannot be read is not before any other.
  if (!isStringArray(symbols) || !(from <= to)) throw badMessage("a gap with symbols, from and to", "another");
  if (!schema.channels.includes(channel)) return undefined; // one that this version does not know
  const id = typeof value.id === "number" ? value.id : 0;
  const isRepeated = value.repeated === true;
  const [cause, message] = [stringOf(value.cause), stringOf(value.msg)];
  return { type: "gap", channel, symbols, from, to, cause, message, id, isRepeated };
}

/** The plain data of a server's control message, as the wire has it. */
export function fromServerMessage(message: ServerMessage): object {
  switch (message.type) {
    case "success":
      return { T: "success", msg: message.message };
    case "error":
      return { T: "error", code: message.number, msg: message.message };
    case "subscription":
      return { T: "subscription", ...message.symbols };
    case "gap": {
      const { channel, symbols, from, to, cause, message: msg, id, isRepeated } = message;
      const range = { from: from.toISOString(), to: to.toISOString() };
      return { T: "gap", channel, symbols, ...range, cause, msg, id, ...(isRepeated && { repeated: true }) };
    }
  }
}

/**
 * Reads a client's message from plain data.
 *
 * @throws StreamError `bad_message` for anything else; a server answers that with 400.
 */
export function toClientMessage(value: unknown, schema: StreamSchema): ClientMessage {
  if (!isObject(value)) throw badMessage("a message", typeof value);
  const action = value.action;
  if (action === "auth") {
    const { key, secret } = value;
    if (typeof key !== "string" || typeof secret !== "string") throw badMessage("auth with a key and a secret", "less");
    return { action, key, secret };
  }
  if (action === "subscribe" || action === "unsubscribe") {
    const unknownChannels = Object.keys(value).filter(
      (name) => name !== "action" && !schema.channels.includes(name) && !isNothing(value[name]),
    );
    return { action, symbols: channelSymbols(value, schema), unknownChannels };
  }
  throw badMessage("the action auth, subscribe or unsubscribe", typeof action === "string" ? "another" : "none");
}

/** The plain data of a client's message, as the wire has it. */
export function fromClientMessage(message: ClientMessage): object {
  if (message.action === "auth") return message;
  return { action: message.action, ...message.symbols };
}

/**
 * Whether a string can be a symbol: 1 to 32 printable ASCII characters without a space. Alpaca
 * rejects others with 400 (alpaca-trade-api-csharp#576).
 */
export function isSymbol(text: string): boolean {
  return text.length <= WIRE_LIMITS.maxSymbolBytes && /^[!-~]+$/.test(text);
}

/**
 * The symbols that a message names, by channel. An empty place in a server's array is skipped: the
 * server has confirmed the other symbols. One in a client's array is an error of the request.
 */
function channelSymbols(
  message: Record<string, unknown>,
  schema: StreamSchema,
  isNamed: (symbol: unknown) => boolean = () => true,
): ChannelSymbols {
  const symbols: Record<string, readonly string[]> = {};
  for (const channel of schema.channels) {
    const value = message[channel];
    if (isNothing(value)) continue;
    const list = Array.isArray(value) ? value.filter(isNamed) : value;
    if (!isStringArray(list)) throw badMessage(`an array of symbols for ${channel}`, describe(value));
    symbols[channel] = list;
  }
  return symbols;
}

/** Whether a value means no value: missing, null, or a number that is not finite. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "number" && !Number.isFinite(value));
}

function describe(value: unknown): string {
  return Array.isArray(value) ? "an array with another value" : typeof value;
}

/** The beginning of a server's message, in quotes and without control characters. */
function shortened(text: string): string {
  const isLong = text.length > WIRE_LIMITS.maxQuotedLength;
  return JSON.stringify(isLong ? `${text.slice(0, WIRE_LIMITS.maxQuotedLength)}…` : text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
