import type { Connector, TransportEvents } from "@tickerplant/client";
import { Link, ProcessClock } from "@tickerplant/cluster/testing";
import type { Random } from "../../shared/random.ts";
import { PartyClock, type WorldClock } from "../world-clock.ts";

/** One run of a process: its time and its link to NATS, which can be paused and killed. */
export class SimulatedProcess {
  readonly clock: ProcessClock;
  readonly link: Link;
  readonly #party: PartyClock;
  readonly #world: WorldClock;
  readonly #killed = new AbortController();
  #isPaused = false;
  /** When it last went on after a pause, in virtual time. */
  resumedMs = -1;
  /** What its sockets have received during a pause, in order. */
  readonly #received: (() => void)[] = [];
  /** Since when it runs, is connected to NATS and has a link without faults, in virtual time. */
  healthySinceMs: number;
  /** Whether its link only delays. */
  isLinkGood = true;

  constructor(world: WorldClock, random: Random) {
    this.#world = world;
    this.#party = new PartyClock(world, random.fork().next);
    this.clock = new ProcessClock(this.#party);
    this.link = new Link(new PartyClock(world, random.fork().next), this.clock);
    this.healthySinceMs = world.monotonic();
  }

  /** Aborted when it is killed. */
  get killed(): AbortSignal {
    return this.#killed.signal;
  }

  get isAlive(): boolean {
    return !this.killed.aborted;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether nothing keeps it from working. */
  get isHealthy(): boolean {
    return this.isAlive && !this.#isPaused && this.link.isConnected;
  }

  /** Timers that it has set. */
  get pendingTimers(): number {
    return this.#party.pendingTimers;
  }

  /** Ends it in the middle of whatever it does: nothing of it runs any more. */
  kill(): void {
    this.link.disconnect();
    this.clock.pause();
    this.#isPaused = true;
    this.#killed.abort();
  }

  pause(): void {
    this.clock.pause();
    this.#isPaused = true;
  }

  /** Goes on. What its sockets have received comes before the timers that fell due, or after them. */
  resume(socketsFirst: boolean): void {
    if (!this.isAlive || !this.#isPaused) return;
    this.#isPaused = false;
    this.resumedMs = this.#world.monotonic();
    this.disturbed();
    this.clock.resume();
    if (socketsFirst) this.#receive();
    else this.#world.setTimer(() => this.#receive(), 0);
  }

  /** Something has happened to it or to its link that it needs time for. */
  disturbed(): void {
    this.healthySinceMs = this.#world.monotonic();
  }

  /** The connector of its sockets. */
  connector(inner: Connector): Connector {
    return {
      ...inner,
      connect: (request, events) => inner.connect(request, this.#pausing(events)),
    };
  }

  #receive(): void {
    for (const deliver of this.#received.splice(0)) this.#pass(deliver);
  }

  #pass(deliver: () => void): void {
    if (this.#isPaused || this.#received.length > 0) this.#received.push(deliver);
    else deliver();
  }

  #pausing(events: TransportEvents): TransportEvents {
    return {
      opened: () => this.#pass(() => events.opened()),
      frame: (bytes) => {
        if (!this.#isPaused && this.#received.length === 0) return events.frame(bytes);
        const copy = bytes.slice();
        this.#received.push(() => events.frame(copy));
      },
      pong: () => this.#pass(() => events.pong()),
      closed: (code, reason, error) => this.#pass(() => events.closed(code, reason, error)),
    };
  }
}
