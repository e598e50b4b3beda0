import { type ChannelSymbols, StreamError, type Transport, type TransportEvents } from "@tickerplant/client";
import type { GatewayConnection, GatewaySocket } from "tickerplant";
import type { SimulatedNetwork } from "./network.ts";

/** How long a client waits for the answer to its close; the platforms' transports wait as long. */
const CLIENT_CLOSE_TIMEOUT_MS = 1_000;

/** When the gateway's pings find a dead client: it sends one every 20 s, and terminates at the next. */
const REAPED_AFTER_MS = { least: 20_000, most: 40_000 };

/** The gateway's class behind a connection: only it shows the subscriptions that the gateway has, and closes one connection. */
interface GatewayClient extends GatewayConnection {
  readonly session: { readonly subscriptions: { list(withEmpty: boolean): ChannelSymbols } };
  close(code: number, reason: string): void;
}

interface Item {
  readonly dueMs: number;
  readonly arrive: () => void;
}

/** A frame that the gateway has sent and the network has no room for. */
interface Unsent {
  readonly byteLength: number;
  readonly arrive: () => void;
  readonly done: () => void;
}

/**
 * One connection. Each direction keeps its order and adds delay. Frames that the client does not read
 * fill the network; frames that the network has no room for wait at the gateway. Either end can lose
 * the other.
 */
export class SimulatedConnection {
  /** The client's end. */
  readonly transport: Transport;
  /** Called when the client requests a change of its subscriptions. */
  onrequest: (frame: Uint8Array) => void = () => {};
  /** Called before the client receives an answer, or an error that it may treat as one. */
  onanswer: () => void = () => {};
  /** Bytes waiting at the gateway. */
  unsentBytes = 0;
  /** When the newest records that have arrived at the client were sent; undefined before the first. */
  newestArrivedMs: number | undefined;
  /** The largest frame so far. */
  maxFrameBytes = 0;
  readonly #network: SimulatedNetwork;
  readonly #events: TransportEvents;
  readonly #down: Item[] = [];
  readonly #up: Item[] = [];
  readonly #unsent: Unsent[] = [];
  #onTheWayBytes = 0;
  #client: "connecting" | "open" | "closing" | "closed" = "connecting";
  #gateway: "none" | "open" | "closed" = "none";
  #isPaused = false;
  /** Half open: nothing arrives at either end any more, and neither end notices. */
  #isSilent = false;
  /** Set once the network has lost the connection; a client that reads nothing does not notice. */
  #brokenBy: StreamError | undefined;
  #gatewayClient: GatewayClient | undefined;
  #isClosing = false;
  #closeTimer: unknown;

  constructor(network: SimulatedNetwork, events: TransportEvents) {
    this.#network = network;
    this.#events = events;
    this.transport = {
      send: (frame) => this.#send(frame),
      ping: () => this.#ping(),
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => {
        this.#isPaused = false;
        this.#readOn();
      },
      close: (code, reason) => this.#close(code, reason),
    };
  }

  /** Whether the client has stopped reading. */
  get isPaused(): boolean {
    return this.#isPaused && this.#client === "open";
  }

  /** True if both ends consider the connection open. */
  get isOpen(): boolean {
    return this.#client === "open" && this.#gateway === "open";
  }

  /** Whether the client has not closed it, and knows of no loss. */
  get isHeldByClient(): boolean {
    return this.#client === "connecting" || this.#client === "open";
  }

  /** Reports to the client that the upgrade failed. */
  fail(error: StreamError): void {
    this.#endClient(1006, "", error);
  }

  /** Completes the upgrade: the gateway may send at once, the client learns of it later. */
  open(accept: (socket: GatewaySocket) => GatewayConnection): void {
    if (this.#client !== "connecting") return;
    this.#gateway = "open";
    this.#push(this.#down, () => {
      if (this.#client !== "connecting") return;
      this.#client = "open";
      this.#events.opened();
    });
    const client = accept({
      send: (frame, _isBinary, done) => this.#sendDown(frame, done),
      cutWithin: () => this.#cutWithin(),
      close: (code, reason, { stallMs }) => this.#closeDown(code, reason, stallMs),
    });
    this.#gatewayClient = client as GatewayClient; // the class of the gateway, which does not export it
  }

  /** The subscriptions that the gateway serves, as `channel symbol`. */
  get served(): string[] {
    const lists = Object.entries(this.#gatewayClient?.session.subscriptions.list(false) ?? {});
    return lists.flatMap(([channel, symbols = []]) => symbols.map((symbol) => `${channel} ${symbol}`));
  }

  /** Makes the gateway close the connection normally. */
  closeByGateway(): void {
    this.#gatewayClient?.close(1001, "going away");
  }

  /** Inserts a frame among those of the gateway. */
  inject(frame: Uint8Array): void {
    this.#push(this.#down, () => {
      this.onanswer();
      this.#events.frame(frame);
    });
  }

  /** Cuts the connection: frames on the way are lost, and each end notices after its own delay. */
  cut(): void {
    if (this.#brokenBy !== undefined) return;
    this.#break(new StreamError("connection_lost", "the connection failed: read ECONNRESET"));
  }

  /** Leaves the connection half open. The gateway finds out by its pings. */
  silence(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    const { least, most } = REAPED_AFTER_MS;
    this.#network.clock.setTimer(() => this.#endGateway(), this.#network.random.between(least, most));
  }

  // The client's end

  #send(frame: Uint8Array): void {
    if (this.#client !== "open") return;
    if (contains(frame, "subscribe")) this.onrequest(frame);
    this.#noticeBreak();
    const bytes = frame.slice();
    this.#push(this.#up, () => this.#gatewayClient?.receive(bytes));
  }

  #ping(): void {
    if (this.#client !== "open") return;
    this.#noticeBreak();
    this.#push(this.#up, () => {
      const pong = (): void => {
        if (this.#client === "open") this.#events.pong();
      };
      this.#pushUnsent({ byteLength: 2, arrive: pong, done: () => {} });
    });
  }

  #close(code: number, reason: string): void {
    if (this.#client === "closed" || this.#client === "closing") return;
    const { clock } = this.#network;
    const wasOpen = this.#client === "open" && this.#brokenBy === undefined;
    this.#client = "closing";
    this.#isPaused = false;
    this.#readOn();
    if (wasOpen) {
      this.#push(this.#up, () => {
        this.#push(this.#down, () => this.#endClient(code, reason, undefined));
        this.#endGateway();
      });
    }
    clock.setTimer(
      () => {
        if (this.#client === "closed") return;
        this.#endClient(1006, "", undefined);
        if (!this.#isSilent) this.#endGatewayLater();
      },
      wasOpen ? CLIENT_CLOSE_TIMEOUT_MS : 0,
    );
  }

  /** A client that does not read notices the break when it sends. */
  #noticeBreak(): void {
    if (this.#brokenBy === undefined) return;
    const error = this.#brokenBy;
    this.#network.clock.setTimer(() => this.#endClient(1006, "", error), 0);
  }

  #readOn(): void {
    this.#network.clock.setTimer(() => this.#arriveDown(), 0);
    this.#noticeBreak();
  }

  #endClient(code: number, reason: string, error: StreamError | undefined): void {
    if (this.#client === "closed") return;
    this.#client = "closed";
    this.#forgetIfOver();
    this.#events.closed(code, reason, error);
  }

  // The gateway's end

  #sendDown(frame: Uint8Array, done: () => void): void {
    const { faults } = this.#network;
    if (
      this.#gateway !== "open" ||
      this.#isClosing ||
      (contains(frame, "subscription") && faults.occurs("lost answer"))
    )
      return done();
    const bytes = frame.slice();
    this.maxFrameBytes = Math.max(this.maxFrameBytes, bytes.length);
    const sentMs = this.#network.clock.monotonic();
    const arrive = (): void => {
      const isAnswer = contains(bytes, "subscription") || contains(bytes, "error");
      if (isAnswer) this.onanswer();
      else if (!contains(bytes, "success")) this.newestArrivedMs = sentMs;
      this.#events.frame(bytes);
      bytes.fill(0xc1); // valid during the call only: a reference kept longer reads garbage
    };
    this.#pushUnsent({ byteLength: bytes.length, arrive, done });
  }

  #cutWithin(): void {
    this.#network.faults.cutsNextRecord = false;
    this.#network.faults.count("cut within a frame");
    this.#push(this.#down, () => this.#endClient(1006, "", undefined));
    this.#endGatewayLater();
  }

  #closeDown(code: number, reason: string, timeoutMs: number): void {
    const { clock } = this.#network;
    clock.clearTimer(this.#closeTimer);
    if (this.#gateway !== "open") return;
    this.#closeTimer = clock.setTimer(() => {
      this.#endGateway();
      if (!this.#isSilent) this.cut();
    }, timeoutMs);
    if (this.#isClosing) return;
    const arrive = (): void => {
      this.#endClient(code, reason, undefined);
      this.#endGatewayLater();
    };
    this.#pushUnsent({ byteLength: 0, arrive, done: () => {} });
    this.#isClosing = true;
  }

  #endGatewayLater(): void {
    this.#network.clock.setTimer(() => this.#endGateway(), this.#network.delayMs());
  }

  #endGateway(): void {
    if (this.#gateway === "closed") return;
    const wasOpen = this.#gateway === "open";
    this.#gateway = "closed";
    this.#network.clock.clearTimer(this.#closeTimer);
    this.unsentBytes = 0;
    for (const { done } of this.#unsent.splice(0)) done();
    this.#forgetIfOver();
    if (wasOpen) this.#gatewayClient?.closed();
  }

  // The network between them

  #break(error: StreamError): void {
    const { clock } = this.#network;
    this.#brokenBy = error;
    this.#down.length = 0;
    this.#up.length = 0;
    if (this.#isSilent) return;
    clock.setTimer(() => {
      if (!this.#isPaused) this.#endClient(1006, "", error);
    }, this.#network.delayMs());
    this.#endGatewayLater();
  }

  #pushUnsent(unsent: Unsent): void {
    if (this.#gateway !== "open" || this.#isClosing) return;
    this.#unsent.push(unsent);
    this.unsentBytes += unsent.byteLength;
    this.#pump();
  }

  /** Passes on the frames that the network has room for. */
  #pump(): void {
    const { capacityBytes } = this.#network.quality;
    while (this.#onTheWayBytes === 0 || this.#onTheWayBytes < capacityBytes) {
      const unsent = this.#unsent.shift();
      if (unsent === undefined) return;
      const { byteLength, arrive, done } = unsent;
      this.unsentBytes -= byteLength;
      this.#onTheWayBytes += byteLength;
      queueMicrotask(done);
      this.#push(this.#down, () => {
        this.#onTheWayBytes -= byteLength;
        this.#pump();
        arrive();
      });
    }
  }

  #push(direction: Item[], arrive: () => void): void {
    if (this.#brokenBy !== undefined) return;
    const { clock } = this.#network;
    const lastDueMs = direction.at(-1)?.dueMs ?? 0;
    const dueMs = Math.max(lastDueMs, clock.monotonic() + this.#network.delayMs());
    direction.push({ dueMs, arrive });
    const arriveDue = direction === this.#down ? () => this.#arriveDown() : () => this.#arriveUp();
    clock.setTimer(arriveDue, dueMs - clock.monotonic());
  }

  /** Delivers the frames that are due to the client: several at once, as a socket does. */
  #arriveDown(): void {
    const nowMs = this.#network.clock.monotonic();
    while (!this.#isPaused && !this.#isSilent && this.#client !== "closed") {
      const [item] = this.#down;
      if (item === undefined || item.dueMs > nowMs) return;
      this.#down.shift();
      item.arrive();
    }
  }

  #arriveUp(): void {
    const nowMs = this.#network.clock.monotonic();
    while (!this.#isSilent && this.#gateway === "open") {
      const [item] = this.#up;
      if (item === undefined || item.dueMs > nowMs) return;
      this.#up.shift();
      item.arrive();
    }
  }

  #forgetIfOver(): void {
    if (this.#client === "closed" && this.#gateway !== "open") this.#network.connections.delete(this);
  }
}

/** True if a word appears near the start of a frame, in either codec. No record contains the words searched for. */
function contains(frame: Uint8Array, word: string): boolean {
  return Buffer.from(frame.buffer, frame.byteOffset, Math.min(frame.length, 40)).includes(word);
}
