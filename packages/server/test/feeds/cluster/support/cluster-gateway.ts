import { CRYPTO_SCHEMA, isFromHistory, STOCK_SCHEMA } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import {
  beginEpoch,
  type ClusterError,
  type FeedState,
  FeedWriter,
  type IngestInfo,
  type LeaseEntry,
  type LogMessage,
  type LogStart,
  type LogState,
  type MessageLog,
  type ReaderEntry,
  readReader,
} from "@tickerplant/cluster";
import { ModelEntries, ModelLog } from "@tickerplant/cluster/testing";
import { onTestFinished } from "vitest";
import { createGateway, type GatewayOptions } from "../../../../src/create-gateway.ts";
import { type ClusterFeedOptions, clusterFeed } from "../../../../src/feeds/cluster/cluster-feed.ts";
import type { Feed, FeedGap, SourceEvent, SourcePlace } from "../../../../src/feeds/feed.ts";
import type { Gateway } from "../../../../src/gateway/gateway.ts";
import type { GatewayEvent } from "../../../../src/gateway/gateway-events.ts";
import { MemoryPeer, type PeerOptions } from "../../../gateway/support/memory-peer.ts";

/** What an ingest carries in most tests. */
export const STATE: FeedState = { carried: { trades: ["A", "B"], quotes: ["A"] }, isOnDemand: false, source: "live" };

/** A log that cannot be read at times. */
export class FailingLog implements MessageLog {
  readonly #log: MessageLog;
  #failure: ClusterError | undefined;
  #fail: (error: ClusterError) => void = () => {};

  constructor(log: MessageLog) {
    this.#log = log;
  }

  /** Lets every call fail from now on, and what reads at the moment; not any more without an error. */
  fail(error: ClusterError | undefined): void {
    this.#failure = error;
    if (error !== undefined) this.#fail(error);
  }

  async append(...args: Parameters<MessageLog["append"]>): Promise<void> {
    this.#check();
    return this.#log.append(...args);
  }

  async state(): Promise<LogState> {
    this.#check();
    return this.#log.state();
  }

  async get(sequence: number): Promise<LogMessage | undefined> {
    this.#check();
    return this.#log.get(sequence);
  }

  async read(start: LogStart, onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void> {
    this.#check();
    const ended = new AbortController();
    const lost = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    try {
      const onlyWhileRead = (message: LogMessage): void => {
        if (this.#failure === undefined) onMessage(message);
      };
      await Promise.race([lost, this.#log.read(start, onlyWhileRead, AbortSignal.any([signal, ended.signal]))]);
    } finally {
      ended.abort();
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** A feed in NATS without a network: the log, the leases and the readers. */
export class ClusterModel {
  readonly clock = new VirtualClock();
  readonly log = new ModelLog(() => this.clock.now());
  readonly leases = new ModelEntries();
  readonly readers = new ModelEntries();
  readonly #isCrypto: boolean;
  #epoch = 0;

  constructor(isCrypto = false) {
    this.#isCrypto = isCrypto;
  }

  /** Deletes the stream and makes it again: epochs count from 1. */
  recreate(): void {
    this.log.recreate();
    this.#epoch = 0;
  }

  /** Lets an ingest lead, which writes its state. */
  async ingest(state: FeedState = STATE, name = "london"): Promise<ModelIngest> {
    const info: IngestInfo = { name, id: `${name}-1`, version: "1.2.3" };
    const { epoch, epochStart } = await beginEpoch(this.log, this.#epoch + 1, info, this.clock);
    this.#epoch = epoch;
    await this.putLease(info, epoch, state);
    const ingest = new ModelIngest(this, this.#isCrypto, epoch, epochStart);
    await ingest.state(state);
    onTestFinished(() => ingest.writer.end());
    return ingest;
  }

  /** Writes the entry of a lease. */
  putLease(ingest: IngestInfo, epoch: number, state: FeedState): Promise<void> {
    const now = this.clock.now();
    const entry: LeaseEntry = {
      ingest,
      epoch,
      leaseMs: 4_000,
      sinceMs: now,
      renewedMs: now,
      isReleased: false,
      state,
    };
    return this.leases.put(this.#isCrypto ? "crypto_us" : "sip", JSON.stringify(entry));
  }

  /** What the readers tell of themselves. */
  async readerEntries(): Promise<ReaderEntry[]> {
    return (await this.readers.list()).map(({ value }) => readReader(value));
  }
}

/** An ingest that leads, as far as its frames go. */
export class ModelIngest {
  readonly writer: FeedWriter;
  /** The market time up to which its next frames are complete. */
  watermark = { completeMs: Number.NEGATIVE_INFINITY, isComplete: true };
  readonly #model: ClusterModel;

  constructor(model: ClusterModel, isCrypto: boolean, epoch: number, epochStart: number) {
    this.#model = model;
    this.writer = new FeedWriter({
      log: model.log,
      schema: isCrypto ? CRYPTO_SCHEMA : STOCK_SCHEMA,
      clock: model.clock,
      epoch,
      epochStart,
      watermark: () => this.watermark,
      failed: (error) => {
        throw error;
      },
      troubled: () => {},
    });
  }

  /** Writes live records as one frame, or those of history. */
  async records(records: readonly MarketRecord[], isFromHistory = false): Promise<void> {
    for (const record of records) {
      this.writer.add(record, undefined, isFromHistory);
      const ms = record.seconds * 1000 + record.nanos / 1e6;
      if (!isFromHistory) this.watermark = { ...this.watermark, completeMs: Math.max(this.watermark.completeMs, ms) };
    }
    await this.#written();
  }

  async event(event: Parameters<FeedWriter["event"]>[0]): Promise<void> {
    this.writer.event(event);
    await this.#written();
  }

  state(state: FeedState): Promise<void> {
    return this.event({ type: "state", state });
  }

  async #written(): Promise<void> {
    await this.writer.drained();
    await this.#model.clock.settle();
  }
}

/** A gateway whose feed reads a cluster, and its clients without a network. */
export interface ClusterGateway {
  readonly model: ClusterModel;
  readonly clock: VirtualClock;
  readonly feed: Feed;
  readonly gateway: Gateway;
  readonly events: GatewayEvent[];
  readonly gaps: FeedGap[];
  readonly source: SourceEvent[];
  /** The symbols of the records that it has published, with whether they are marked as of history. */
  readonly published: [symbol: string, isFromHistory: boolean][];
  /** The places that it has reached, each with how many records were published before. */
  readonly reached: { readonly place: SourcePlace; readonly recordCount: number }[];
  /** How `start` ended: undefined while it has not. */
  outcome: { readonly error: unknown } | undefined;
  /** A client that has authenticated. */
  client(options?: PeerOptions): MemoryPeer;
  /** Closes the gateway. */
  close(): Promise<void>;
}

/** Opens a gateway of `sip`, or of `crypto/us`, over a model, and starts it; it is closed at the end of the test. */
export async function openGateway(
  model: ClusterModel,
  options: Partial<ClusterFeedOptions> = {},
  settings: Partial<GatewayOptions> = {},
): Promise<ClusterGateway> {
  const { clock } = model;
  const events: GatewayEvent[] = [];
  const feed = clusterFeed({
    feed: "sip",
    ports: { log: model.log, leases: model.leases, readers: model.readers },
    servers: "nats://model",
    name: "gateway-1",
    clock,
    ...options,
  });
  const path = options.feed === "crypto/us" ? "/v1beta3/crypto/us" : "/v2/sip";
  const gateway = createGateway({
    feeds: options.feed === "crypto/us" ? { "crypto/us": feed } : { sip: feed },
    clock,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "gap") opened.gaps.push(event.gap);
      if (event.type === "source") opened.source.push(event.event);
    },
    ...settings,
  });
  let closed: Promise<void> | undefined;
  const opened: ClusterGateway = {
    model,
    clock,
    feed,
    gateway,
    events,
    gaps: [],
    source: [],
    published: [],
    reached: [],
    outcome: undefined,
    client: (peer) => new MemoryPeer(gateway, { url: path, ...peer }).authenticate(),
    close: async () => {
      closed ??= gateway.close(1_000);
      await clock.advance(10_000);
      await closed;
    },
  };
  gateway.addSink(feed, {
    record: (record) => void opened.published.push([record.symbol, isFromHistory(record)]),
    reached: (place) => void opened.reached.push({ place, recordCount: opened.published.length }),
  });
  gateway.start().then(
    () => {
      opened.outcome = { error: undefined };
    },
    (error: unknown) => {
      opened.outcome = { error };
    },
  );
  onTestFinished(opened.close);
  // The package is loaded, which takes a moment the first time.
  while (feed.cluster === undefined && opened.outcome === undefined)
    await new Promise((resolve) => setImmediate(resolve));
  await clock.settle();
  return opened;
}

/** A request to subscribe. */
export const subscribe = (symbols: ChannelSymbols): object => ({ action: "subscribe", ...symbols });
