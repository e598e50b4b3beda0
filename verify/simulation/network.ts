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
import { Link } from "./link.ts";
import type { Trouble } from "./trouble.ts";
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
  readonly trouble: Trouble;
  readonly #quality: NetworkQuality;
  /** Connections that are not over at both ends. */
  readonly links: Set<Link> = new Set();
  readonly #gateway: Gateway;

  constructor(gateway: Gateway, clock: PartyClock, random: Random, trouble: Trouble) {
    this.#gateway = gateway;
    this.clock = clock;
    this.random = random;
    this.trouble = trouble;
    const isNarrow = trouble.has("narrow network");
    if (isNarrow) trouble.count("narrow network");
    this.#quality = {
      latencyMs: random.pick([0, 1, 5, 40, 300]),
      jitterMs: random.pick([0, 0, 3, 30]),
      capacityBytes: isNarrow ? random.pick([200, 1000]) : 65_536,
    };
  }

  /** How it is now. */
  get quality(): NetworkQuality {
    return this.trouble.isHealed ? GOOD : this.#quality;
  }

  /** What opens the websockets of one client; tells `opened` of each. */
  connector(pauses: boolean, opened: (link: Link) => void): Connector {
    const connect = (request: ConnectRequest, events: TransportEvents): Transport => {
      const link = this.#connect(request, events);
      opened(link);
      return link.transport;
    };
    return { setsHeaders: true, pings: true, pauses, connect };
  }

  /** How long the next thing takes from one end to the other, in milliseconds. */
  delayMs(): number {
    const { latencyMs, jitterMs } = this.quality;
    const stallMs = this.trouble.strikes("network stalled", 0.1) ? this.random.between(100, 6000) : 0;
    return latencyMs + this.random.between(0, jitterMs) + stallMs;
  }

  #connect(request: ConnectRequest, events: TransportEvents): Link {
    const link = new Link(this, events);
    this.links.add(link);
    if (this.trouble.strikes("connection unanswered")) return link;
    this.clock.setTimer(() => this.#answer(link, request), this.delayMs());
    return link;
  }

  #answer(link: Link, { url, headers }: ConnectRequest): void {
    if (this.trouble.strikes("connection refused")) {
      return link.fail(new StreamError("connection_lost", "the connection failed: connect ECONNREFUSED"));
    }
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const { pathname, search } = new URL(url);
    const upgrade = { url: pathname + search, headers: Object.fromEntries(lowerCase) };
    const refusal = this.#gateway.refusal(upgrade);
    if (refusal !== undefined) {
      const { status, retryAfterS } = refusal;
      return link.fail(httpRefusal(status, retryAfterS === undefined ? undefined : retryAfterS * 1000));
    }
    link.open((socket) => this.#gateway.accept(socket, upgrade));
  }
}
