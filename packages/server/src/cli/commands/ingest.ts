import { hostname } from "node:os";
import { CryptoTail, StockTail, type StreamTail } from "@tickerplant/client/history";
import { type ChannelSymbols, WILDCARD } from "@tickerplant/client/wire";
import type { Cluster, FeedStreamOptions } from "@tickerplant/cluster";
import { Argument, type Command, Option } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { named } from "../../feeds/cluster/carried-symbols.ts";
import type { Feed } from "../../feeds/feed.ts";
import type { MetricsPort } from "../../http/metrics-port.ts";
import { type IngestReport, waitingReport } from "../../ingest/ingest-report.ts";
import { isCryptoFeed, type SourceOptions } from "../config/rules.ts";
import { SOURCE_SETTINGS } from "../config/serve-settings.ts";
import { addSettings, type Settings } from "../config/setting.ts";
import { channelList, port, positiveInteger, positiveNumber, symbolArguments } from "../input/option-parsers.ts";
import { loadIngest } from "../input/optional-packages.ts";
import { failure, onInterrupt, orUsageError, runCommand, usageError } from "../output/exit.ts";
import { ingestLog } from "../output/ingest-log.ts";
import { Log } from "../output/log.ts";
import { type AssetClass, assetClassOf } from "./asset-class.ts";
import { connectCluster } from "./cluster-connection.ts";
import { type MetricsAddress, openIngestMetrics } from "./ingest-metrics-port.ts";
import { channelsOf } from "./live-source.ts";
import { ingestUpstream } from "./serve-upstream.ts";
import { sourceFeed, sourceName } from "./source-feed.ts";

/** Shortest lease, in milliseconds: that of the package, which is not loaded when options are read. */
const MIN_LEASE_MS = 200;

interface IngestCommandOptions extends Omit<SourceOptions, "upstream">, MetricsAddress {
  readonly upstream?: string;
  readonly feed?: FeedName;
  readonly once?: true;
  readonly onDemand?: true;
  readonly fillQuotes?: true;
  readonly name: string;
  readonly lease?: number;
  readonly keepHours?: number;
  readonly keepGb?: number;
  readonly replicas?: number;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant ingest --upstream sip --cluster nats://127.0.0.1:4222
  $ tickerplant ingest trades,quotes '*' --upstream sip --cluster nats://n1,nats://n2,nats://n3 --replicas 3
  $ tickerplant ingest trades AAPL MSFT --upstream iex --on-demand --cluster nats://127.0.0.1:4222
  $ tickerplant ingest --upstream ws://10.0.0.7:8765/v2/sip --cluster tls://nats:4222 --cluster-ca ca.pem
  $ tickerplant ingest --simulate --feed sip --cluster nats://127.0.0.1:4222
  $ tickerplant ingest --upstream sip --cluster nats://127.0.0.1:4222 --metrics-port 9464   metrics for Prometheus

Run it on two machines or more. One leads and holds the only connection upstream; the others follow. When the leader
is gone, another one takes over within the lease, fills what was missed from history, and goes on: readers get every
record once and in order. What cannot be filled is reported to them.

Without channels and symbols, it subscribes to every channel of all symbols. Readers are any number of
  $ tickerplant serve --cluster nats://127.0.0.1:4222 --feed sip
  $ tickerplant record --cluster nats://127.0.0.1:4222 --feed sip --dir tape
NATS needs JetStream: nats-server -js. docs/cluster.md describes it all.

Keys of the upstream come from the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY. Ctrl-C writes what
was received, gives the lease up, and exits.`;

/** Adds `tickerplant ingest`, which writes a feed into a cluster. */
export function addIngestCommand(program: Command): void {
  const command = program
    .command("ingest")
    .summary("write a feed into NATS JetStream, for any number of gateways")
    .description("Writes a feed into NATS JetStream, where gateways and recorders on other machines read it.")
    .addArgument(new Argument("[channels]", "channels, separated by commas (default: all)").argParser(channelList))
    .addArgument(new Argument("[symbols...]", "symbols, or '*' for all (default: all)").argParser(symbolArguments))
    .option("--upstream <feed|url>", "a feed of Alpaca, such as sip, or the address of a feed of a gateway");
  addSettings(command, SETTINGS)
    .addOption(new Option("--feed <name>", "the feed's name (default: that of the upstream)").choices(FEED_NAMES))
    .option("--on-demand", "also subscribe to what clients of gateways ask for")
    .option("--fill-quotes", "fill gaps of quotes from history as well; they are ten times as many as trades")
    .option("--once", "exit when the upstream has ended")
    .option("--name <name>", "name of this ingest, for people", hostname())
    .option(
      "--lease <seconds>",
      "how long a leader may be silent before another takes over (default: 4)",
      positiveNumber,
    )
    .option("--keep-hours <n>", "hours that NATS keeps (default: 24)", positiveNumber)
    .option(
      "--keep-gb <n>",
      "gigabytes that NATS keeps; the oldest go first (default: NATS's own limit)",
      positiveNumber,
    )
    .option("--replicas <n>", "servers of NATS that keep each frame: 1, 3 or 5 (default: 1)", positiveInteger)
    .option("--metrics-port <n>", "port with /metrics, /healthz and /readyz, without a key; 0 for a free one", port)
    .option("--host <address>", "address of --metrics-port; 0.0.0.0 for every network (default: 127.0.0.1)")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channels: readonly string[] | undefined, symbols: readonly string[], options: IngestCommandOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => ingest(channels, symbols, options, log));
    });
}

/** The settings of a source, and of the cluster, which is no source here. */
const SETTINGS: Settings = Object.fromEntries(
  Object.entries(SOURCE_SETTINGS)
    .filter(([name]) => name !== "clusterHistory")
    .map(([name, setting]) => {
      const conflicts = name === "cluster" ? [] : setting.conflicts?.filter((other) => other !== "cluster");
      return [name, { ...setting, ...(conflicts && { conflicts }) }];
    }),
);

/** The problem of an ingest that waits for NATS. */
const NOT_CONNECTED = "NATS is not connected yet";

async function ingest(
  channels: readonly string[] | undefined,
  symbols: readonly string[],
  options: IngestCommandOptions,
  log: Log,
): Promise<void> {
  if (options.lease !== undefined && options.lease * 1000 < MIN_LEASE_MS)
    throw usageError(`--lease must be ${MIN_LEASE_MS / 1000} seconds or more: it is renewed several times in that`);
  if (options.cluster === undefined)
    throw usageError("ingest needs --cluster with the address of NATS, such as nats://127.0.0.1:4222");
  if (options.host !== undefined && options.metricsPort === undefined)
    throw usageError("--host is the address of --metrics-port, which is not given");
  const { feed, open } = await sourceOf(options);
  const assetClass = assetClassOf({ feed });
  const fill = filledChannels(options);
  const wanted = wantedSymbols(channels, symbols, assetClass);
  const { Ingest } = await loadIngest();
  const stop = new AbortController();
  const removeInterruptHandlers = onInterrupt(() => {
    log.info("writing what was received, and giving up the lease; press Ctrl-C again to exit at once");
    stop.abort();
  });
  let cluster: Cluster | undefined;
  let metrics: MetricsPort | undefined;
  let report = (): IngestReport => waitingReport(feed, NOT_CONNECTED);
  try {
    metrics = await openIngestMetrics(options, () => report(), log);
    cluster = await connectCluster(options, log, stop.signal);
    if (cluster === undefined) return;
    const ports = await cluster.openFeed(feed, streamOptions(options));
    const run = new Ingest({
      feed,
      ports,
      schema: assetClass.schema,
      source: open,
      tail: () => (isCryptoFeed(feed) ? new CryptoTail({ fill }) : new StockTail({ fill })),
      symbols: wanted,
      isOnDemand: options.onDemand ?? false,
      name: options.name,
      ...(options.lease !== undefined && { leaseMs: options.lease * 1000 }),
      onEvent: ingestLog(log, feed),
    });
    report = () => run.report;
    log.info(
      `ingesting ${feed}: ${named(wanted, ", ")}, from ${nameOfSource(options)} into NATS at ${cluster.servers}`,
    );
    await run.run(stop.signal);
  } catch (error) {
    const { name, message } = error as Error; // the package is loaded late: its class is not here
    throw name === "ClusterError" ? failure(message, error) : error;
  } finally {
    await cluster?.close();
    await metrics?.close(); // last, so that the end can be watched
    removeInterruptHandlers();
  }
}

/** The feed, and what makes its source for each term. */
async function sourceOf(
  options: IngestCommandOptions,
): Promise<{ readonly feed: FeedName; readonly open: (resume: StreamTail | undefined) => Feed }> {
  const { upstream, feed: given, once = false, cluster: _, ...source } = options;
  const { simulate, replay } = source;
  if (upstream !== undefined) {
    if (simulate || replay !== undefined)
      throw usageError("--upstream is a source, and so are --simulate and --replay; give one");
    const fill = filledChannels(options);
    return ingestUpstream(upstream, { ...source, ...(given && { feed: [given] }) }, { once, fill });
  }
  const feed = given ?? "sip";
  if (!simulate && replay === undefined)
    throw usageError(
      "ingest needs a source: --upstream with a feed or a URL, or --simulate or --replay for tests. See tickerplant ingest --help.",
    );
  const open = (resume: StreamTail | undefined): Feed =>
    orUsageError(() => sourceFeed({ ...source, ...(replay && resume && continued(resume)) }, [feed], undefined));
  open(undefined); // only to check the options now
  return { feed, open };
}

/** The channels whose gaps are filled; undefined for those that are by default. */
function filledChannels({ fillQuotes }: IngestCommandOptions): readonly string[] | undefined {
  return fillQuotes ? ["trades", "quotes", "bars", "dailyBars"] : undefined;
}

/** A replay continues behind the newest record that was published. */
function continued({ heardMs }: StreamTail): Pick<SourceOptions, "from"> {
  return Number.isFinite(heardMs) ? { from: new Date(heardMs + 1).toISOString() } : {};
}

function wantedSymbols(
  named: readonly string[] | undefined,
  symbols: readonly string[],
  assetClass: AssetClass,
): ChannelSymbols {
  const channels = named === undefined ? assetClass.schema.subscribable : channelsOf(named, assetClass);
  const names = symbols.length === 0 ? [WILDCARD] : symbols;
  const subscribable = channels.filter((channel) => assetClass.schema.subscribable.includes(channel));
  return Object.fromEntries(subscribable.map((channel) => [channel, names]));
}

function streamOptions({ keepHours, keepGb, replicas }: IngestCommandOptions): FeedStreamOptions {
  return {
    ...(keepHours !== undefined && { keepMs: keepHours * 3_600_000 }),
    ...(keepGb !== undefined && { keepBytes: Math.round(keepGb * 1e9) }),
    ...(replicas !== undefined && { replicas }),
  };
}

function nameOfSource({ upstream, cluster: _, ...options }: IngestCommandOptions): string {
  return sourceName({ ...options, ...(upstream !== undefined && { upstream: [upstream] }) });
}
