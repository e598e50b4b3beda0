import { DataFeed } from "@tickerplant/client";
import { type Command, Option } from "commander";
import { createGateway, type FeedName, type GatewayOptions } from "../../create-gateway.ts";
import { cryptoSimulator } from "../../feeds/crypto-simulator/crypto-simulator.ts";
import type { Feed } from "../../feeds/feed.ts";
import { replay } from "../../feeds/replay/replay.ts";
import { nameOf } from "../../feeds/replay/source.ts";
import { simulator } from "../../feeds/simulator/simulator.ts";
import { testFeed } from "../../feeds/simulator/test-feed.ts";
import { UndeliveredError } from "../../gateway/departures.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import type { Listener, ListenOptions } from "../../http/listen.ts";
import type { KeysFile } from "../input/keys-file.ts";
import * as parse from "../input/option-parsers.ts";
import { failure, onInterrupt, orUsageError, runCommand } from "../output/exit.ts";
import { gatewayLog } from "../output/gateway-log.ts";
import { Log } from "../output/log.ts";
import { ReplayReport } from "../output/replay-report.ts";
import { watchKeys } from "./keys-reload.ts";
import { openPort } from "./open-port.ts";
import {
  checkRecordings,
  checkServeOptions,
  credentialsOf,
  historyOf,
  isCryptoFeed,
  type ServeOptions,
  tlsOf,
  withSecret,
} from "./serve-options.ts";
import { upstreamFeeds, upstreamNames } from "./serve-upstream.ts";

const EXAMPLES = `
Examples:
  $ tickerplant serve --simulate                                  8,000 simulated stocks, any key
  $ tickerplant serve --simulate --symbols AAPL,MSFT --rate 50 --seed 7
  $ tickerplant serve --simulate --feed crypto/us --symbols BTC/USD,ETH/USD
  $ tickerplant serve --simulate --symbols 3000 --rate 100000 --key K --secret S
  $ tickerplant serve --replay monday.jsonl.gz tuesday.jsonl.gz --speed 10 --shift
  $ tickerplant serve --replay day.jsonl.gz --speed max --once    exits after the last record
  $ zstd -dc day.jsonl.zst | tickerplant serve --replay - --once
  $ tickerplant serve --replay day.jsonl --plan free              history as on Alpaca's free plan
  $ tickerplant serve --upstream sip --keys keys.json             one connection to Alpaca for many programs
  $ tickerplant serve --upstream iex --upstream crypto/us --max-upstream-symbols 30
  $ tickerplant serve --upstream ws://10.0.0.7:8765/v2/sip        relays another gateway
  $ tickerplant serve --simulate --keys keys.json --tls-cert cert.pem --tls-key key.pem

Replayed files have one record per line in the JSON of the wire, or CSV of tickerplant stream,
plain or gzip; - is standard input. Several files are merged by time.

A relay (--upstream) authenticates upstream with APCA_API_KEY_ID and APCA_API_SECRET_KEY, and its clients with the
keys of its own. It subscribes to what they want together, and fills gaps from history before they see later records.

A keys file is a JSON array of entries that tickerplant key prints, with optional limits:
[{"key": "K", "secretHash": "…", "feeds": ["iex"], "maxSymbols": 30, "maxConnections": 1}].
Other users of this machine can see a command's options: pass the secret of --key in the
environment variable TICKERPLANT_SECRET instead of --secret.

The past is at http://HOST:PORT/v2/stocks/… and …/v1beta3/crypto/…, as Alpaca serves it, while the
command runs: after the last record of a replay, too. docs/gateway.md has the paths and the faults.

Without --upstream, the test feed, with the one symbol FAKEPACA around the clock, is served as well, unless --feed
names it or --once is given. With --simulate and without --feed, crypto/us is served as well; the
options --symbols and --rate are for stocks then, and for crypto if --feed names no other feed.

Ctrl-C closes every connection normally and exits. To connect with a self-signed certificate,
run clients on Node with NODE_EXTRA_CA_CERTS=cert.pem.`;

/** Adds `tickerplant serve`, a gateway with a simulated, a replayed or an upstream feed. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .summary("run a gateway with a simulated or recorded market, or as a relay")
    .description(
      "Serves the protocol of Alpaca's streams to any client, with records from a simulator, from recorded files, or from one connection to Alpaca or to another gateway.",
    )
    .addOption(new Option("--simulate", "serve simulated stocks and crypto").conflicts(["replay", "upstream"]))
    .addOption(
      new Option("--replay <files...>", "serve recorded files, merged by time; - for standard input").conflicts(
        "upstream",
      ),
    )
    .option("--upstream <feed|url>", "relay a feed of Alpaca, or a gateway; repeatable", parse.upstreamList)
    .option("--host <address>", "address to listen on; 0.0.0.0 for every network", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0 for a free one", parse.port, 8765)
    .option("--feed <names>", "feeds to serve, separated by commas (default: all of stocks, crypto/us)", parse.feedList)
    .option("--speed <n>", 'simulated or recorded seconds per second, or "max" (default: 1)', parse.speed)
    .option("--seed <n>", "simulator: the same seed gives the same records (default: 1)", parse.integer)
    .option("--symbols <n|list>", "simulator: number of stocks, or symbols (default: 8000)", parse.symbolsOrCount)
    .option("--rate <n>", "simulator: quotes and trades per second (default: 200)", parse.positiveNumber)
    .option("--loop", "replay: start again after the last record")
    .option("--shift", "replay: shift times by whole minutes, so that the first record is now")
    .option("--no-fill", "upstream: report gaps after a lost connection, and do not fill them from history")
    .option(
      "--upstream-history <url>",
      "upstream: URL of the server of history (default: Alpaca's, or --upstream's host)",
    )
    .option(
      "--max-upstream-symbols <n>",
      "upstream: symbols with trades or quotes (default: no limit)",
      parse.positiveInteger,
    )
    .option(
      "--linger <seconds>",
      "upstream: keep symbols so long after their last client (default: 30)",
      parse.numberFrom0,
    )
    .option("--once", "start at the first subscription, close normally after the last record, and exit")
    .option("--key <key>", "the only key to accept (default: accept any)")
    .option("--secret <secret>", "its secret (default: the variable TICKERPLANT_SECRET)")
    .addOption(new Option("--keys <file>", "JSON file with the keys to accept").conflicts(["key", "secret"]))
    .option("--max-connections <n>", "connections per key and feed (default: no limit)", parse.positiveInteger)
    .option("--max-symbols <n>", "symbols per connection (default: no limit)", parse.positiveInteger)
    .option("--max-connections-per-address <n>", "connections per address (default: 256)", parse.positiveInteger)
    .option("--allow-origin <origins>", "web sites whose pages may connect, separated by commas", parse.originList)
    .option("--history-minutes <n>", "minutes of the past to hold (default: 1440)", parse.positiveNumber)
    .option("--history-mb <n>", "megabytes of the past to hold (default: 128)", parse.megabytes)
    .option("--no-history", "hold and serve no past")
    .addOption(new Option("--plan <plan>", "limits of the history: those of a free account").choices(["free"]))
    .option("--fault <name=value>", "do something wrong on demand, such as historyStatus=429", parse.fault)
    .option("--no-compress", "do not compress; by default clients that offer compression get it, as from Alpaca")
    .option("--tls-cert <file>", "certificate chain in PEM, to serve wss://")
    .option("--tls-key <file>", "private key of the certificate in PEM")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((options: ServeOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => serve(withSecret(options), log));
    });
}

async function serve(options: ServeOptions, log: Log): Promise<void> {
  checkServeOptions(options);
  const keys = await credentialsOf(options);
  const tls = await tlsOf(options);
  await checkRecordings(options);

  const access = { ...(keys && { keys }), ...(tls && { tls }) };
  if (options.upstream !== undefined) return serveFeeds(upstreamFeeds(options), undefined, options, log, access);

  const report = options.replay === undefined ? undefined : new ReplayReport(log, options.replay.length);
  try {
    const source = sourceOf(options, report);
    await serveFeeds(feedsOf(options, source), source, options, log, access, report);
  } finally {
    log.attach(undefined);
  }
}

/** Serves feeds; the end of `source` is reported. */
async function serveFeeds(
  feeds: GatewayOptions["feeds"],
  source: Feed | undefined,
  options: ServeOptions,
  log: Log,
  { keys, tls }: { readonly keys?: KeysFile } & Pick<ListenOptions, "tls">,
  report?: ReplayReport,
): Promise<void> {
  const { once = false, host, port, compress, maxConnectionsPerAddress } = options;
  const logEvent = gatewayLog(log);
  let isInterrupted = false;
  const gateway = createGateway({
    feeds,
    once,
    history: historyOf(options),
    ...(options.plan && { plan: options.plan }),
    ...(options.fault && { faults: options.fault }),
    ...(keys && { keys: keys.credentials }),
    ...limitsOf(options),
    onEvent: (event) => {
      logEvent(event);
      if (event.type !== "feedEnded" || !isServedBy(source, feeds, event.feeds)) return;
      report?.summary();
      if (!once && !isInterrupted && event.error === undefined)
        log.info("the feed has ended; connections stay open until Ctrl-C");
    },
  });
  const interrupted = new Promise<void>((interrupt) => {
    onInterrupt(() => {
      isInterrupted = true;
      log.info("closing every connection; press Ctrl-C again to exit at once");
      interrupt();
    });
  });
  const listener = await openPort(gateway, {
    host,
    port,
    compress,
    start: false, // what a replay reports comes after the announcement
    ...(tls && { tls }),
    ...(maxConnectionsPerAddress && { maxConnectionsPerAddress }),
  });
  announce(log, listener, gateway, options);
  const keysWatch =
    options.keys === undefined || keys === undefined ? undefined : watchKeys(options.keys, keys, gateway, log);
  try {
    await endOf(gateway, once, interrupted);
  } finally {
    keysWatch?.close();
    await listener.close(isInterrupted ? GATEWAY_LIMITS.closeTimeoutMs : undefined);
  }
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

/** Options of the simulators; undefined ones are not given. */
function simulationOf({ speed, seed, rate }: ServeOptions): { speed?: number | "max"; seed?: number; rate?: number } {
  return { ...(speed !== undefined && { speed }), ...(seed !== undefined && { seed }), ...(rate && { rate }) };
}

function sourceOf(options: ServeOptions, report: ReplayReport | undefined): Feed {
  const { feed, symbols } = options;
  return orUsageError(() => {
    if (report !== undefined) return replayOf(options, report);
    if (feed?.every(isCryptoFeed)) return cryptoOf(options);
    return simulator({ ...simulationOf(options), ...(symbols && { symbols }) });
  });
}

function replayOf({ replay: files = [], speed, loop, shift }: ServeOptions, report: ReplayReport): Feed {
  return replay(files, {
    ...(speed !== undefined && { speed }),
    loop: loop ?? false,
    timestamps: shift ? "shifted" : "original",
    onProgress: report.progressed,
    onBadLine: report.badLine,
    onNotice: report.noticed,
  });
}

/** Simulated crypto by all options. */
function cryptoOf({ symbols, ...options }: ServeOptions): Feed {
  if (typeof symbols === "number")
    throw new TypeError("--symbols must be pairs, such as BTC/USD,ETH/USD, for feeds of crypto");
  return cryptoSimulator({ ...simulationOf(options), ...(symbols && { symbols }) });
}

/** Whether one of the named endpoints serves a source. */
function isServedBy(source: Feed | undefined, feeds: GatewayOptions["feeds"], names: readonly string[]): boolean {
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

function announce(log: Log, { url, port }: Listener, { paths }: Gateway, options: ServeOptions): void {
  const { simulate, replay: files = [], upstream, once, speed, key, keys } = options;
  const source = simulate ? "the simulator" : upstream === undefined ? namesOf(files) : upstreamNames(upstream);
  log.info(`serving ${source} at ${url}`, { url, port, paths });
  log.text(paths.map((path) => `  ${url}${path}`));
  if (key === undefined && keys === undefined)
    log.info("any key is accepted; to restrict access, use --keys, or --key and --secret");
  if (once || speed === "max") log.info("waiting for the first subscription");
}

/** Most files that a message names. */
const MAX_NAMED = 5;

function namesOf(files: readonly string[]): string {
  const named = files.slice(0, MAX_NAMED).map(nameOf).join(", ");
  return files.length > MAX_NAMED ? `${named} and ${files.length - MAX_NAMED} more files` : named;
}
