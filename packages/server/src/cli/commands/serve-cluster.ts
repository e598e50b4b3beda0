import { hostname } from "node:os";
import type { Cluster, FeedPorts, NatsOptions } from "@tickerplant/cluster";
import type { FeedName } from "../../create-gateway.ts";
import { clusterFeed } from "../../feeds/cluster/cluster-feed.ts";
import type { Feed, SourcePlace } from "../../feeds/feed.ts";
import type { ClusterOptions } from "../config/rules.ts";
import { checkReadable } from "../input/file-errors.ts";
import { shownServers } from "../input/nats-servers.ts";
import { loadCluster } from "../input/optional-packages.ts";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { natsOptions } from "./cluster-connection.ts";
import type { RecordedFeed } from "./serve-record.ts";

/** The feed of `--cluster` without `--feed`. */
const DEFAULT_FEED: FeedName = "sip";

/** The clusters that a gateway reads: one connection to each, whatever the number of its feeds. */
export class Clusters {
  readonly #log: Log;
  readonly #connections = new Map<string, ClusterConnection>();
  /** By feed, what returns the place at which its recording ends. */
  readonly #places = new Map<Feed, () => SourcePlace | undefined>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Makes the feeds of `--cluster`, each served at the path of its name.
   *
   * @throws CommandError for options that NATS rejects. One that cannot be reached is tried again.
   */
  async feeds(source: ClusterOptions, names: readonly FeedName[] = [DEFAULT_FEED]): Promise<Record<string, Feed>> {
    const feeds: Record<string, Feed> = {};
    for (const name of names) feeds[name] = await this.feed(source, name);
    return feeds;
  }

  /**
   * Makes one feed of a cluster.
   *
   * @throws CommandError for options that NATS rejects. One that cannot be reached is tried again.
   */
  async feed(source: ClusterOptions, name: FeedName): Promise<Feed> {
    const options = natsOptions(source, `tickerplant gateway on ${hostname()}`);
    const key = JSON.stringify(options);
    const connection = this.#connections.get(key) ?? new ClusterConnection(options);
    if (!this.#connections.has(key)) {
      this.#connections.set(key, connection);
      await connection.check(this.#log);
    }
    const feed = clusterFeed({
      feed: name,
      ports: () => connection.ports(name),
      after: () => this.#places.get(feed)?.(),
      servers: shownServers(options.servers),
      historyMs: source.clusterHistory === undefined ? undefined : source.clusterHistory * 60_000,
    });
    return feed;
  }

  /** Lets feeds continue where their recordings end, so that these have no frame twice and lack none. */
  continueRecordings(recorded: readonly RecordedFeed[]): void {
    for (const { feed, recording } of recorded) this.#places.set(feed, () => recording.recorder.place);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values()) await connection.close();
  }
}

/**
 * Checks the package and the files that a feed of a cluster needs, without a connection.
 *
 * @throws CommandError for what is missing.
 */
export async function checkCluster(source: ClusterOptions): Promise<void> {
  await loadCluster();
  const { clusterCredentials, clusterCa, clusterCert, clusterKey } = source;
  const files = { credentials: clusterCredentials, authorities: clusterCa, certificate: clusterCert, key: clusterKey };
  for (const [what, file] of Object.entries(files))
    if (file !== undefined) await checkReadable(`the file of the cluster's ${what}`, file);
}

/** A connection to NATS that is made when it is needed, and again if that fails. */
class ClusterConnection {
  readonly #options: NatsOptions;
  #connecting: Promise<Cluster> | undefined;

  constructor(options: NatsOptions) {
    this.#options = options;
  }

  /** Connects for the first time: a service may start before NATS does, but not with wrong options. */
  async check(log: Log): Promise<void> {
    const { hasCode } = await loadCluster();
    try {
      await this.#connect();
    } catch (error) {
      if (!hasCode(error, "unreachable")) throw failure((error as Error).message, error); // what connecting throws
      log.warn(`${error.message}; trying again`, { type: "clusterUnreachable" });
    }
  }

  /** Opens a feed for reading. */
  async ports(feed: string): Promise<FeedPorts> {
    return (await this.#connect()).readFeed(feed);
  }

  async close(): Promise<void> {
    const cluster = await this.#connecting?.catch(() => undefined);
    await cluster?.close();
  }

  #connect(): Promise<Cluster> {
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  async #open(): Promise<Cluster> {
    const { Cluster } = await loadCluster();
    try {
      return await Cluster.connect(this.#options);
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }
}
