import type { ChannelSymbols } from "./channel-symbols.ts";

/**
 * The errors that a server sends, by their number. The texts that it sends are in `server-error-texts.ts`.
 *
 * Source: docs.alpaca.markets/docs/streaming-market-data; 410 and 411 from the official Go SDK.
 */
export const SERVER_ERRORS = {
  400: {
    code: "invalid_syntax",
    terminal: false,
    advice: "Write every symbol as Alpaca lists it.",
  },
  401: {
    code: "not_authenticated",
    terminal: false,
    advice: "The request is sent again after the next handshake.",
  },
  402: {
    code: "auth_failed",
    terminal: true,
    advice: "Check the key and the secret; those of live and of paper accounts both work.",
  },
  403: {
    code: "already_authenticated",
    terminal: false,
    advice: "Authenticate once per connection.",
  },
  404: {
    code: "auth_timeout",
    terminal: false,
    advice: "A slow network or a blocked event loop delays the credentials.",
  },
  405: {
    code: "symbol_limit",
    terminal: false,
    advice: "Earlier subscriptions are kept: request fewer symbols, unsubscribe some, or change the plan.",
  },
  406: {
    code: "connection_limit",
    terminal: false,
    advice: "A dead connection of this key counts for about 90 s. Share one connection through a gateway.",
  },
  407: {
    code: "slow_client",
    terminal: false,
    advice: "Make handlers faster, request less, or choose an overflow policy.",
  },
  408: {
    code: "v2_not_enabled",
    terminal: false,
    advice: "The account lacks this version of the stream.",
  },
  409: {
    code: "insufficient_subscription",
    terminal: true,
    advice: "The plan lacks this feed: use the feed `iex`, or upgrade.",
  },
  410: {
    code: "invalid_subscribe_action",
    terminal: false,
    advice: "The feed lacks the channel.",
  },
  411: {
    code: "insufficient_scope",
    terminal: true,
    advice: "The OAuth token lacks the scope for market data.",
  },
  412: {
    code: "msgpack_required",
    terminal: false,
    advice: "Use the msgpack codec.",
  },
  413: {
    code: "wildcard_rejected",
    terminal: false,
    advice: "Name the symbols instead of `*`.",
  },
  500: {
    code: "internal_error",
    terminal: false,
    advice: "The request is sent again after the next handshake.",
  },
} as const;

/** A number that a server's error message may carry, as far as they are documented. */
export type ServerErrorNumber = keyof typeof SERVER_ERRORS;

/**
 * What went wrong, as a word that does not change between versions.
 *
 * The first group comes from the server ({@link SERVER_ERRORS}); `server_error` is a number we do
 * not know. The others are found on this side.
 */
export type StreamErrorCode =
  | (typeof SERVER_ERRORS)[ServerErrorNumber]["code"]
  | "server_error"
  /** The socket could not be opened, or broke. */
  | "connection_lost"
  /**
   * This process does not trust the server's certificate, or it is for another host. Ends a stream that
   * has never been authenticated; any other retries.
   */
  | "untrusted_certificate"
  /** The proxy of the environment could not be reached, or rejected the tunnel. */
  | "proxy_failed"
  /** The server answered the upgrade, or a request for history, with an HTTP status; see {@link StreamError.status}. */
  | "http_rejected"
  /** A step of the handshake took longer than `handshakeTimeoutMs`. */
  | "handshake_timeout"
  /** The server's first message was not the welcome. */
  | "unexpected_welcome"
  /** The answer to a subscribe request does not list every symbol of the request. */
  | "not_confirmed"
  /** The server did not answer a subscribe or unsubscribe within `ackTimeoutMs`. */
  | "ack_timeout"
  /** No pong came back within `pongTimeoutMs`: the link is dead. */
  | "ping_timeout"
  /** The market is open and no data came for longer than its channels can be silent. */
  | "stale"
  /** The calendar of trading days ends before today; see {@link StreamError.message}. */
  | "calendar_ended"
  /** The server closed the connection. */
  | "closed_by_server"
  /** Bytes that are no frame of the protocol. */
  | "bad_frame"
  /** One message of a frame could not be read; the others were. */
  | "bad_message"
  /** A handler threw or rejected. */
  | "handler_failed"
  /** A subscription with the policy `disconnect` reached its limit. */
  | "slow_consumer"
  /** A subscription with waiting records makes no progress; see `stalledAfterMs`. */
  | "subscription_stalled"
  /** The gap's channel is not in history. */
  | "no_history"
  /** The plan does not include the history asked for. */
  | "not_entitled"
  /** The server does not know a symbol of the request. */
  | "invalid_symbol"
  /** Too many requests: the server wants fewer. */
  | "rate_limited"
  /** The server did not answer in time. */
  | "timeout"
  /** Pages of history that do not follow one another, or cannot be read. */
  | "bad_page"
  /** The gaps of this channel are not filled; see the option `fill`. */
  | "not_filled"
  /** The gap has more records than a fill reads. */
  | "too_large"
  /** History lacks records that the stream has received. */
  | "history_incomplete"
  /** History cannot be asked for symbols that were never heard of. */
  | "wildcard_unknown"
  /** Too many live records were held for a fill. */
  | "hold_full"
  /** A fill of a gap ended with an error that is a mistake of a program; see its cause. */
  | "fill_failed"
  /** A record's time fits neither the records around it nor its arrival. */
  | "time_outlier"
  /** The stream was stopped or closed while a call waited. */
  | "stopped"
  /** A server that reports a gap does not know the cause, or another version of it does. */
  | "unknown"
  /** The reconnect attempts are used up. */
  | "reconnect_limit"
  /** The plan does not include the history that was requested. */
  | "not_entitled"
  /** The server does not accept a symbol in a request for history; see {@link StreamError.symbols}. */
  | "invalid_symbol"
  /** The server does not accept a parameter of a request for history. */
  | "invalid_request"
  /** The server answers no more requests for now (HTTP 429). */
  | "rate_limited"
  /** A request for history had no answer within `requestTimeoutMs`. */
  | "timeout"
  /** A page of history cannot be read, or contradicts the pages before it. */
  | "bad_page";

/** What a {@link StreamError} may carry besides its code and message. */
export interface StreamErrorDetails {
  /** The code in the server's error message, such as 405. */
  readonly serverCode?: number | undefined;
  /** The text of that message. */
  readonly serverMessage?: string | undefined;
  /** The HTTP status of a rejected upgrade, or of a rejected request for history. */
  readonly status?: number | undefined;
  /** The close code of the websocket. */
  readonly closeCode?: number | undefined;
  /** The wait before the next attempt that the server requires, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether trying again is pointless. */
  readonly terminal?: boolean | undefined;
  /** The symbols concerned, by channel. */
  readonly symbols?: ChannelSymbols | undefined;
  /** What caused it. */
  readonly cause?: unknown;
}

/** The one error of this library: every operating failure arrives as one of these. */
export class StreamError extends Error {
  /** What went wrong, as a word to branch on. */
  readonly code: StreamErrorCode;
  /** The code in the server's error message, such as 405; undefined if no message of the server caused it. */
  readonly serverCode: number | undefined;
  /** The text of that message, without credentials; undefined if no message of the server caused it. */
  readonly serverMessage: string | undefined;
  /** The HTTP status of a rejected upgrade, or of a rejected request for history. */
  readonly status: number | undefined;
  /** The close code of a websocket that the server closed; 1000 is a normal end. */
  readonly closeCode: number | undefined;
  /** The wait before the next attempt that the server requires, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** True when another attempt cannot help; a stream then ends with this error. */
  readonly terminal: boolean;
  /** The symbols concerned, by channel; undefined where none are. */
  readonly symbols: ChannelSymbols | undefined;

  constructor(code: StreamErrorCode, message: string, details: StreamErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "StreamError";
    this.code = code;
    this.serverCode = details.serverCode;
    this.serverMessage = details.serverMessage;
    this.status = details.status;
    this.closeCode = details.closeCode;
    this.retryAfterMs = details.retryAfterMs;
    this.terminal = details.terminal ?? false;
    this.symbols = details.symbols;
  }

  /** The fields by name, and the message, which `JSON.stringify` leaves out of other errors. Without the cause. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { name: this.name, code: this.code, message: this.message };
    return Object.assign(json, this);
  }

  /** The error for a server's error message; an unknown code becomes `server_error`. */
  static fromServer(
    serverCode: number,
    text: string,
    details: Omit<StreamErrorDetails, "serverCode" | "serverMessage"> = {},
  ): StreamError {
    const known = isServerErrorNumber(serverCode) ? SERVER_ERRORS[serverCode] : undefined;
    const answer = `the server answered ${serverCode} ${text || known?.code || "without a message"}`;
    return new StreamError(known?.code ?? "server_error", known === undefined ? answer : `${answer}. ${known.advice}`, {
      ...details,
      serverCode,
      serverMessage: text,
      terminal: details.terminal ?? known?.terminal ?? false,
    });
  }
}

/** Whether a number is one of the documented server errors. */
export function isServerErrorNumber(number: number): number is ServerErrorNumber {
  return Object.hasOwn(SERVER_ERRORS, number);
}
