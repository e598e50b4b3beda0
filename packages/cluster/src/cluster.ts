import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { ClusterError } from "./cluster-error.ts";
import { CLUSTER_LIMITS } from "./limits.ts";
import type { EntryStore } from "./log/entry-store.ts";
import type { MessageLog } from "./log/message-log.ts";
import { feedTokenOf, LEASES, READERS, streamName, subjectsOf } from "./log/names.ts";
import { connectNats, jetstreamOf, type NatsOptions, shownServers } from "./nats/nats-connection.ts";
import { NatsEntryStore } from "./nats/nats-entry-store.ts";
import { natsError } from "./nats/nats-errors.ts";
import { NatsMessageLog } from "./nats/nats-message-log.ts";

/** How a feed's stream is kept. What is left out is accepted as the stream has it, or has the default in a new one. */
export interface FeedStreamOptions {
  /**
   * How long frames are kept, in milliseconds.
   *
   * @defaultValue 24 hours
   */
  readonly keepMs?: number | undefined;
  /**
   * How many bytes of frames are kept; the oldest go first.
   *
   * @defaultValue no limit but NATS's own
   */
  readonly keepBytes?: number | undefined;
  /**
   * On how many servers of NATS each frame is kept: 1, 3 or 5.
   *
   * @defaultValue 1
   */
  readonly replicas?: number | undefined;
}

/** A stream of a feed, as NATS reports it. */
export interface FeedStreamInfo {
  /** The feed's name as a part of NATS's names; see `tokenOf`. */
  readonly feed: string;
  readonly stream: string;
  readonly keepMs: number;
  /** Undefined without a limit. */
  readonly keepBytes: number | undefined;
  readonly replicas: number;
}

/** What the cluster needs for one feed, over NATS or a model of it. */
export interface FeedPorts {
  readonly log: MessageLog;
  readonly leases: EntryStore;
  readonly readers: EntryStore;
}

/** What NATS has of a feed. Buckets are undefined that no ingest or reader has made yet. */
export interface ExistingFeed {
  readonly log: MessageLog;
  readonly leases: EntryStore | undefined;
  readonly readers: EntryStore | undefined;
}

const DEFAULT_KEEP_MS = 24 * 3_600_000;

/** A connection to NATS, with what tickerplant keeps there. */
export class Cluster {
  /** The addresses, without user and password. */
  readonly servers: string;
  readonly #connected: Awaited<ReturnType<typeof connectNats>>;
  readonly #js: ReturnType<typeof jetstreamOf>;
  #isConnected = true;

  private constructor(options: NatsOptions, connected: Awaited<ReturnType<typeof connectNats>>) {
    this.servers = shownServers(options.servers);
    this.#connected = connected;
    this.#js = jetstreamOf(connected.connection);
    void this.#watchConnection();
  }

  /**
   * Connects.
   *
   * @throws ClusterError `invalid_option`, `unreachable`, `not_allowed`, `no_jetstream`.
   */
  static async connect(options: NatsOptions): Promise<Cluster> {
    return new Cluster(options, await connectNats(options));
  }

  /** Whether the connection is up at the moment. */
  get isConnected(): boolean {
    return this.#isConnected && !this.#connected.connection.isClosed();
  }

  /** The version of the server of NATS. */
  get serverVersion(): string {
    return this.#connected.connection.info?.version ?? "";
  }

  /**
   * Makes the stream of a feed, or checks the one that is there.
   *
   * @throws ClusterError `different_stream` if it has other settings than `options`, `no_room`, `not_allowed`.
   */
  async openFeed(feed: string, options: FeedStreamOptions = {}): Promise<FeedPorts> {
    const { streams } = this.#connected.manager;
    const name = streamName(feed);
    try {
      const existing = await streams.info(name).catch((error: unknown) => {
        if (natsError("", error).code === "no_stream") return undefined;
        throw error;
      });
      const config = existing?.config ?? (await streams.add(newStream(feed, options))).config;
      checkStream(name, subjectsOf(feed), config, options);
      return await this.#ports(feed, config.num_replicas);
    } catch (error) {
      throw natsError(`could not make the stream ${name}`, error);
    }
  }

  /**
   * Opens a feed for reading. Its stream need not exist yet: a reader waits for it.
   *
   * @throws ClusterError `unreachable`, `not_allowed`.
   */
  async readFeed(feed: string): Promise<FeedPorts> {
    try {
      return await this.#ports(feed, 1);
    } catch (error) {
      throw natsError(`could not open the feed ${feed}`, error);
    }
  }

  /**
   * Opens what NATS has of a feed, and makes nothing: for those who look on.
   *
   * @throws ClusterError `unreachable`, `not_allowed`.
   */
  async existingFeed(feed: string): Promise<ExistingFeed> {
    try {
      const [leases, readers] = [await this.#existingBucket(LEASES), await this.#existingBucket(READERS)];
      const log = new NatsMessageLog(this.#js, this.#connected.manager, feed);
      return { log, leases, readers };
    } catch (error) {
      throw natsError(`could not open the feed ${feed}`, error);
    }
  }

  /** Returns the streams of all feeds. */
  async feeds(): Promise<readonly FeedStreamInfo[]> {
    const feeds: FeedStreamInfo[] = [];
    try {
      for await (const { config } of this.#connected.manager.streams.list()) {
        const feed = feedTokenOf(config.subjects?.[0] ?? "");
        if (feed !== undefined) feeds.push({ feed, stream: config.name, ...limitsOf(config) });
      }
      return feeds;
    } catch (error) {
      throw natsError("could not list the streams", error);
    }
  }

  /** Closes the connection; what was published and not sent yet is sent. */
  async close(): Promise<void> {
    const { connection } = this.#connected;
    if (connection.isClosed()) return;
    // A drain waits for the server, which may be gone.
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      connection.flush().catch(() => {}),
      new Promise((resolve) => {
        timer = setTimeout(resolve, CLUSTER_LIMITS.closeMs);
      }),
    ]);
    clearTimeout(timer);
    await connection.close();
  }

  /** Ends with the connection. */
  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#connected.connection.status()) {
      if (type === "disconnect") this.#isConnected = false;
      if (type === "reconnect") this.#isConnected = true;
    }
  }

  async #existingBucket(name: string): Promise<EntryStore | undefined> {
    try {
      await this.#connected.manager.streams.info(`KV_${name}`); // the stream of the bucket
    } catch (error) {
      if (natsError("", error).code === "no_stream") return undefined;
      throw error;
    }
    return new NatsEntryStore(await new Kvm(this.#js).open(name), name);
  }

  async #ports(feed: string, replicas: number): Promise<FeedPorts> {
    const buckets = new Kvm(this.#js);
    const leases = await buckets.create(LEASES, { history: 1, replicas });
    const readers = await buckets.create(READERS, { history: 1, replicas, ttl: CLUSTER_LIMITS.presenceTtlMs });
    return {
      log: new NatsMessageLog(this.#js, this.#connected.manager, feed),
      leases: new NatsEntryStore(leases, LEASES),
      readers: new NatsEntryStore(readers, READERS),
    };
  }
}

function newStream(
  feed: string,
  { keepMs = DEFAULT_KEEP_MS, keepBytes = -1, replicas = 1 }: FeedStreamOptions,
): Partial<StreamConfig> & { name: string } {
  return {
    name: streamName(feed),
    description: `market data frames of the feed ${feed}, written by tickerplant`,
    subjects: [subjectsOf(feed)],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: keepMs * 1_000_000,
    max_bytes: keepBytes,
    num_replicas: replicas,
    // The expected sequence does the work of message ids, whose memory grows with the rate.
    duplicate_window: 100_000_000,
    allow_direct: false,
    deny_delete: true,
  };
}

function limitsOf({
  max_age,
  max_bytes,
  num_replicas,
}: StreamConfig): Pick<FeedStreamInfo, "keepMs" | "keepBytes" | "replicas"> {
  return { keepMs: max_age / 1_000_000, keepBytes: max_bytes > 0 ? max_bytes : undefined, replicas: num_replicas };
}

/** How a limit of a stream is shown. */
const SAYS: { readonly [Name in keyof Required<FeedStreamOptions>]: (value: number | undefined) => string } = {
  keepMs: (ms) => (ms === 0 ? "it keeps frames of any age" : `it keeps frames for ${(ms ?? 0) / 3_600_000} hours`),
  keepBytes: (bytes) => (bytes === undefined ? "it keeps any number of bytes" : `it keeps ${bytes} bytes`),
  replicas: (count) => `it has ${count} ${count === 1 ? "replica" : "replicas"}`,
};

/** @throws ClusterError `different_stream`. */
function checkStream(name: string, expected: string, config: StreamConfig, options: FeedStreamOptions): void {
  const has = limitsOf(config);
  const differences = (["keepMs", "keepBytes", "replicas"] as const)
    .filter((key) => options[key] !== undefined && options[key] !== has[key])
    .map((key) => `${SAYS[key](has[key])}, not ${SAYS[key](options[key]).replace(/^it \w+ /, "")}`);
  const { subjects = [], retention, discard } = config;
  if (subjects.length !== 1 || subjects[0] !== expected)
    differences.push(`its subjects are ${subjects.join(", ") || "none"}, not ${expected}`);
  if (retention !== RetentionPolicy.Limits) differences.push(`its retention is ${retention}, not limits`);
  if (discard !== DiscardPolicy.Old) differences.push(`it discards ${discard} messages, not old ones`);
  if (differences.length === 0) return;
  throw new ClusterError(
    "different_stream",
    `the stream ${name} exists with other settings: ${differences.join("; ")}. Change it with "nats stream edit ${name}", or leave the option out to accept it as it is`,
  );
}
