import { codecs } from "#codecs";
import * as LIMITS from "../limits.ts";
import type { SubscriptionLedger } from "../subscriptions/ledger.ts";
import type { LedgerEntry } from "../subscriptions/ledger-entry.ts";
import {
  type ClientMessage,
  type Codec,
  type FrameSink,
  type GapMessage,
  type ServerMessage,
  StreamError,
  type StreamSchema,
} from "../wire/index.ts";
import type { Decoder } from "./codecs.ts";
import { type Credentials, redacted } from "./credentials.ts";

/** An action that a session returns for its connection to perform. */
export type SessionAction =
  /** Write a frame to the socket. */
  | { readonly type: "send"; readonly frame: Uint8Array }
  /** The server accepted the credentials. */
  | { readonly type: "authenticated" }
  /** The server acknowledged the subscription: what is active again after a loss, and what no longer is. */
  | {
      readonly type: "acknowledged";
      readonly restored: readonly LedgerEntry[];
      readonly withdrawn: readonly LedgerEntry[];
    }
  /** The server reports records that may be missing. */
  | GapMessage
  /** Report an error; the session continues. */
  | { readonly type: "report"; readonly error: StreamError }
  /** Close the socket; the session is over. */
  | { readonly type: "close"; readonly error: StreamError };

/** What a session needs to know. */
export interface SessionOptions extends Credentials {
  readonly schema: StreamSchema;
  readonly codec: Codec;
  readonly rawData: boolean;
  /** Makes what reads the server's frames; without it, the decoder of this build does. */
  readonly decoder?: ((schema: StreamSchema) => Decoder) | undefined;
  /** From the socket's opening to "authenticated", in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** From a request to its answer, in milliseconds. */
  readonly ackTimeoutMs: number;
}

/** The step of the protocol that a session has reached. */
export type SessionState = "welcome" | "authenticating" | "ready" | "closed";

const NO_ACTIONS: readonly SessionAction[] = [];

/**
 * One connection from the opened socket to its close, sans-I/O: frames and the time go in,
 * actions come out. Records do not become actions: they go straight to the sink, in frame order.
 */
export class Session {
  state: SessionState = "welcome";
  readonly #options: SessionOptions;
  readonly #ledger: SubscriptionLedger;
  readonly #decoder: Decoder;
  readonly #sink: FrameSink;
  #actions: SessionAction[] = [];
  #nowMs = 0;
  #handshakeDeadlineMs: number;
  /** When to repeat requests that were not answered. */
  #retryAtMs: number | undefined;

  /** Starts when the socket has opened, at `nowMs` of the monotonic clock. */
  constructor(options: SessionOptions, ledger: SubscriptionLedger, records: FrameSink["record"], nowMs: number) {
    this.#options = options;
    this.#decoder = (options.decoder ?? codecs.decoder)(options.schema);
    this.#ledger = ledger;
    this.#handshakeDeadlineMs = nowMs + options.handshakeTimeoutMs;
    this.#sink = {
      record: records,
      control: (message) => this.#control(message),
      fault: (error) => this.#do({ type: "report", error }),
    };
  }

  /** A frame came in. */
  receive(frame: Uint8Array, nowMs: number): readonly SessionAction[] {
    if (this.state === "closed") return NO_ACTIONS;
    this.#nowMs = nowMs;
    this.#decoder.decode(frame, this.#sink, this.#options.rawData);
    return this.#flushActions();
  }

  /** The time is now `nowMs`, or the ledger has changed. */
  tick(nowMs: number): readonly SessionAction[] {
    if (this.state === "closed") return NO_ACTIONS;
    this.#nowMs = nowMs;
    if (this.state !== "ready" && nowMs >= this.#handshakeDeadlineMs) {
      const step = this.state === "welcome" ? "sent no welcome" : "did not answer the credentials";
      this.#end(
        new StreamError("handshake_timeout", `the server ${step} within ${this.#options.handshakeTimeoutMs} ms`),
      );
    }
    if (this.state === "ready") {
      const { deadlineMs } = this.#ledger;
      if (deadlineMs !== undefined && nowMs >= deadlineMs) {
        this.#report(this.#ledger.timeOut());
      }
      if (this.#retryAtMs !== undefined && nowMs >= this.#retryAtMs) this.#ledger.retryUnanswered();
      this.#sendNext();
    }
    return this.#flushActions();
  }

  /** When {@link tick} must be called at the latest, in milliseconds of the same clock. */
  get wakeAtMs(): number | undefined {
    if (this.state === "closed") return undefined;
    if (this.state !== "ready") return this.#handshakeDeadlineMs;
    const { deadlineMs = Number.POSITIVE_INFINITY } = this.#ledger;
    const wakeAtMs = Math.min(deadlineMs, this.#retryAtMs ?? Number.POSITIVE_INFINITY);
    return wakeAtMs === Number.POSITIVE_INFINITY ? undefined : wakeAtMs;
  }

  #control(message: ServerMessage): void {
    switch (this.state) {
      case "welcome":
        return this.#welcome(message);
      case "authenticating":
        return this.#answerToAuth(message);
      case "ready":
        return this.#inSession(message);
      case "closed":
        return; // the rest of the frame that closed it
    }
  }

  #welcome(message: ServerMessage): void {
    if (message.type === "error") return this.#rejected(message.number, message.message);
    if (message.type !== "success" || (message.message !== "connected" && message.message !== "authenticated")) {
      const got = message.type === "success" ? "another string" : `a ${message.type} message`;
      return this.#end(new StreamError("unexpected_welcome", `expected the welcome "connected" first, got ${got}`));
    }
    // Credentials in the user's own headers: the server authenticates without a message.
    if (message.message === "authenticated") return this.#authenticated();
    this.state = "authenticating";
    this.#send({ action: "auth", key: this.#options.apiKey, secret: this.#options.secretKey });
  }

  #answerToAuth(message: ServerMessage): void {
    // "Already authenticated" answers the message after credentials in headers.
    if (message.type === "error" && message.number === 403) return this.#authenticated();
    if (message.type === "error") return this.#rejected(message.number, message.message);
    if (message.type === "success" && message.message === "authenticated") this.#authenticated();
  }

  #authenticated(): void {
    this.state = "ready";
    this.#do({ type: "authenticated" });
    this.#sendNext();
  }

  /** An error during the handshake ends the session. 410 here is about the feed, which a retry does not change. */
  #rejected(number: number, text: string): void {
    this.#end(StreamError.fromServer(number, redacted(text, this.#options), number === 410 ? { terminal: true } : {}));
  }

  #inSession(message: ServerMessage): void {
    if (message.type === "subscription") {
      const { error, restored, withdrawn } = this.#ledger.acknowledge(message.symbols, this.#nowMs);
      this.#do({ type: "acknowledged", restored, withdrawn });
      this.#report(error);
    } else if (message.type === "gap") {
      this.#do({ ...message, message: redacted(message.message, this.#options) });
    } else if (message.type === "error" && message.number !== 403) {
      // In a session an error concerns one request; it never ends the stream.
      const text = redacted(message.message, this.#options);
      this.#report(this.#ledger.reject(StreamError.fromServer(message.number, text, { terminal: false })));
    }
    this.#sendNext();
  }

  #sendNext(): void {
    const request = this.#ledger.next(this.#nowMs + this.#options.ackTimeoutMs);
    if (request !== undefined) this.#send(request);
    const retryAtMs = this.#retryAtMs ?? this.#nowMs + LIMITS.retryUnansweredMs;
    this.#retryAtMs = this.#ledger.hasUnanswered ? retryAtMs : undefined;
  }

  #send(message: ClientMessage): void {
    this.#do({ type: "send", frame: codecs.clientFrame(message, this.#options.codec) });
  }

  #report(error: StreamError | undefined): void {
    if (error !== undefined) this.#do({ type: "report", error });
  }

  #end(error: StreamError): void {
    this.state = "closed";
    this.#do({ type: "close", error });
  }

  #do(action: SessionAction): void {
    this.#actions.push(action);
  }

  #flushActions(): readonly SessionAction[] {
    if (this.#actions.length === 0) return NO_ACTIONS;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
