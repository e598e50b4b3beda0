import {
  type Connector,
  type ConnectRequest,
  StreamError,
  type Transport,
  type TransportEvents,
} from "@tickerplant/client";
import { httpRejection } from "@tickerplant/client/testing";
import type { Gateway } from "tickerplant";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import { SimulatedConnection } from "./simulated-connection.ts";
import type { PartyClock } from "./world-clock.ts";

/** The quality of the network of one world. */
export interface NetworkQuality {
  /** From one end to the other, in milliseconds. */
  readonly latencyMs: number;
  /** The most that is added to the latency, in milliseconds. */
  readonly jitterMs: number;
  /** Bytes that may be on the way before the sender has to wait. */
  readonly capacityBytes: number;
}

const GOOD: NetworkQuality = { latencyMs: 5, jitterMs: 0, capacityBytes: 65_536 };

/** What a network needs of a gateway; undefined while it is down. */
export type Server = () => Pick<Gateway, "accept" | "rejection"> | undefined;

/** The network between all clients and the gateway. */
export class SimulatedNetwork {
  readonly clock: PartyClock;
  readonly random: Random;
  readonly faults: FaultInjector;
  readonly #quality: NetworkQuality;
  /** Connections that at least one end has not closed. */
  readonly connections: Set<SimulatedConnection> = new Set();
  /** What messages call it. */
  readonly name: string;
  readonly #server: Server;

  constructor(server: Server, clock: PartyClock, random: Random, faults: FaultInjector, name: string) {
    this.name = name;
    this.#server = server;
    this.clock = clock;
    this.random = random;
    this.faults = faults;
    const isNarrow = faults.has("narrow network");
    if (isNarrow) faults.count("narrow network");
    this.#quality = {
      latencyMs: random.pick([0, 1, 5, 40, 300]),
      jitterMs: random.pick([0, 0, 3, 30]),
      capacityBytes: isNarrow ? random.pick([200, 1000]) : 65_536,
    };
  }

  /** The current quality: good once faults are over. */
  get quality(): NetworkQuality {
    return this.faults.isHealed ? GOOD : this.#quality;
  }

  /** Returns the connector of one client; it calls `opened` with each connection. */
  connector(pauses: boolean, opened: (connection: SimulatedConnection) => void): Connector {
    const connect = (request: ConnectRequest, events: TransportEvents): Transport => {
      const connection = this.#connect(request, events);
      opened(connection);
      return connection.transport;
    };
    return { setsHeaders: true, pings: true, pauses, connect };
  }

  /** Returns the delay of the next frame from one end to the other, in milliseconds. */
  delayMs(): number {
    const { latencyMs, jitterMs } = this.quality;
    const stallMs = this.faults.occurs("network stalled", 0.1) ? this.random.between(100, 6000) : 0;
    return latencyMs + this.random.between(0, jitterMs) + stallMs;
  }

  #connect(request: ConnectRequest, events: TransportEvents): SimulatedConnection {
    const connection = new SimulatedConnection(this, events);
    this.connections.add(connection);
    if (this.faults.occurs("connection unanswered")) return connection;
    this.clock.setTimer(() => this.#answer(connection, request), this.delayMs());
    return connection;
  }

  #answer(connection: SimulatedConnection, { url, headers }: ConnectRequest): void {
    const gateway = this.#server();
    if (gateway === undefined || this.faults.occurs("connection refused")) {
      return connection.fail(new StreamError("connection_lost", "the connection failed: connect ECONNREFUSED"));
    }
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const { pathname, search } = new URL(url);
    const upgrade = { url: pathname + search, headers: Object.fromEntries(lowerCase) };
    const rejection = gateway.rejection(upgrade);
    if (rejection !== undefined) {
      const { status, retryAfterS } = rejection;
      return connection.fail(httpRejection(status, retryAfterS === undefined ? undefined : retryAfterS * 1000));
    }
    connection.open((socket) => gateway.accept(socket, upgrade));
  }
}
