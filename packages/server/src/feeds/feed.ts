import type { StreamMetrics } from "@tickerplant/client";
import type { RequestUsage } from "@tickerplant/client/history";
import type { ChannelSymbols, Codec, MarketRecord } from "@tickerplant/client/wire";

/** Records of a channel that a source may have missed. The client's event `gap` is one. */
export interface FeedGap {
  readonly channel: string;
  /** The symbols; `*` for all. */
  readonly symbols: readonly string[];
  /** Records with times from here to `to` may be missing. */
  readonly from: Date;
  readonly to: Date;
  readonly cause: Error;
}

/** The bytes of a record as they came from upstream. They are good during the call. */
export interface WireBytes {
  readonly codec: Codec;
  /** What they are in: the frame that is open, or the record alone. */
  readonly frame: Uint8Array;
  readonly start: number;
  readonly end: number;
  /**
   * The number that the client's decoder gave the record's symbol: history finds the symbol by it, which is faster than
   * by name. 0 if it has none.
   *
   * @defaultValue 0
   */
  readonly symbolNumber?: number;
}

/** The error with which a feed rejects a request: a number of the protocol, and its message. */
export interface Rejection {
  readonly number: number;
  readonly message: string;
}

/** The source rejects the feed as a whole, such as its key, or one connection too many. */
export interface Outage extends Rejection {
  /** Whether only a change of the account or of the settings ends it, and not time alone. */
  readonly isTerminal: boolean;
}

/** What happens between a feed and its source, for events and logs. */
export type SourceEvent =
  /** The source serves the feed: at the start, and again after `lost`. */
  | { readonly type: "connected"; readonly url: string }
  /** The source was lost, or does not serve the feed; the feed tries again. Once for each cause, not for each attempt. */
  | { readonly type: "lost"; readonly cause: Error }
  /** Records that were missing have been published, in order. */
  | {
      readonly type: "filled";
      readonly channel: string;
      readonly symbols: readonly string[];
      readonly from: Date;
      readonly to: Date;
      readonly recordCount: number;
    }
  /** Another ingest leads the feed of a cluster; `epoch` counts them. At the start, the one that leads then. */
  | { readonly type: "leader"; readonly name: string; readonly epoch: number }
  /** Something failed, such as a request that the source rejected, and the feed continues. */
  | { readonly type: "failed"; readonly error: Error };

/** The place of a message in a source that numbers its messages, such as a stream of NATS JetStream. */
export interface SourcePlace {
  /** Identifies the numbering: a stream that was deleted and made again has another one. */
  readonly source: string;
  /** The number of the message. */
  readonly sequence: number;
}

/** Returns whether the source sends the records of a symbol. */
export type IsSent = (channel: string, symbol: string) => boolean;

/** Receives what a feed publishes: a gateway, or a program that runs a feed without one. */
export interface FeedSink {
  /**
   * Publishes one record. Records of one symbol keep their order. Clients of the codec of `bytes` get those
   * unchanged, with every key; all others get the record encoded.
   *
   * @throws TypeError for a value that is no record of the endpoint's asset class.
   */
  publish(record: MarketRecord, bytes?: WireBytes): void;
  /**
   * A frame came from upstream: the records that follow are in it, until {@link closeFrame}. A client that gets
   * all of them gets the frame unchanged, with records of unknown types. A feed that encodes its records calls neither.
   */
  openFrame?(frame: Uint8Array, codec: Codec): void;
  /** The frame has ended. `isWhole`: it is an array of records, and all of known types were published. */
  closeFrame?(isWhole: boolean): void;
  /**
   * Reports that records may be missing, between those published before and those that follow. The
   * gateway has it; a program may leave it out.
   */
  gap?(gap: FeedGap): void;
  /** Reports what happens between the feed and its source. The gateway has it; a program may leave it out. */
  report?(event: SourceEvent): void;
  /**
   * Reports that the source rejects the feed, or serves it again: undefined. Meanwhile new clients get the error in
   * answer to their credentials, where every client expects it. Clients without a subscription get it and are closed,
   * and so is every client in a terminal outage: they reconnect, and get it there. Other subscribed clients get it
   * and stay.
   */
  outage?(outage: Outage | undefined): void;
  /**
   * Reports that the source no longer carries symbols that the feed had confirmed: their clients, and those whose
   * requests name one, get the error and are closed.
   */
  withdraw?(symbols: ChannelSymbols, rejection: Rejection): void;
  /**
   * Reports that the source sends records of fewer symbols than before, and of none while it is lost: what was
   * published of the others, such as an order book, is no longer up to date. Only feeds that depend on a connection
   * have it.
   */
  narrowed?(isSent: IsSent): void;
  /**
   * Reports that no records from before a time of the market follow: the feed is read from the middle. Called before the
   * first record, and once more if the time turns out to be later.
   */
  begins?(at: Date): void;
  /** Everything of the source up to a message was published. Only feeds whose source numbers its messages report it. */
  reached?(place: SourcePlace): void;
  /** Open connections of clients, if it is a gateway. */
  readonly clientCount?: number;
  /**
   * Undefined while every client keeps up; otherwise a promise that resolves when there is room
   * again, or the feed is to end. A feed without a clock of its own awaits it; one with a clock need not call this.
   */
  room(): Promise<void> | undefined;
}

/**
 * One client's request for symbols that the feed does not carry yet. The feed confirms or rejects it,
 * once, whenever it can; the client's answer waits for that, and no other client's.
 */
export interface DemandRequest {
  /** Symbols by channel; `*` and names are apart. */
  readonly symbols: ChannelSymbols;
  /** The feed carries the symbols from now on: their records follow. */
  confirm(): void;
  /** The feed does not carry the symbols because of this request: its client gets the error. */
  reject(rejection: Rejection): void;
}

/** How the clients' demand has changed within one turn. */
export interface DemandChange {
  /** Symbols that the feed carries and no client is subscribed to any more. */
  readonly released: ChannelSymbols;
  /** Requests, each to be answered separately. Two of one turn, or two that wait, may name the same symbol. */
  readonly requests: readonly DemandRequest[];
}

/** A request for history that the gateway passes on. */
export interface UpstreamRequest {
  /** Path and query. They hold nothing of the client's but its question. */
  readonly target: string;
  /** The key of the client that asks: keys take turns. */
  readonly client: string;
  /** How long an answer with the status 200 is good for the same request, in milliseconds; 0 if it is not. */
  readonly keepMs: number;
}

/** An answer that is passed on. */
export interface UpstreamAnswer {
  /** 200, or that of an error which concerns the request. */
  readonly status: number;
  /** Those alone that clients get. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, not compressed. */
  readonly body: Uint8Array;
}

/** The history of a feed that comes from another server: what the gateway does not hold is requested there. */
export interface UpstreamHistory {
  /** Whether an answer has shown that upstream accepts `*` as a symbol. */
  readonly acceptsWildcard: boolean;
  /**
   * Requests an answer.
   *
   * @throws UpstreamError when there is none that could be passed on.
   */
  get(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /**
   * Requests the newest records of symbols, for a client that has just subscribed to them and waits a second for them.
   * Channels without newest records in history are ignored.
   */
  newest(symbols: ChannelSymbols): Promise<readonly MarketRecord[]>;
  /** Ends what is requested, because the gateway closes: its clients are gone. */
  close(): void;
  /**
   * How much of the upstream's budget of requests is used; for reports.
   *
   * @defaultValue not known
   */
  readonly usage?: RequestUsage | undefined;
}

/** The connection of a feed to its source, for reports. */
export interface SourceConnection {
  /** The address, without user, password and query; empty before the first attempt. */
  readonly url: string;
  readonly isConnected: boolean;
  /** How long it has been connected or not, in milliseconds; undefined before the first connection. */
  readonly sinceMs: number | undefined;
  /** The counters of its stream. */
  readonly metrics: StreamMetrics;
}

/** Whether a feed that depends on another server gets its records at the moment. */
export type FeedStatus =
  | { readonly isReady: true }
  | {
      readonly isReady: false;
      /** What it waits for, in one sentence. Anyone who can reach the port can read it: it contains no secret. */
      readonly reason: string;
    };

/** What the records of a feed are, so that nothing mistakes made-up or old prices for the market. */
export const FeedSource = {
  /** The market, as it trades. */
  LIVE: "live",
  /** Made up. */
  SIMULATED: "simulated",
  /** The market of an earlier time. */
  REPLAY: "replay",
} as const;

/** One of the values of {@link FeedSource}. */
export type FeedSource = (typeof FeedSource)[keyof typeof FeedSource];

/** The ingest that leads a feed of a cluster. */
export interface ClusterLeader {
  /** Chosen for people, such as the name of its machine. */
  readonly name: string;
  /** The version of the package that it runs. */
  readonly version: string;
}

/** A feed of a cluster, as this process reads it; for reports. */
export interface ClusterReport {
  /** The addresses of NATS, without user and password. */
  readonly servers: string;
  /** Whether NATS can be read and an ingest publishes. */
  readonly isConnected: boolean;
  /** Absent before one is known. */
  readonly leader?: ClusterLeader;
  /** Counts the ingests that have led the feed; 0 before the first frame. */
  readonly epoch: number;
  /** The number of the newest frame that was read; 0 before the first. */
  readonly number: number;
  /** From the making of that frame to its reading, in milliseconds, by the clocks of both machines; absent before it. */
  readonly lagMs?: number;
  /** Frames in NATS that were not read when it was last asked, every two seconds; absent before that. */
  readonly behindCount?: number;
  /** Frames that were read, and the records in them. */
  readonly frameCount: number;
  readonly recordCount: number;
  /** How often frames were missing that NATS did not keep any more. */
  readonly skippedCount: number;
  /** How often frames were replaced that had been read, because NATS had lost them. */
  readonly rewoundCount: number;
  /** How often another ingest took over. */
  readonly leaderChangeCount: number;
  /** Why the ingest's source sends nothing at the moment; absent while it does. */
  readonly problem?: string;
}

/** A source of records: the simulator, a replay, an upstream connection. */
export interface Feed {
  /**
   * What its records are.
   *
   * @defaultValue unknown, as of an upstream that is another gateway
   */
  readonly source?: FeedSource | undefined;
  /**
   * More of the source in a few words, such as `seed 1, speed 1`, for `/healthz`. Anyone who can reach the port can
   * read it: it contains no secret.
   *
   * @defaultValue nothing more
   */
  readonly sourceDetail?: string | undefined;
  /**
   * Whether the feed has a clock of its own. A paced feed does not wait for slow clients, which
   * are cut off with error 407; an unpaced one waits for its slowest client.
   */
  readonly paced: boolean;
  /**
   * Publishes records until there are none left or `signal` is aborted; either way the promise
   * resolves. It rejects when the source fails. May be called again after it has settled.
   */
  run(sink: FeedSink, signal: AbortSignal): Promise<void>;
  /**
   * Called while it runs when the first client requests a symbol of a channel, or the last one has
   * left it. An error that it throws ends the feed.
   *
   * A feed that carries everything leaves it out: its clients are acknowledged at once.
   */
  demand?(change: DemandChange): void;
  /**
   * Whether it publishes records only of what its clients have requested.
   *
   * @defaultValue whether it has `demand`
   */
  readonly isPartial?: boolean;
  /**
   * Where the gateway requests the history that it does not hold.
   *
   * A feed without it has no other history than what it has published.
   */
  readonly history?: UpstreamHistory;
  /**
   * Whether the feed has published everything of what it carries up to now: false while its connection is lost, and
   * while it fills a gap. Read at requests for history and for snapshots.
   *
   * @defaultValue true
   */
  readonly isCurrent?: boolean;
  /**
   * The newest market time that its records show for certain, in milliseconds since the epoch: one wrong time does not
   * move it. While the feed is current, everything of earlier times was published. Read at any time.
   *
   * @defaultValue not known, as before the first record
   */
  readonly marketMs?: number | undefined;
  /**
   * Whether it gets its records at the moment; an upstream connection is ready while it is authenticated. Read at
   * any time.
   *
   * @defaultValue ready while it runs
   */
  readonly status?: FeedStatus;
  /**
   * Its connection to another server. Read for reports, at any time.
   *
   * @defaultValue none: it makes its records, or reads them from files
   */
  readonly connection?: SourceConnection | undefined;
  /**
   * How it reads a cluster. Read for reports, at any time.
   *
   * @defaultValue none: it is no feed of a cluster
   */
  readonly cluster?: ClusterReport | undefined;
}

/** Whether a feed publishes records only of what its clients have requested. */
export function isPartial(feed: Feed): boolean {
  return feed.demand !== undefined && feed.isPartial !== false;
}
