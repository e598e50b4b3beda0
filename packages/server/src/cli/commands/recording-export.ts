import { createWriteStream } from "node:fs";
import { type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { RecordBatch, RecordingReader, RecordQuery } from "@tickerplant/recorder";
import { type Command, Option } from "commander";
import { channelList, symbolArguments } from "../input/option-parsers.ts";
import { loadRecorder } from "../input/optional-packages.ts";
import { fromTime, toTime } from "../input/record-range.ts";
import { csvLines } from "../output/csv-format.ts";
import { failure, onInterrupt, usageError } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { counted } from "../output/numbers.ts";
import { jsonLines, type RecordFormat } from "../output/record-format.ts";
import { outputFailure, RecordOutput } from "../output/record-output.ts";
import { assetClassNamed } from "./asset-class.ts";

/** Options of `tickerplant recording export`. */
export interface ExportOptions {
  readonly feed?: string;
  readonly format?: "jsonl" | "csv" | "parquet";
  readonly channels?: readonly string[];
  readonly symbols?: readonly string[];
  readonly from?: bigint;
  readonly to?: bigint;
  readonly file?: string;
}

/** Adds the options of `tickerplant recording export`. */
export function addExportOptions(command: Command): Command {
  return command
    .option("--feed <name>", "feed, of a folder that has several")
    .addOption(new Option("--format <format>", "format (default: jsonl)").choices(["jsonl", "csv", "parquet"]))
    .addOption(
      new Option("--channels <names>", "channels, separated by commas (default: all)").argParser((text: string) =>
        channelList(text),
      ),
    )
    .addOption(
      new Option("--symbols <names>", "symbols, separated by commas (default: all)").argParser(symbolArguments),
    )
    .addOption(
      new Option("--from <time>", "first time of the records, or a day in New York").argParser((text: string) =>
        fromTime(text),
      ),
    )
    .addOption(
      new Option("--to <time>", "last time of the records, or a day in New York").argParser((text: string) =>
        toTime(text),
      ),
    )
    .option("--file <file>", "file to write (default: standard output)");
}

/** Writes the records of a recording, in the order of their arrival over all channels. */
export async function exportRecords(dir: string, options: ExportOptions, log: Log): Promise<void> {
  const written = options.format === "parquet" ? await exportToParquet(dir, options) : await exportLines(dir, options);
  const target = options.file === undefined ? "" : ` to ${options.file}`;
  log.info(`wrote ${counted(written, "record")}${target}`, { recordCount: written });
}

/** @throws CommandError without a file, or without one channel. */
async function exportToParquet(dir: string, options: ExportOptions): Promise<number> {
  const { feed, channels: [channel, ...others] = [], file } = options;
  if (file === undefined) throw usageError("--format parquet needs --file");
  if (channel === undefined || others.length > 0)
    throw usageError("a Parquet file has the columns of one channel: name one by --channels");
  const { channels: _, ...query } = queryOf(options);
  const ofFeed = { ...query, channel, ...(feed !== undefined && { feed }) };
  return (await (await loadRecorder()).exportParquet(dir, ofFeed, file)).rowCount;
}

async function exportLines(dir: string, options: ExportOptions): Promise<number> {
  const { RecordingReader } = await loadRecorder();
  const reader = await RecordingReader.open(dir, options.feed === undefined ? {} : { feed: options.feed });
  const ending = new AbortController();
  const removeInterruptHandlers = onInterrupt(() => ending.abort());
  try {
    const channels = channelsOf(reader, options);
    const writing = { format: formatOf(options, channels, reader), file: options.file, signal: ending.signal };
    return await writeRecords(reader.read(queryOf(options)), writing);
  } finally {
    removeInterruptHandlers();
    reader.close();
  }
}

function channelsOf({ channels, assetClass }: RecordingReader, options: ExportOptions): readonly string[] {
  const unknown = options.channels?.find((channel) => !channels.includes(channel));
  if (unknown === undefined) return options.channels ?? channels;
  throw usageError(`the recording is of ${assetClass}, which have no channel "${unknown}"`);
}

function formatOf(
  { format }: ExportOptions,
  channels: readonly string[],
  { assetClass }: RecordingReader,
): RecordFormat<MarketRecord> {
  const { schema, columns } = assetClassNamed(assetClass);
  return format === "csv" ? csvLines(channels, columns) : jsonLines(schema);
}

function queryOf({ channels, symbols, from, to }: ExportOptions): RecordQuery {
  return {
    ...(channels !== undefined && { channels }),
    ...(symbols !== undefined && !symbols.includes(WILDCARD) && { symbols }),
    ...(from !== undefined && { fromNs: from }),
    ...(to !== undefined && { toNs: to }),
  };
}

/** Where records go, and when to stop. */
interface Writing {
  readonly format: RecordFormat<MarketRecord>;
  readonly file: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Writes records until they end, or the reader of the output has closed it. Returns how many.
 *
 * @throws CommandError if the output fails.
 */
async function writeRecords(batches: AsyncIterable<RecordBatch>, { format, file, signal }: Writing): Promise<number> {
  let problem: Error | undefined;
  let isBroken = false;
  const stream = file === undefined ? process.stdout : createWriteStream(file);
  const output = new RecordOutput(stream, format, (error) => {
    isBroken = true;
    problem = file === undefined ? outputFailure(error) : failure(`could not write ${file}: ${error.message}`, error);
  });
  let recordCount = 0;
  for await (const { records } of batches) {
    for (const record of records) {
      if (isBroken || signal.aborted) break;
      const room = output.show(record);
      recordCount++;
      if (room !== undefined) await room;
    }
    if (isBroken || signal.aborted) break;
  }
  await output.end();
  if (problem !== undefined) throw problem;
  return recordCount;
}
