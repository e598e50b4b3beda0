import type { Clock, Timer } from "@tickerplant/client";
import {
  type ChannelSymbols,
  Codec,
  type FrameEncoder,
  type GapMessage,
  type MarketRecord,
  type ServerMessage,
  StreamError,
  WILDCARD,
} from "@tickerplant/client/wire";
import type { Rejection } from "../feeds/feed.ts";
import { AnswerDelay } from "./answer-delay.ts";
import type { Answered } from "./demand.ts";
import type { FanOut, Recipient } from "./fan-out/fan-out.ts";
import { Outbox } from "./fan-out/outbox.ts";
import type { Faults } from "./faults.ts";
import {
  errorMessage,
  type GatewayAction,
  GatewaySession,
  type GatewaySessionOptions,
  POLICY_VIOLATION,
  type SubscriptionChange,
} from "./gateway-session.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { NumberedGap } from "./recent-gaps.ts";
import type { CloseLimits, GatewayConnection, GatewaySocket, SocketEnd } from "./socket.ts";

/** Options of a {@link ConnectedClient}. */
export interface ClientOptions extends GatewaySessionOptions {
  /** For its control messages. */
  readonly encoder: FrameEncoder;
  readonly maxBufferedBytes: number;
  /** Channels whose records replace each other while the client is behind; none unless it asked by `?slow=conflate`. */
  readonly conflated: readonly string[];
  /** Whether it asked by `?snapshot=1` for the newest records of what it subscribes to. */
  readonly wantsSnapshot: boolean;
  /** Whether it gets reports of missing records: it asked by `?gaps=1`. */
  readonly wantsGaps: boolean;
}

/** What a client reports to the gateway. */
export interface ClientEvents {
  /** It requests symbols, and is answered when the feed has confirmed or rejected them. */
  asked(client: ConnectedClient, symbols: ChannelSymbols, answered: Answered): void;
  /** Its subscription has changed, and it was sent the answer. */
  subscribed(client: ConnectedClient, change: SubscriptionChange): void;
  /** Its credentials or a request of it were rejected, with the number of an error. */
  rejected(number: number): void;
  /** It was too slow, and is being cut off. */
  slow(client: ConnectedClient): void;
  /** The gateway failed on what it sent. */
  failed(error: unknown): void;
  /** It has more bytes waiting than a feed without a clock allows. */
  fellBehind(client: ConnectedClient): void;
  /** The network accepted bytes, or the client is closing: a feed may wait for that. */
  drained(): void;
  /** It closes: it is sent nothing more. */
  closing(client: ConnectedClient): void;
  /** It is gone, and may lack so many bytes; the last event but a `drained`. */
  left(client: ConnectedClient, reason: string, undeliveredBytes: number): void;
}

/** For a client that is closed because of what it did: it need not get what waits for it. */
const SHORT: CloseLimits = { stallMs: GATEWAY_LIMITS.closeTimeoutMs, totalMs: GATEWAY_LIMITS.closeTimeoutMs };

/** Close code of a normal end. Source: RFC 6455, section 7.4.1. */
const NORMAL_CLOSURE = 1000;

/** Close code for a failure of the server. Source: RFC 6455, section 7.4.1. */
const INTERNAL_ERROR = 1011;

/** One connected client: ties a socket to a session and an outbox, and its symbols to the fan-out. */
export class ConnectedClient implements Recipient, GatewayConnection {
  readonly codec: Codec;
  readonly needsSingleRecords: boolean;
  readonly wantsSnapshot: boolean;
  readonly session: GatewaySession;
  readonly #options: ClientOptions;
  readonly #socket: GatewaySocket;
  readonly #fanOut: FanOut<ConnectedClient>;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #events: ClientEvents;
  readonly #outbox: Outbox;
  #deadline: Timer;
  readonly #answerDelay: AnswerDelay;
  #isGone = false;
  #gone: () => void = () => {};
  /** Resolves when its connection has ended. */
  readonly gone: Promise<void> = new Promise((resolve) => {
    this.#gone = resolve;
  });
  #isClosing = false;
  #closeReason = "the client closed";
  #recordCount = 0;

  constructor(
    socket: GatewaySocket,
    options: ClientOptions,
    fanOut: FanOut<ConnectedClient>,
    clock: Clock,
    faults: Faults,
    events: ClientEvents,
  ) {
    this.codec = options.codec;
    this.needsSingleRecords = options.conflated.length > 0;
    this.wantsSnapshot = options.wantsSnapshot;
    this.session = new GatewaySession(options, clock.monotonic());
    this.#options = options;
    this.#socket = socket;
    this.#fanOut = fanOut;
    this.#clock = clock;
    this.#faults = faults;
    this.#events = events;
    this.#answerDelay = new AnswerDelay(clock, faults);
    this.#outbox = new Outbox(options.codec, (frame, done) => this.#send(frame, done), {
      maxBufferedBytes: options.maxBufferedBytes,
      conflated: options.conflated,
      maxRecordsPerFrame: () => faults.maxRecordsPerFrame ?? Number.POSITIVE_INFINITY,
      drained: () => events.drained(),
    });
  }

  get isAuthenticated(): boolean {
    return this.session.isAuthenticated;
  }

  /** Bytes that wait for it. */
  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Bytes that it was sent, since the start. */
  get sentBytes(): number {
    return this.#outbox.sentBytes;
  }

  /** Records handed to it, to be sent. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Whether it is subscribed to something, and not closing. */
  get isReading(): boolean {
    return !this.#isClosing && !this.session.subscriptions.isEmpty;
  }

  /** Begins the session. */
  open(credentials: { key: string; secret: string } | undefined): void {
    this.#perform(() => this.session.open(credentials, this.#clock.monotonic()));
  }

  receive(frame: Uint8Array): void {
    if (this.#isClosing || this.#faults.isHalfOpen) return;
    this.#perform(() => this.session.receive(frame, this.#clock.monotonic()));
  }

  closed(end?: SocketEnd): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const reasons = [this.#isClosing || end === undefined ? this.#closeReason : undefined, end?.reason];
    const reason = reasons.filter((part) => part !== undefined).join("; ");
    const undeliveredBytes = end === undefined ? 0 : this.bufferedBytes + end.unreadBytes;
    this.#end();
    this.#events.left(this, reason, undeliveredBytes);
    this.#events.drained();
    this.#gone();
  }

  push(bytes: Uint8Array, record: MarketRecord): boolean {
    if (this.#isClosing || this.#faults.isMute) return false;
    const wasWaiting = this.#outbox.isWaiting;
    this.#outbox.add(bytes, record);
    this.#recordCount++;
    if (this.#faults.cutAfterRecords !== undefined && this.#recordCount >= this.#faults.cutAfterRecords)
      this.#cut(bytes);
    else if (this.#outbox.isFull) this.cutOffAsSlow();
    return !wasWaiting && this.#outbox.isWaiting;
  }

  pushFrame(frame: Uint8Array, recordCount: number): boolean {
    if (this.#isClosing) return true;
    const { isFull } = this.#outbox; // before the frame: it had no time to read this one
    this.#outbox.sendFrame(frame);
    this.#recordCount += recordCount;
    return !isFull;
  }

  /** Reports records that may be missing between those before and those after, if it asked for that. */
  reportGap(gap: NumberedGap): void {
    const message = this.#gapMessage(gap, false);
    if (message !== undefined) this.#control(message);
  }

  /**
   * Reports gaps again, of symbols that it has just subscribed to: it may have been away at their reports. The newest
   * that fit into a quarter of its buffer, so that records still do.
   */
  repeatGaps(gaps: readonly NumberedGap[], added: ChannelSymbols): void {
    const messages = gaps.map((gap) => this.#gapMessage(gap, true, added)).filter((message) => message !== undefined);
    const frames = messages.map((message) => this.#options.encoder.serverFrame(message));
    let left = this.#options.maxBufferedBytes / 4;
    const tooOld = frames.findLastIndex(({ length }) => {
      left -= length;
      return left < 0;
    });
    for (const frame of frames.slice(tooOld + 1)) this.#outbox.sendFrame(frame);
  }

  /** The report of a gap, for the symbols among those in `added`; undefined if it has none of them, or wants none. */
  #gapMessage(gap: NumberedGap, isRepeated: boolean, added?: ChannelSymbols): GapMessage | undefined {
    if (this.#isClosing || !this.#options.wantsGaps) return undefined;
    const { id, channel, from, to, cause } = gap;
    const missing = this.session.subscriptions.among(channel, gap.symbols);
    const ofChannel = added === undefined ? [WILDCARD] : (added[channel] ?? []);
    const symbols = ofChannel.includes(WILDCARD) ? missing : missing.filter((symbol) => ofChannel.includes(symbol));
    if (symbols.length === 0) return undefined;
    const code = cause instanceof StreamError ? cause.code : "unknown";
    return { type: "gap", channel, symbols, from, to, cause: code, message: cause.message, id, isRepeated };
  }

  /** Sends what is ready. */
  flush(): void {
    if (!this.#isClosing) this.#outbox.flush();
  }

  /** Sends it error 407, and closes. The error may not arrive: its buffer is full. */
  cutOffAsSlow(): void {
    if (this.#isClosing) return;
    this.#events.slow(this);
    this.#closeWithError(407, this.#options.closeCodes.slowClient, "slow client");
  }

  /** Sends it an error, and it stays connected. */
  sendError({ number, message }: Rejection): void {
    if (!this.#isClosing) this.#control({ type: "error", number, message });
  }

  /** Sends it an error, and closes. */
  closeWith(rejection: Rejection, reason: string): void {
    this.sendError(rejection);
    this.close(POLICY_VIOLATION, reason);
  }

  /** Sends it error 500, and closes. */
  fail(reason: string): void {
    if (!this.#isClosing) this.#closeWithError(500, INTERNAL_ERROR, reason);
  }

  /** Sends it an error, because its key no longer permits the connection, and closes. */
  revoke(number: number, reason: string): void {
    if (this.#isClosing) return;
    this.#events.rejected(number);
    this.#closeWithError(number, POLICY_VIOLATION, reason);
  }

  /** Closes it for what it did, after what was sent. */
  close(code: number, reason: string): void {
    this.#close(code, reason, SHORT);
  }

  /** Closes it normally after what was published. Called again, it only sets other limits. */
  drain(reason: string, limits: CloseLimits): void {
    if (!this.#isClosing) {
      this.#fanOut.flush();
      this.#outbox.releaseNewest();
    }
    this.#close(NORMAL_CLOSURE, reason, limits);
  }

  #close(code: number, reason: string, limits: CloseLimits): void {
    if (this.#isGone) return;
    if (!this.#isClosing) {
      this.#fanOut.flush();
      this.#closeReason = reason;
      this.#end();
    }
    this.#socket.close(code, reason, limits);
    this.#events.drained();
  }

  #closeWithError(number: number, code: number, reason: string): void {
    this.#sendAlone(errorMessage(number));
    this.close(code, reason);
  }

  /** Sends a control message, after all records that were published before. */
  #sendAlone(message: ServerMessage | GapMessage): void {
    this.#fanOut.flush();
    this.#outbox.sendFrame(this.#options.encoder.serverFrame(message));
  }

  #cut(bytes: Uint8Array): void {
    this.#outbox.flush();
    this.#closeReason = "cut off by a fault on demand";
    this.#end();
    this.#socket.cutWithin(bytes, this.codec === Codec.MSGPACK);
  }

  /** From here on it is sent nothing, and what it sends is ignored. */
  #end(): void {
    this.#isClosing = true;
    this.#clock.clearTimer(this.#deadline);
    this.#answerDelay.clear();
    this.#fanOut.remove(this, this.session.subscriptions.list(true));
    this.#events.closing(this);
  }

  #perform(step: () => readonly GatewayAction[]): void {
    try {
      for (const action of step()) {
        if (!this.#isClosing) this.#do(action);
        // Checked again: an answer may exceed the limit of what waits for the client, and close it.
        if (this.#isClosing && action.type === "changed") this.#removeUnsubscribed(action);
      }
    } catch (error) {
      // A bug of the gateway must not cost the other clients their server.
      this.#events.failed(error);
      this.fail("internal error");
    }
    this.#arm();
  }

  #do(action: GatewayAction): void {
    switch (action.type) {
      case "send":
        return this.#answer(action.message);
      case "ask":
        return this.#events.asked(this, action.symbols, (rejection) =>
          this.#perform(() => this.session.answer(rejection, this.#clock.monotonic())),
        );
      case "changed": {
        const { symbols } = action;
        this.#fanOut.flush(); // records of its earlier subscription
        if (this.#isClosing) return;
        if (action.action === "subscribe") this.#fanOut.add(this, symbols);
        else this.#fanOut.remove(this, symbols);
        return this.#events.subscribed(this, action);
      }
      case "close":
        return this.close(action.code, action.reason);
    }
  }

  /** The close removes the symbols that the session has; those of an unsubscribe are no longer among them. */
  #removeUnsubscribed(change: SubscriptionChange): void {
    if (change.action !== "unsubscribe") return;
    this.#fanOut.remove(this, change.symbols);
    this.#events.subscribed(this, change);
  }

  #answer(message: ServerMessage): void {
    if (message.type === "error") this.#events.rejected(message.number);
    const isHandshake = message.type === "success" || !this.session.isAuthenticated;
    if (isHandshake) this.#control(message);
    else this.#answerDelay.pass(() => this.#control(message));
  }

  #control(message: ServerMessage | GapMessage): void {
    this.#sendAlone(message);
    // A client that sends requests and never reads the answers is slow, too.
    if (this.#outbox.isFull) this.cutOffAsSlow();
  }

  #send(frame: Uint8Array, done: () => void): void {
    if (this.#faults.isHalfOpen) return done(); // discarded, and must not count as waiting
    if (this.bufferedBytes > GATEWAY_LIMITS.feedWaitBytes) this.#events.fellBehind(this);
    this.#socket.send(frame, this.codec === Codec.MSGPACK, done);
  }

  #arm(): void {
    this.#clock.clearTimer(this.#deadline);
    const { wakeAtMs } = this.session;
    if (wakeAtMs === undefined || this.#isClosing) return;
    const delayMs = Math.max(0, wakeAtMs - this.#clock.monotonic());
    this.#deadline = this.#clock.setTimer(
      () => this.#perform(() => this.session.tick(this.#clock.monotonic())),
      delayMs,
    );
  }
}
