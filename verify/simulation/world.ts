import { createGateway, type Gateway } from "tickerplant";
import { Random } from "../shared/random.ts";
import { disturb } from "./disturb.ts";
import { FaultInjector, type FaultKind } from "./fault-injector.ts";
import { Invariants } from "./invariants.ts";
import { isMarketKey, MARKET_CHANNELS, Market, SYMBOLS } from "./market.ts";
import { SimulatedNetwork } from "./network.ts";
import { notAtARelay, RelayChain, relayCount, relayedIn, upstreamFaults } from "./relay-chain.ts";
import { checkLinger, checkNothingServed, checkServed } from "./relay-scenes.ts";
import type { SimulatedConnection } from "./simulated-connection.ts";
import { SimulatedHistory, SimulatedHistorySource } from "./simulated-history.ts";
import { StreamUnderTest } from "./stream-under-test.ts";
import { User } from "./user.ts";
import { PartyClock, WorldClock } from "./world-clock.ts";

/** The most records that the market publishes at once. */
const MAX_BURST = 8;

/** The outcome of one seed. */
export interface Outcome {
  readonly seed: number;
  /** Faults that happened, by kind. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Records published and gaps reported: they show how much happened. */
  readonly published: number;
  readonly gaps: number;
  /** The violated invariant; undefined if all held. */
  readonly failure: { readonly message: string; readonly trace: readonly string[] } | undefined;
}

/** Simulates the world of one seed: the same seed is the same world. */
export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed);
  const failure = await world.run();
  return { seed, faults: world.faultCounts, published: world.published, gaps: world.gaps, failure };
}

class World {
  readonly faults: FaultInjector;
  /** The faults of the gateway of the market. */
  readonly #marketFaults: FaultInjector;
  readonly #clock = new WorldClock(() => this.#invariants.check());
  readonly #random: Random;
  readonly #market: Market;
  readonly #gateway: Gateway;
  readonly #gatewayClock: PartyClock;
  readonly #network: SimulatedNetwork;
  readonly #invariants: Invariants;
  readonly #users: User[] = [];
  readonly #subjects: StreamUnderTest[] = [];
  readonly #maxBufferedBytes: number;
  /** The newest connection of each stream. */
  readonly #newestConnection = new Map<StreamUnderTest, SimulatedConnection>();
  /** Set in worlds with a history. */
  readonly #history: SimulatedHistory | undefined;
  readonly #historyRandom: Random | undefined;
  /** Set in worlds with relays. */
  readonly #relays: RelayChain | undefined;
  #isOver = false;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    const secretKey = `secret-of-${seed}-${random.between(1e6, 1e7)}`;
    this.#invariants = new Invariants(secretKey, () => this.#clock.monotonic());
    const relayed = relayedIn(seed);
    this.faults = new FaultInjector(this.#clock, random.fork(), relayed === undefined ? [] : notAtARelay(seed));
    // Numbers of its own: worlds without a history do not depend on it.
    const historyRandom = hasHistory(seed) ? new Random(seed ^ 0x5bd1e995) : undefined;
    const relayRandom = new Random(seed ^ 0x2c1b3c6d); // of its own, as above
    const marketFaults = relayed === undefined ? this.faults : upstreamFaults(this.#clock, relayRandom.fork(), relayed);
    this.#marketFaults = marketFaults;
    this.#market = new Market(this.#clock, random.fork(), marketFaults, historyRandom?.fork(), relayed);
    if (relayed !== undefined) {
      this.#relays = new RelayChain({
        clock: this.#clock,
        random: relayRandom.fork(),
        market: this.#market,
        faults: marketFaults,
        clientFaults: this.faults,
        notAtARelay: notAtARelay(seed),
        invariants: this.#invariants,
        relayed,
        count: relayCount(seed),
        secretKey: `upstream-${secretKey}`,
        reports: {
          excuse: (isExcused) => {
            for (const { checker } of this.#subjects) checker.excuse(isExcused);
          },
        },
      });
    }
    if (historyRandom !== undefined) {
      this.#historyRandom = historyRandom;
      const clock = new PartyClock(this.#clock, historyRandom.next);
      this.#history = new SimulatedHistory(clock, historyRandom.fork(), this.faults);
    }
    this.#gatewayClock = new PartyClock(this.#clock, random.fork().next);
    this.#maxBufferedBytes = random.pick([2000, 20_000, 16_777_216]);
    const clientCount = random.between(1, 3);
    this.#gateway = createGateway({
      feeds: { iex: this.#relays?.feed ?? this.#market },
      faults: this.faults.forGateway(),
      clock: this.#gatewayClock,
      maxBufferedBytes: this.#maxBufferedBytes,
      ...(random.chance(0.3)
        ? { maxSymbols: random.pick([3, 6]), symbolCount: random.pick(["symbols", "subscriptions"]) }
        : {}),
      ...(random.chance(0.3) ? { maxConnections: clientCount } : {}),
      onEvent: (event) => {
        this.#invariants.observe(event.type !== "failed", () => `the gateway failed: ${JSON.stringify(event)}`);
        this.#invariants.checkOutput("an event of the gateway", JSON.stringify(event));
        this.#relays?.relays.at(-1)?.observe(event);
      },
    });
    this.#network = new SimulatedNetwork(
      () => this.#gateway,
      new PartyClock(this.#clock, random.next),
      random.fork(),
      this.faults,
      "network of the clients",
    );
    const parts = {
      clock: this.#clock,
      market: this.#market,
      faults: this.faults,
      invariants: this.#invariants,
      history: this.#history,
      relays: this.#relays,
      apiKey: "key",
      secretKey,
    };
    for (let number = 1; number <= clientCount; number++) {
      const connector = this.#network.connector(random.chance(0.85), (connection) => {
        this.#newestConnection.set(subject, connection);
        subject.connecting(connection);
      });
      const subject: StreamUnderTest = new StreamUnderTest(
        `stream ${number}`,
        connector,
        parts,
        random.fork(),
        this.#historySource(),
      );
      this.#subjects.push(subject);
      this.#users.push(new User(subject, random.fork()));
    }
  }

  /** The history as one more stream requests it. */
  #historySource(): SimulatedHistorySource | undefined {
    const history = this.#history;
    if (history === undefined || this.#historyRandom === undefined) return undefined;
    const random = this.#historyRandom.fork();
    const clock = new PartyClock(this.#clock, random.next);
    const completeFromNs = history.completeFromNs((ms) => this.#market.timeAt(ms));
    return new SimulatedHistorySource(history, clock, random, this.#invariants, () => completeFromNs);
  }

  /** Faults that happened, by kind. */
  get faultCounts(): ReadonlyMap<FaultKind, number> {
    const counts = new Map(this.faults.counts);
    for (const { counts: ofHop } of this.#relays?.faults ?? [])
      for (const [kind, count] of ofHop) counts.set(kind, (counts.get(kind) ?? 0) + count);
    return counts;
  }

  get published(): number {
    return this.#market.published.length;
  }

  get gaps(): number {
    return this.#subjects.reduce((count, { checker }) => count + checker.gaps, 0);
  }

  async run(): Promise<Outcome["failure"]> {
    const printed: string[] = [];
    const { error: consoleError } = console;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 4; // there are many errors here, and stacks cost most of their time
    console.error = (...words: unknown[]) => void printed.push(words.map(String).join(" "));
    await null; // from here on in microtasks only, which the clock requires
    try {
      await this.#runWithFaults();
      await this.#heal();
      this.#checkSubscriptions();
      await this.#checkRelays();
      await this.#checkDelivery();
      await this.#end();
      this.#invariants.checkOutput("the console", ...printed);
      this.#invariants.assert(printed.length === 0, () => `the console shows: ${printed[0]}`);
      return undefined;
    } catch (error) {
      const message =
        error instanceof Error ? (error.name === "Violation" ? error.message : `${error.stack}`) : String(error);
      return { message, trace: this.#invariants.trace };
    } finally {
      console.error = consoleError;
      Error.stackTraceLimit = stackTraceLimit;
      this.#isOver = true;
    }
  }

  async #runWithFaults(): Promise<void> {
    const random = this.#random;
    this.#relays?.start();
    void this.#gateway.start();
    this.#keepPublishing();
    for (const [index, user] of this.#users.entries()) {
      if (random.chance(0.7)) user.subscribe();
      if (random.chance(0.9)) void this.#subjects[index]?.run(false);
    }
    for (let steps = random.between(20, 60); steps > 0; steps--) {
      if (random.chance(0.6)) random.pick(this.#users).act();
      this.#disturb();
      const roll = random.next();
      await this.#advance(
        roll < 0.2
          ? 0
          : roll < 0.6
            ? random.between(1, 50)
            : roll < 0.9
              ? random.between(50, 1000)
              : random.between(1000, 8000),
      );
    }
  }

  /** Without further faults every stream recovers by itself. */
  async #heal(): Promise<void> {
    this.#invariants.note("no faults from here on");
    this.faults.heal();
    await this.#healRelays();
    for (const subject of this.#subjects) {
      subject.keepsRunning = true;
      void subject.run(false);
    }
    for (const user of this.#users) user.endHungHandlers();
    await this.#advance(60_000);
    for (const user of this.#users) user.endHungHandlers();
    await this.#advance(60_000);
    // An error that answers no request hides what the server granted until its next answer. This channel counts for no limit.
    for (const { stream } of this.#subjects) stream.subscribeUpdatedBars(() => {}, "*");
    await this.#advance(20_000);
    // The policy "disconnect" may just have ended a stream, which then runs again.
    // Behind a relay, two requests may each have to be repeated after a minute.
    const rounds = this.#relays === undefined ? 3 : 15;
    for (let round = 0; round < rounds && this.#unsettled().length > 0; round++) await this.#advance(10_000);
  }

  /** Without further faults every relay gets its connection again. */
  async #healRelays(): Promise<void> {
    const relays = this.#relays;
    if (relays === undefined) return;
    relays.heal();
    for (let round = 0; round < 45 && !relays.isReady; round++) await this.#advance(10_000);
    this.#invariants.assert(relays.isReady, () => "a relay has no connection at the end");
  }

  /** A sentence for each symbol that the server has neither granted nor rejected. */
  #unsettled(): string[] {
    return this.#subjects.flatMap(({ checker }) =>
      [...checker.subscriptions].flatMap(({ isOver, options, states }) =>
        [...states]
          .filter(([, state]) => !isOver && state !== "active" && state !== "rejected")
          .map(([key, state]) => `${options.label}: ${key} is still ${state} at the end`),
      ),
    );
  }

  /** Fails unless the server serves the symbols that each stream calls active. */
  #checkSubscriptions(): void {
    const [unsettled] = this.#unsettled();
    this.#invariants.assert(unsettled === undefined, () => unsettled ?? "");
    for (const subject of this.#subjects) {
      const { name, checker } = subject;
      const wanted = new Set<string>();
      for (const { isOver, states } of checker.subscriptions) {
        if (isOver) continue;
        for (const [key, state] of states) {
          if (state === "active") wanted.add(key);
        }
      }
      const expected = [...wanted].sort().join(", ");
      const served = this.#newestConnection.get(subject)?.served ?? [];
      const got = served
        .filter((key) => isMarketKey(key))
        .sort()
        .join(", ");
      this.#invariants.assert(expected === got, () => `${name} has [${expected}] active, the server serves [${got}]`);
    }
  }

  /** Every relay has upstream what its clients have, and nothing else after a linger. */
  async #checkRelays(): Promise<void> {
    const relays = this.#relays;
    if (relays === undefined) return;
    const advance = (ms: number): Promise<void> => this.#advance(ms);
    await checkServed(relays, advance, () => ({
      served: new Set([...this.#newestConnection.values()].flatMap((connection) => connection.served)),
      wanted: this.#wantedKeys(),
    }));
    const [subject] = this.#subjects.filter((one) => this.#newestConnection.get(one)?.isOpen);
    if (subject !== undefined) await checkLinger(relays, advance, subject, () => this.#newestConnection.get(subject));
  }

  /** What the users have subscribed to, as `channel symbol`. */
  #wantedKeys(): Set<string> {
    const held = this.#subjects.flatMap(({ checker }) => [...checker.subscriptions].filter(({ isOver }) => !isOver));
    return new Set(held.flatMap(({ states }) => states.map(([key]) => key)));
  }

  async #checkDelivery(): Promise<void> {
    for (const channel of MARKET_CHANNELS) {
      for (const symbol of SYMBOLS) this.#market.publishOne(channel, symbol, this.#expect);
    }
    this.#isOver = true; // the market closes
    await this.#advance(20_000);
    const isFilling = (): boolean => this.#subjects.some(({ checker }) => checker.fills?.isFilling);
    for (let round = 0; round < 20 && isFilling(); round++) await this.#advance(10_000);
    const isRelayFilling = (): boolean => this.#relays?.isCurrent === false;
    for (let round = 0; round < 20 && isRelayFilling(); round++) await this.#advance(10_000);
    for (const { checker } of this.#subjects) checker.fills?.checkAllEnded();
    for (const { checker, name } of this.#subjects) {
      const relays = this.#relays;
      if (relays !== undefined) checker.excuse((record) => relays.isExcused(record, name));
      checker.checkMissing();
    }
  }

  async #end(): Promise<void> {
    for (const subject of this.#subjects) {
      subject.keepsRunning = false;
      void subject.stop(this.#random.chance(0.5) ? "stop" : "close");
    }
    await this.#advance(7000);
    for (const subject of this.#subjects) subject.checkNothingLeft();
    if (this.#relays !== undefined) await checkNothingServed(this.#relays, (ms) => this.#advance(ms));
    this.#gateway.close();
    this.#relays?.close();
    await this.#advance(60_000); // half-open connections are found, and closes time out
    const { pendingTimers } = this.#gatewayClock;
    this.#invariants.assert(pendingTimers === 0, () => `the gateway has ${pendingTimers} timers set after its close`);
    this.#relays?.checkNothingLeft();
    const { clients } = this.#gateway.stats;
    this.#invariants.assert(clients === 0, () => `the gateway holds ${clients} clients after its close`);
  }

  /** Injects faults into the network and the gateway, and before the relays. */
  #disturb(): void {
    const isCutAnyway = (): boolean => this.#historyRandom?.chance(0.1) ?? false;
    disturb(this.#network, this.faults, this.#random, this.#invariants, isCutAnyway);
    this.#relays?.disturb();
  }

  /** Publishes records until the market closes. */
  #keepPublishing(): void {
    const clock = new PartyClock(this.#clock, this.#random.next);
    const random = this.#random.fork();
    const paceMs = random.pick([60, 200, 1000]);
    const publish = (): void => {
      if (this.#isOver) return;
      this.#market.publish(random.between(1, MAX_BURST), this.#expect);
      clock.setTimer(publish, this.faults.isHealed ? 5000 : random.between(1, paceMs * 2));
    };
    publish();
  }

  readonly #expect = (record: Market["published"][number]): void => {
    const { isMute } = this.#marketFaults;
    if (isMute) record.isLate = true; // history may show it after newer ones
    this.#history?.add(record);
    this.#relays?.history?.add(record);
    if (isMute) return; // a client cannot know of records that a mute server withholds
    for (const { checker } of this.#subjects) checker.published(record);
  };

  async #advance(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#invariants.check();
    this.#relays?.check();
    for (const subject of this.#subjects) subject.check(2 * MAX_BURST + MARKET_CHANNELS.length * SYMBOLS.length);
    for (const { unsentBytes, maxFrameBytes } of this.#network.connections) {
      const most = this.#maxBufferedBytes + 2 * maxFrameBytes + 200; // a frame is accepted as long as the limit is not reached
      this.#invariants.assert(
        unsentBytes <= most,
        () => `${unsentBytes} bytes wait for one client, the limit is ${most}`,
      );
    }
  }
}

/** Whether streams of a world fill their gaps from a history. */
export function hasHistory(seed: number): boolean {
  return seed % 3 === 1 && relayCount(seed) === 0;
}
