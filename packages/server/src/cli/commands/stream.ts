import { type Bar, type CryptoBar, type RawRecord, systemClock } from "@tickerplant/client";
import type { HistoryRecords } from "@tickerplant/client/history";
import type { MarketRecord } from "@tickerplant/client/wire";
import { type Command, Option } from "commander";
import { Board, type BoardOptions } from "../board/board.ts";
import type { BoardRecord } from "../board/model/board-symbol.ts";
import { isScreen } from "../board/terminal/screen.ts";
import { positiveInteger } from "../input/option-parsers.ts";
import { symbolHints } from "../input/symbol-hints.ts";
import { csvLines } from "../output/csv-format.ts";
import { failure, onInterrupt, runCommand, usageError } from "../output/exit.ts";
import type { LiveStream } from "../output/live-stream.ts";
import { Log } from "../output/log.ts";
import { counted, showCount } from "../output/numbers.ts";
import { jsonLines, plainLines, rawJsonLines } from "../output/record-format.ts";
import { outputFailure, RecordOutput, type RecordView } from "../output/record-output.ts";
import { logStream, missedCount } from "../output/stream-log.ts";
import { logSummary } from "../output/stream-summary.ts";
import { type AssetClass, assetClassOf, historyServer } from "./asset-class.ts";
import { gatewaySource } from "./gateway-source.ts";
import {
  addLiveSource,
  channelsOf,
  isFilled,
  KEYS_HELP,
  LIVE_SOURCE_HELP,
  type LiveSourceOptions,
  openLiveSource,
  runToEnd,
  subscribeTo,
} from "./live-source.ts";
import { pastBarsFrom } from "./past-bars.ts";
import { StreamEnd } from "./stream-end.ts";

interface StreamOptions extends LiveSourceOptions {
  readonly format?: "table" | "jsonl" | "csv";
  readonly count?: number;
  readonly raw?: true;
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

${LIVE_SOURCE_HELP}

Formats: table is the board on a terminal, whose keys ? lists, and plain lines elsewhere, for example
with "| cat"; jsonl is the JSON of the wire, one record per line; csv has a header, and | between
conditions.

${KEYS_HELP}
Records go to standard output, log messages and errors to standard error.`;

/** Adds `tickerplant stream`, which prints records of any server of the protocol. */
export function addStreamCommand(program: Command): void {
  const command = program
    .command("stream")
    .summary("print records of Alpaca's stream, or of a gateway")
    .description("Subscribes to channels of one of Alpaca's streams, or of a gateway, and prints the records.");
  addLiveSource(command)
    .addOption(new Option("--format <format>", "output format (default: table)").choices(["table", "jsonl", "csv"]))
    .option("--count <n>", "stop after this many records", positiveInteger)
    .option("--raw", "print jsonl with all fields that the server sent, known or not")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((channels: readonly string[], symbols: readonly string[], options: StreamOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => streamRecords(channels, symbols, options, log));
    });
}

async function streamRecords(
  named: readonly string[],
  symbols: readonly string[],
  options: StreamOptions,
  log: Log,
): Promise<void> {
  const assetClass = assetClassOf(options);
  const channels = channelsOf(named, assetClass);
  checkFormat(options);
  for (const hint of symbolHints(symbols)) log.warn(hint);
  const stream = openLiveSource(options, assetClass, { rawData: options.raw ?? false });
  const ending = new StreamEnd(stream);
  const view = viewFor(channels, options, assetClass, stream, log, ending.end);
  const printer = new RecordPrinter(view, options.count ?? Number.POSITIVE_INFINITY, ending.end);
  logStream(stream, log, isFilled(options));
  let lost = 0;
  stream.on("slow", ({ missed }) => {
    lost += missedCount(missed);
  });
  const wanted = Object.fromEntries(channels.map((channel) => [channel, symbols]));
  subscribeTo(stream, wanted, options.from, printer.handle, { ending, log });

  const startedMs = performance.now();
  const removeInterruptHandlers = onInterrupt(() => ending.end());
  await runToEnd(stream, options, { ending, log });
  removeInterruptHandlers(); // from here on Ctrl-C exits at once: the output may never accept the last records
  await endView(view, log);
  if (view instanceof Board) logSummary(stream.metrics, log, (performance.now() - startedMs) / 1000);
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

function checkFormat({ format = "jsonl", raw }: StreamOptions): void {
  if (raw && format !== "jsonl") throw usageError(`--raw prints jsonl and cannot be used with --format ${format}`);
}

/** Returns the view for the options. The cast holds because `--raw` sets `rawData` as well. */
function viewFor(
  channels: readonly string[],
  options: StreamOptions,
  assetClass: AssetClass,
  stream: LiveStream,
  log: Log,
  end: (problem?: Error) => void,
): RecordView<MarketRecord | RawRecord> {
  const { stdout, stdin } = process;
  const { format = "table", raw } = options;
  const { columns, schema, line } = assetClass;
  const onFailure = (error: NodeJS.ErrnoException): void => end(outputFailure(error));
  let view: RecordView<RawRecord> | RecordView<MarketRecord> | RecordView<BoardRecord>;
  if (raw) view = new RecordOutput(stdout, rawJsonLines(), onFailure);
  else if (format === "jsonl") view = new RecordOutput(stdout, jsonLines(schema), onFailure);
  else if (format === "csv") view = new RecordOutput(stdout, csvLines(channels, columns), onFailure);
  else if (isScreen(stdout, process.env))
    view = openBoard(assetClass, options, { stream, log, input: stdin, onFailure, onQuit: () => end() });
  else view = new RecordOutput(stdout, plainLines(line), onFailure);
  return view as RecordView<MarketRecord | RawRecord>;
}

/** Opens a board. It learns from the server what the records of the feed are. */
function openBoard(
  assetClass: AssetClass,
  options: StreamOptions,
  parts: Omit<BoardOptions, "feed" | "source" | "pastBars">,
): Board {
  const { url } = options;
  const { defaultFeed, feedOfUrl } = assetClass;
  const pastBars = pastBarsOf(assetClass, options);
  if (url === undefined)
    return new Board(process.stdout, { ...parts, pastBars, feed: options.feed ?? defaultFeed, source: "live" });
  const board = new Board(process.stdout, { ...parts, pastBars, feed: feedOfUrl(url) ?? "", source: undefined });
  void gatewaySource(url).then((source) => {
    board.source = source;
  });
  return board;
}

/** The past minutes for a board; undefined unless the stream has a history. */
function pastBarsOf(assetClass: AssetClass, options: StreamOptions): BoardOptions["pastBars"] {
  if (!isFilled(options)) return undefined;
  const { feed, url, history } = options;
  return pastBarsFrom((range, symbol) => {
    const request = { channel: "bars", symbols: [symbol], range, timeframe: undefined } as const;
    const named = feed ?? (url === undefined ? undefined : assetClass.feedOfUrl(url));
    return assetClass.history(named, historyServer(url, history), request) as HistoryRecords<Bar | CryptoBar>; // of the channel
  });
}
