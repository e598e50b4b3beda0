import { createGateway, type DemandRequest, type Feed, type Gateway, type GatewayOptions } from "tickerplant";
import type { Random } from "../shared/random.ts";
import { disturb } from "./disturb.ts";
import { FaultInjector, type FaultKind } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import { MARKET_CHANNELS, type Market, type Published, type Relayed, SYMBOLS } from "./market.ts";
import { SimulatedNetwork } from "./network.ts";
import { type RelayReports, RelayUnderTest } from "./relay-under-test.ts";
import { ReleasedRecords } from "./released-records.ts";
import { SimulatedHistory, SimulatedHistorySource } from "./simulated-history.ts";
import { PartyClock, type WorldClock } from "./world-clock.ts";

/** The number of relays between the market's gateway and the clients. */
export function relayCount(seed: number): number {
  if (seed % 5 !== 2) return 0;
  return seed % 25 === 2 ? 2 : 1;
}

/** Whether the relays of a world report their gaps or fill them; undefined without relays. */
export function relayedIn(seed: number): Relayed | undefined {
  if (relayCount(seed) === 0) return undefined;
  return seed % 3 === 1 ? "filled" : "reported";
}

/** The first seed of the worlds in which gateways of relays are mute. Those before stay the worlds that they were. */
const MUTE_RELAYS_FROM = 100_000;

/** Faults that do not occur at the gateway of a relay: a relay passes on times as they are. */
export function notAtARelay(seed: number): readonly FaultKind[] {
  return seed < MUTE_RELAYS_FROM ? NOT_WITH_FILLS : ["outlying time"];
}

/**
 * Faults of the market's gateway without fills alone: a mute gateway must withhold what is published now, and the order
 * of what is filled is known only if times are right.
 */
const NOT_WITH_FILLS: readonly FaultKind[] = ["mute", "outlying time"];

/** Faults by which a request is answered late, never or with an error: a gap is known only after later records. */
const ANSWER_FAULTS: readonly FaultKind[] = ["late answer", "lost answer", "unsolicited error", "subscribe rejected"];

/** How long a gateway is down for a restart. */
const MAX_RESTART_MS = 5_000;

/** Returns the faults of the market's gateway and of the network before the first relay. */
export function upstreamFaults(clock: WorldClock, random: Random, relayed: Relayed): FaultInjector {
  if (relayed === "reported") return new FaultInjector(clock, random);
  return new FaultInjector(clock, random, [...NOT_WITH_FILLS, ...ANSWER_FAULTS]);
}

/** The parts of a {@link RelayChain}. */
export interface RelayChainParts {
  readonly clock: WorldClock;
  readonly random: Random;
  readonly market: Market;
  /** Faults before the first relay. */
  readonly faults: FaultInjector;
  /** Faults between the last relay and the clients. */
  readonly clientFaults: FaultInjector;
  /** Faults that do not occur between two relays. */
  readonly notAtARelay: readonly FaultKind[];
  readonly invariants: Invariants;
  readonly relayed: Relayed;
  readonly count: number;
  readonly secretKey: string;
  readonly reports: RelayReports;
}

/** A gateway and the network to its clients. */
interface Hop {
  readonly network: SimulatedNetwork;
  readonly faults: FaultInjector;
  readonly clock: PartyClock;
}

/** Everything between the market and the last relay's gateway: the market's gateway, networks and relays. */
export class RelayChain {
  readonly relays: RelayUnderTest[] = [];
  /** The history of the market, which fills the gaps of the first relay. */
  readonly history: SimulatedHistory | undefined;
  /** What relays held while they filled gaps. */
  readonly releases: ReleasedRecords = new ReleasedRecords();
  readonly invariants: Invariants;
  readonly #parts: RelayChainParts;
  readonly #random: Random;
  readonly #hops: Hop[] = [];
  readonly #limits: Pick<GatewayOptions, "maxSymbols" | "symbolCount" | "maxConnections" | "maxBufferedBytes">;
  /** A symbol that the market's gateway rejects, and the number of its error. */
  readonly #rejected: { readonly key: string; readonly number: number } | undefined;
  /** The market's gateway; undefined during a restart. */
  #origin: Gateway | undefined;
  readonly #others: Gateway[] = [];
  readonly #restarts: boolean;
  #hasEnded = false;

  constructor(parts: RelayChainParts) {
    const { random, clock, faults, clientFaults, notAtARelay, count, relayed } = parts;
    this.#parts = parts;
    this.invariants = parts.invariants;
    this.#random = random;
    this.#restarts = random.chance(0.3);
    this.#limits = {
      maxBufferedBytes: random.pick([2000, 20_000, 16_777_216]),
      ...(random.chance(0.3)
        ? { maxSymbols: random.pick([3, 6]), symbolCount: random.pick(["symbols", "subscriptions"]) }
        : {}),
      ...(random.chance(0.5) ? { maxConnections: 1 } : {}),
    };
    this.#rejected = random.chance(0.3)
      ? { key: `${random.pick(MARKET_CHANNELS)} ${random.pick(SYMBOLS)}`, number: random.pick([400, 409, 410]) }
      : undefined;
    if (relayed === "filled")
      this.history = new SimulatedHistory(new PartyClock(clock, random.fork().next), random.fork(), faults, [
        "history slow",
        "history fails",
      ]);
    const first = this.#hop("network before the relay", () => this.#origin, faults);
    this.#origin = this.#makeOrigin(first);
    let relay = this.#addRelay(first);
    for (let number = 2; number <= count; number++) {
      const own = new FaultInjector(clock, random.fork(), notAtARelay);
      relay.gatewayFaults = own;
      const hop = this.#hop(`network before relay ${number}`, () => gateway, own);
      const gateway: Gateway = this.#makeGateway(hop);
      this.#others.push(gateway);
      relay = this.#addRelay(hop);
    }
    relay.gatewayFaults = clientFaults;
  }

  /** The feed of the last relay's gateway. */
  get feed(): Feed {
    return (this.relays.at(-1) as RelayUnderTest).feed; // there is one at least
  }

  /** Faults that happened, by hop. */
  get faults(): readonly FaultInjector[] {
    return this.#hops.map(({ faults }) => faults);
  }

  /** Starts all gateways but the last relay's. */
  start(): void {
    for (const gateway of [this.#origin, ...this.#others]) void gateway?.start();
  }

  /** Injects faults. */
  disturb(): void {
    const { invariants } = this.#parts;
    for (const { network, faults } of this.#hops) disturb(network, faults, this.#random, invariants, () => false);
    const [first] = this.#hops;
    if (first !== undefined && this.#restarts && !first.faults.isHealed && this.#random.chance(0.05))
      this.#restart(first);
  }

  /** Ends all faults. */
  heal(): void {
    for (const { faults } of this.#hops) faults.heal();
  }

  /** Fails for requests that upstream has not answered for too long. */
  check(): void {
    for (const relay of this.relays) relay.check();
  }

  /** Whether a record may reach a client after a newer one of its symbol. */
  mayRelayLate(record: Published): boolean {
    return this.history?.isVoid(record.number) || this.relays.some((relay) => relay.mayRelayLate(record));
  }

  /** Whether a client need not have received a record, although no gap reports it. */
  isExcused(record: Published, client: string): boolean {
    if (this.history?.isVoid(record.number)) return true;
    if (this.relays.some(({ withheld }) => withheld.has(record.number))) return true;
    return this.releases.mayHaveMissed([client, ...this.relays.map(({ name }) => name)], record);
  }

  /** Whether every relay has its connection. */
  get isReady(): boolean {
    return this.relays.every((relay) => relay.isReady);
  }

  /** Whether every relay has published all that its upstream has sent. */
  get isCurrent(): boolean {
    return this.relays.every((relay) => relay.isCurrent);
  }

  /** Closes the gateways, the last one first. */
  close(): void {
    this.#hasEnded = true;
    for (const gateway of [...this.#others].reverse()) void gateway.close();
    void this.#origin?.close();
  }

  /** Fails for what is left after the close. */
  checkNothingLeft(): void {
    const { invariants } = this.#parts;
    for (const { name, pendingTimers } of this.relays)
      invariants.assert(pendingTimers === 0, () => `${name} leaves ${pendingTimers} timers after the end`);
    for (const { network, clock } of this.#hops)
      invariants.assert(
        clock.pendingTimers === 0,
        () => `the gateway of the ${network.name} has ${clock.pendingTimers} timers set after its close`,
      );
  }

  #hop(name: string, server: () => Gateway | undefined, faults: FaultInjector): Hop {
    const { clock } = this.#parts;
    const random = this.#random.fork();
    const network = new SimulatedNetwork(server, new PartyClock(clock, random.fork().next), random, faults, name);
    const hop = { network, faults, clock: new PartyClock(clock, random.fork().next) };
    this.#hops.push(hop);
    return hop;
  }

  #addRelay({ network }: Hop): RelayUnderTest {
    const { clock, invariants, reports, secretKey, market } = this.#parts;
    const before = this.relays.at(-1);
    const relay = new RelayUnderTest({
      name: `relay ${this.relays.length + 1}`,
      network,
      clock,
      random: this.#random.fork(),
      invariants,
      published: market.published,
      history: before === undefined ? this.#historySource() : undefined,
      secretKey,
      mayReject: (number, request) =>
        this.#mayReject(number, request) ||
        hasAny(network.faults, ANSWER_FAULTS) ||
        before?.hadOutage === true ||
        before?.rejectsBecauseOfLimit(number) === true,
      reports,
      releases: this.releases,
      marketMs: () => market.nowMs,
      troubleMs: () => this.#troubleMs,
    });
    this.relays.push(relay);
    return relay;
  }

  #historySource(): SimulatedHistorySource | undefined {
    const { history } = this;
    if (history === undefined) return undefined;
    const { clock, invariants } = this.#parts;
    const random = this.#random.fork();
    return new SimulatedHistorySource(history, new PartyClock(clock, random.next), random, invariants, () => undefined);
  }

  /** When the newest fault happened, or a relay got its connection again. */
  get #troubleMs(): number {
    const faultsMs = this.#hops.map(({ faults }) => faults.lastFaultMs);
    return Math.max(...faultsMs, ...this.relays.map(({ connectedMs }) => connectedMs));
  }

  #mayReject(number: number, { symbols }: DemandRequest): boolean {
    if (number === 405 && this.#limits.maxSymbols !== undefined) return true;
    if (number === this.#rejected?.number && this.#isRejected(symbols)) return true;
    const [first] = this.#hops;
    return first !== undefined && hasAny(first.faults, ANSWER_FAULTS);
  }

  #makeOrigin({ clock, faults }: Hop): Gateway {
    const { market } = this.#parts;
    const feed: Feed = {
      paced: market.paced,
      run: (sink, signal) => market.run(sink, signal),
      demand: ({ requests }) => {
        for (const request of requests) this.#answer(request);
      },
    };
    return createGateway({
      ...this.#limits,
      feeds: { iex: feed },
      faults: faults.forGateway(),
      clock,
      onEvent: () => {},
    });
  }

  #answer(request: DemandRequest): void {
    if (this.#rejected === undefined || !this.#isRejected(request.symbols)) return request.confirm();
    this.#parts.faults.count("symbol rejected");
    request.reject({ number: this.#rejected.number, message: "rejected" });
  }

  #isRejected(symbols: DemandRequest["symbols"]): boolean {
    const [channel = "", symbol = ""] = this.#rejected?.key.split(" ") ?? [];
    return symbols[channel]?.includes(symbol) ?? false;
  }

  /** The gateway of the newest relay. */
  #makeGateway({ clock, faults }: Hop): Gateway {
    const { invariants } = this.#parts;
    const relay = this.relays.at(-1);
    return createGateway({
      feeds: { iex: this.feed },
      clock,
      faults: faults.forGateway(),
      maxBufferedBytes: this.#random.pick([2000, 20_000, 16_777_216]),
      onEvent: (event) => {
        invariants.observe(event.type !== "failed", () => `${relay?.name} failed: ${JSON.stringify(event)}`);
        relay?.observe(event);
      },
    });
  }

  /** Restarts the market's gateway: what is published meanwhile reaches no relay. */
  #restart(hop: Hop): void {
    const before = this.#origin;
    if (before === undefined) return;
    this.#parts.invariants.note("the market's gateway restarts");
    hop.faults.count("gateway restarted");
    this.#origin = undefined;
    void before.close(0);
    const start = (): void => {
      if (this.#hasEnded) return;
      this.#origin = this.#makeOrigin(hop);
      void this.#origin.start();
    };
    this.#parts.clock.setTimer(start, this.#random.between(1, MAX_RESTART_MS));
  }
}

function hasAny(faults: FaultInjector, kinds: readonly FaultKind[]): boolean {
  return kinds.some((kind) => faults.has(kind));
}
