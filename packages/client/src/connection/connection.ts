import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Connector, ConnectRequest, Transport } from "../platform/transport/transport.ts";
import type { SubscriptionLedger } from "../subscriptions/ledger.ts";
import type { LedgerEntry } from "../subscriptions/ledger-entry.ts";
import { type FrameSink, type GapMessage, StreamError } from "../wire/index.ts";
import { redacted } from "./credentials.ts";
import { Session, type SessionAction, type SessionOptions } from "./session.ts";

/** What a connection needs to know. */
export interface ConnectionOptions extends SessionOptions {
  readonly request: ConnectRequest;
  /** Between pings, in milliseconds; 0 sends none. */
  readonly pingIntervalMs: number;
  /** From a ping to the next data from the server, in milliseconds. */
  readonly pongTimeoutMs: number;
}

/** What a connection reports to the stream. */
export interface ConnectionEvents {
  opened(): void;
  authenticated(): void;
  /** A frame of so many bytes is about to be decoded; it came at `nowMs` of the monotonic clock. */
  frame(byteLength: number, nowMs: number): void;
  record: FrameSink["record"];
  /** The same frame was decoded. */
  decoded(nowMs: number): void;
  /** The server acknowledged the subscription: what is active again after a loss, and what no longer is. */
  acknowledged(restored: readonly LedgerEntry[], withdrawn: readonly LedgerEntry[]): void;
  /** The server reports records that may be missing. */
  gap(gap: GapMessage): void;
  reported(error: StreamError): void;
  /** Messages of the session were handled: whether an answer is awaited may have changed. */
  changed(): void;
  /** It is over; the last event. */
  ended(error: StreamError): void;
}

/**
 * One socket: ties a transport to a session, keeps its deadlines and its pings, and ends exactly
 * once. After the end it ignores the socket.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #ledger: SubscriptionLedger;
  readonly #clock: Clock;
  readonly #connector: Connector;
  readonly #events: ConnectionEvents;
  readonly #transport: Transport;
  #session: Session | undefined;
  #sessionTimer: Timer;
  #pingTimer: Timer;
  #announcedTimer: Timer;
  #lastHeardMs: number;
  #lastFrameMs: number;
  #isPaused = false;
  #hasEnded = false;
  /** The error with which the server announced that it will close. */
  #announced: StreamError | undefined;
  #closed: () => void = () => {};
  /** Resolves when the socket is gone, or `LIMITS.closeTimeoutMs` after its end: a dead peer must not delay a stop. */
  readonly closed: Promise<void> = new Promise((resolve) => {
    this.#closed = resolve;
  });

  /** @throws what the platform throws for parameters that it does not accept. */
  constructor(
    options: ConnectionOptions,
    ledger: SubscriptionLedger,
    clock: Clock,
    connector: Connector,
    events: ConnectionEvents,
  ) {
    this.#options = options;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#connector = connector;
    this.#events = events;
    this.#lastHeardMs = clock.monotonic();
    this.#lastFrameMs = this.#lastHeardMs;
    this.#transport = connector.connect(options.request, {
      opened: () => this.#opened(),
      frame: (bytes) => this.#frame(bytes),
      pong: () => {
        this.#lastHeardMs = clock.monotonic();
      },
      closed: (code, reason, error) => this.#socketClosed(code, reason, error),
    });
    this.#sessionTimer = clock.setTimer(() => {
      this.end(new StreamError("handshake_timeout", `the socket did not open within ${options.handshakeTimeoutMs} ms`));
    }, options.handshakeTimeoutMs);
  }

  /** Whether the session may carry subscriptions. */
  get isReady(): boolean {
    return this.#session?.state === "ready";
  }

  /** Whether reading is stopped, so that silence means nothing. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The ledger has changed: send what is to be sent. */
  flush(): void {
    if (this.#session === undefined || this.#hasEnded) return;
    this.#perform(this.#session.tick(this.#clock.monotonic()));
  }

  /** Stops reading, or reads on. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused || this.#hasEnded) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#transport.pause();
    else {
      this.#lastHeardMs = this.#clock.monotonic(); // silence during the pause means nothing
      this.#transport.resume();
    }
  }

  /** Ends the connection from this side: closes the socket properly, and does not wait for it. */
  end(error: StreamError): void {
    if (this.#hasEnded) return;
    this.#finish();
    this.#transport.close(1000, error.code);
    this.#sessionTimer = this.#clock.setTimer(this.#closed, LIMITS.closeTimeoutMs);
    this.#events.ended(error);
  }

  #opened(): void {
    if (this.#hasEnded) return;
    const nowMs = this.#clock.monotonic();
    this.#clock.clearTimer(this.#sessionTimer);
    this.#lastHeardMs = nowMs;
    this.#session = new Session(this.#options, this.#ledger, this.#events.record, nowMs);
    this.#events.opened();
    if (this.#hasEnded) return; // a listener stopped the stream
    this.#armSession();
    if (this.#connector.pings && this.#options.pingIntervalMs > 0) this.#armPing();
  }

  #frame(bytes: Uint8Array): void {
    if (this.#hasEnded || this.#session === undefined) return;
    const nowMs = this.#clock.monotonic();
    this.#lastHeardMs = nowMs;
    this.#lastFrameMs = nowMs;
    this.#events.frame(bytes.length, nowMs);
    const wasAwaiting = this.#ledger.isAwaitingAnswer;
    const actions = this.#session.receive(bytes, nowMs);
    this.#events.decoded(nowMs);
    // Records alone change nothing here; only messages of the session do.
    if (actions.length > 0 || wasAwaiting !== this.#ledger.isAwaitingAnswer) this.#perform(actions);
  }

  #perform(actions: readonly SessionAction[]): void {
    for (const action of actions) {
      if (this.#hasEnded) return;
      switch (action.type) {
        case "send":
          this.#transport.send(action.frame, this.#options.codec);
          break;
        case "authenticated":
          this.#events.authenticated();
          break;
        case "acknowledged":
          this.#events.acknowledged(action.restored, action.withdrawn);
          break;
        case "gap":
          this.#events.gap(action);
          break;
        case "report":
          if (ANNOUNCEMENTS.includes(action.error.serverCode)) this.#awaitAnnouncedClose(action.error);
          this.#events.reported(action.error);
          break;
        case "close":
          this.end(action.error);
          break;
      }
    }
    if (this.#hasEnded) return;
    this.#armSession();
    this.#events.changed();
  }

  #armSession(): void {
    this.#clock.clearTimer(this.#sessionTimer);
    const wakeAtMs = this.#session?.wakeAtMs;
    if (wakeAtMs === undefined) return;
    this.#sessionTimer = this.#clock.setTimer(() => this.flush(), Math.max(0, wakeAtMs - this.#clock.monotonic()));
  }

  #armPing(): void {
    const { pingIntervalMs, pongTimeoutMs } = this.#options;
    this.#pingTimer = this.#clock.setTimer(
      () => {
        const pingedAtMs = this.#clock.monotonic();
        this.#transport.ping();
        this.#pingTimer = this.#clock.setTimer(() => {
          // While reading is paused no pong can arrive, so silence proves nothing.
          if (this.#lastHeardMs < pingedAtMs && !this.#isPaused) {
            this.end(
              new StreamError(
                "ping_timeout",
                `nothing was received within ${pongTimeoutMs} ms of a ping: the connection is dead`,
              ),
            );
          } else this.#armPing();
        }, pongTimeoutMs);
      },
      Math.max(0, pingIntervalMs - pongTimeoutMs),
    );
  }

  /**
   * The server announced that it will close. If it stays open and silent instead, the connection ends
   * anyway; if it sends further frames, the announcement is ignored.
   */
  #awaitAnnouncedClose(error: StreamError): void {
    this.#announced ??= error;
    const announcedAtMs = this.#lastFrameMs;
    this.#clock.clearTimer(this.#announcedTimer);
    this.#announcedTimer = this.#clock.setTimer(() => {
      if (this.#isPaused) this.#awaitAnnouncedClose(error);
      else if (this.#lastFrameMs > announcedAtMs) this.#announced = undefined;
      else this.end(this.#announced ?? error);
    }, LIMITS.announcedCloseMs);
  }

  #socketClosed(code: number, reason: string, error: StreamError | undefined): void {
    this.#clock.clearTimer(this.#sessionTimer);
    this.#closed();
    if (this.#hasEnded) return;
    this.#finish();
    this.#events.ended(this.#announced ?? error ?? closedByServer(code, redacted(reason, this.#options)));
  }

  #finish(): void {
    this.#hasEnded = true;
    this.#clock.clearTimer(this.#sessionTimer);
    this.#clock.clearTimer(this.#pingTimer);
    this.#clock.clearTimer(this.#announcedTimer);
  }
}

/** Numbers of errors after which the server closes: auth timeout, connection limit, slow client. */
const ANNOUNCEMENTS: readonly (number | undefined)[] = [404, 406, 407];

/** The code for a missing close frame. Source: RFC 6455, section 7.4.1. */
const NO_CLOSE_FRAME = 1006;

function closedByServer(code: number, reason: string): StreamError {
  const text = reason === "" ? "" : ` "${reason}"`;
  const how = code === NO_CLOSE_FRAME ? "ended without a close frame, code" : "was closed with code";
  return new StreamError("closed_by_server", `the connection ${how} ${code}${text}`, { closeCode: code });
}
