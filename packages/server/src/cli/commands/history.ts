import { StreamError } from "@tickerplant/client";
import type { HistoryOptions, HistoryRecords, Timeframe } from "@tickerplant/client/history";
import type { MarketRecord } from "@tickerplant/client/wire";
import { Argument, type Command, Option } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { checkCredentials } from "../input/credentials.ts";
import { positiveInteger, symbolArguments } from "../input/option-parsers.ts";
import { symbolHints } from "../input/symbol-hints.ts";
import { failure, onInterrupt, runCommand, usageError } from "../output/exit.ts";
import { historyFormat } from "../output/history-format.ts";
import { LiveText } from "../output/live-text.ts";
import { Log } from "../output/log.ts";
import { counted, showCompact } from "../output/numbers.ts";
import { outputFailure, RecordOutput } from "../output/record-output.ts";
import { type AssetClass, assetClassOf, HISTORY_CHANNELS, type HistoryChannel } from "./asset-class.ts";

interface HistoryCommandOptions {
  readonly from: string;
  readonly to?: string;
  readonly url?: string;
  readonly feed?: FeedName;
  readonly format?: "table" | "jsonl" | "csv";
  readonly timeframe?: string;
  readonly count?: number;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant history trades AAPL --from 2025-11-14T09:30:00-05:00 --to 2025-11-14T09:35:00-05:00
  $ tickerplant history bars SPY QQQ --from 2025-11-01 --timeframe 15Min --format csv > bars.csv
  $ tickerplant history bars SPY --from 2024-01-01 --to 2024-12-31 --timeframe 1Day
  $ tickerplant history quotes AAPL --from 2025-11-14T14:30:00Z --count 100 --feed sip --format jsonl
  $ tickerplant history bars BTC/USD --from 2025-11-14 --feed crypto/us
  $ tickerplant history trades AAPL --from 2025-11-14T14:30:00Z --url http://127.0.0.1:8765

Times are RFC 3339 with a zone and up to nine digits of a second, or days; both ends are included. Without
--to, history ends as late as the plan allows. Records come by symbol, and then by time.

Formats: table is plain lines; jsonl is the JSON of the wire, one record per line, with the key u for a trade that
was canceled, incorrect or corrected; csv has a header, | between conditions, and the column update for the same.

Keys come from the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY. A gateway that
was started without keys accepts any value.
Records go to standard output, log messages and errors to standard error.`;

/** Adds `tickerplant history`, which prints past records of Alpaca or of a gateway. */
export function addHistoryCommand(program: Command): void {
  program
    .command("history")
    .summary("print past records of Alpaca, or of a gateway")
    .description("Requests past trades, quotes or bars from Alpaca, or from a gateway, and prints them.")
    .addArgument(new Argument("<channel>", "what to print").choices(HISTORY_CHANNELS))
    .addArgument(new Argument("<symbols...>", "symbols").argParser(symbolArguments))
    .addOption(new Option("--from <time>", "first time").makeOptionMandatory())
    .option("--to <time>", "last time (default: as late as the plan allows)")
    .option("--url <url>", "URL of a gateway, in place of Alpaca's")
    .addOption(new Option("--feed <name>", "feed (default: iex)").choices(FEED_NAMES))
    .addOption(new Option("--format <format>", "output format (default: table)").choices(["table", "jsonl", "csv"]))
    .option("--timeframe <length>", "length of bars, such as 5Min, 1Hour or 1Day (default: 1Min)")
    .option("--count <n>", "stop after this many records", positiveInteger)
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channel: HistoryChannel, symbols: readonly string[], options: HistoryCommandOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => printHistory(channel, symbols, options, log));
    });
}

async function printHistory(
  channel: HistoryChannel,
  symbols: readonly string[],
  options: HistoryCommandOptions,
  log: Log,
): Promise<void> {
  if (options.timeframe !== undefined && channel !== "bars") throw usageError("--timeframe is for bars");
  checkCredentials();
  for (const hint of symbolHints(symbols)) log.warn(hint);
  const ending = new AbortController();
  const server = serverOf(options);
  const assetClass = assetClassOf(server);
  const records = request(assetClass, server, { channel, symbols, options, signal: ending.signal });
  let problem: Error | undefined;
  const output = new RecordOutput(
    process.stdout,
    historyFormat(options.format ?? "table", channel, assetClass),
    (error) => {
      problem = outputFailure(error);
      ending.abort();
    },
  );
  const removeInterruptHandlers = onInterrupt(() => ending.abort());
  const progress = new Progress(log);
  try {
    for await (const batch of records.batches()) {
      for (const record of batch) {
        if (ending.signal.aborted) break; // a page is not printed to its end after Ctrl-C
        const room = output.show(record);
        progress.count++;
        if (room !== undefined) await room;
      }
      progress.show(batch.at(-1));
    }
  } catch (error) {
    if (error instanceof StreamError) problem ??= failure(error.message, error);
    else if (!ending.signal.aborted) throw error;
  }
  removeInterruptHandlers(); // from here on Ctrl-C exits at once: the output may never accept the last records
  progress.end();
  await output.end();
  if (problem !== undefined) throw problem;
  log.info(`printed ${counted(progress.count, "record")}`, { recordCount: progress.count });
}

/** What a command requests. */
interface Request {
  readonly channel: HistoryChannel;
  readonly symbols: readonly string[];
  readonly options: HistoryCommandOptions;
  readonly signal: AbortSignal;
}

/** @throws CommandError for options that the client does not accept, by their names on the command line. */
function request(
  assetClass: AssetClass,
  { url, feed }: Server,
  { channel, symbols, options, signal }: Request,
): HistoryRecords<MarketRecord> {
  const { from, to, count } = options;
  const settings: HistoryOptions = url === undefined ? {} : { urlOverride: url };
  const range = { start: from, end: to, limit: count, signal };
  const timeframe = options.timeframe as Timeframe | undefined; // which the client checks
  try {
    return assetClass.history(feed, settings, { channel, symbols, range, timeframe });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = error.message.replace(/^\w+/, (name) => OPTION_NAMES[name] ?? name);
    throw usageError(message, error);
  }
}

const OPTION_NAMES: Readonly<Record<string, string>> = {
  start: "--from",
  end: "--to",
  timeframe: "--timeframe",
  urlOverride: "--url",
};

/** Where records are requested: a URL without a path, and a feed. */
interface Server {
  readonly url?: string;
  readonly feed?: FeedName;
}

/** The server of the options. The URL may be that of a stream, which names the feed: `ws://127.0.0.1:8765/v2/sip`. */
function serverOf({ url, feed }: HistoryCommandOptions): Server {
  const [, server, path] = /^(\w+:\/\/[^/]+)\/(?:v2|v1beta1|v1beta3)\/([^?#]+)$/.exec(url ?? "") ?? [];
  const named = FEED_NAMES.find((name) => name === path);
  if (server !== undefined && named !== undefined) return { url: server, feed: feed ?? named };
  return { ...(url === undefined ? {} : { url }), ...(feed === undefined ? {} : { feed }) };
}

/** How often the progress is drawn. */
const DRAW_INTERVAL_MS = 100;

/** Shows how far a command has come, if the log is a terminal and the records are not printed on one. */
class Progress {
  count = 0;
  readonly #log: Log;
  readonly #live: LiveText | undefined;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.#log = log;
    this.#live = log.isWatched && process.stdout.isTTY !== true ? new LiveText(process.stderr) : undefined;
    log.attach(this.#live);
    this.#live?.show("waiting for the first records");
  }

  show(record: MarketRecord | undefined): void {
    const nowMs = performance.now();
    if (record === undefined || nowMs - this.#drawnAtMs < DRAW_INTERVAL_MS) return;
    this.#drawnAtMs = nowMs;
    this.#live?.show(`${showCompact(this.count)} records, ${record.symbol} to ${record.timestamp.toISOString()}`);
  }

  end(): void {
    this.#log.attach(undefined);
    this.#live?.clear();
  }
}
