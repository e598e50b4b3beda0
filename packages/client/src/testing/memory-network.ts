import { BOOLEAN, checkOptions, type OptionChecks } from "../checks/option-checks.ts";
import type { Connector, ConnectRequest, Transport, TransportEvents } from "../platform/transport/transport.ts";
import { Codec, StreamError } from "../wire/index.ts";

/** Capabilities of the imitated platform; all of them by default, as on Node. */
export interface MemoryNetworkOptions {
  /** Default true. Browsers cannot. */
  readonly setsHeaders?: boolean;
  /** Default true. Browsers cannot. */
  readonly pings?: boolean;
  /** Default true. Browsers cannot. */
  readonly pauses?: boolean;
}

const OPTIONS: OptionChecks<MemoryNetworkOptions> = { setsHeaders: BOOLEAN, pings: BOOLEAN, pauses: BOOLEAN };

/**
 * Websockets in memory. Pass `connector` to the clients under test; `onsocket` receives the server's end
 * of every connection. Events reach the other end in order, each in its own microtask, never during a call.
 */
export class MemoryNetwork {
  /** For the option `connector` of a stream. */
  readonly connector: Connector;
  /** Called with the server's end of each new connection, before the client learns that it is open. */
  onsocket: (socket: MemorySocket) => void = () => {};
  /** While set, every connection fails with it; see {@link httpRejection}. */
  rejection: StreamError | undefined;
  /** While true, connections neither open nor fail. */
  isUnreachable = false;
  /** Number of connection attempts. */
  attempts = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    checkOptions("MemoryNetwork", options, OPTIONS);
    const { setsHeaders = true, pings = true, pauses = true } = options;
    const connect = (request: ConnectRequest, events: TransportEvents): Transport => {
      this.attempts++;
      const socket = new MemorySocket(request, events);
      socket.open(this);
      return socket.client;
    };
    this.connector = { setsHeaders, pings, pauses, connect };
  }
}

/** The error of an upgrade that the server answers with an HTTP status, as on Node. */
export function httpRejection(status: number, retryAfterMs?: number): StreamError {
  const terminal = [401, 403, 404].includes(status);
  return new StreamError("http_rejected", `the server answered the upgrade with HTTP ${status}`, {
    status,
    terminal,
    retryAfterMs,
  });
}

/** The server's end of one connection in memory. */
export class MemorySocket {
  /** Address, headers and parameters that the client connected with. */
  readonly request: ConnectRequest;
  /** Called with each frame of the client. */
  onframe: (frame: Uint8Array, isBinary: boolean) => void = () => {};
  /** Called when the connection has ended, from either side; code 1006 if it was cut. */
  onclose: (code: number, reason: string) => void = () => {};
  /** Whether the client's pings get a pong. Default true. */
  answersPings = true;
  /** Number of pings of the client. */
  pings = 0;
  /** The client's end. */
  readonly client: Transport;
  readonly #toClient: TransportEvents;
  /** Events held back while the client's reading is paused. */
  readonly #heldBack: (() => void)[] = [];
  #bufferedBytes = 0;
  #state: "connecting" | "open" | "closing" | "closed" = "connecting";
  #isPaused = false;
  #isMuted = false;

  /** Made by a {@link MemoryNetwork}. */
  constructor(request: ConnectRequest, events: TransportEvents) {
    this.request = request;
    this.#toClient = events;
    this.client = {
      send: (frame, codec) => this.#fromClient(frame, codec),
      ping: () => this.#pinged(),
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => this.#resume(),
      close: (code, reason) => this.#closedByClient(code, reason),
    };
  }

  /** Whether frames can be sent. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the client has stopped reading. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Bytes of frames that the client has not read. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Sends a frame. Ignored unless the socket is open. */
  send(frame: Uint8Array): void {
    if (!this.isOpen || this.#isMuted) return;
    const bytes = frame.slice();
    this.#bufferedBytes += bytes.length;
    this.#deliver(() => {
      this.#bufferedBytes -= bytes.length;
      if (!this.#isHeard) return;
      this.#toClient.frame(bytes);
      bytes.fill(0xc1); // valid during the call only: reveals code that keeps them
    });
  }

  /** Closes normally, after the frames that were sent. */
  close(code = 1000, reason = ""): void {
    if (!this.isOpen) return;
    this.#state = "closing";
    if (this.#isMuted) return;
    this.#deliver(() => this.#end(code, reason, undefined));
  }

  /** Cuts the connection: both ends lose it at once, and data in flight is lost. */
  cut(): void {
    if (this.#state === "closed") return;
    this.#isMuted = false;
    this.#heldBack.length = 0;
    const error = new StreamError("connection_lost", "the connection failed: it was cut");
    queueMicrotask(() => this.#end(1006, "", error));
  }

  /** Leaves the link half open: nothing reaches the client any more, not even an answer to its close. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Lets the connection succeed or fail, as the network wants it. For the network. */
  open(network: MemoryNetwork): void {
    queueMicrotask(() => {
      if (this.#state !== "connecting" || network.isUnreachable) return;
      if (network.rejection !== undefined) return this.#end(1006, "", network.rejection);
      this.#state = "open";
      network.onsocket(this);
      this.#toClient.opened();
    });
  }

  get #isHeard(): boolean {
    return this.#state === "open" || this.#state === "closing";
  }

  /** Delivers in order: as a microtask, or when the client reads on. */
  #deliver(deliver: () => void): void {
    this.#heldBack.push(deliver);
    queueMicrotask(() => this.#deliverNext());
  }

  #deliverNext(): void {
    if (this.#isPaused) return;
    this.#heldBack.shift()?.();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // One microtask for each: a handler may pause again after any of them.
    for (let count = this.#heldBack.length; count > 0; count--) queueMicrotask(() => this.#deliverNext());
  }

  #fromClient(frame: Uint8Array, codec: Codec): void {
    if (!this.isOpen) return;
    const bytes = frame.slice();
    queueMicrotask(() => {
      if (this.#isHeard) this.onframe(bytes, codec === Codec.MSGPACK);
    });
  }

  #pinged(): void {
    if (!this.isOpen) return;
    this.pings++;
    if (!this.answersPings || this.#isMuted) return;
    this.#deliver(() => {
      if (this.#isHeard) this.#toClient.pong();
    });
  }

  #closedByClient(code: number, reason: string): void {
    if (this.#state === "closed") return;
    const wasOpen = this.#isHeard;
    this.#state = "closing";
    this.#isPaused = false;
    queueMicrotask(() => {
      if (this.#isMuted) return; // neither end learns it
      this.#end(wasOpen ? code : 1006, wasOpen ? reason : "", undefined);
    });
  }

  #end(code: number, reason: string, error: StreamError | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#heldBack.length = 0;
    this.#bufferedBytes = 0;
    this.onclose(code, reason);
    this.#toClient.closed(code, reason, error);
  }
}
