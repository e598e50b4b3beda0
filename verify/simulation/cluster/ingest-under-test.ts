import { Codec, type Connector, STOCK_SCHEMA } from "@tickerplant/client";
import { StockTail } from "@tickerplant/client/history";
import { scriptedHistory } from "@tickerplant/client/testing";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import { upstream } from "tickerplant";
import { Ingest, type IngestEvent, type IngestReport } from "tickerplant/cluster";
import type { Random } from "../../shared/random.ts";
import type { Invariants } from "../invariants.ts";
import { MARKET_CHANNELS } from "../market.ts";
import type { SimulatedNetwork } from "../network.ts";
import type { SimulatedConnection } from "../simulated-connection.ts";
import { type SimulatedHistory, SimulatedHistorySource } from "../simulated-history.ts";
import type { WorldClock } from "../world-clock.ts";
import type { SimulatedNats } from "./simulated-nats.ts";
import { SimulatedProcess } from "./simulated-process.ts";

/** The parts of an {@link IngestUnderTest}. */
export interface IngestParts {
  readonly name: string;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly invariants: Invariants;
  readonly nats: SimulatedNats;
  readonly network: SimulatedNetwork;
  readonly history: SimulatedHistory;
  readonly symbols: ChannelSymbols;
  readonly leaseMs: number;
  readonly secretKey: string;
  readonly onEvent: (ingest: IngestUnderTest, event: IngestEvent) => void;
  /** A new process has begun. */
  readonly started: (process: SimulatedProcess) => void;
}

/** One ingest of the cluster: a program that is started again whenever it has ended. */
export class IngestUnderTest {
  readonly name: string;
  readonly #parts: IngestParts;
  #process: SimulatedProcess | undefined;
  #ingest: Ingest | undefined;
  #stop = new AbortController();
  /** Those of all its processes. */
  readonly #stops: AbortController[] = [];
  /** The connections of all its processes that its side has not closed. */
  readonly #connections = new Set<SimulatedConnection>();
  /** When it was told to stop, in virtual time; undefined while it may run. */
  #stoppedMs: number | undefined;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  /** Its process; undefined while none runs. */
  get process(): SimulatedProcess | undefined {
    return this.#process?.isAlive ? this.#process : undefined;
  }

  get report(): IngestReport | undefined {
    return this.process && this.#ingest?.report;
  }

  get isLeader(): boolean {
    return this.report?.role === "leader";
  }

  /** Whether it was told to stop, and has not ended. */
  get isStopping(): boolean {
    return this.process !== undefined && this.#stoppedMs !== undefined;
  }

  /** The connection upstream that it holds; undefined without one. */
  get connection(): SimulatedConnection | undefined {
    return [...this.#connections].find((connection) => connection.isHeldByClient);
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.process !== undefined) return;
    const { clock, random, nats, symbols, leaseMs, invariants, started, onEvent } = this.#parts;
    invariants.note(`${this.name} starts`);
    const process = new SimulatedProcess(clock, random.fork());
    this.#process = process;
    this.#stop = new AbortController();
    this.#stops.push(this.#stop);
    this.#stoppedMs = undefined;
    started(process);
    const fill = [...MARKET_CHANNELS];
    const ingest = new Ingest({
      feed: "sip",
      ports: nats.ports(process.link, { signal: process.killed }),
      schema: STOCK_SCHEMA,
      source: (resume) =>
        upstream({
          apiKey: "ingest",
          secretKey: this.#parts.secretKey,
          urlOverride: "ws://upstream.test/v2/iex",
          codec: random.pick(Object.values(Codec)),
          history: scriptedHistory(this.#historySource(process)),
          fill,
          ackTimeoutMs: 4000,
          ...(resume && { resume }),
          clock: process.clock,
          connector: this.#connector(process),
        }),
      tail: () => new StockTail({ fill, clock: process.clock }),
      symbols,
      name: this.name,
      leaseMs,
      clock: process.clock,
      onEvent: (event) => {
        this.#note(event);
        onEvent(this, event);
      },
    });
    this.#ingest = ingest;
    ingest.run(this.#stop.signal).then(
      () => this.#ended(process),
      (error: unknown) => invariants.observe(false, () => `${this.name} has failed: ${(error as Error).stack}`),
    );
  }

  /** Ends its process as a signal does, in good order. */
  stop(): void {
    if (this.process === undefined || this.#stoppedMs !== undefined) return;
    this.#parts.invariants.note(`${this.name} is told to stop`);
    this.#stoppedMs = this.#parts.clock.monotonic();
    this.#stop.abort();
  }

  /** Kills its process. With `isSilent`, its machine as well: upstream finds out late. */
  kill(isSilent: boolean): void {
    if (this.process === undefined) return;
    this.#parts.invariants.note(`${this.name} is killed${isSilent ? " with its machine" : ""}`);
    this.process.kill();
    for (const connection of this.#connections) {
      if (isSilent) connection.silence();
      else connection.cut();
    }
    this.#connections.clear();
  }

  /** The world is over. What was killed is aborted as well: Node keeps signals with listeners until they are. */
  dispose(): void {
    this.process?.kill();
    for (const stop of this.#stops) stop.abort();
  }

  /** Fails if it takes too long to stop, or more waits in its memory than may. */
  check(maxWaitingBytes: number, stopMs: number): void {
    const { invariants, clock } = this.#parts;
    const waitingBytes = this.report?.waitingBytes ?? 0;
    invariants.assert(
      waitingBytes <= maxWaitingBytes,
      () => `${waitingBytes} bytes wait in ${this.name}, the limit is ${maxWaitingBytes}`,
    );
    const sinceMs = Math.max(this.#stoppedMs ?? clock.monotonic(), this.process?.healthySinceMs ?? 0);
    invariants.assert(
      !this.isStopping || this.process?.isPaused === true || clock.monotonic() - sinceMs <= stopMs,
      () => `${this.name} has not stopped for ${clock.monotonic() - sinceMs} ms`,
    );
  }

  #ended(process: SimulatedProcess): void {
    const { invariants } = this.#parts;
    invariants.note(`${this.name} has stopped`);
    invariants.observe(this.#stoppedMs !== undefined, () => `${this.name} has ended by itself`);
    invariants.observe(this.connection === undefined, () => `${this.name} has ended, and is connected upstream`);
    process.kill();
  }

  #historySource(process: SimulatedProcess): SimulatedHistorySource {
    const { history, random, invariants } = this.#parts;
    return new SimulatedHistorySource(history, process.clock, random.fork(), invariants, () => undefined);
  }

  #connector(process: SimulatedProcess): Connector {
    const { network } = this.#parts;
    const inner = network.connector(true, (connection) => {
      this.#connections.add(connection);
      for (const each of this.#connections)
        if (!each.isHeldByClient && each !== connection) this.#connections.delete(each);
    });
    return process.connector(inner);
  }

  #note(event: IngestEvent): void {
    const { invariants } = this.#parts;
    if (event.type === "leading") invariants.note(`${this.name} leads the epoch ${event.epoch}`);
    else if (event.type === "following") invariants.note(`${this.name} follows ${event.leader.ingest.name}`);
    else if (event.type === "stoppedLeading")
      invariants.note(`${this.name} no longer leads the epoch ${event.epoch}: ${event.cause?.message ?? "stopped"}`);
    else if (event.type === "failed") invariants.note(`${this.name}: ${event.error.message}`);
    else if (event.type === "rejected")
      invariants.observe(false, () => `upstream rejects symbols of ${this.name}: ${event.message}`);
    else if (event.type === "source") {
      const { event: source } = event;
      const detail =
        source.type === "lost" ? source.cause.message : source.type === "failed" ? source.error.message : "";
      invariants.note(`${this.name}: upstream ${source.type} ${detail}`);
    }
  }
}
