import type { Runtime, Timer } from "@tickerplant/client";
import { type ChannelSymbols, Codec, FrameEncoder, type ServerMessage } from "@tickerplant/client/wire";
import type { FanOut, Reader } from "./fan-out.ts";
import type { Faults } from "./faults.ts";
import {
  errorMessage,
  type GatewayAction,
  GatewaySession,
  type GatewaySessionOptions,
  POLICY_VIOLATION,
} from "./gateway-session.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayConnection, GatewaySocket } from "./socket.ts";

/** What a client needs to know. */
export interface ClientOptions extends GatewaySessionOptions {
  readonly maxBufferedBytes: number;
  /** Whether quotes replace each other while the client is behind; it asked so by `?slow=conflate`. */
  readonly conflatesQuotes: boolean;
}

/** What a client tells the gateway. */
export interface ClientEvents {
  /** Its subscription has changed. */
  subscribed(client: Client, action: "subscribe" | "unsubscribe", symbols: ChannelSymbols): void;
  /** It was too slow, and cut off. */
  slow(client: Client): void;
  /** The network took bytes, or the client is gone: whoever waits for it looks again. */
  drained(): void;
  /** It is gone; the last event. */
  left(client: Client, reason: string): void;
}

/** One connected program: ties a socket to a session and an outbox, and its symbols to the fan-out. */
export class Client implements Reader, GatewayConnection {
  readonly codec: Codec;
  readonly session: GatewaySession;
  readonly #socket: GatewaySocket;
  readonly #fanOut: FanOut<Client>;
  readonly #runtime: Runtime;
  readonly #faults: Faults;
  readonly #events: ClientEvents;
  readonly #encoder: FrameEncoder;
  readonly #outbox: Outbox;
  #timer: Timer;
  #isGone = false;
  #isClosing = false;
  #recordCount = 0;

  constructor(
    socket: GatewaySocket,
    options: ClientOptions,
    fanOut: FanOut<Client>,
    runtime: Runtime,
    faults: Faults,
    events: ClientEvents,
  ) {
    this.codec = options.codec;
    this.session = new GatewaySession(options, runtime.monotonic());
    this.#socket = socket;
    this.#fanOut = fanOut;
    this.#runtime = runtime;
    this.#faults = faults;
    this.#events = events;
    this.#encoder = new FrameEncoder(options.codec);
    this.#outbox = new Outbox(options.codec, (frame, done) => this.#send(frame, done), {
      maxBufferedBytes: options.maxBufferedBytes,
      conflatesQuotes: options.conflatesQuotes,
      maxRecordsPerFrame: () => faults.maxRecordsPerFrame ?? Number.POSITIVE_INFINITY,
    });
  }

  /** Bytes that it has not taken yet. */
  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Bytes that it has taken since the start. */
  get takenBytes(): number {
    return this.#outbox.takenBytes;
  }

  /** Begins the session. */
  open(credentials: { key: string; secret: string } | undefined): void {
    this.#perform(this.session.open(credentials, this.#runtime.monotonic()));
  }

  receive(frame: Uint8Array): void {
    if (this.#isGone || this.#isClosing || this.#faults.isHalfOpen) return;
    this.#perform(this.session.receive(frame, this.#runtime.monotonic()));
  }

  closed(): void {
    this.#leave("the client closed");
  }

  take(record: Uint8Array, quoteOf: string | undefined): void {
    if (this.#isClosing || this.#faults.isMute) return;
    this.#outbox.add(record, quoteOf);
    this.#recordCount++;
    if (this.#faults.cutAfterRecords !== undefined && this.#recordCount >= this.#faults.cutAfterRecords)
      return this.#cut(record);
    if (this.#outbox.isFull) this.cutOffAsSlow();
  }

  /** Sends what is ready. */
  flush(): void {
    if (!this.#isClosing) this.#outbox.flush();
  }

  /** Tells it that it is too slow, and closes. The message may well not arrive: its buffer is full. */
  cutOffAsSlow(): void {
    if (this.#isClosing) return;
    this.#events.slow(this);
    this.#control(errorMessage(407));
    this.close(POLICY_VIOLATION, "slow client");
  }

  /** Closes after what was sent. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.flush();
    this.#isClosing = true;
    this.#runtime.clearTimer(this.#timer);
    this.#unsubscribeAll();
    this.#socket.close(code, reason);
  }

  #cut(record: Uint8Array): void {
    this.#outbox.flush();
    this.#isClosing = true;
    this.#unsubscribeAll();
    this.#socket.cutWithin(record, this.codec === Codec.MSGPACK);
  }

  #leave(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#isClosing = true;
    this.#runtime.clearTimer(this.#timer);
    this.#unsubscribeAll();
    this.#events.left(this, reason);
    this.#events.drained();
  }

  #unsubscribeAll(): void {
    this.#fanOut.remove(this, this.session.subscriptions.list(true));
  }

  #perform(actions: readonly GatewayAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case "send":
          this.#answer(action.message);
          break;
        case "changed":
          this.#change(action);
          break;
        case "close":
          this.close(action.code, action.reason);
          break;
      }
    }
    this.#arm();
  }

  #change({ action, symbols }: GatewayAction & { type: "changed" }): void {
    if (action === "subscribe") this.#fanOut.add(this, symbols);
    else this.#fanOut.remove(this, symbols);
    this.#events.subscribed(this, action, symbols);
  }

  #answer(message: ServerMessage): void {
    const { ackDelayMs } = this.#faults;
    if (message.type !== "subscription" || ackDelayMs === undefined) return this.#control(message);
    this.#runtime.setTimer(() => this.#control(message), ackDelayMs);
  }

  #control(message: ServerMessage): void {
    if (this.#isClosing) return;
    this.#outbox.flush();
    this.#outbox.sendFrame(this.#encoder.serverFrame(message));
  }

  #send(frame: Uint8Array, done: () => void): void {
    if (this.#faults.isHalfOpen) return;
    this.#socket.send(frame, this.codec === Codec.MSGPACK, () => {
      done();
      this.#events.drained();
    });
  }

  #arm(): void {
    this.#runtime.clearTimer(this.#timer);
    const { wakeAtMs } = this.session;
    if (wakeAtMs === undefined || this.#isClosing) return;
    const delayMs = Math.max(0, wakeAtMs - this.#runtime.monotonic());
    this.#timer = this.#runtime.setTimer(() => this.#perform(this.session.tick(this.#runtime.monotonic())), delayMs);
  }
}
