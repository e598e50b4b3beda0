import type { Clock, Timer } from "@tickerplant/client";
import type { RequestUsage } from "@tickerplant/client/history";
import type { ChannelSymbols, Codec, MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import {
  type ClusterReport,
  type DemandChange,
  type Feed,
  type FeedGap,
  type FeedSink,
  type FeedSource,
  type IsSent,
  isPartial,
  type Outage,
  type Rejection,
  type SourceConnection,
  type SourceEvent,
  type SourcePlace,
  type WireBytes,
} from "../feeds/feed.ts";
import type { RecordSink, SinkReport, SnapshotSink } from "../feeds/record-sink.ts";
import type { ConnectedClient } from "./connected-client.ts";
import { type Answered, Demand } from "./demand.ts";
import { Departures, UndeliveredError } from "./departures.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { concernsSingleRecords, type Faults } from "./faults.ts";
import { FeedCounts } from "./feed-counts.ts";
import { FeedRoom } from "./feed-room.ts";
import type { SubscriptionChange } from "./gateway-session.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { NewestRecords, presentChannels } from "./newest-records.ts";
import { RecentGaps } from "./recent-gaps.ts";
import { SinkSet } from "./sink-set.ts";
import { Snapshots } from "./snapshots.ts";
import type { CloseLimits } from "./socket.ts";

/** How a hub runs its feed. */
export interface HubOptions {
  /** Whether the feed starts with the first subscription, and not at once. */
  readonly startsAtSubscription: boolean;
  /** Whether the feed is for its clients alone: its end closes them, and it ends without them. */
  readonly isOnce: boolean;
  /** What remembers the feed's records for clients that subscribe later. */
  readonly snapshots?: SnapshotSink | undefined;
}

/** What a hub reports to the gateway. */
export interface HubEvents {
  /** The feed reports that records may be missing. */
  gap(gap: FeedGap): void;
  /** The feed reports what happens between it and its source. */
  source(event: SourceEvent): void;
  /** A sink threw, and was removed. */
  sinkFailed(error: unknown): void;
}

/** `waiting`: for its start, or the first subscription. */
export type FeedState = "waiting" | "running" | "ended" | "failed";

/** Close reason when a feed has ended, also for clients that come later. */
const FEED_ENDED = "the feed has ended";

/** Close reason of clients that wait for a source that rejects the feed. */
const SOURCE_REJECTED = "the feed's source rejects it";

/** Close reason of clients whose symbols the source no longer carries. */
const WITHDRAWN = "the feed's source no longer carries a symbol";

/** Close reason when a feed has failed. */
const FEED_FAILED = "the feed failed";

/** At a feed's end, clients may read what waits for them as slowly as they like, as long as they read some. */
const PATIENT: CloseLimits = { stallMs: GATEWAY_LIMITS.stallTimeoutMs, totalMs: Number.POSITIVE_INFINITY };

/** Runs one feed and passes its records to the clients of every endpoint that serves it, and to other sinks. */
export class Hub implements FeedSink {
  readonly schema: WritableSchema;
  readonly fanOut: FanOut<ConnectedClient>;
  /** What happened since the start, for reports. */
  readonly counts: FeedCounts;
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #options: HubOptions;
  readonly #events: HubEvents;
  readonly #clients = new Set<ConnectedClient>();
  readonly #sinks: SinkSet;
  /** Undefined for a feed that carries everything. */
  readonly #demand: Demand<ConnectedClient> | undefined;
  readonly #snapshots: Snapshots;
  readonly #room: FeedRoom;
  readonly #departures = new Departures();
  readonly #recentGaps: RecentGaps;
  readonly #abort = new AbortController();
  #state: FeedState = "waiting";
  #outage: Outage | undefined;
  #isFlushDue = false;
  #running: Promise<void> | undefined;
  #noReaderTimer: Timer;
  #stopTimer: Timer;
  #firstSubscription: () => void = () => {};
  /** Resolves when a client subscribes for the first time. */
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#firstSubscription = resolve;
  });
  #abandon: (error: unknown) => void = () => {};
  /** Rejects when the hub no longer waits for the feed. */
  readonly #abandoned = new Promise<never>((_resolve, reject) => {
    this.#abandon = reject;
  });

  constructor(
    feed: Feed,
    schema: WritableSchema,
    clock: Clock,
    faults: Faults,
    options: HubOptions,
    events: HubEvents,
  ) {
    this.schema = schema;
    this.fanOut = new FanOut(schema, () => concernsSingleRecords(faults));
    this.counts = new FeedCounts(clock);
    this.#feed = feed;
    this.#clock = clock;
    this.#options = options;
    this.#events = events;
    this.#recentGaps = new RecentGaps(clock);
    this.#sinks = new SinkSet((error) => events.sinkFailed(error));
    this.#sinks.add(new NewestRecords(schema));
    if (options.snapshots !== undefined) this.#sinks.add(options.snapshots);
    const makeDemand = (): Demand<ConnectedClient> =>
      new Demand(
        (change) => this.#sendDemand(change),
        (symbols) => isPartial(feed) && this.#sinks.carried(symbols),
      );
    this.#demand = feed.demand === undefined ? undefined : makeDemand();
    this.#snapshots = new Snapshots(feed, presentChannels(schema), this.#sinks, options.snapshots, clock);
    const isRead = (): boolean => !this.fanOut.isEmpty || (this.#demand?.isPending ?? false);
    const { stallTimeoutMs, relayStallTimeoutMs } = GATEWAY_LIMITS;
    this.#room = new FeedRoom(clock, isRead, this.#demand === undefined ? stallTimeoutMs : relayStallTimeoutMs);
    this.#abandoned.catch(() => {}); // it may reject when the feed has settled
  }

  get state(): FeedState {
    return this.#state;
  }

  /** What the feed's records are; undefined if that is not known. */
  get source(): FeedSource | undefined {
    return this.#feed.source;
  }

  /** More of the source in a few words; undefined if there is nothing more. */
  get sourceDetail(): string | undefined {
    return this.#feed.sourceDetail;
  }

  /** The error that new clients get in answer to their credentials, while the feed's source rejects it. */
  get rejection(): Rejection | undefined {
    return this.#outage;
  }

  /** Why clients get no records at the moment; undefined if the feed does its work. */
  get problem(): string | undefined {
    // One that waits for its first subscription is ready for it.
    if (this.#state === "waiting") return this.#running === undefined ? "the feed has not been started" : undefined;
    if (this.#state === "running") return this.#feed.status?.isReady === false ? this.#feed.status.reason : undefined;
    return this.#state === "ended" ? FEED_ENDED : FEED_FAILED;
  }

  /** What a sink cannot do at the moment, while the clients get their records; undefined if all do their work. */
  get sinkProblem(): string | undefined {
    return this.#sinks.problem;
  }

  /** The connection to the feed's source, if there is one. */
  get connection(): SourceConnection | undefined {
    return this.#feed.connection;
  }

  /** How the feed reads a cluster, if it does. */
  get cluster(): ClusterReport | undefined {
    return this.#feed.cluster;
  }

  /** How much of the source's budget of requests is used, if that is known. */
  get usage(): RequestUsage | undefined {
    return this.#feed.history?.usage;
  }

  /** What the sinks that keep records report of themselves. */
  get sinkReport(): SinkReport {
    return this.#sinks.report();
  }

  /** Whether clients' requests wait for the feed's answer. */
  get asksFeed(): boolean {
    return this.#demand !== undefined;
  }

  /** Adds a sink beside the clients. It gets what is published from now on. */
  addSink(sink: RecordSink): void {
    this.#sinks.add(sink);
  }

  /** Removes a sink; ignores one that is not there. */
  removeSink(sink: RecordSink): void {
    this.#sinks.remove(sink);
  }

  /** Adds a client of one of its endpoints. */
  join(client: ConnectedClient): void {
    this.#clients.add(client);
  }

  /** Requests the symbols of a client's request from the feed. */
  request(client: ConnectedClient, symbols: ChannelSymbols, answered: Answered): void {
    this.#firstSubscription();
    const confirmed: Answered = (rejection) => {
      if (rejection !== undefined) answered(rejection);
      else this.#snapshots.complete(client, symbols, () => answered(undefined));
    };
    if (this.#demand === undefined) answered(undefined);
    else this.#demand.request(client, symbols, confirmed);
    this.#room.check();
    this.#watchReaders();
  }

  /** A client has changed its subscription. */
  subscribed(client: ConnectedClient, { action, symbols, added, isFirst }: SubscriptionChange): void {
    if (action === "unsubscribe") this.#demand?.release(client, symbols);
    if (client.isReading) {
      if (this.#state === "failed") return client.fail(FEED_FAILED);
      if (this.#state === "ended" && this.#options.isOnce) {
        if (isFirst) this.#clients.delete(client); // it came too late to have been sent anything
        return client.drain(FEED_ENDED, PATIENT);
      }
      if (action === "subscribe") {
        client.repeatGaps(this.#recentGaps.list(), added);
        this.#sendSnapshot(client, symbols, added);
      }
      this.#firstSubscription();
    }
    this.#room.check();
    this.#watchReaders();
  }

  /** A client has more bytes waiting than a feed without a clock allows. */
  fellBehind(client: ConnectedClient): void {
    this.#room.fellBehind(client);
  }

  /** A client was sent bytes, or no longer counts. */
  drained(): void {
    this.#room.check();
  }

  /** A client closes: nothing is published to it any more. */
  closing(client: ConnectedClient): void {
    const wasPending = this.#demand?.isPending ?? false;
    this.#demand?.release(client, this.#snapshots.cancel(client));
    this.#demand?.leave(client, client.session.subscriptions.list(false));
    if (wasPending) this.#watchReaders(); // it may have been the one that the feed ran for
  }

  /** A client is gone. */
  leave(client: ConnectedClient, reason: string, undeliveredBytes: number): void {
    this.#room.leave(client);
    this.counts.sentBytes += client.sentBytes;
    if (!this.#clients.delete(client) || client.session.subscriptions.isEmpty) return;
    this.#departures.add({ reason, undeliveredBytes, published: this.fanOut.published });
    this.#watchReaders();
  }

  /**
   * Runs the feed. Resolves when it has ended and, with `isOnce`, its clients are gone. Rejects when
   * the feed fails, and its clients are sent 500; with `isOnce` also when no client was sent it to its end.
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Ends the feed. */
  stop(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#firstSubscription();
    this.#room.end();
    this.#feed.history?.close();
    this.#sinks.close();
    if (this.#state !== "running") return;
    const ms = GATEWAY_LIMITS.feedStopTimeoutMs;
    const late = new Error(`the feed did not end within ${ms / 1000} s of its signal: a feed has to obey it`);
    this.#stopTimer = this.#clock.setTimer(() => this.#abandon(late), ms);
  }

  publish(record: MarketRecord, bytes?: WireBytes): void {
    if (this.#abort.signal.aborted) return;
    // First, and unguarded: what the clients cannot be sent is a mistake of the feed, which gets the error.
    this.fanOut.record(record, bytes);
    this.#sinks.record(record, bytes?.symbolNumber ?? 0);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Everything that the feed publishes in one turn leaves in one frame per client.
    queueMicrotask(() => this.#flush());
  }

  openFrame(frame: Uint8Array, codec: Codec): void {
    this.fanOut.openFrame(frame, codec);
  }

  closeFrame(isWhole: boolean): void {
    this.fanOut.closeFrame(isWhole && !this.#abort.signal.aborted);
  }

  gap(gap: FeedGap): void {
    if (this.#abort.signal.aborted) return;
    const numbered = this.#recentGaps.add(gap);
    this.counts.addGap(gap);
    for (const client of this.#clients) client.reportGap(numbered);
    this.#sinks.gap(gap);
    this.#events.gap(gap);
  }

  report(event: SourceEvent): void {
    if (this.#abort.signal.aborted) return;
    this.counts.addSourceEvent(event);
    this.#events.source(event);
  }

  outage(outage: Outage | undefined): void {
    if (this.#abort.signal.aborted) return;
    this.#outage = outage;
    if (outage === undefined) return;
    for (const client of [...this.#clients]) {
      if (!client.isAuthenticated) continue; // it gets the error in answer to its credentials
      if (outage.isTerminal || !client.isReading) client.closeWith(outage, SOURCE_REJECTED);
      else client.sendError(outage);
    }
  }

  withdraw(symbols: ChannelSymbols, rejection: Rejection): void {
    this.#sinks.released(symbols);
    for (const client of this.#demand?.withdraw(symbols) ?? []) client.closeWith(rejection, WITHDRAWN);
  }

  narrowed(isSent: IsSent): void {
    this.#sinks.narrowed(isSent);
  }

  begins(at: Date): void {
    this.#sinks.begins(at);
  }

  reached(place: SourcePlace): void {
    if (!this.#abort.signal.aborted) this.#sinks.reached(place);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  room(): Promise<void> | undefined {
    this.#flush();
    return this.#feed.paced ? undefined : this.#room.wait();
  }

  async #run(): Promise<void> {
    if (this.#options.startsAtSubscription) await this.#subscribed;
    try {
      if (!this.#abort.signal.aborted) await this.#play();
      this.#state = "ended";
    } catch (error) {
      this.#state = error instanceof UndeliveredError ? "ended" : "failed";
      for (const client of [...this.#clients]) {
        if (this.#state === "failed") client.fail(FEED_FAILED);
        else client.drain(FEED_ENDED, PATIENT);
      }
      throw error;
    } finally {
      for (const timer of [this.#stopTimer, this.#noReaderTimer]) this.#clock.clearTimer(timer);
      this.#demand?.close();
      this.#flush();
    }
    if (this.#options.isOnce && !this.#abort.signal.aborted) await this.#drainAll();
  }

  async #play(): Promise<void> {
    this.#state = "running";
    this.#watchReaders();
    const { signal } = this.#abort;
    const ended = this.#feed.run(this, signal);
    this.#demand?.open();
    await Promise.race([ended, this.#abandoned]);
  }

  #sendDemand(change: DemandChange): void {
    if (isPartial(this.#feed) && Object.keys(change.released).length > 0) this.#sinks.released(change.released);
    try {
      this.#feed.demand?.(change);
    } catch (error) {
      this.#abandon(error);
      this.#abort.abort();
    }
  }

  async #drainAll(): Promise<void> {
    const clients = [...this.#clients];
    for (const client of clients) client.drain(FEED_ENDED, PATIENT);
    await Promise.all(clients.map((client) => client.gone));
    const error = this.#departures.errorAtEnd(this.fanOut.published);
    if (error !== undefined && !this.#abort.signal.aborted) throw error;
  }

  /** Sends a client that has just subscribed the state that later records change. */
  #sendSnapshot(client: ConnectedClient, symbols: ChannelSymbols, added: ChannelSymbols): void {
    for (const record of this.#snapshots.of(client, symbols, added)) this.fanOut.recordTo(client, record);
    this.fanOut.flush();
  }

  /** With `isOnce`, a feed without a subscribed client ends. */
  #watchReaders(): void {
    if (!this.#options.isOnce || this.#state !== "running") return;
    this.#clock.clearTimer(this.#noReaderTimer);
    if (!this.fanOut.isEmpty || this.#demand?.isPending) return;
    const ms = GATEWAY_LIMITS.noReaderTimeoutMs;
    this.#noReaderTimer = this.#clock.setTimer(() => {
      this.#abandon(this.#departures.errorAtStop(this.fanOut.published, ms));
      this.#abort.abort();
      this.#room.end();
    }, ms);
  }

  #flush(): void {
    this.#isFlushDue = false;
    this.fanOut.flush();
    this.#sinks.flush();
  }
}
