import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@tickerplant/client";
import { WebSocket } from "ws";
import type { Faults } from "../gateway/faults.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import type { CloseLimits, GatewayConnection, GatewaySocket } from "../gateway/socket.ts";
import type { FrameCompressor } from "./frame-compressor.ts";
import { ReadProgress } from "./read-progress.ts";
import type { TurnWrites } from "./turn-writes.ts";

/** Something to send in its turn. */
interface Step {
  /** A frame to compress first. */
  readonly compress?: { readonly frame: Uint8Array; readonly isBinary: boolean };
  /** Sends it; `compressed` holds the bytes for the socket if compression saved some. */
  run(compressed: Buffer | undefined): void;
}

/** Parts of a {@link WebSocketLink}. */
export interface WebSocketLinkParts {
  readonly websocket: WebSocket;
  /** The socket under the websocket; compressed frames are written to it directly. */
  readonly socket: Duplex;
  /** Undefined if the client did not agree to compression. */
  readonly compressor: FrameCompressor | undefined;
  /** Those of the port, which all its links share. */
  readonly turnWrites: TurnWrites;
  readonly clock: Clock;
  readonly faults: Faults;
}

/**
 * One websocket of the package `ws` as the gateway needs it: frames in order, compressed or not;
 * pings; a close with deadlines; and the first cause of its end.
 */
export class WebSocketLink implements GatewaySocket {
  readonly #websocket: WebSocket;
  readonly #socket: Duplex;
  readonly #compressor: FrameCompressor | undefined;
  readonly #turnWrites: TurnWrites;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #progress = new ReadProgress();
  /**
   * Steps behind a frame that is being compressed; undefined before the first. A set, because it removes its first in
   * constant time.
   */
  #steps: Set<Step> | undefined;
  #isCompressing = false;
  #connection: GatewayConnection | undefined;
  #isAlive = true;
  #pingTimer: Timer;
  #close: { readonly limits: CloseLimits; isSent: boolean; hasLeft: boolean } | undefined;
  #stallTimer: Timer;
  #totalTimer: Timer;
  #cause: string | undefined;
  #isGone = false;

  constructor({ websocket, socket, compressor, turnWrites, clock, faults }: WebSocketLinkParts) {
    this.#websocket = websocket;
    this.#socket = socket;
    this.#compressor = compressor;
    this.#turnWrites = turnWrites;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Hands what comes in to `connection`, and begins to ping. */
  serve(connection: GatewayConnection): void {
    this.#connection = connection;
    const websocket = this.#websocket;
    websocket.on("message", (data: Buffer) => {
      this.#isAlive = true;
      connection.receive(data);
    });
    websocket.on("ping", (data) => this.#pinged(data));
    websocket.on("pong", (data) => this.#ponged(data));
    // A broken frame: `ws` closes with the right code by itself.
    websocket.on("error", (error) => {
      this.#cause ??= `the client broke the protocol: ${error.message}`;
    });
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#cause ??= `the connection failed: ${error.code ?? "unknown error"}`;
    });
    this.#socket.once("finish", () => this.#finished());
    websocket.once("close", (code) => this.#gone(code));
    this.#pingTimer = this.#clock.setTimer(() => this.#keepAlive(), GATEWAY_LIMITS.pingIntervalMs);
  }

  send(frame: Uint8Array, isBinary: boolean, done: () => void): void {
    const isCompressed = this.#compressor !== undefined && frame.length >= GATEWAY_LIMITS.minCompressedBytes;
    if (!isCompressed && !this.#isCompressing) return this.#write(frame, isBinary, undefined, done);
    this.#inTurn({
      ...(isCompressed && { compress: { frame, isBinary } }),
      run: (compressed) => this.#write(frame, isBinary, compressed, done),
    });
  }

  cutWithin(frame: Uint8Array, isBinary: boolean): void {
    this.#inTurn({
      run: () => {
        // A frame's head that announces more than follows. Source: RFC 6455, section 5.2.
        const head = Buffer.from([isBinary ? 0x82 : 0x81, 126, frame.length >> 8, frame.length & 0xff]);
        const bytes = Buffer.concat([head, frame.subarray(0, frame.length >> 1)]);
        this.#socket.write(bytes, () => this.#socket.destroy());
      },
    });
  }

  close(code: number, reason: string, limits: CloseLimits): void {
    if (this.#isGone) return;
    const isFirst = this.#close === undefined;
    this.#close = { isSent: false, hasLeft: false, ...this.#close, limits };
    this.#clock.clearTimer(this.#pingTimer); // from here on the limits decide
    this.#clock.clearTimer(this.#totalTimer);
    if (Number.isFinite(limits.totalMs))
      this.#totalTimer = this.#clock.setTimer(() => this.#cutAsLate(limits.totalMs), limits.totalMs);
    this.#awaitReading();
    if (isFirst) this.#inTurn({ run: () => this.#sendClose(code, reason) });
  }

  /** Sends a close and ends the connection at once: `ws` would collect a message until the answer comes. */
  reject(code: number, reason: string): void {
    this.#cause ??= reason;
    this.#websocket.close(code, reason);
    this.#terminate();
  }

  #cut(cause: string): void {
    this.#cause ??= cause;
    this.#terminate();
  }

  /** Ends the connection at once, after what was sent in this turn. */
  #terminate(): void {
    this.#socket.uncork();
    this.#websocket.terminate();
  }

  /** Runs a step after those before it; at once if none waits. */
  #inTurn(step: Step): void {
    if (!this.#isCompressing && step.compress === undefined) return step.run(undefined);
    this.#steps ??= new Set();
    this.#steps.add(step);
    if (!this.#isCompressing) void this.#runSteps(this.#steps);
  }

  /** Compresses one frame at a time, so that a client with many waiting does not hold up the others. */
  async #runSteps(steps: Set<Step>): Promise<void> {
    this.#isCompressing = true;
    for (const step of steps) {
      steps.delete(step);
      const { compress } = step;
      step.run(compress && (await this.#compressor?.compress(compress.frame, compress.isBinary)));
    }
    this.#isCompressing = false;
  }

  #write(frame: Uint8Array, isBinary: boolean, compressed: Buffer | undefined, done: () => void): void {
    const written = (error?: Error | null): void => {
      if (error) return;
      done();
      if (this.#close !== undefined) this.#awaitReading();
    };
    if (this.#websocket.readyState !== WebSocket.OPEN) return;
    this.#turnWrites.hold(this.#socket);
    // `ws` itself compresses nothing here, so it writes at once, and both ways keep one order.
    if (compressed === undefined) this.#websocket.send(frame, { binary: isBinary, compress: false }, written);
    else this.#socket.write(compressed, written);
    // The first ping comes when the client has authenticated, and shows early whether it answers any.
    if (this.#progress.sent(frame.length) && this.#connection?.isAuthenticated === true) this.#ping();
  }

  #ping(done: () => void = () => {}): void {
    if (!this.#faults.isHalfOpen) this.#websocket.ping(this.#progress.mark(), false, done);
  }

  /**
   * Pings a client, and cuts off one that sent nothing until the next ping. Any frame counts:
   * a client that reads slowly gets the ping late, and meanwhile sends its own pings.
   */
  #keepAlive(): void {
    if (!this.#isAlive && !this.#faults.isHalfOpen)
      return this.#cut(`the client sent nothing for ${seconds(GATEWAY_LIMITS.pingIntervalMs)} after a ping`);
    this.#isAlive = false;
    this.#ping();
    this.#pingTimer = this.#clock.setTimer(() => this.#keepAlive(), GATEWAY_LIMITS.pingIntervalMs);
  }

  #pinged(data: Buffer): void {
    this.#isAlive = true;
    if (this.#faults.isHalfOpen) return;
    // Pongs that are not read must not pile up; the peer needs the newest alone (RFC 6455, section 5.5.3).
    if (this.#websocket.bufferedAmount < GATEWAY_LIMITS.maxBufferedBytes) this.#websocket.pong(data);
  }

  #ponged(data: Buffer): void {
    this.#isAlive = true;
    if (this.#progress.answered(data.toString("latin1")) && this.#close !== undefined) this.#awaitReading();
  }

  #sendClose(code: number, reason: string): void {
    // The last ping: its pong shows that the client has read everything before the close.
    if (this.#progress.unreadBytes > 0) this.#ping(() => this.#closeLeft());
    else this.#closeLeft();
    this.#websocket.close(code, reason);
    if (this.#close !== undefined) this.#close.isSent = true;
    this.#awaitReading();
  }

  /** The network has everything up to the close. */
  #closeLeft(): void {
    if (this.#close === undefined) return;
    this.#close.hasLeft = true;
    this.#awaitReading();
  }

  /** Starts the time for the client to read on: at the close, and whenever it has read some. */
  #awaitReading(): void {
    if (this.#close === undefined || this.#isGone) return;
    const { limits, isSent, hasLeft } = this.#close;
    const hasRead = isSent && this.#progress.unreadBytes === 0;
    const isUnknown = hasLeft && !this.#progress.hasAnswered; // it may have read everything: no pong will show it
    const ms = hasRead || isUnknown ? Math.min(limits.stallMs, GATEWAY_LIMITS.closeTimeoutMs) : limits.stallMs;
    const cause = hasRead || isUnknown ? "did not answer the close" : "read nothing";
    this.#clock.clearTimer(this.#stallTimer);
    this.#stallTimer = this.#clock.setTimer(() => this.#cut(`the client ${cause} for ${seconds(ms)}`), ms);
  }

  #cutAsLate(totalMs: number): void {
    this.#cut(`the client did not read everything and answer the close within ${seconds(totalMs)}`);
  }

  /** Everything was sent, the close too, and the client has closed its side of the websocket. */
  #finished(): void {
    if (!this.#socket.readableEnded) this.#gone(undefined);
    this.#clock.clearTimer(this.#stallTimer);
    this.#stallTimer = this.#clock.setTimer(() => this.#websocket.terminate(), GATEWAY_LIMITS.closeTimeoutMs);
  }

  /** The websocket has ended; its TCP connection may take longer. 1006: it ended without a close. */
  #gone(code: number | undefined): void {
    if (code !== undefined) this.#clock.clearTimer(this.#stallTimer);
    if (this.#isGone) return;
    this.#isGone = true;
    this.#clock.clearTimer(this.#pingTimer);
    this.#clock.clearTimer(this.#totalTimer);
    this.#steps?.clear();
    const cause = this.#cause ?? (code === 1006 ? "the connection ended without a close" : undefined);
    if (cause !== undefined) this.#connection?.closed({ reason: cause, unreadBytes: this.#progress.unreadBytes });
    else if (this.#close === undefined) this.#connection?.closed({ reason: "the client closed", unreadBytes: 0 });
    else this.#connection?.closed(); // it answered our close, which came last
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
