import type { AnyRecord } from "@tickerplant/client";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import { clusterFeed, type Feed, type FeedGap, type FeedSink, type Rejection, type SourceEvent } from "tickerplant";
import type { Random } from "../../shared/random.ts";
import type { Invariants } from "../invariants.ts";
import { numberOf, type Published } from "../market.ts";
import type { WorldClock } from "../world-clock.ts";
import { described, isInGap, type LogChecker } from "./log-checker.ts";
import type { SimulatedNats } from "./simulated-nats.ts";
import { SimulatedProcess } from "./simulated-process.ts";

/** The parts of a {@link ReaderUnderTest}. */
export interface ReaderParts {
  readonly name: string;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly invariants: Invariants;
  readonly nats: SimulatedNats;
  readonly log: LogChecker;
  readonly published: readonly Published[];
  /** What its clients want. */
  readonly symbols: ChannelSymbols;
  readonly started: (process: SimulatedProcess) => void;
}

/** How long a reader may take to learn what is carried: it may be paused, or have no NATS. */
const LEARN_MS = 30_000;

/** What one process has received. */
interface Received {
  /** The sequence of the first frame that it read; undefined before. */
  first: number | undefined;
  /** How often it has published each record, by number. */
  readonly counts: Map<number, number>;
  /** The newest record of each `channel symbol`, by number. */
  readonly newest: Map<string, number>;
  readonly gaps: FeedGap[];
}

/** A gateway that reads the feed from the cluster, and the checks of what it publishes. */
export class ReaderUnderTest {
  readonly name: string;
  readonly #parts: ReaderParts;
  #process: SimulatedProcess | undefined;
  #feed: Feed | undefined;
  #stop = new AbortController();
  /** Those of all its processes. */
  readonly #stops: AbortController[] = [];
  #received: Received = nothing();
  #isEnded = true;
  /** From when on it reads, in virtual time. */
  #sinceMs = 0;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  /** Its process; undefined while none runs. */
  get process(): SimulatedProcess | undefined {
    return this.#process?.isAlive ? this.#process : undefined;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The number of gaps that it has reported. */
  get gapCount(): number {
    return this.#received.gaps.length;
  }

  /** The number of the newest frame that it has read. */
  get number(): number {
    return this.#feed?.cluster?.number ?? 0;
  }

  /** Whether it has everything. */
  get isCurrent(): boolean {
    return this.#feed?.isCurrent ?? false;
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.process !== undefined) return;
    const { clock, random, nats, invariants, started } = this.#parts;
    const historyMs = random.pick([1000, 60_000, 300_000]);
    invariants.note(`${this.name} starts, ${historyMs} ms back`);
    this.#sinceMs = clock.monotonic() - historyMs;
    const process = new SimulatedProcess(clock, random.fork());
    this.#process = process;
    this.#stop = new AbortController();
    this.#stops.push(this.#stop);
    this.#isEnded = false;
    const received = nothing();
    this.#received = received;
    started(process);
    const read = (sequence: number): void => {
      received.first ??= sequence;
    };
    const feed = clusterFeed({
      feed: "sip",
      ports: nats.ports(process.link, { signal: process.killed, read }),
      servers: "nats://simulated",
      name: this.name,
      historyMs,
      clock: process.clock,
    });
    this.#feed = feed;
    feed.run(this.#sink(received), this.#stop.signal).then(
      () => {
        this.#isEnded = true;
      },
      (error: unknown) => invariants.observe(false, () => `${this.name} has failed: ${(error as Error).stack}`),
    );
    this.#request(feed, process);
  }

  /** Requests what its clients want; again after a while if the source of the ingests is away. */
  #request(feed: Feed, process: SimulatedProcess): void {
    const { invariants, symbols } = this.#parts;
    const reject = ({ number, message }: Rejection): void => {
      const isEarly = number === 500 || !this.#isCarried;
      invariants.observe(isEarly, () => `${this.name} rejects what the ingests carry: ${number} ${message}`);
      if (!this.#stop.signal.aborted) process.clock.setTimer(() => this.#request(feed, process), 1000);
    };
    feed.demand?.({ released: {}, requests: [{ symbols, confirm: () => {}, reject }] });
  }

  /** Kills its process. */
  kill(): void {
    if (this.process === undefined) return;
    this.#parts.invariants.note(`${this.name} is killed`);
    this.process.kill();
  }

  /** Ends its run in good order. */
  stop(): void {
    this.#stop.abort();
  }

  /** The world is over: see the same of an ingest. */
  dispose(): void {
    this.process?.kill();
    for (const stop of this.#stops) stop.abort();
  }

  /** Fails if it is far behind the log although nothing keeps it from reading. `sequence`: the log's end some time ago. */
  checkProgress(sequence: number): void {
    const isBefore = (this.#parts.log.at(sequence)?.atMs ?? 0) < this.#sinceMs;
    if (isBefore && this.#received.first === undefined) return; // it begins behind the log's end
    this.#parts.invariants.assert(
      this.number >= sequence,
      () => `${this.name} has read the frame ${this.number}, and the log has had ${sequence} for long`,
    );
  }

  /** Fails for a record of the log that it has not published, since its first frame. */
  checkComplete(): void {
    const { invariants, nats, log, published } = this.#parts;
    const { first, counts } = this.#received;
    invariants.assert(first !== undefined, () => `${this.name} has read no frame`);
    for (let sequence = first ?? 0; sequence <= nats.lastSequence; sequence++)
      for (const number of log.at(sequence)?.records ?? []) {
        const record = published[number] as Published; // numbers are of published records
        invariants.assert(
          counts.has(number) || this.#isReported(record),
          () => `${this.name} lacks the record ${described(record)} of frame ${sequence}`,
        );
      }
    const firstMs = log.at(first ?? 0)?.atMs ?? Number.POSITIVE_INFINITY;
    for (const record of published)
      if (record.atMs > firstMs && log.isOwed(record))
        invariants.assert(
          counts.has(record.number) || this.#isReported(record),
          () => `${this.name} has not published the record ${described(record)}, which no gap reports`,
        );
  }

  /** Whether it has had the time to learn what the ingests carry. */
  get #isCarried(): boolean {
    return this.#parts.clock.monotonic() > this.#parts.log.beganMs + LEARN_MS;
  }

  #isReported(record: Published): boolean {
    return this.#received.gaps.some((gap) => isInGap(gap, { fromMs: +gap.from, toMs: +gap.to }, record));
  }

  #sink(received: Received): FeedSink {
    const { invariants } = this.#parts;
    return {
      publish: (record) => this.#published(record as AnyRecord, received), // the market is one of stocks
      gap: (gap) => {
        const { channel, symbols, from, to, cause } = gap;
        const range = `${from.toISOString()} ${to.toISOString()}`;
        invariants.note(`${this.name} reports a gap: ${channel} ${symbols.join()} ${range} ${cause.message}`);
        received.gaps.push(gap);
      },
      report: (event) => this.#reported(event),
      outage: (outage) => invariants.note(`${this.name}: outage ${outage?.message ?? "over"}`),
      withdraw: (symbols, { number, message }) =>
        invariants.observe(
          !this.#isCarried,
          () => `${this.name} withdraws ${JSON.stringify(symbols)}, which the ingests carry: ${number} ${message}`,
        ),
      room: () => undefined,
    };
  }

  #published(record: AnyRecord, { counts, newest }: Received): void {
    const { invariants, published, log } = this.#parts;
    const { number } = numberOf(record);
    const known = published[number] as Published; // numbers are of published records
    const key = known.keys[0];
    const mayRepeat = log.lost.has(number);
    const count = (counts.get(number) ?? 0) + 1;
    counts.set(number, count);
    invariants.observe(
      count === 1 || mayRepeat,
      () => `${this.name} publishes the record ${described(known)} ${count} times`,
    );
    const before = newest.get(key) ?? -1;
    // What a gap reports as missing, a later fill may find.
    const mayBeLate = known.isLate || mayRepeat || !log.isOwed(known);
    invariants.observe(
      number > before || mayBeLate || log.isReported(known),
      () => `${this.name} publishes the record ${described(known)} behind ${described(published[before] as Published)}`,
    );
    if (!known.isLate) newest.set(key, Math.max(before, number));
  }

  #reported(event: SourceEvent): void {
    const { invariants } = this.#parts;
    if (event.type === "leader") invariants.note(`${this.name} reads the epoch ${event.epoch} of ${event.name}`);
    else if (event.type === "lost") invariants.note(`${this.name} lost: ${event.cause.message}`);
    else if (event.type === "failed") invariants.note(`${this.name}: ${event.error.message}`);
    else if (event.type === "connected") invariants.note(`${this.name} is connected`);
  }
}

function nothing(): Received {
  return { first: undefined, counts: new Map(), newest: new Map(), gaps: [] };
}
