import {
  type Connector,
  type ConnectRequest,
  StreamError,
  type Transport,
  type TransportEvents,
} from "@tickerplant/client";
import { httpRefusal } from "@tickerplant/client/testing";
import type { Gateway } from "tickerplant";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import { SimulatedConnection } from "./simulated-connection.ts";
import type { PartyClock } from "./world-clock.ts";

/** How the network of one world is. */
export interface NetworkQuality {
  /** From one end to the other, in milliseconds. */
  readonly latencyMs: number;
  /** What is added to that at most. */
  readonly jitterMs: number;
  /** Bytes on their way before the sender has to wait. */
  readonly capacityBytes: number;
}

const GOOD: NetworkQuality = { latencyMs: 5, jitterMs: 0, capacityBytes: 65_536 };

/** The network between all clients and the gateway. */
export class SimulatedNetwork {
  readonly clock: PartyClock;
  readonly random: Random;
  readonly faults: FaultInjector;
  readonly #quality: NetworkQuality;
  /** Connections that are not over at both ends. */
  readonly connections: Set<SimulatedConnection> = new Set();
  readonly #gateway: Gateway;

  constructor(gateway: Gateway, clock: PartyClock, random: Random, faults: FaultInjector) {
    this.#gateway = gateway;
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

  /** How it is now. */
  get quality(): NetworkQuality {
    return this.faults.isHealed ? GOOD : this.#quality;
  }

  /** What opens the websockets of one client; tells `opened` of each. */
  connector(pauses: boolean, opened: (connection: SimulatedConnection) => void): Connector {
    const connect = (request: ConnectRequest, events: TransportEvents): Transport => {
      const connection = this.#connect(request, events);
      opened(connection);
      return connection.transport;
    };
    return { setsHeaders: true, pings: true, pauses, connect };
  }

  /** How long the next thing takes from one end to the other, in milliseconds. */
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
    if (this.faults.occurs("connection refused")) {
      return connection.fail(new StreamError("connection_lost", "the connection failed: connect ECONNREFUSED"));
    }
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const { pathname, search } = new URL(url);
    const upgrade = { url: pathname + search, headers: Object.fromEntries(lowerCase) };
    const refusal = this.#gateway.refusal(upgrade);
    if (refusal !== undefined) {
      const { status, retryAfterS } = refusal;
      return connection.fail(httpRefusal(status, retryAfterS === undefined ? undefined : retryAfterS * 1000));
    }
    connection.open((socket) => this.#gateway.accept(socket, upgrade));
  }
}
