import { Codec } from "@tickerplant/client";
import { scriptedHistory } from "@tickerplant/client/testing";
import { createGateway, type Feed, type FeedGap, type Gateway, upstream } from "tickerplant";
import { Random } from "../shared/random.ts";
import { disturb } from "./disturb.ts";
import { EndingClient } from "./ending-client.ts";
import { FAULT_KINDS, FaultInjector, type FaultKind } from "./fault-injector.ts";
import { Invariants } from "./invariants.ts";
import { Market, type Published } from "./market.ts";
import { SimulatedNetwork } from "./network.ts";
import { SimulatedHistory, SimulatedHistorySource } from "./simulated-history.ts";
import type { Outcome } from "./world.ts";
import { PartyClock, WorldClock } from "./world-clock.ts";

/** Faults that delay and lose nothing. A late answer would: records before it reach no client of a relay. */
const DELAYS: readonly FaultKind[] = ["network stalled", "narrow network", "frame split"];

/** Faults that lose records on their way to a relay, and are over once it has its connection again. */
const CUTS: readonly FaultKind[] = ["connection cut", "cut within a frame"];

/** Longer than any delay of these networks: no party mistakes one for a failure. */
const PATIENT = {
  handshakeTimeoutMs: 120_000,
  ackTimeoutMs: 120_000,
  pongTimeoutMs: 120_000,
  staleAfterMs: false,
} as const;

/** In virtual time, from the start until everything has ended: a narrow network takes 300 ms for a record. */
const MAX_DURATION_MS = 3_600_000;

/** The most records that the market publishes at once. */
const MAX_BURST = 8;

/** A gateway with the network to its clients. */
interface Hop {
  readonly gateway: Gateway;
  readonly clock: PartyClock;
  readonly network: SimulatedNetwork;
  readonly faults: FaultInjector;
  /** How its run ended; undefined before. */
  ended: { readonly error: unknown } | undefined;
}

/** Simulates the ending world of one seed: the same seed is the same world. */
export async function simulateEnd(seed: number): Promise<Outcome> {
  const world = new EndingWorld(seed);
  const failure = await world.run();
  return { seed, faults: world.faultCounts, published: world.published, gaps: world.gaps.length, failure };
}

/**
 * A market that ends, behind a gateway, up to two relays and clients, all with `once`: every client gets everything, and
 * every connection is closed normally. In every third world connections before a relay are cut: what is missing then lies
 * in a gap that a relay reports, or a history fills it.
 */
class EndingWorld {
  /** Gaps that gateways of relays have reported. */
  readonly gaps: FeedGap[] = [];
  readonly #clock = new WorldClock(() => this.#invariants.check());
  readonly #random: Random;
  readonly #invariants: Invariants;
  readonly #market: Market;
  readonly #marketFaults: FaultInjector;
  readonly #isCut: boolean;
  readonly #history: SimulatedHistory | undefined;
  readonly #hops: Hop[] = [];
  readonly #clients: EndingClient[] = [];
  readonly #clocks: PartyClock[] = [];
  readonly #secretKey: string;

  constructor(seed: number) {
    const random = new Random(seed ^ 0x1b873593);
    this.#random = random;
    this.#secretKey = `secret-of-${seed}-${random.between(1e6, 1e7)}`;
    this.#invariants = new Invariants(this.#secretKey, () => this.#clock.monotonic());
    this.#isCut = seed % 3 === 0;
    this.#marketFaults = this.#faults(false);
    const isFilled = this.#isCut && random.chance(0.5);
    this.#market = new Market(
      this.#clock,
      random.fork(),
      this.#marketFaults,
      undefined,
      isFilled ? "filled" : "reported",
    );
    if (isFilled) this.#history = new SimulatedHistory(this.#partyClock(), random.fork(), this.#marketFaults, []);
    this.#addHop({ paced: false, run: (sink, signal) => this.#publish(sink, signal) });
    for (let count = random.between(0, 2); count > 0; count--) this.#addRelay();
    for (let number = random.between(1, 3); number > 0; number--) this.#addClient(number);
  }

  /** Faults that happened, by kind. */
  get faultCounts(): ReadonlyMap<FaultKind, number> {
    const counts = new Map<FaultKind, number>();
    for (const { faults } of this.#hops)
      for (const [kind, count] of faults.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
    return counts;
  }

  get published(): number {
    return this.#market.published.length;
  }

  async run(): Promise<Outcome["failure"]> {
    await null; // from here on in microtasks only, which the clock requires
    try {
      for (const hop of this.#hops) this.#start(hop);
      for (const client of this.#clients) this.#startLater(client);
      while (!this.#hasEnded && this.#clock.monotonic() < MAX_DURATION_MS) await this.#advance();
      for (const client of this.#clients) client.checkEnded((record) => this.#isReported(record));
      for (const hop of this.#hops) this.#checkEnd(hop);
      await this.#clock.advance(60_000);
      const left = this.#clocks.reduce((sum, { pendingTimers }) => sum + pendingTimers, 0);
      this.#assert(left === 0, `${left} timers are set after the end`);
      return undefined;
    } catch (error) {
      const message =
        error instanceof Error ? (error.name === "Violation" ? error.message : `${error.stack}`) : String(error);
      return { message, trace: this.#invariants.trace };
    }
  }

  get #hasEnded(): boolean {
    return this.#hops.every(({ ended }) => ended !== undefined) && this.#clients.every((client) => client.hasEnded);
  }

  /** Without a client for ten seconds a gateway gives up; cuts may take a relay as long. */
  #checkEnd({ network, faults, ended }: Hop): void {
    const wasCut = CUTS.some((kind) => faults.counts.has(kind));
    const hasGivenUp = wasCut && String(ended?.error).includes("no client subscribed within");
    const isNormal = ended !== undefined && (ended.error === undefined || hasGivenUp);
    this.#assert(isNormal, `the gateway of the ${network.name} ended with ${ended?.error ?? "nothing"}`);
  }

  async #advance(): Promise<void> {
    const random = this.#random;
    for (const { network, faults } of this.#hops.slice(0, -1))
      if (!faults.isHealed && random.chance(0.1)) disturb(network, faults, random, this.#invariants, () => false);
    await this.#clock.advance(random.between(1, 500));
    this.#invariants.check();
  }

  #assert(holds: boolean, what: string): void {
    this.#invariants.assert(holds, () => what);
  }

  #partyClock(): PartyClock {
    const clock = new PartyClock(this.#clock, this.#random.fork().next);
    this.#clocks.push(clock);
    return clock;
  }

  #faults(isCut: boolean): FaultInjector {
    const kinds = isCut ? [...DELAYS, ...CUTS] : DELAYS;
    const without = FAULT_KINDS.filter((kind) => !kinds.includes(kind));
    return new FaultInjector(this.#clock, this.#random.fork(), without);
  }

  /** Publishes as fast as the clients have room, with pauses. */
  async #publish(sink: Parameters<Feed["run"]>[0], signal: AbortSignal): Promise<void> {
    const random = this.#random.fork();
    const clock = this.#partyClock();
    const pauseMs = random.pick([0, 20, 300]);
    void this.#market.run(sink, signal);
    for (let bursts = random.between(1, 100); bursts > 0 && !signal.aborted; bursts--) {
      this.#market.publish(random.between(1, MAX_BURST), (record) => this.#expect(record));
      const room = sink.room();
      if (room !== undefined) await room;
      if (pauseMs > 0) await new Promise<void>((resolve) => void clock.setTimer(resolve, random.between(0, pauseMs)));
    }
    for (const { faults } of this.#hops) faults.heal();
    this.#invariants.note("the market ends");
  }

  #expect(record: Published): void {
    this.#history?.add(record);
    for (const client of this.#clients) client.published(record);
  }

  #addRelay(): void {
    const random = this.#random;
    const hop = this.#hops.at(-1);
    const isFirst = this.#hops.length === 1;
    const name = `relay ${this.#hops.length}`;
    const history = isFirst ? this.#historySource() : undefined;
    this.#addHop(
      upstream({
        ...PATIENT,
        apiKey: "relay",
        secretKey: this.#secretKey,
        urlOverride: "ws://upstream.test/v2/iex",
        codec: random.pick(Object.values(Codec)),
        once: true,
        ...(history && { history: scriptedHistory(history), fill: ["trades", "quotes", "bars"] }),
        clock: this.#partyClock(),
        connector: (hop as Hop).network.connector(true, () => this.#invariants.note(`${name} connects`)), // the market's at least
      }),
    );
  }

  #historySource(): SimulatedHistorySource | undefined {
    if (this.#history === undefined) return undefined;
    const random = this.#random.fork();
    return new SimulatedHistorySource(this.#history, this.#partyClock(), random, this.#invariants, () => undefined);
  }

  #addHop(feed: Feed): void {
    const clock = this.#partyClock();
    const name = `network behind gateway ${this.#hops.length + 1}`;
    const faults = this.#faults(this.#isCut && (this.#history === undefined || this.#hops.length === 0));
    const gateway = createGateway({
      feeds: { iex: feed },
      once: true,
      faults: faults.forGateway(),
      clock,
      onEvent: (event) => {
        this.#invariants.observe(event.type !== "failed", () => `a gateway failed: ${JSON.stringify(event)}`);
        this.#invariants.checkOutput("an event of a gateway", JSON.stringify(event));
        if (event.type === "source") this.#invariants.note(`${name}: ${event.event.type}`);
        if (event.type !== "gap") return;
        const { channel, symbols, from, to } = event.gap;
        this.#invariants.note(`${name}: gap ${channel} ${symbols} ${from.toISOString()} ${to.toISOString()}`);
        this.gaps.push(event.gap);
        this.#invariants.observe(this.#isCut, () => `the ${name} has a gap although nothing was cut`);
      },
    });
    const network = new SimulatedNetwork(() => gateway, this.#partyClock(), this.#random.fork(), faults, name);
    this.#hops.push({ gateway, clock, network, faults, ended: undefined });
  }

  #addClient(number: number): void {
    const { network } = this.#hops.at(-1) as Hop; // the market's gateway at least
    const clock = this.#partyClock();
    const secretKey = this.#secretKey;
    const options = { ...PATIENT, secretKey, connector: network.connector(true, () => {}), clock };
    this.#clients.push(
      new EndingClient(
        `client ${number}`,
        options,
        this.#market,
        this.#invariants,
        this.#random.fork(),
        this.#history !== undefined,
        (gap) => this.gaps.some((one) => isSameRange(one, gap)),
      ),
    );
  }

  #start(hop: Hop): void {
    hop.gateway.start().then(
      () => {
        hop.ended = { error: undefined };
        this.#invariants.note(`the gateway of the ${hop.network.name} has ended`);
      },
      (error: unknown) => {
        hop.ended = { error };
      },
    );
  }

  /** The first client begins; the others come within a while, perhaps after the end. */
  #startLater(client: EndingClient): void {
    if (client === this.#clients[0]) return client.start();
    this.#partyClock().setTimer(() => client.start(), this.#random.between(0, 2_000));
  }

  #isReported({ channel, symbol, rightTimeMs, number }: Published): boolean {
    if (this.#history?.isVoid(number)) return true;
    const slackMs = this.#market.hiddenMs;
    return this.gaps.some(
      (gap) =>
        gap.channel === channel &&
        (gap.symbols.includes(symbol) || gap.symbols.includes("*")) &&
        rightTimeMs >= gap.from.getTime() &&
        rightTimeMs <= gap.to.getTime() + slackMs,
    );
  }
}

function isSameRange(one: FeedGap, { channel, from, to }: FeedGap): boolean {
  return one.channel === channel && +one.from === +from && +one.to === +to;
}
