import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, CRYPTO_SCHEMA, STOCK_SCHEMA, systemClock, VERSION } from "@tickerplant/client";
import type { FeedPorts } from "@tickerplant/cluster";
import { checkOptions, checkTimeout, type ExpectedOptions } from "../../option-checks.ts";
import { importCluster } from "../../optional-packages.ts";
import type { DemandChange, Feed, SourcePlace } from "../feed.ts";
import { NOT_READ } from "./cluster-health.ts";
import { ClusterRun } from "./cluster-run.ts";
import { CLUSTER_FEED_LIMITS } from "./limits.ts";

/** Options of {@link clusterFeed}. */
export interface ClusterFeedOptions {
  /** The feed's name, such as `sip` or `crypto/us`, as its ingest has it. */
  readonly feed: string;
  /**
   * The feed in NATS, or a function that opens it. The function is called again as long as it rejects with the code
   * `unreachable`; with any other error the feed fails.
   */
  readonly ports: FeedPorts | (() => Promise<FeedPorts>);
  /** The addresses of NATS for reports, without user and password: `Cluster.servers`. */
  readonly servers: string;
  /**
   * The name of this reader in reports.
   *
   * @defaultValue that of the machine
   */
  readonly name?: string | undefined;
  /**
   * How far back it reads at the start, in milliseconds, but 10,000 at least: for its history, and for what clients get
   * first.
   *
   * @defaultValue 300,000
   */
  readonly historyMs?: number | undefined;
  /**
   * Returns the place behind which it continues, as a recorder of the feed has it, when it starts: everything behind it
   * is read, however old it is, and nothing before it. Undefined if there is none.
   *
   * @defaultValue it reads `historyMs`
   */
  readonly after?: (() => SourcePlace | undefined) | undefined;
  /**
   * Clock and timers.
   *
   * @defaultValue those of the system
   */
  readonly clock?: Clock | undefined;
}

const OPTIONS: ExpectedOptions<ClusterFeedOptions> = {
  feed: "string",
  ports: "checked",
  servers: "string",
  name: "string",
  historyMs: "checked",
  after: "function",
  clock: "object",
};

/**
 * Makes a feed from the frames that an ingest writes into NATS JetStream. Any number of gateways read one feed; each has
 * every record once and in order, also across a lost connection and another ingest that takes over. It never ends. Needs
 * the package `@tickerplant/cluster`.
 *
 * @throws TypeError or RangeError for options that make no sense.
 * @example
 * ```ts
 * const cluster = await Cluster.connect({ servers: "nats://127.0.0.1:4222", name: "gateway" });
 * const sip = clusterFeed({ feed: "sip", ports: await cluster.readFeed("sip"), servers: cluster.servers });
 * const gateway = createGateway({ feeds: { sip } });
 * ```
 */
export function clusterFeed(options: ClusterFeedOptions): Feed {
  checkOptions("clusterFeed", options, OPTIONS);
  const { feed, ports, servers, name = hostname(), historyMs = CLUSTER_FEED_LIMITS.historyMs } = options;
  if (typeof feed !== "string" || feed === "") throw new TypeError("clusterFeed needs the name of a feed, such as sip");
  if (typeof servers !== "string") throw new TypeError("clusterFeed needs the addresses of NATS as servers");
  if (typeof ports !== "function" && typeof ports?.log?.read !== "function")
    throw new TypeError("clusterFeed: ports must be what Cluster.readFeed returns, or a function that returns it");
  checkTimeout("clusterFeed: historyMs", historyMs);
  let current: ClusterRun | undefined;
  /** What clients asked for before the package was loaded. */
  let early: DemandChange[] = [];
  return {
    paced: true,
    isPartial: false,
    run: async (sink, signal) => {
      current = undefined;
      early = [];
      const cluster = await importCluster();
      current = new ClusterRun({
        cluster,
        open: typeof ports === "function" ? ports : async () => ports,
        identity: { id: randomUUID(), name, version: VERSION, kind: "gateway", feed },
        servers,
        historyMs,
        after: options.after ?? (() => undefined),
        schema: feed.startsWith("crypto/") ? CRYPTO_SCHEMA : STOCK_SCHEMA,
        clock: options.clock ?? systemClock,
        sink,
        signal,
      });
      for (const change of early.splice(0)) current.demand(change);
      await current.run();
    },
    demand: (change) => (current === undefined ? void early.push(change) : current.demand(change)),
    get source() {
      return current?.source;
    },
    get isCurrent() {
      return current?.isCurrent ?? false;
    },
    get marketMs() {
      return current?.marketMs;
    },
    get status() {
      return current?.status ?? { isReady: false, reason: NOT_READ };
    },
    get cluster() {
      return current?.report;
    },
  };
}
