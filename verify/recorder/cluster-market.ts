import { STOCK_SCHEMA, systemClock } from "@tickerplant/client";
import { beginEpoch, Cluster, FeedWriter } from "@tickerplant/cluster";
import type { Random } from "../shared/random.ts";
import { recordsOf } from "./market.ts";

/** Between two turns, in milliseconds. */
const TURN_MS = 5;

/** The most records of a turn, and of one in a hundred turns: several full frames. */
const MAX_RECORDS = 20;
const MAX_BURST = 3_000;

/** A market of numbered records, written into NATS by this process: a feed that never loses its leader. */
export class ClusterMarket implements AsyncDisposable {
  /** The number of the newest record. They count from 1. */
  lastNumber = 0;
  /** The gaps that were reported, each as the number of the record in front of it. Another one fills it later. */
  readonly marks: number[] = [];
  /** What is wrong with the writing. */
  readonly problems: string[] = [];
  readonly #cluster: Cluster;
  readonly #writer: FeedWriter;
  readonly #random: Random;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    cluster: Cluster,
    log: Awaited<ReturnType<Cluster["openFeed"]>>["log"],
    epoch: Awaited<ReturnType<typeof beginEpoch>>,
    random: Random,
  ) {
    this.#cluster = cluster;
    this.#random = random;
    this.#writer = new FeedWriter({
      log,
      schema: STOCK_SCHEMA,
      clock: systemClock,
      epoch: epoch.epoch,
      epochStart: epoch.epochStart,
      watermark: () => ({ completeMs: Date.now(), isComplete: true }),
      failed: (error) => void this.problems.push(`the writer failed: ${error.message}`),
      troubled: () => {}, // NATS is restarted
    });
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  static async open(servers: string, random: Random): Promise<ClusterMarket> {
    const cluster = await Cluster.connect({ servers, name: "market" });
    const { log } = await cluster.openFeed("sip");
    const epoch = await beginEpoch(log, 1, { name: "market", id: "market", version: "0.1.0" }, systemClock);
    return new ClusterMarket(cluster, log, epoch, random);
  }

  /** No record follows. Resolves when NATS has everything. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writer.drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#writer.end();
    await this.#cluster.close();
  }

  #turn(): void {
    const count = this.#random.below(this.#random.chance(0.01) ? MAX_BURST : MAX_RECORDS);
    const isFromHistory = this.#random.chance(0.1);
    const timeNs = BigInt(Date.now()) * 1_000_000n;
    for (const record of recordsOf({ first: this.lastNumber + 1, count, timeNs }))
      this.#writer.add(record, undefined, isFromHistory);
    this.lastNumber += count;
    if (this.#random.chance(0.05)) this.#mark();
    this.#writer.flush();
  }

  #mark(): void {
    const [fromMs, toMs] = [Date.now() - 1_000, Date.now()];
    const range = { channel: "trades", symbols: ["AAPL"], fromMs, toMs };
    const message = markOf(this.lastNumber);
    if (this.marks.at(-1) === this.lastNumber) return; // one each
    this.marks.push(this.lastNumber);
    this.#writer.event({ type: "gap", ...range, cause: "connection_lost", message });
  }
}

/** The reason of the gap behind a record. */
export function markOf(number: number): string {
  return `mark ${number}`;
}
