import { DataFeed } from "@tickerplant/client";
import type { Command } from "commander";
import { createGateway, type FeedName, type GatewayOptions } from "../../create-gateway.ts";
import { cryptoSimulator } from "../../feeds/crypto-simulator/crypto-simulator.ts";
import type { Feed } from "../../feeds/feed.ts";
import { testFeed } from "../../feeds/simulator/test-feed.ts";
import { UndeliveredError } from "../../gateway/departures.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import type { HistoryOptions } from "../../history/add-history.ts";
import type { Listener } from "../../http/listen.ts";
import type { Config } from "../config/config-file.ts";
import { isCryptoFeed } from "../config/rules.ts";
import { SERVER_SETTINGS, SOURCE_SETTINGS } from "../config/serve-settings.ts";
import { addSettings } from "../config/setting.ts";
import type { KeysFile } from "../input/keys-file.ts";
import * as parse from "../input/option-parsers.ts";
import { failure, Hangups, onInterrupt, orUsageError, runCommand } from "../output/exit.ts";
import { gatewayLog } from "../output/gateway-log.ts";
import { Log } from "../output/log.ts";
import { ReplayReport } from "../output/replay-report.ts";
import { watchKeys } from "./keys-reload.ts";
import { openPort } from "./open-port.ts";
import { recordedSource } from "./recorded-source.ts";
import { Reload, readServedSettings, type ServedSettings } from "./reload.ts";
import { Clusters } from "./serve-cluster.ts";
import { checkRecordings, credentialsOf, historyOf, type ServeOptions, withSecret } from "./serve-options.ts";
import { closeRecordings, openRecordings, type RecordedFeed, recordersOf, recordFeeds } from "./serve-record.ts";
import { configuredUpstream, upstreamFeeds } from "./serve-upstream.ts";
import { simulationOf, sourceFeed, sourceName } from "./source-feed.ts";
import { withConfig } from "./with-config.ts";

const EXAMPLES = `
Examples:
  $ tickerplant serve --simulate                                  8,000 simulated stocks, any key
  $ tickerplant serve --simulate --symbols AAPL,MSFT --rate 50 --seed 7
  $ tickerplant serve --simulate --feed crypto/us --symbols BTC/USD,ETH/USD
  $ tickerplant serve --simulate --symbols 3000 --rate 100000 --key K --secret S
  $ tickerplant serve --replay monday.jsonl.gz tuesday.jsonl.gz --speed 10 --shift
  $ tickerplant serve --replay day.jsonl.gz --speed max --once    exits after the last record
  $ zstd -dc day.jsonl.zst | tickerplant serve --replay - --once
  $ tickerplant serve --replay tape --feed sip --from 2025-11-14T09:30:00-05:00 --symbols AAPL,MSFT
  $ tickerplant serve --replay day.jsonl --plan free              history as on Alpaca's free plan
  $ tickerplant serve --upstream sip --keys keys.json             one connection to Alpaca for many programs
  $ tickerplant serve --upstream iex --upstream crypto/us --max-upstream-symbols 30
  $ tickerplant serve --upstream ws://10.0.0.7:8765/v2/sip        relays another gateway
  $ tickerplant serve --cluster nats://10.0.0.5:4222 --feed sip   one of many gateways of tickerplant ingest
  $ tickerplant serve --simulate --keys keys.json --tls-cert cert.pem --tls-key key.pem
  $ tickerplant serve --upstream sip --keys keys.json --record tape --keep 20
  $ tickerplant serve --upstream sip --keys keys.json --metrics-port 9464   metrics for Prometheus
  $ tickerplant serve --config relay.toml --port 9000             several feeds; options win over the file

Replayed files have one record per line in the JSON of the wire, or CSV of tickerplant stream,
plain or gzip; - is standard input. Several files are merged by time. A folder of tickerplant record,
one of its segments (.tplog), and a Parquet file (.parquet) need the package @tickerplant/recorder;
a folder is replayed as it was received, with what is still in its log, or by time with --order time.

A relay (--upstream) authenticates upstream with APCA_API_KEY_ID and APCA_API_SECRET_KEY, and its clients with the
keys of its own. It subscribes to what they want together, and fills gaps from history before they see later records.

A gateway of a cluster (--cluster) reads the frames that tickerplant ingest writes into NATS JetStream, each feed of
--feed (default: sip), and needs the package @tickerplant/cluster. Any number of gateways serve the same records.

A keys file is a JSON array of entries that tickerplant key prints, with optional limits:
[{"key": "K", "secretHash": "…", "feeds": ["iex"], "maxSymbols": 30, "maxConnections": 1}].
Other users of this machine can see a command's options: pass the secret of --key in the
environment variable TICKERPLANT_SECRET instead of --secret.

--record keeps what the feeds publish in Parquet files, as tickerplant record does; a relay publishes what its
clients want. It needs the package @tickerplant/recorder. docs/recording.md describes it.

The past is at http://HOST:PORT/v2/stocks/… and …/v1beta3/crypto/…, as Alpaca serves it, while the
command runs: after the last record of a replay, too. docs/gateway.md has the paths and the faults.

Without --upstream and --cluster, the test feed, with the one symbol FAKEPACA around the clock, is served as well, unless --feed
names it or --once is given. With --simulate and without --feed, crypto/us is served as well; the
options --symbols and --rate are for stocks then, and for crypto if --feed names no other feed.

Ctrl-C closes every connection normally and exits. To connect with a self-signed certificate,
run clients on Node with NODE_EXTRA_CA_CERTS=cert.pem.`;

/** Adds `tickerplant serve`, a gateway with a simulated, a replayed or an upstream feed. */
export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .summary("run a gateway with a simulated or recorded market, or as a relay")
    .description(
      "Serves the protocol of Alpaca's streams to any client, with records from a simulator, from recorded files, from one connection to Alpaca or to another gateway, or from a cluster.",
    )
    .option("--config <file>", "read the feeds and the options from a file in JSON or TOML")
    .option("--upstream <feed|url>", "relay a feed of Alpaca, or a gateway; repeatable", parse.upstreamList)
    .option("--feed <names>", "feeds to serve, separated by commas (default: all of stocks, crypto/us)", parse.feedList)
    .option("--once", "start at the first subscription, close normally after the last record, and exit")
    .option("--key <key>", "the only key to accept (default: accept any)")
    .option("--secret <secret>", "its secret (default: the variable TICKERPLANT_SECRET)")
    .option("--fault <name=value>", "do something wrong on demand, such as historyStatus=429", parse.fault)
    .addHelpText("after", EXAMPLES)
    .action((options: ServeOptions) => {
      const hangups = new Hangups();
      const log = new Log({ json: options.json ?? false });
      const readOptions = async (ofLog: Log): Promise<ServeOptions> =>
        withSecret(await withConfig(options, (name) => command.getOptionValueSource(name) === "cli", ofLog));
      return runCommand(log, async () => {
        const merged = await readOptions(log);
        const logOfServe = merged.json ? new Log({ json: true }) : log;
        return serve(merged, { hangups, readOptions: () => readOptions(logOfServe) }, logOfServe);
      }).finally(() => hangups.ignore());
    });
  addSettings(addSettings(command, SOURCE_SETTINGS), SERVER_SETTINGS);
}

/** What a reload needs. */
interface Reloading {
  readonly hangups: Hangups;
  readonly readOptions: () => Promise<ServeOptions>;
}

async function serve(options: ServeOptions, reloading: Reloading, log: Log): Promise<void> {
  const settings = await readServedSettings(options);
  const keys = await credentialsOf(options);
  for (const source of options.feeds ? Object.values(options.feeds) : [options])
    await checkRecordings(source, options.record);
  const clusters = new Clusters(log);
  try {
    const served = await servedOf(options, clusters, log);
    const recorded = await openRecordings(served.feeds, options, log);
    clusters.continueRecordings(recorded);
    try {
      await serveFeeds({ ...served, recorded }, settings, reloading, log, keys);
    } catch (error) {
      for (const problem of await closeRecordings(recorded)) log.error(problem);
      throw error;
    }
    const [problem] = await closeRecordings(recorded);
    if (problem !== undefined) throw failure(problem);
  } finally {
    await clusters.close();
    log.attach(undefined);
  }
}

async function serveFeeds(
  { feeds, sources, recorded }: Served & { readonly recorded: readonly RecordedFeed[] },
  settings: ServedSettings,
  { hangups, readOptions }: Reloading,
  log: Log,
  keys: KeysFile | undefined,
): Promise<void> {
  const { options, tls } = settings;
  const { once = false, host, port, metricsPort, compress, dashboard, maxConnectionsPerAddress } = options;
  const logEvent = gatewayLog(log);
  let isInterrupted = false;
  const gateway = createGateway({
    feeds,
    once,
    history: withRecorders(historyOf(options), recorded),
    ...(options.plan && { plan: options.plan }),
    ...(options.fault && { faults: options.fault }),
    ...(keys && { keys: keys.credentials }),
    ...limitsOf(options),
    onEvent: (event) => {
      logEvent(event);
      if (event.type !== "feedEnded") return;
      for (const { feed, report } of sources) {
        if (!isServedBy(feed, feeds, event.feeds)) continue;
        report?.summary();
        if (once || isInterrupted || event.error !== undefined) continue;
        log.info("the feed has ended; connections stay open until Ctrl-C", { type: event.type, feeds: event.feeds });
      }
    },
  });
  recordFeeds(gateway, recorded);
  let interrupt = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    interrupt = () => {
      isInterrupted = true;
      log.info("closing every connection; press Ctrl-C again to exit at once");
      resolve();
    };
  });
  onInterrupt(interrupt);
  const listener = await openPort(gateway, {
    host,
    port,
    compress,
    dashboard,
    start: false, // what a replay reports comes after the announcement
    ...(tls && { tls }),
    ...(metricsPort !== undefined && { metricsPort }),
    ...(maxConnectionsPerAddress && { maxConnectionsPerAddress }),
  });
  const keysWatch = options.keys !== undefined && keys ? watchKeys(options.keys, keys, gateway, log) : undefined;
  const reload = new Reload({ gateway, listener, keysWatch }, settings, readOptions, log);
  announce(log, listener, gateway, options);
  hangups.handle(() => void reload.run(), interrupt);
  try {
    await endOf(gateway, once, interrupted);
  } finally {
    hangups.handle(
      () => {},
      () => {},
    ); // a gateway that closes reloads nothing
    keysWatch?.close();
    await listener.close(isInterrupted ? GATEWAY_LIMITS.closeTimeoutMs : undefined);
  }
}

function withRecorders(history: HistoryOptions | false, recorded: readonly RecordedFeed[]): HistoryOptions | false {
  return history === false || recorded.length === 0 ? history : { ...history, recorders: recordersOf(recorded) };
}

/** Resolves when the command is to exit; rejects with a CommandError when the feed has failed. */
async function endOf(gateway: Gateway, once: boolean, interrupted: Promise<void>): Promise<void> {
  const ended = gateway.start();
  ended.catch(() => {}); // handled below, unless an interrupt comes first
  try {
    // Without --once the command outlives the end of the feed, but not its failure.
    await Promise.race([interrupted, once ? ended : ended.then(() => interrupted)]);
  } catch (error) {
    if (error instanceof UndeliveredError) throw failure(error.message, error);
    throw failure(`the feed failed: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function limitsOf({ maxConnections, maxSymbols, allowOrigin }: ServeOptions): Partial<GatewayOptions> {
  return {
    ...(maxConnections && { maxConnections }),
    ...(maxSymbols && { maxSymbols }),
    ...(allowOrigin && { allowedOrigins: allowOrigin }),
  };
}

/** What is served: the feeds by endpoint, and those that came from options, with the report of a replay. */
interface Served {
  readonly feeds: GatewayOptions["feeds"];
  readonly sources: readonly { readonly feed: Feed; readonly report: ReplayReport | undefined }[];
}

async function servedOf(options: ServeOptions, clusters: Clusters, log: Log): Promise<Served> {
  if (options.feeds !== undefined) return configuredFeeds(options.feeds, options.once ?? false, clusters, log);
  if (options.cluster !== undefined) return { feeds: await clusters.feeds(options, options.feed), sources: [] };
  if (options.upstream !== undefined) return { feeds: await upstreamFeeds(options), sources: [] };
  const { feed: names = [] } = options;
  const recorded = await recordedSource(options, names);
  const report = options.replay && new ReplayReport(log, options.replay.length);
  const feed = orUsageError(() => sourceFeed(options, names, report, recorded.feed));
  const served = names.length === 0 && recorded.crypto ? { ...options, feed: [recorded.crypto] } : options;
  return { feeds: feedsOf(served, feed), sources: [{ feed, report }] };
}

/** The feeds of a configuration file. Only a single replay shows its progress: a terminal has one last line. */
async function configuredFeeds(
  configured: Config["feeds"],
  once: boolean,
  clusters: Clusters,
  log: Log,
): Promise<Served> {
  const feeds: { [Name in FeedName]?: Feed } = {};
  const sources: { feed: Feed; report: ReplayReport | undefined }[] = [];
  const replayCount = Object.values(configured).filter(({ replay }) => replay !== undefined).length;
  for (const [text, source] of Object.entries(configured)) {
    const name = text as FeedName; // the file has been checked
    if (source.upstream !== undefined) {
      feeds[name] = await configuredUpstream(name, source, once);
      continue;
    }
    if (source.cluster !== undefined) {
      feeds[name] = await clusters.feed(source, name);
      continue;
    }
    const report = source.replay && new ReplayReport(log, source.replay.length, replayCount === 1);
    const recorded = await recordedSource(source, [name]);
    const feed = orUsageError(() => sourceFeed(source, [name], report, recorded.feed));
    feeds[name] = feed;
    sources.push({ feed, report });
  }
  return { feeds, sources };
}

/** Whether one of the named endpoints serves a source. */
function isServedBy(source: Feed, feeds: GatewayOptions["feeds"], names: readonly string[]): boolean {
  return Object.entries(feeds).some(([name, feed]) => feed === source && names.includes(name));
}

/**
 * Returns the source at the named feeds, by default at all of stocks. Simulated crypto stands beside stocks, and so
 * does the test feed, which never ends, without --once.
 */
function feedsOf(options: ServeOptions, source: Feed): GatewayOptions["feeds"] {
  const { simulate, feed, once } = options;
  const names = feed ?? Object.values(DataFeed).filter((name) => name !== DataFeed.TEST);
  const isCryptoAlone = names.every(isCryptoFeed);
  const feeds: { [Name in FeedName]?: Feed } = {};
  if (!once && !isCryptoAlone) feeds.test = testFeed();
  for (const name of names) if (isCryptoAlone || !isCryptoFeed(name)) feeds[name] = source;
  const cryptoNames = feed?.filter(isCryptoFeed) ?? (simulate && !once ? ["crypto/us" as const] : []);
  if (isCryptoAlone || cryptoNames.length === 0) return feeds;
  const { rate: _, ...pace } = simulationOf(options); // the rate of the options is for stocks
  const crypto = cryptoSimulator(pace);
  for (const name of cryptoNames) feeds[name] = crypto;
  return feeds;
}

function announce(
  log: Log,
  { url, port, metricsPort }: Listener,
  { paths, keyring }: Gateway,
  options: ServeOptions,
): void {
  const { feeds, once, speed } = options;
  const served = feeds === undefined ? sourceName(options) : feedNames(feeds);
  log.info(`serving ${served} at ${url}`, { url, port, paths });
  if (metricsPort !== undefined)
    log.info(`metrics are at http://${new URL(url).hostname}:${metricsPort}/metrics`, { type: "metrics", metricsPort });
  log.text(paths.map((path) => `  ${url}${path}`));
  if (keyring.keys === undefined)
    log.info("any key is accepted; to restrict access, use --keys, or --key and --secret");
  if (once || speed === "max") log.info("waiting for the first subscription");
}

/** Names the feeds of a configuration file and their sources, such as `iex (the simulator)`. */
function feedNames(feeds: Config["feeds"]): string {
  return Object.entries(feeds)
    .map(([name, source]) => `${name} (${sourceName(source)})`)
    .join(", ");
}
