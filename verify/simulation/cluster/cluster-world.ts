import type { ChannelSymbols } from "@tickerplant/client/wire";
import { CLUSTER_LIMITS } from "@tickerplant/cluster";
import type { IngestEvent } from "tickerplant/cluster";
import { Random } from "../../shared/random.ts";
import { FaultInjector, type FaultKind } from "../fault-injector.ts";
import { Invariants } from "../invariants.ts";
import { MARKET_CHANNELS, Market, SYMBOLS } from "../market.ts";
import { SimulatedNetwork } from "../network.ts";
import { SimulatedHistory } from "../simulated-history.ts";
import type { Outcome } from "../world.ts";
import { PartyClock, WorldClock } from "../world-clock.ts";
import { ClusterChecker, STOP_MS } from "./cluster-checker.ts";
import { ClusterDisturber, KEPT_MS } from "./cluster-disturber.ts";
import { ClusterFaults } from "./cluster-faults.ts";
import { IngestUnderTest } from "./ingest-under-test.ts";
import { LogChecker } from "./log-checker.ts";
import { MarketGateway } from "./market-gateway.ts";
import { ReaderUnderTest } from "./reader-under-test.ts";
import { SimulatedNats } from "./simulated-nats.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** The most records that the market publishes at once. */
const MAX_BURST = 4;

/** Limits of what waits in the memory of an ingest. */
interface WriterLimits {
  readonly maxWaitingBytes: number;
  readonly maxFrameBytes: number;
}

const { maxWaitingBytes, maxFrameBytes } = CLUSTER_LIMITS;
const LIMITS: WriterLimits = { maxWaitingBytes, maxFrameBytes };

/** Limits that a simulated market reaches, in some worlds. */
const SMALL_LIMITS: WriterLimits = { maxWaitingBytes: 4_000, maxFrameBytes: 500 };

/**
 * Faults of the market's gateway that the simulation of relays has alone: a cluster passes on what its upstream feed
 * delivers, and after credentials are rejected, the feed waits for minutes.
 */
const NOT_HERE: readonly FaultKind[] = [
  "mute",
  "outlying time",
  "late answer",
  "lost answer",
  "unsolicited error",
  "subscribe rejected",
  "HTTP 401",
  "402 at auth",
];

/** Simulates the cluster of one seed: the same seed is the same world. */
export async function simulateCluster(seed: number): Promise<Outcome> {
  const world = new ClusterWorld(seed);
  const failure = await world.run();
  return { seed, faults: world.faultCounts, published: world.published, gaps: world.gaps, failure };
}

class ClusterWorld {
  readonly #clock = new WorldClock(() => this.#checker.checkEach());
  readonly #random: Random;
  readonly #invariants: Invariants;
  /** Faults between the market's gateway and the ingests. */
  readonly #marketFaults: FaultInjector;
  readonly #faults: ClusterFaults;
  readonly #market: Market;
  /** It has everything. */
  readonly #history: SimulatedHistory;
  readonly #nats: SimulatedNats;
  readonly #log: LogChecker;
  readonly #gateway: MarketGateway;
  readonly #networks: SimulatedNetwork[] = [];
  readonly #ingests: IngestUnderTest[] = [];
  readonly #readers: ReaderUnderTest[] = [];
  readonly #leaseMs: number;
  readonly #limits: WriterLimits;
  readonly #disturber: ClusterDisturber;
  readonly #checker: ClusterChecker;
  /** Whether the market is closed. */
  #isOver = false;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    const secretKey = `secret-of-${seed}-${random.between(1e6, 1e7)}`;
    this.#invariants = new Invariants(secretKey, () => this.#clock.monotonic());
    this.#marketFaults = new FaultInjector(this.#clock, random.fork(), NOT_HERE);
    this.#faults = new ClusterFaults(random.fork());
    const lateness = random.chance(0.5) ? random.fork() : undefined;
    this.#market = new Market(this.#clock, random.fork(), this.#marketFaults, lateness, "filled");
    const historyClock = new PartyClock(this.#clock, random.fork().next);
    this.#history = new SimulatedHistory(historyClock, random.fork(), this.#marketFaults, [
      "history slow",
      "history fails",
    ]);
    this.#log = new LogChecker(this.#invariants, this.#market.published, (number) => this.#history.isVoid(number));
    this.#nats = new SimulatedNats(this.#clock, this.#log);
    this.#gateway = new MarketGateway(this.#market, this.#marketFaults, this.#clock, random);
    this.#leaseMs = random.pick([1000, 2000, 4000]);
    this.#limits = random.chance(0.2) ? SMALL_LIMITS : LIMITS;
    const symbols = symbolsFrom(random, this.#history.hasWildcard);
    const ingestCount = random.pick([2, 2, 3]);
    for (let number = 1; number <= ingestCount; number++) this.#addIngest(`ingest ${number}`, symbols, secretKey);
    for (let number = 1; number <= 2; number++) this.#addReader(`reader ${number}`, { trades: symbols.trades ?? [] });
    const parts = {
      clock: this.#clock,
      random,
      invariants: this.#invariants,
      nats: this.#nats,
      log: this.#log,
      ingests: this.#ingests,
      readers: this.#readers,
      leaseMs: this.#leaseMs,
    };
    this.#checker = new ClusterChecker(parts);
    this.#disturber = new ClusterDisturber({
      ...parts,
      marketFaults: this.#marketFaults,
      faults: this.#faults,
      gateway: this.#gateway,
      networks: this.#networks,
    });
  }

  /** Faults that happened, by kind. */
  get faultCounts(): ReadonlyMap<FaultKind, number> {
    return new Map<FaultKind, number>([...this.#marketFaults.counts, ...this.#faults.counts]);
  }

  get published(): number {
    return this.#market.published.length;
  }

  get gaps(): number {
    return this.#readers.reduce((sum, { gapCount }) => sum + gapCount, this.#log.gaps.length);
  }

  async run(): Promise<Outcome["failure"]> {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 4; // there are many errors here, and stacks cost most of their time
    setLimits(this.#limits);
    await null; // from here on in microtasks only, which the clock requires
    try {
      await this.#runWithFaults();
      await this.#heal();
      await this.#checkDelivery();
      await this.#end();
      return undefined;
    } catch (error) {
      const isViolation = error instanceof Error && error.name === "Violation";
      const message = isViolation ? error.message : error instanceof Error ? `${error.stack}` : String(error);
      return { message, trace: this.#invariants.trace };
    } finally {
      setLimits(LIMITS);
      Error.stackTraceLimit = stackTraceLimit;
      this.#isOver = true;
      this.#disturber.end();
      for (const each of [...this.#ingests, ...this.#readers]) each.dispose();
    }
  }

  async #runWithFaults(): Promise<void> {
    const random = this.#random;
    this.#gateway.start();
    this.#keepPublishing();
    for (const each of [...this.#ingests, ...this.#readers]) if (random.chance(0.7)) each.start();
    if (this.#faults.has("old frames removed")) await this.#fillLog();
    for (let steps = random.between(15, 40); steps > 0; steps--) {
      this.#disturber.disturb();
      const roll = random.next();
      await this.#advance(
        roll < 0.1
          ? 0
          : roll < 0.4
            ? random.between(1, 50)
            : roll < 0.8
              ? random.between(50, 1000)
              : random.between(1000, 6000),
      );
    }
  }

  /** Runs until the log has frames that are old enough to be removed; perhaps before a reader has read them. */
  async #fillLog(): Promise<void> {
    await this.#advance(10_000);
    if (this.#random.chance(0.5)) this.#disturber.keepAway(this.#random.pick(this.#readers));
    await this.#advance(KEPT_MS + 10_000);
  }

  /** Without further faults one ingest leads, and everything comes. */
  async #heal(): Promise<void> {
    this.#invariants.note("no faults from here on");
    this.#disturber.heal();
    setLimits(LIMITS); // what a fill publishes at once is more than the small limit
    await this.#advance(20_000); // what was begun before is over, and dead connections are found
    await this.#becomesWhole();
  }

  async #becomesWhole(): Promise<void> {
    for (let round = 0; round < 40 && this.#checker.lack !== undefined; round++) {
      for (const each of [...this.#ingests, ...this.#readers]) each.start(); // one was still stopping before
      await this.#advance(5000);
    }
    const { lack } = this.#checker;
    this.#invariants.assert(lack === undefined, () => `the cluster is not whole at the end: ${lack}`);
  }

  async #checkDelivery(): Promise<void> {
    for (const channel of MARKET_CHANNELS)
      for (const symbol of SYMBOLS) this.#market.publishOne(channel, symbol, this.#expect);
    this.#isOver = true; // the market closes
    await this.#advance(20_000);
    await this.#becomesWhole();
    this.#log.checkComplete();
    for (const reader of this.#readers) reader.checkComplete();
  }

  async #end(): Promise<void> {
    this.#disturber.end();
    for (const ingest of this.#ingests) ingest.stop();
    this.#checker.end();
    await this.#advance(STOP_MS);
    for (const { name, process } of this.#ingests)
      this.#invariants.assert(process === undefined, () => `${name} still runs`);
    for (const reader of this.#readers) reader.stop();
    await this.#advance(5000);
    for (const { name, isEnded, process } of this.#readers) {
      this.#invariants.assert(isEnded, () => `${name} has not ended`);
      const timers = process?.pendingTimers ?? 0;
      this.#invariants.assert(timers === 0, () => `${name} leaves ${timers} timers`);
    }
    this.#gateway.stop();
    await this.#advance(60_000); // half-open connections are found, and closes time out
  }

  #addIngest(name: string, symbols: ChannelSymbols, secretKey: string): void {
    const random = this.#random.fork();
    const network = new SimulatedNetwork(
      () => this.#gateway.reachedBy(name),
      new PartyClock(this.#clock, random.fork().next),
      random,
      this.#marketFaults,
      `network of ${name}`,
    );
    this.#networks.push(network);
    this.#ingests.push(
      new IngestUnderTest({
        name,
        clock: this.#clock,
        random,
        invariants: this.#invariants,
        nats: this.#nats,
        network,
        history: this.#history,
        symbols,
        leaseMs: this.#leaseMs,
        secretKey,
        onEvent: (ingest, event) => this.#ingestEvent(ingest, event),
        started: (process) => this.#started(process),
      }),
    );
  }

  #addReader(name: string, symbols: ChannelSymbols): void {
    this.#readers.push(
      new ReaderUnderTest({
        name,
        clock: this.#clock,
        random: this.#random.fork(),
        invariants: this.#invariants,
        nats: this.#nats,
        log: this.#log,
        published: this.#market.published,
        symbols,
        started: (process) => this.#started(process),
      }),
    );
  }

  #started(process: SimulatedProcess): void {
    this.#checker.started();
    this.#disturber.changeLink(process);
  }

  #ingestEvent(ingest: IngestUnderTest, event: IngestEvent): void {
    this.#checker.ingestEvent(ingest, event);
    this.#disturber.ingestEvent(ingest, event);
  }

  /** Publishes records until the market closes. */
  #keepPublishing(): void {
    const random = this.#random.fork();
    const paceMs = random.pick([100, 400, 2000]);
    const publish = (): void => {
      if (this.#isOver) return;
      this.#market.publish(random.between(1, MAX_BURST), this.#expect);
      this.#clock.setTimer(publish, this.#faults.isHealed ? 2000 : random.between(1, paceMs * 2));
    };
    publish();
  }

  readonly #expect = (record: Market["published"][number]): void => this.#history.add(record);

  async #advance(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#invariants.check();
    this.#checker.checkProgress();
  }
}

/** Sets the limits of the writers: a simulated market never reaches those of a real one. */
function setLimits(limits: WriterLimits): void {
  Object.assign(CLUSTER_LIMITS, limits); // constants for all others
}

/** What the ingests are subscribed to. A history that does not accept `*` is requested by name. */
function symbolsFrom(random: Random, hasWildcard: boolean): ChannelSymbols {
  if (hasWildcard && random.chance(0.6)) return Object.fromEntries(MARKET_CHANNELS.map((channel) => [channel, ["*"]]));
  return Object.fromEntries(MARKET_CHANNELS.map((channel) => [channel, random.sample(SYMBOLS, SYMBOLS.length)]));
}
