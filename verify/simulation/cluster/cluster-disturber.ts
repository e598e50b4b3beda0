import type { IngestEvent } from "tickerplant/cluster";
import type { Random } from "../../shared/random.ts";
import { disturb } from "../disturb.ts";
import type { FaultInjector } from "../fault-injector.ts";
import type { Invariants } from "../invariants.ts";
import type { SimulatedNetwork } from "../network.ts";
import type { WorldClock } from "../world-clock.ts";
import { type ClusterFaults, isGood } from "./cluster-faults.ts";
import type { IngestUnderTest } from "./ingest-under-test.ts";
import type { LogChecker } from "./log-checker.ts";
import type { MarketGateway } from "./market-gateway.ts";
import type { ReaderUnderTest } from "./reader-under-test.ts";
import type { SimulatedNats } from "./simulated-nats.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** How much market time before its watermark the log keeps: what ingests remember of what was published. */
export const KEPT_MS = 75_000;

/** The longest time that a process, a connection or a server is gone. */
const MAX_GONE_MS = { process: 8_000, upstream: 15_000, nats: 8_000, gateway: 5_000 };

/** Parts of a {@link ClusterDisturber}. */
export interface DisturberParts {
  readonly clock: WorldClock;
  readonly random: Random;
  readonly invariants: Invariants;
  /** Faults between the market's gateway and the ingests. */
  readonly marketFaults: FaultInjector;
  readonly faults: ClusterFaults;
  readonly gateway: MarketGateway;
  readonly nats: SimulatedNats;
  readonly log: LogChecker;
  readonly ingests: readonly IngestUnderTest[];
  readonly readers: readonly ReaderUnderTest[];
  readonly networks: readonly SimulatedNetwork[];
  readonly leaseMs: number;
}

/** Lets the processes of a cluster, their connections and NATS fail, and come back. */
export class ClusterDisturber {
  readonly #parts: DisturberParts;
  /** Whether the next ingest that leads is killed. */
  #killsNext = false;
  #hasEnded = false;

  constructor(parts: DisturberParts) {
    this.#parts = parts;
  }

  /** Perhaps lets something fail. */
  disturb(): void {
    const { random, faults, networks, marketFaults, invariants, ingests, readers } = this.#parts;
    for (const network of networks) disturb(network, marketFaults, random, invariants, () => false);
    const ingest = random.pick(ingests);
    const reader = random.pick(readers);
    if (faults.occurs("ingest killed")) this.#killIngest(ingest);
    if (faults.occurs("ingest stopped")) {
      ingest.stop();
      this.#startLater(ingest);
    }
    if (faults.occurs("ingest paused")) this.#pause(ingest);
    if (faults.occurs("ingest without NATS")) this.#disconnect(ingest);
    if (faults.occurs("ingest without upstream")) this.#cutOffUpstream(ingest);
    if (faults.occurs("reader killed")) {
      reader.kill();
      this.#startLater(reader);
    }
    if (faults.occurs("reader paused")) this.#pause(reader);
    if (faults.occurs("reader without NATS")) this.#disconnect(reader);
    if (faults.occurs("NATS restarted")) this.#restartNats();
    if (faults.has("old frames removed")) this.#removeOld();
    if (faults.occurs("market's gateway restarted")) this.#restartGateway();
    if (random.chance(0.1)) this.changeLink(random.pick([ingest, reader]).process);
    for (const each of [...ingests, ...readers]) if (random.chance(0.1)) each.start();
  }

  /** Keeps a reader from NATS for so long that frames are removed before it has read them. */
  keepAway({ name, process }: ReaderUnderTest): void {
    const { random, invariants } = this.#parts;
    if (process === undefined) return;
    const ms = random.between(KEPT_MS, 2 * KEPT_MS);
    invariants.note(`${name} loses NATS for ${ms} ms`);
    this.#disconnectFor(process, ms);
  }

  /** An ingest may be killed because of what it does. */
  ingestEvent(ingest: IngestUnderTest, event: IngestEvent): void {
    const { faults, random } = this.#parts;
    if (event.type === "leading") {
      if (this.#killsNext || faults.occurs("ingest killed as it takes over"))
        this.#killLater(ingest, random.pick([0, 1, 30, 500]));
      this.#killsNext = false;
    }
    if (event.type !== "source") return;
    const { type } = event.event;
    if (type === "connected" && faults.occurs("ingest killed during a fill"))
      this.#killLater(ingest, random.between(0, 3000));
    if (type === "lost" && faults.occurs("ingest killed without upstream"))
      this.#killLater(ingest, random.between(0, 3000));
  }

  /** Gives the link of a process other faults. */
  changeLink(process: SimulatedProcess | undefined): void {
    if (process === undefined) return;
    const ofLink = this.#parts.faults.ofLink();
    process.link.set(ofLink);
    process.disturbed();
    process.isLinkGood = isGood(ofLink);
  }

  /** Ends all faults, and starts what does not run. What is gone comes back at its time. */
  heal(): void {
    const { faults, marketFaults, ingests, readers } = this.#parts;
    faults.heal();
    marketFaults.heal();
    this.#killsNext = false;
    for (const each of [...ingests, ...readers]) {
      each.start();
      this.changeLink(each.process);
    }
  }

  /** The world ends: nothing comes back any more. */
  end(): void {
    this.#hasEnded = true;
  }

  #killLater(ingest: IngestUnderTest, delayMs: number): void {
    const { process } = ingest;
    this.#later(delayMs, () => {
      if (ingest.process === process) this.#killIngest(ingest);
    });
  }

  #killIngest(ingest: IngestUnderTest): void {
    const { faults, random } = this.#parts;
    if (faults.isHealed) return;
    if (ingest.isLeader) this.#killsNext = random.chance(0.2);
    ingest.kill(random.chance(0.3));
    this.#startLater(ingest);
  }

  #startLater(each: IngestUnderTest | ReaderUnderTest): void {
    this.#later(this.#parts.random.between(0, MAX_GONE_MS.process), () => each.start());
  }

  #pause({ name, process }: IngestUnderTest | ReaderUnderTest): void {
    const { random, invariants, leaseMs } = this.#parts;
    if (process === undefined || process.isPaused) return;
    const ms = random.between(1, 3 * leaseMs);
    invariants.note(`${name} is paused for ${ms} ms`);
    process.pause();
    this.#later(ms, () => {
      if (process.isAlive) invariants.note(`${name} goes on`);
      process.resume(random.chance(0.5));
    });
  }

  #disconnect({ name, process }: IngestUnderTest | ReaderUnderTest): void {
    const { random, invariants, leaseMs } = this.#parts;
    if (process === undefined) return;
    const ms = random.between(1, 3 * leaseMs);
    invariants.note(`${name} loses NATS for ${ms} ms`);
    this.#disconnectFor(process, ms);
  }

  #disconnectFor(process: SimulatedProcess, ms: number): void {
    process.link.disconnect();
    this.#later(ms, () => {
      process.link.connect();
      process.disturbed();
    });
  }

  #cutOffUpstream({ name, connection }: IngestUnderTest): void {
    const { random, invariants, gateway } = this.#parts;
    const ms = random.between(1, MAX_GONE_MS.upstream);
    invariants.note(`${name} is cut off from upstream for ${ms} ms`);
    gateway.cutOff(name, true);
    if (random.chance(0.5)) connection?.cut();
    else connection?.silence();
    this.#later(ms, () => gateway.cutOff(name, false));
  }

  #restartNats(): void {
    const { random, invariants, faults, nats, ingests, readers } = this.#parts;
    const ms = random.between(1, MAX_GONE_MS.nats);
    invariants.note(`NATS stops for ${ms} ms`);
    nats.stop();
    for (const { process } of [...ingests, ...readers]) process?.link.disconnect();
    if (faults.occurs("NATS lost its newest frames")) {
      const count = random.between(1, 6);
      invariants.note(`NATS loses its newest ${count} frames of ${nats.lastSequence}`);
      nats.loseNewest(count);
    }
    this.#later(ms, () => {
      nats.start();
      for (const { process } of [...ingests, ...readers]) {
        process?.link.connect();
        process?.disturbed();
      }
    });
  }

  #removeOld(): void {
    const { nats, log, faults, invariants } = this.#parts;
    const until = log.oldUntil(nats.firstSequence, KEPT_MS);
    if (until < nats.firstSequence || !faults.occurs("old frames removed")) return;
    invariants.note(`NATS removes its frames up to ${until}`);
    nats.removeUpTo(until);
  }

  #restartGateway(): void {
    const { random, invariants, gateway } = this.#parts;
    if (!gateway.isRunning) return;
    invariants.note("the market's gateway restarts");
    gateway.stop();
    this.#later(random.between(1, MAX_GONE_MS.gateway), () => gateway.start());
  }

  #later(ms: number, act: () => void): void {
    this.#parts.clock.setTimer(() => {
      if (!this.#hasEnded) act();
    }, ms);
  }
}
