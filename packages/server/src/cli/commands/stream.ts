import {
  type AnyRecord,
  type ChannelSymbols,
  Codec,
  IMPLIED_CHANNELS,
  type RawRecord,
  StreamError,
  type Subscription,
  systemClock,
} from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import { Argument, type Command, Option } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { Board } from "../board/board.ts";
import { checkCredentials } from "../input/credentials.ts";
import { channelList, positiveInteger, positiveNumber, symbolArguments } from "../input/option-parsers.ts";
import { symbolHints } from "../input/symbol-hints.ts";
import { untilTime } from "../input/until.ts";
import { csvLines } from "../output/csv-format.ts";
import { failure, onInterrupt, orUsageError, runCommand, usageError } from "../output/exit.ts";
import type { LiveStream } from "../output/live-stream.ts";
import { Log } from "../output/log.ts";
import { counted, showCount } from "../output/numbers.ts";
import { jsonLines, plainLines, rawJsonLines } from "../output/record-format.ts";
import { outputFailure, RecordOutput, type RecordView } from "../output/record-output.ts";
import { logStream, missedCount } from "../output/stream-log.ts";
import { type AssetClass, assetClassOf, historyServer } from "./asset-class.ts";
import { StreamEnd } from "./stream-end.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

interface StreamOptions extends TimeLimit {
  readonly url?: string;
  readonly feed?: FeedName;
  readonly format?: "table" | "jsonl" | "csv";
  readonly count?: number;
  readonly raw?: true;
  readonly codec?: Codec;
  readonly reconnect: boolean;
  readonly fill?: true;
  readonly from?: string;
  readonly history?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant stream trades AAPL MSFT                         from Alpaca, feed iex
  $ tickerplant stream trades,quotes '*' --feed sip --format jsonl > today.jsonl
  $ tickerplant stream bars SPY --format csv --count 60
  $ tickerplant stream trades SPY --until close                 or 16:05, New York time
  $ tickerplant stream trades FAKEPACA --feed test              Alpaca's test feed, around the clock
  $ tickerplant stream trades AAPL --url ws://127.0.0.1:8765/v2/iex
  $ tickerplant stream trades SPY --from 2025-11-14T09:30:00-05:00   the past first, then the present
  $ tickerplant stream trades,orderbooks BTC/USD --feed crypto/us

Channels: trades quotes bars updatedBars dailyBars statuses lulds imbalances; corrections and
cancelErrors come with trades. Crypto: trades quotes orderbooks bars updatedBars dailyBars. Write * with quotes, or the shell replaces it by file names.

Formats: table is a live board of stocks on a terminal and plain lines elsewhere; jsonl is the JSON of the
wire, one record per line; csv has a header, and | between conditions.

Keys come from the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY. A gateway that
was started without keys accepts any value. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are respected.
Records go to standard output, log messages and errors to standard error.`;

/** Adds `tickerplant stream`, which prints records of any server of the protocol. */
export function addStreamCommand(program: Command): void {
  program
    .command("stream")
    .summary("print records of Alpaca's stream, or of a gateway")
    .description("Subscribes to channels of one of Alpaca's streams, or of a gateway, and prints the records.")
    .addArgument(new Argument("<channels>", "channels, separated by commas").argParser(channelList))
    .addArgument(new Argument("<symbols...>", "symbols, or '*' for all").argParser(symbolArguments))
    .addOption(new Option("--url <url>", "URL of the stream, with its path, in place of Alpaca's").conflicts("feed"))
    .addOption(new Option("--feed <name>", "feed of Alpaca (default: iex)").choices(FEED_NAMES))
    .addOption(new Option("--format <format>", "output format (default: table)").choices(["table", "jsonl", "csv"]))
    .option("--count <n>", "stop after this many records", positiveInteger)
    .option("--duration <seconds>", "stop after this many seconds", positiveNumber)
    .addOption(
      new Option(
        "--until <time>",
        'stop at "close" of the session, at a time of day in New York, or at an ISO time',
      ).argParser((text: string) => untilTime(text)),
    )
    .option("--fill", "fill gaps after a lost connection from history, in order")
    .option("--from <time>", "print the records from this time on first; fills gaps as well")
    .option("--history <url>", "URL of the server of history (default: Alpaca's, or the host of --url)")
    .option("--raw", "print jsonl with all fields that the server sent, known or not")
    .addOption(
      new Option("--codec <codec>", "codec of the connection (default: msgpack)").choices(Object.values(Codec)),
    )
    .option("--no-reconnect", "stop when the connection closes; a normal close is a success")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channels: readonly string[], symbols: readonly string[], options: StreamOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => streamRecords(channels, symbols, options, log));
    });
}

/** Adds the channels that come with trades: trades alone would show prices that no longer hold. */
function withImplied(channels: readonly string[], { schema }: AssetClass): readonly string[] {
  const implied = schema.channels.filter((channel) => channels.includes(schema.traits[channel]?.broughtBy ?? ""));
  return [...new Set([...channels, ...implied])];
}

async function streamRecords(
  named: readonly string[],
  symbols: readonly string[],
  options: StreamOptions,
  log: Log,
): Promise<void> {
  const assetClass = assetClassOf(options);
  checkOptions(named, options, assetClass);
  const channels = withImplied(named, assetClass);
  for (const hint of symbolHints(symbols)) log.warn(hint);
  const stream = openStream(options, assetClass);
  const ending = new StreamEnd(stream);
  const view = viewFor(channels, options, assetClass, stream, log, (error) => ending.end(outputFailure(error)));
  const printer = new RecordPrinter(view, options.count ?? Number.POSITIVE_INFINITY, ending.end);
  logStream(stream, log, isFilled(options));
  let lost = 0;
  stream.on("slow", ({ missed }) => {
    lost += missedCount(missed);
  });
  subscribe(stream, channels, symbols, options.from, printer, ending, log);

  const removeInterruptHandlers = onInterrupt(() => ending.end());
  const cancelTimeLimit = limitTime(options, stream, log, ending.end);
  try {
    await stream.run();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    ending.problem ??= error;
  }
  cancelTimeLimit();
  removeInterruptHandlers(); // from here on Ctrl-C exits at once: the output may never accept the last records
  await endView(view, log);
  summarize(printer.count, lost, ending, log);
}

/** Shows records up to a limit, and calls `end` at the limit. */
class RecordPrinter {
  /** Number of records shown. */
  count = 0;
  readonly #view: RecordView<MarketRecord | RawRecord>;
  readonly #limit: number;
  readonly #end: () => void;

  constructor(view: RecordView<MarketRecord | RawRecord>, limit: number, end: () => void) {
    this.#view = view;
    this.#limit = limit;
    this.#end = end;
  }

  /** The handler of the stream. While it returns a promise, the stream reads nothing more. */
  readonly handle = (record: MarketRecord | RawRecord): Promise<void> | undefined => {
    if (this.count >= this.#limit) return undefined;
    this.count++;
    const room = this.#view.show(record);
    if (this.count >= this.#limit) this.#end();
    return room;
  };
}

function subscribe(
  stream: LiveStream,
  channels: readonly string[],
  symbols: readonly string[],
  from: string | undefined,
  printer: RecordPrinter,
  ending: StreamEnd,
  log: Log,
): void {
  const wanted: ChannelSymbols = Object.fromEntries(channels.map((channel) => [channel, symbols]));
  // A concurrency of 1 keeps the order of arrival over all symbols.
  const subscription = orUsageError(() => stream.subscribe(wanted, printer.handle, { concurrency: 1, from }));
  subscription.ready.then(
    () => log.info(`subscribed to ${channels.join(", ")}`, { channels }),
    (error: StreamError) => {
      // The stream's error event has logged the error itself.
      if (isAllRejected(subscription))
        ending.end(failure(`the server rejected every symbol: ${error.code.replaceAll("_", " ")}`, error));
    },
  );
}

function isAllRejected({ states }: Subscription): boolean {
  const implied: readonly string[] = IMPLIED_CHANNELS;
  return states.every(({ channel, state }) => state === "rejected" || implied.includes(channel));
}

/** How long to wait for the output without a message, in milliseconds. */
const SILENT_WAIT_MS = 1_000;

/** Waits until the output has accepted all records, and logs a message if that takes long. */
async function endView(view: RecordView<never>, log: Log): Promise<void> {
  const timer = systemClock.setTimer(
    () => log.warn("waiting for standard output to accept the last records; press Ctrl-C to exit without them"),
    SILENT_WAIT_MS,
  );
  await view.end();
  systemClock.clearTimer(timer);
}

/** @throws CommandError when the stream has ended with a problem, or records were dropped. */
function summarize(shown: number, lost: number, { problem }: StreamEnd, log: Log): void {
  if (problem !== undefined) throw failure(problem.message, problem);
  if (lost > 0)
    throw failure(
      `printed ${counted(shown, "record")}; ${showCount(lost)} were dropped because the output was too slow`,
    );
  log.info(`printed ${counted(shown, "record")}`, { recordCount: shown });
}

function checkOptions(
  channels: readonly string[],
  { format = "jsonl", raw }: StreamOptions,
  { noun, channels: known }: AssetClass,
): void {
  const unknown = channels.find((channel) => !known.includes(channel));
  if (unknown !== undefined)
    throw usageError(`there is no channel "${unknown}" of ${noun}; the channels are ${known.join(", ")}`);
  const implied = channels.find((channel) => IMPLIED_CHANNELS.some((name) => name === channel));
  if (implied !== undefined && !channels.includes("trades"))
    throw usageError(`${implied} come only with trades; subscribe to trades`);
  if (raw && format !== "jsonl") throw usageError(`--raw prints jsonl and cannot be used with --format ${format}`);
}

function openStream(options: StreamOptions, assetClass: AssetClass): LiveStream {
  const { url, feed, codec, raw, reconnect } = options;
  checkCredentials();
  try {
    const ofStream = {
      rawData: raw ?? false,
      ...(url === undefined ? {} : { urlOverride: url }),
      ...(codec === undefined ? {} : { codec }),
      ...(reconnect ? {} : { reconnect: false as const }),
    };
    return assetClass.open(
      feed ?? (url === undefined ? undefined : assetClass.feedOfUrl(url)),
      ofStream,
      isFilled(options) ? historyServer(url, options.history) : undefined,
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(error.message.replace(/^urlOverride/, "--url"), error); // its name on the command line
  }
}

/** Whether gaps are filled from history. */
function isFilled({ fill, from, history }: StreamOptions): boolean {
  return (fill ?? false) || from !== undefined || history !== undefined;
}

/** Returns the view for the options. The cast holds because `--raw` sets `rawData` as well. */
function viewFor(
  channels: readonly string[],
  { format = "table", raw }: StreamOptions,
  { columns, schema, hasBoard, line }: AssetClass,
  stream: LiveStream,
  log: Log,
  onFailure: (error: NodeJS.ErrnoException) => void,
): RecordView<MarketRecord | RawRecord> {
  const { stdout } = process;
  let view: RecordView<RawRecord> | RecordView<MarketRecord> | RecordView<AnyRecord>;
  if (raw) view = new RecordOutput(stdout, rawJsonLines(), onFailure);
  else if (format === "jsonl") view = new RecordOutput(stdout, jsonLines(schema), onFailure);
  else if (format === "csv") view = new RecordOutput(stdout, csvLines(channels, columns), onFailure);
  else if (stdout.isTTY && hasBoard) view = new Board(stdout, { stream, log, onFailure });
  else view = new RecordOutput(stdout, plainLines(line), onFailure);
  return view as RecordView<MarketRecord | RawRecord>;
}
