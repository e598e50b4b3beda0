import {
  type AnyRecord,
  type Channel,
  type ChannelSymbols,
  Codec,
  DataFeed,
  IMPLIED_CHANNELS,
  type RawRecord,
  StockDataStream,
  StreamError,
  type Subscription,
  systemClock,
} from "@tickerplant/client";
import { Argument, type Command, Option } from "commander";
import { Board } from "../board/board.ts";
import { checkCredentials } from "../input/credentials.ts";
import { channelList, positiveInteger, positiveNumber, symbolArguments } from "../input/option-parsers.ts";
import { symbolHints } from "../input/symbol-hints.ts";
import { atTime, untilTime } from "../input/until.ts";
import { csvLines } from "../output/csv-format.ts";
import { failure, onInterrupt, orUsageError, runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { counted, showCount } from "../output/numbers.ts";
import { jsonLines, plainLines, rawJsonLines } from "../output/record-format.ts";
import { outputFailure, RecordOutput, type RecordView } from "../output/record-output.ts";
import { logStream, missedCount } from "../output/stream-log.ts";

interface StreamOptions {
  readonly url?: string;
  readonly feed?: DataFeed;
  readonly format?: "table" | "jsonl" | "csv";
  readonly count?: number;
  readonly duration?: number;
  /** Milliseconds since the epoch. */
  readonly until?: number;
  readonly raw?: true;
  readonly codec?: Codec;
  readonly reconnect: boolean;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant stream trades AAPL MSFT                         at Alpaca, feed iex
  $ tickerplant stream trades,quotes '*' --feed sip --format jsonl > today.jsonl
  $ tickerplant stream bars SPY --format csv --count 60
  $ tickerplant stream trades SPY --until close                 or 16:05, New York's time
  $ tickerplant stream trades FAKEPACA --feed test              Alpaca's test feed, around the clock
  $ tickerplant stream trades AAPL --url ws://127.0.0.1:8765/v2/iex

Keys come from the environment: APCA_API_KEY_ID and APCA_API_SECRET_KEY. A gateway that was
started without keys takes any value. Formats: table is a live board on a terminal and plain lines
elsewhere; jsonl is the wire's JSON, one record a line; csv has a header, and | between conditions.
Channels: trades quotes bars updatedBars dailyBars statuses lulds imbalances; corrections and
cancelErrors come with trades. A * needs quotes, or the shell replaces it with names of files.
HTTPS_PROXY, HTTP_PROXY and NO_PROXY work as usual. Data goes to standard output, everything else to standard error.`;

/** Adds `tickerplant stream`: records of any server of the protocol, on standard output. */
export function addStreamCommand(program: Command): void {
  program
    .command("stream")
    .summary("print records of Alpaca's stream, or of a gateway")
    .description("Subscribes to channels of Alpaca's stream, or of any server of its protocol, and prints the records.")
    .addArgument(new Argument("<channels>", "channels, with commas between").argParser(channelList))
    .addArgument(new Argument("<symbols...>", "symbols, or '*' for all").argParser(symbolArguments))
    .addOption(new Option("--url <address>", "address with its path, instead of Alpaca's").conflicts("feed"))
    .addOption(new Option("--feed <name>", "feed at Alpaca (default: iex)").choices(Object.values(DataFeed)))
    .addOption(new Option("--format <format>", "how to print (default: table)").choices(["table", "jsonl", "csv"]))
    .option("--count <n>", "end after so many records", positiveInteger)
    .option("--duration <seconds>", "end after so many seconds", positiveNumber)
    .addOption(
      new Option("--until <time>", 'end at "close" of the session, at a time in New York, or at an ISO time').argParser(
        (text: string) => untilTime(text),
      ),
    )
    .option("--raw", "print jsonl as the server sent it, with keys that nobody knows")
    .addOption(new Option("--codec <codec>", "on the wire (default: msgpack)").choices(Object.values(Codec)))
    .option("--no-reconnect", "end with the connection; a normal close is a success")
    .option("--json", "log JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channels: readonly Channel[], symbols: readonly string[], options: StreamOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => streamRecords(withImplied(channels), symbols, options, log));
    });
}

async function streamRecords(
  channels: readonly Channel[],
  symbols: readonly string[],
  options: StreamOptions,
  log: Log,
): Promise<void> {
  checkOptions(channels, options);
  for (const hint of symbolHints(symbols)) log.warn(hint);
  const { count = Number.POSITIVE_INFINITY } = options;
  const stream = orUsageError(() => openStream(options));
  let shown = 0;
  let problem: Error | undefined;
  const end = (reason?: Error): void => {
    problem ??= reason;
    void stream.close();
  };
  const view = viewFor(channels, options, stream, log, (error) => end(outputFailure(error)));
  // One lane for all symbols: arrival order. A promise from the view stops the reading of the socket.
  const handler = (record: AnyRecord | RawRecord): Promise<void> | undefined => {
    if (shown >= count) return undefined;
    shown++;
    const room = view.show(record);
    if (shown >= count) end();
    return room;
  };
  logStream(stream, log);
  let lost = 0;
  stream.on("slow", ({ missed }) => {
    lost += missedCount(missed);
  });
  const wanted: ChannelSymbols = Object.fromEntries(channels.map((channel) => [channel, symbols]));
  const subscription = orUsageError(() => stream.subscribe(wanted, handler, { concurrency: 1 }));
  subscription.ready.then(
    () => log.info(`subscribed to ${channels.join(", ")}`, { channels }),
    (error: StreamError) => {
      // The error itself was logged when it came.
      if (isAllRefused(subscription))
        end(failure(`every symbol was refused: ${error.code.replaceAll("_", " ")}`, error));
    },
  );

  const removeInterruptHandlers = onInterrupt(() => end());
  const cancelTimeLimit = limitTime(options, stream, log, end);
  try {
    await stream.run();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    problem ??= error;
  }
  cancelTimeLimit();
  removeInterruptHandlers(); // the output may take nothing any more: from here on Ctrl-C ends at once
  await endView(view, log);
  if (problem !== undefined) throw failure(problem.message, problem);
  if (lost > 0)
    throw failure(
      `${counted(shown, "record")}, and ${showCount(lost)} others were dropped because the output did not take them in time`,
    );
  log.info(counted(shown, "record"), { recordCount: shown });
}

/** How long the output may take the last records without a word. */
const QUIET_END_MS = 1_000;

/** Waits for the output to take everything, and says so if that takes long. */
async function endView(view: RecordView<never>, log: Log): Promise<void> {
  const timer = systemClock.setTimer(
    () => log.warn("waiting for standard output to take the last records; Ctrl-C ends without them"),
    QUIET_END_MS,
  );
  await view.end();
  systemClock.clearTimer(timer);
}

/** Trades bring their corrections and cancels along: what prints only trades would show prices that no longer hold. */
function withImplied(channels: readonly Channel[]): readonly Channel[] {
  return channels.includes("trades") ? [...new Set([...channels, ...IMPLIED_CHANNELS])] : channels;
}

/**
 * Calls `end` when the time of `--duration` or `--until` is up: with a failure if there never was a
 * connection until then. Returns what ends the wait.
 */
function limitTime(
  { duration, until }: StreamOptions,
  stream: StockDataStream<boolean>,
  log: Log,
  end: (reason?: Error) => void,
): () => void {
  let cause = "it was not answered in time";
  let hasConnected = false;
  stream.on("status", (status) => {
    if (status.state === "authenticated") hasConnected = true;
    if (status.state === "reconnecting") cause = status.cause.message;
  });
  const timeUp = (): void => end(hasConnected ? undefined : failure(`there was no connection: ${cause}`));
  const timer = duration === undefined ? undefined : systemClock.setTimer(timeUp, duration * 1000);
  const cancelUntil = until === undefined ? undefined : atTime(until, timeUp);
  if (until !== undefined) log.info(`until ${new Date(until).toISOString()}`);
  return () => {
    systemClock.clearTimer(timer);
    cancelUntil?.();
  };
}

function checkOptions(channels: readonly Channel[], { format = "jsonl", raw }: StreamOptions): void {
  const implied = channels.find((channel) => IMPLIED_CHANNELS.some((name) => name === channel));
  if (implied !== undefined && !channels.includes("trades"))
    throw usageError(`${implied} come with trades and with nothing else: ask for trades,${implied}`);
  if (raw && format !== "jsonl") throw usageError(`--raw prints jsonl: it does not go with --format ${format}`);
}

function openStream({ url, feed, codec, raw, reconnect }: StreamOptions): StockDataStream<boolean> {
  checkCredentials();
  return new StockDataStream<boolean>({
    rawData: raw ?? false,
    ...(feed === undefined ? {} : { feed }),
    ...(url === undefined ? {} : { urlOverride: url }),
    ...(codec === undefined ? {} : { codec }),
    ...(reconnect ? {} : { reconnect: false }),
  });
}

/** What shows the records. The cast holds because `rawData` and `--raw` are the same option. */
function viewFor(
  channels: readonly Channel[],
  { format = "table", raw }: StreamOptions,
  stream: StockDataStream<boolean>,
  log: Log,
  onFailure: (error: NodeJS.ErrnoException) => void,
): RecordView<AnyRecord | RawRecord> {
  const { stdout } = process;
  let view: RecordView<RawRecord> | RecordView<AnyRecord>;
  if (raw) view = new RecordOutput(stdout, rawJsonLines(), onFailure);
  else if (format === "jsonl") view = new RecordOutput(stdout, jsonLines(), onFailure);
  else if (format === "csv") view = new RecordOutput(stdout, csvLines(channels), onFailure);
  else if (stdout.isTTY) view = new Board(stdout, { stream, log, onFailure });
  else view = new RecordOutput(stdout, plainLines(), onFailure);
  return view as RecordView<AnyRecord | RawRecord>;
}

function isAllRefused({ states }: Subscription): boolean {
  const implied: readonly string[] = IMPLIED_CHANNELS;
  return states.every(({ channel, state }) => state === "refused" || implied.includes(channel));
}
