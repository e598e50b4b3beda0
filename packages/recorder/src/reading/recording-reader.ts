import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ASSET_CLASSES, type AssetClass } from "../asset-class.ts";
import * as LIMITS from "../limits.ts";
import { firstHeader, readSegment } from "../log/segment-reader.ts";
import { checkIntact } from "../parquet/intact-files.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { RecorderError, readError } from "../recorder-error.ts";
import { mergeBatches } from "./merge-batches.ts";
import { channelByColumns, ParquetFiles } from "./parquet-files.ts";
import { mayMatch, type ReadStep, receivedSteps, timeSteps } from "./read-steps.ts";
import { placeOf, type RecordBatch } from "./record-batch.ts";
import { ReadOrder, type RecordQuery } from "./record-query.ts";
import { type RecordedGap, readGaps } from "./recorded-gaps.ts";
import type { RecordedRows } from "./recorded-rows.ts";
import { RecordingContents } from "./recording-contents.ts";
import { type RecordingSource, sourceOf } from "./recording-source.ts";
import { type RejectedRow, RowDecoder } from "./row-columns.ts";
import { countStatementFor, type RowSelection, statementFor } from "./step-sql.ts";

/** Options of {@link RecordingReader.open}. */
export interface ReaderOptions {
  /** The feed to read of a folder that has several, such as `sip`. */
  readonly feed?: string;
  /** Called for each row that is no record, and is left out. Only files of other programs have some. */
  readonly onRejectedRow?: (row: RejectedRow) => void;
  /** Called with a sentence about a file whose values are not exact. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Reads the records of a recording: of one feed in a folder, with what is still in the log, of a segment, or of a Parquet
 * file. It reads what is there when it is opened.
 *
 * @example
 * ```ts
 * const reader = await RecordingReader.open("tape", { feed: "sip" });
 * for await (const { records } of reader.read({ channels: ["trades"], symbols: ["AAPL"], order: "time" })) use(records);
 * reader.close();
 * ```
 */
export class RecordingReader {
  /** The name of the feed; that of the file for a single one. */
  readonly name: string;
  readonly assetClass: AssetClass;
  readonly #instance: DuckDBInstance;
  /** The folder of DuckDB's temporary files. */
  readonly #temporary: string;
  readonly #contents: RecordingContents;
  readonly #parquet: ParquetFiles;
  readonly #onRejectedRow: (row: RejectedRow) => void;
  readonly #reading = new Set<DuckDBConnection>();
  #isClosed = false;

  private constructor(
    name: string,
    assetClass: AssetClass,
    { instance, temporary }: { readonly instance: DuckDBInstance; readonly temporary: string },
    contents: RecordingContents,
    parquet: ParquetFiles,
    { onRejectedRow }: ReaderOptions,
  ) {
    this.name = name;
    this.assetClass = assetClass;
    this.#instance = instance;
    this.#temporary = temporary;
    this.#contents = contents;
    this.#parquet = parquet;
    this.#onRejectedRow = onRejectedRow ?? (() => {});
  }

  /**
   * Opens a folder of recordings, the folder of one feed (`feed=…`), a segment (`.tplog`), or a Parquet file.
   *
   * @throws RecorderError `not_readable`, `not_a_recording`, `several_feeds`, or `wrong_columns` for a Parquet file without
   * records.
   */
  static async open(path: string, options: ReaderOptions = {}): Promise<RecordingReader> {
    const source = await sourceOf(path, options.feed);
    const temporary = join(tmpdir(), `tickerplant-${randomUUID()}`); // DuckDB makes it when its memory is full
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(LIMITS.threads),
      memory_limit: LIMITS.readMemory,
      temp_directory: temporary,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    try {
      const parquet = new ParquetFiles(await instance.connect());
      const { assetClass, list } = source.isFolder
        ? { assetClass: await assetClassOf(source, parquet), list: source.list }
        : await describeFile(source, parquet, options);
      const contents = new RecordingContents({ ...source, list }, parquet, instance);
      await contents.list();
      return new RecordingReader(source.name, assetClass, { instance, temporary }, contents, parquet, options);
    } catch (error) {
      instance.closeSync();
      throw readError(path, error);
    }
  }

  /** The channels of its asset class, of which it need not have records. */
  get channels(): readonly string[] {
    return ASSET_CLASSES[this.assetClass].schema.channels;
  }

  /**
   * Reads records, in batches. Each step of the order is sorted by DuckDB, which uses temporary files if it has to, so
   * that memory is bounded.
   *
   * @throws RecorderError `damaged` or `not_readable`, at the first record that cannot be read.
   */
  read(query: RecordQuery = {}): AsyncGenerator<RecordBatch> {
    const { order = ReadOrder.RECEIVED, isDescending = false, hasBarsAtEnd = false, limit } = query;
    const { traits } = ASSET_CLASSES[this.assetClass].schema;
    const channels = (query.channels ?? this.channels).filter((channel) => this.channels.includes(channel));
    const sources = channels.map((channel) => ({ channel, batches: this.#readChannel(channel, query) }));
    return limited(mergeBatches(sources, { order, isDescending, hasBarsAtEnd, traits }), limit);
  }

  /**
   * Counts the records of each symbol. Other than `read`, it ignores `limit`.
   *
   * @throws RecorderError `damaged` or `not_readable`.
   */
  async counts(query: RecordQuery & { readonly channels: readonly string[] }): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const channel of query.channels)
      for (const [symbol, count] of await this.#retried(() => this.#countsOf(channel, query)))
        counts.set(symbol, (counts.get(symbol) ?? 0) + count);
    return counts;
  }

  async #countsOf(channel: string, query: RecordQuery): Promise<readonly (readonly [string, number])[]> {
    const rows = (await this.#contents.rowsOf(channel)).filter((part) => mayMatch(part, query));
    const selection = await this.#selectionOf(channel, { rows, conditions: () => [] });
    if (selection === undefined) return [];
    return this.#connected(async (connection) => {
      const result = await connection.runAndReadAll(countStatementFor(selection, query));
      return result.getRows().map(([symbol, count]) => [String(symbol), Number(count)] as const);
    });
  }

  /** Uses a connection, which `close` interrupts. */
  async #connected<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    this.#reading.add(connection);
    try {
      return await use(connection);
    } finally {
      this.#reading.delete(connection);
      connection.closeSync();
    }
  }

  /**
   * Returns what the recording may lack, in the order of arrival. It decodes what is still in the log, as far as that
   * arrived before `arrivedBefore`.
   *
   * @throws RecorderError for a segment that cannot be read.
   */
  async gaps(query: Pick<RecordQuery, "arrivedBefore"> = {}): Promise<RecordedGap[]> {
    const connection = await this.#instance.connect();
    try {
      return await this.#retried(async () => {
        const all = (await this.#contents.rowsOf(GAPS_TABLE)).filter((part) => mayMatch(part, query));
        const rows = await this.#decoded(GAPS_TABLE, all);
        await checkIntact(rows.flatMap(({ place }) => (place.type === "parquet" ? [place.path] : [])));
        const recorded = await this.#contents.tables();
        const channels = this.channels.filter((channel) => recorded.has(channel));
        return readGaps(connection, rows, channels);
      });
    } finally {
      connection.closeSync();
    }
  }

  /** Ends what is being read, and removes temporary files. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#reading) connection.interrupt();
    this.#parquet.close();
    this.#instance.closeSync();
    rmSync(this.#temporary, { recursive: true, force: true });
  }

  /** Repeats a read while a file is gone, because it was promoted or merged. */
  async #retried<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read();
      } catch (error) {
        if (!this.#contents.isOutdated()) throw error;
        await this.#contents.list();
      }
    }
  }

  /** Reads one channel. When a file is gone, because it was promoted or merged, it continues behind the last record. */
  async *#readChannel(channel: string, query: RecordQuery): AsyncGenerator<RecordBatch> {
    let rest = query;
    for (;;) {
      try {
        for (const step of await this.#stepsOf(channel, rest)) {
          for await (const batch of this.#readStep(channel, rest, step)) {
            rest = restOf(rest, batch);
            yield batch;
            if (rest.limit === 0) return;
          }
        }
        return;
      } catch (error) {
        if (!this.#contents.isOutdated()) throw error;
        await this.#contents.list();
      }
    }
  }

  async #stepsOf(channel: string, query: RecordQuery): Promise<ReadStep[]> {
    const rows = (await this.#contents.rowsOf(channel)).filter((part) => mayMatch(part, query));
    const steps =
      query.order === ReadOrder.TIME
        ? timeSteps(await this.#decoded(channel, rows), this.#contents.days)
        : receivedSteps(rows);
    return query.isDescending ? steps.reverse() : steps;
  }

  /** Decodes those that are in segments of the log. */
  async #decoded(channel: string, rows: readonly RecordedRows[]): Promise<RecordedRows[]> {
    const decoded: RecordedRows[] = [];
    for (const part of rows) {
      if (part.place.type !== "log") decoded.push(part);
      else {
        const staged = await this.#contents.staged(channel, part);
        if (staged !== undefined) decoded.push(staged);
      }
    }
    return decoded;
  }

  async *#readStep(channel: string, query: RecordQuery, step: ReadStep): AsyncGenerator<RecordBatch> {
    const parts = ASSET_CLASSES[this.assetClass];
    const decoder = new RowDecoder(channel, parts, this.#onRejectedRow);
    const connection = await this.#instance.connect();
    this.#reading.add(connection);
    try {
      const selection = await this.#selectionOf(channel, step);
      if (selection === undefined) return;
      const result = await connection.stream(statementFor(selection, parts.columns[channel] ?? [], query));
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield decoder.decode(chunk);
      }
    } catch (error) {
      throw await this.#damageIn(step, error);
    } finally {
      this.#reading.delete(connection);
      connection.interrupt();
      connection.closeSync();
    }
  }

  /** Returns an error that names the file with the damage, if a step failed because of one. */
  async #damageIn({ rows }: ReadStep, error: unknown): Promise<unknown> {
    if (this.#isClosed || this.#contents.isOutdated() || error instanceof RecorderError) return error;
    const paths = rows.flatMap(({ place }) => (place.type === "parquet" ? [place.path] : []));
    return (await this.#parquet.findDamage(paths)) ?? error;
  }

  async #selectionOf(channel: string, step: ReadStep): Promise<RowSelection | undefined> {
    const rows = await this.#decoded(channel, step.rows);
    const paths = rows.flatMap(({ place }) => (place.type === "parquet" ? [place.path] : []));
    const staged = rows.flatMap(({ place }) => (place.type === "staged" ? [place.sql] : []));
    if (rows.length === 0) return undefined;
    await checkIntact(paths);
    const types = await this.#parquet.typesOf(paths);
    const conditions = [...this.#contents.conditionsFor(rows), ...step.conditions(types)];
    return { paths, types, staged, conditions };
  }
}

/** Returns what a query has left behind a batch. */
function restOf(query: RecordQuery, batch: RecordBatch): RecordQuery {
  const { length } = batch.records;
  if (length === 0) return query;
  const { limit } = query;
  return { ...query, after: placeOf(batch, length - 1), ...(limit !== undefined && { limit: limit - length }) };
}

async function* limited(batches: AsyncGenerator<RecordBatch>, limit: number | undefined): AsyncGenerator<RecordBatch> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  for await (const { records, receivedNs, segmentsMs, sequences } of batches) {
    const count = Math.min(left, records.length);
    yield {
      records: records.slice(0, count),
      receivedNs: receivedNs.subarray(0, count),
      segmentsMs: segmentsMs.subarray(0, count),
      sequences: sequences.subarray(0, count),
    };
    left -= count;
    if (left === 0) return;
  }
}

/** The asset class that the first file names. */
async function assetClassOf(source: RecordingSource, parquet: ParquetFiles): Promise<AssetClass> {
  const { files, segments } = await source.list();
  const [file] = files;
  if (file !== undefined) return parquet.assetClassOf(file.path);
  if (segments.length === 0) return "stocks";
  // A segment that is read by itself has to be one.
  const header = source.isFolder ? await firstHeader(segments) : (await readSegment(segments[0] ?? "")).header;
  return header?.assetClass ?? "stocks";
}

/** Finds out what a single file has. */
async function describeFile(
  source: RecordingSource,
  parquet: ParquetFiles,
  { onWarning }: ReaderOptions,
): Promise<Pick<RecordingSource, "list"> & { readonly assetClass: AssetClass }> {
  const assetClass = await assetClassOf(source, parquet);
  const { files, segments } = await source.list();
  const [file] = files;
  if (file === undefined) return { assetClass, list: source.list };
  const types = await parquet.typesOf([file.path]);
  const folder = basename(dirname(file.path));
  const isOurs = types.has("segment") && Object.hasOwn(ASSET_CLASSES[assetClass].columns, folder);
  const table = isOurs ? folder : channelByColumns(file.path, types, assetClass);
  if (await parquet.losesNanoseconds(file.path))
    onWarning?.(
      `${file.path} has times in nanoseconds with the flag of UTC, which are read in microseconds; write them as nanoseconds without a zone to keep them`,
    );
  return { assetClass, list: () => Promise.resolve({ files: [{ ...file, table }], segments }) };
}
