import { Codec } from "@tickerplant/client";
import { Argument, type Command, Option } from "commander";
import type { FeedName } from "../../create-gateway.ts";
import { type ConnectionOptions, connectionSettings, strayDetail } from "../config/cluster-settings.ts";
import { FLAG_NAMES } from "../config/rules.ts";
import { addSettings } from "../config/setting.ts";
import { channelList, positiveInteger, symbolArguments } from "../input/option-parsers.ts";
import { symbolHints } from "../input/symbol-hints.ts";
import { failure, onInterrupt, runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { logStream } from "../output/stream-log.ts";
import { Recording, type RecordingOptions } from "../recording/recording.ts";
import { StreamProgress } from "../recording/recording-progress.ts";
import { RecordingReport } from "../recording/recording-report.ts";
import { type AssetClass, assetClassOf } from "./asset-class.ts";
import {
  addLiveOptions,
  channelsOf,
  isFilled,
  KEYS_HELP,
  LIVE_SOURCE_HELP,
  type LiveSourceOptions,
  openLiveSource,
  runToEnd,
  subscribeTo,
} from "./live-source.ts";
import { recordCluster } from "./record-cluster.ts";
import { StreamEnd } from "./stream-end.ts";

interface RecordOptions extends LiveSourceOptions, RecordingOptions, ConnectionOptions {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant record trades,quotes AAPL MSFT --dir tape              from Alpaca, feed iex
  $ tickerplant record trades,quotes,bars '*' --feed sip --dir tape --fill
  $ tickerplant record trades '*' --dir tape --until close --keep 20   a day; deletes all but 20 trading days
  $ tickerplant record trades '*' --dir tape --url ws://127.0.0.1:8765/v2/iex
  $ tickerplant record trades,orderbooks BTC/USD --feed crypto/us --dir tape
  $ tickerplant record --cluster nats://127.0.0.1:4222 --feed sip --dir tape

${LIVE_SOURCE_HELP}

Frames go into a log as they were received, and segments of the log become Parquet files:
DIR/feed=iex/date=2026-11-27/trades/….parquet, by the day in New York. docs/recording.md has the
columns. A crash costs the last second; the next start finishes what it left. Ctrl-C closes the log
and makes Parquet files of it; a second Ctrl-C exits at once, and leaves the log to the next start.

With --cluster, everything is recorded that the ingests of a feed write, from where the recording ends:
what was missed while no recorder ran is read from NATS. Neither a crash nor a restart loses or repeats a record.

The recorder is a package of its own: npm install @tickerplant/recorder.

${KEYS_HELP}
Log messages and errors go to standard error.`;

/** Adds `tickerplant record`, which keeps what a stream receives. */
export function addRecordCommand(program: Command): void {
  const command = program
    .command("record")
    .summary("record a stream into a folder, as Parquet files")
    .description(
      "Subscribes to channels of one of Alpaca's streams, or of a gateway, and records what it receives into a folder; or records a feed of a cluster.",
    )
    .addArgument(new Argument("[channels]", "channels, separated by commas").argParser(channelList))
    .addArgument(new Argument("[symbols...]", "symbols, or '*' for all").argParser(symbolArguments));
  addSettings(addLiveOptions(command), CLUSTER)
    .requiredOption("--dir <folder>", "folder of the recording; it is made if it is missing")
    .option("--keep <days>", "delete the folders of days older than this many trading days", positiveInteger)
    .addOption(
      new Option("--fsync <policy>", "when to flush to the disk: what a loss of power costs (default: second)").choices(
        ["second", "block", "segment"],
      ),
    )
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channels: readonly string[] | undefined, symbols: readonly string[], options: RecordOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => record(channels, symbols, options, log));
    });
}

/** The options of a cluster. Those of a stream's connection do not go with it. */
const CLUSTER = connectionSettings(
  "record what tickerplant ingest writes into NATS JetStream, of the feed sip if --feed is not given",
  ["url", "codec", "fill", "from", "history", "reconnect"],
);

async function record(
  named: readonly string[] | undefined,
  symbols: readonly string[],
  options: RecordOptions,
  log: Log,
): Promise<void> {
  const stray = strayDetail(options);
  if (stray !== undefined) throw usageError(`${FLAG_NAMES(stray)} is for --cluster, which is not given`);
  const { cluster } = options;
  if (cluster === undefined) return recordStream(named, symbols, options, log);
  if (named !== undefined)
    throw usageError(
      "record --cluster records all channels and symbols that the ingest writes: leave them out here, and choose them where tickerplant ingest runs",
    );
  const channel = await recordCluster({ ...options, cluster }, log);
  if (channel !== undefined) log.text(queryHint(channel, options.dir));
}

async function recordStream(
  named: readonly string[] | undefined,
  symbols: readonly string[],
  options: RecordOptions,
  log: Log,
): Promise<void> {
  if (named === undefined || symbols.length === 0)
    throw usageError("record needs channels and symbols, such as trades,quotes AAPL MSFT, or --cluster");
  const assetClass = assetClassOf(options);
  const channels = channelsOf(named, assetClass);
  const wanted = Object.fromEntries(channels.map((channel) => [channel, symbols]));
  const feed = feedOf(options, assetClass);
  for (const hint of symbolHints(symbols)) log.warn(hint);
  // Each connection makes a decoder: none is made before the recording is open.
  const stream = openLiveSource(options, assetClass, { decoder: (schema) => recording.recorder.decoder(schema) });
  const { url = assetClass.url(feed), codec = Codec.MSGPACK } = options;
  const recording = await Recording.open({ feed, address: url, codec, subscription: () => wanted }, options, log);

  const ending = new StreamEnd(stream);
  const report = new RecordingReport(recording, new StreamProgress(stream, isFilled(options)), log);
  recording.recorder.attach(stream);
  logStream(stream, log, isFilled(options));
  const stop = (): void => {
    log.info("making Parquet files of the log; press Ctrl-C again to exit at once, and keep the log");
    ending.end();
  };
  const removeInterruptHandlers = onInterrupt(stop);
  try {
    subscribeTo(stream, wanted, options.from, recording.recorder.handler, { ending, log });
    await runToEnd(stream, options, { ending, log });
  } finally {
    const problem = await recording.close();
    report.end();
    removeInterruptHandlers();
    if (problem !== undefined) ending.problem ??= failure(problem);
    recording.summary();
  }
  if (recording.kept.rowCount > 0) log.text(queryHint(channels[0] ?? "", options.dir));
  if (ending.problem !== undefined) throw failure(ending.problem.message, ending.problem);
}

/** @throws CommandError for a URL that names no feed, because the folder of the recording has its name. */
function feedOf({ feed, url }: RecordOptions, { defaultFeed, feedOfUrl }: AssetClass): FeedName {
  if (url === undefined) return feed ?? defaultFeed;
  const named = feedOfUrl(url);
  if (named !== undefined) return named;
  throw usageError("the path of --url must name a feed, such as /v2/iex, because the recording's folder has its name");
}

function queryHint(channel: string, dir: string): readonly string[] {
  const folder = /^[\w./-]+$/.test(dir) ? dir : `'${dir.replaceAll("'", "'\\''")}'`;
  const query = `select symbol, count(*) from ${channel} group by all order by all`;
  return [`To query it: tickerplant query "${query}" --dir ${folder}`];
}
