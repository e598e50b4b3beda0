import { existsSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, systemClock, VERSION } from "@tickerplant/client";
import type { ChannelSymbols, StreamSchema, WritableSchema } from "@tickerplant/client/wire";
import { withoutSecrets } from "./address.ts";
import { ASSET_CLASSES } from "./asset-class.ts";
import { Upkeep } from "./background/upkeep.ts";
import { type DiskUsage, diskUsage } from "./disk-usage.ts";
import { syncFolder } from "./durable-files.ts";
import { removeLeftovers } from "./folder/leftovers.ts";
import { feedFolderOf, logFolderOf, newestNameMs } from "./folder/recording-files.ts";
import { newestPlace } from "./folder/source-places.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { LogEvent } from "./log/log-event.ts";
import { type ArrivalPlace, Fsync, type LogMetrics, LogWriter } from "./log/log-writer.ts";
import type { SegmentHeader } from "./log/segment-format.ts";
import type { SourcePlace } from "./log/source-place.ts";
import type { ParquetFile } from "./parquet/parquet-file.ts";
import { RecordingReader } from "./reading/recording-reader.ts";
import { fileError, type RecorderError, type RecorderErrorCode, readError } from "./recorder-error.ts";
import { FeedSource } from "./sources/feed-source.ts";
import { type RecordingDecoder, StreamSource, type StreamToRecord } from "./sources/stream-source.ts";

/** Options of a {@link Recorder}. */
export interface RecorderOptions {
  /** The folder of the recording. It is made if it is missing. */
  readonly dir: string;
  /** The name of the feed, which becomes part of a folder's name: `sip`, `iex`, `us`. */
  readonly feed: string;
  /** @defaultValue `stocks` */
  readonly assetClass?: "stocks" | "crypto";
  /** Where the data come from, as a note for the reader of the log. It is kept without user, password and query. */
  readonly address?: string;
  /** The codec of the frames; a note as well. */
  readonly codec?: string;
  /** Returns what is subscribed to; each segment notes it. */
  readonly subscription?: () => ChannelSymbols;
  /**
   * When what was written is flushed to the disk: `second`, `block` or `segment`. A loss of power costs what was not.
   *
   * @defaultValue `second`
   */
  readonly fsync?: Fsync;
  /**
   * Deletes the folders of days older than this many trading days, at the start and when a day has passed; today is the first of them.
   * A day that the log still has a segment of stays. For crypto, every day is a trading day. The days are New York's.
   *
   * @defaultValue all days are kept
   */
  readonly keepDays?: number;
  /**
   * Whether the source has numbers and is read from {@link Recorder.place} on, if there is one: neither the time in which
   * no recorder ran nor what a crash cost is missing then.
   *
   * @defaultValue `false`
   */
  readonly isContinued?: boolean;
  /** Something failed, and the recorder continues. Without it, errors go to `console.error`. */
  readonly onError?: (error: RecorderError) => void;
  /** The log keeps an event of the recorder's own: frames that were dropped, or a clock that was set. */
  readonly onEvent?: (event: LogEvent) => void;
  /** A segment has become Parquet files. */
  readonly onPromoted?: (files: readonly ParquetFile[]) => void;
  /** The folders of days were deleted, because of `keepDays`. */
  readonly onDeleted?: (days: readonly string[]) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Records one feed into a folder: a log that survives a crash, whose segments become Parquet files by trading day.
 *
 * @example
 * ```ts
 * const recorder = await Recorder.open({ dir: "tape", feed: "iex" });
 * const stream = new StockDataStream({ apiKey, secretKey, decoder: recorder.decoder });
 * recorder.attach(stream);
 * stream.subscribeTrades(recorder.handler, "*");
 * await stream.run();
 * await recorder.close();
 * ```
 */
export class Recorder {
  /** The option `decoder` of a stream whose frames are recorded. */
  readonly decoder: (schema: StreamSchema) => RecordingDecoder;
  /** A handler for subscriptions of that stream. It keeps the records that fill gaps; all others are in the frames. */
  readonly handler: (record: object) => void;
  /** A sink for a feed of a gateway, in place of a stream. */
  readonly sink: FeedSource;
  /** The folder of the feed, as an absolute path. */
  readonly folder: string;
  readonly #lock: FolderLock;
  readonly #log: LogWriter;
  readonly #source: StreamSource;
  readonly #upkeep: Upkeep;
  #closed: Promise<void> | undefined;

  private constructor(folder: string, schema: WritableSchema, lock: FolderLock, log: LogWriter, upkeep: Upkeep) {
    this.folder = folder;
    this.#lock = lock;
    this.#log = log;
    this.#upkeep = upkeep;
    this.#source = new StreamSource(log, schema);
    this.sink = new FeedSource(log, schema);
    this.decoder = (schemaOfStream) => this.#source.decoder(schemaOfStream);
    this.handler = (record) => this.#source.deliver(record);
  }

  /**
   * Opens a folder. In the background, what an earlier recorder left in it becomes Parquet files, and files of days
   * that are over are merged.
   *
   * @throws RecorderError `in_use`, `disk_full`, `not_writable` or `write_failed` if it cannot record there, `damaged` or
   * `not_readable` if it cannot read its place in the source.
   * @throws TypeError for a feed that is no name of a folder, and for `keepDays` that are no whole number above 0.
   */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const folder = feedFolderOf(options.dir, checkedFeed(options.feed));
    checkKeepDays(options.keepDays);
    await makeFolder(logFolderOf(folder));
    const lock = await lockFolder(folder);
    try {
      await removeLeftovers(folder);
      const { assetClass = "stocks", clock = systemClock, isContinued = false } = options;
      const onError = errorListener(options);
      const newest = await newestNameMs(folder);
      const place = await newestPlace(logFolderOf(folder));
      let upkeep: Upkeep | undefined;
      const log = await LogWriter.open({
        folder: logFolderOf(folder),
        ...(newest !== undefined && { newestNameMs: newest }),
        ...(place !== undefined && { place }),
        fsync: options.fsync ?? Fsync.SECOND,
        clock,
        header: () => headerOf(options),
        onError,
        onEvent: options.onEvent,
        onSealed: () => upkeep?.promoteSoon(),
      });
      if (newest !== undefined) log.event(isContinued && place !== undefined ? CONTINUED : DOWNTIME);
      upkeep = new Upkeep({
        folder,
        clock,
        ...(options.keepDays !== undefined && { retention: { keepDays: options.keepDays, assetClass } }),
        openSegments: () => log.openPaths,
        hasEntries: () => log.hasEntries,
        onPromoted: (files) => options.onPromoted?.(files),
        onDeleted: (days) => options.onDeleted?.(days),
        onError,
      });
      return new Recorder(folder, ASSET_CLASSES[assetClass].schema, lock, log, upkeep);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Counters of the log, since the recorder was opened. */
  get metrics(): LogMetrics {
    return this.#log.metrics;
  }

  /** Why the disk does not accept the recording at the moment; undefined while it does. */
  get problem(): RecorderErrorCode | undefined {
    return this.#log.problem;
  }

  /**
   * Measures what the log has, and what the disk has left.
   *
   * @throws RecorderError if the folder cannot be read.
   */
  async diskUsage(): Promise<DiskUsage> {
    try {
      return await diskUsage(logFolderOf(this.folder), this.#log.openPaths);
    } catch (error) {
      throw readError(this.folder, error);
    }
  }

  /**
   * The place of the newest message of a source with numbers, as the sink was given it; before the first, of the newest
   * that the folder's recorders have kept. A source that is read from the next one on is recorded without a hole and
   * without repetition, whatever ended the recorder before. Undefined if there was none.
   *
   * A frame that the disk did not accept counts when the event `dropped` is kept that reports it: after a crash before
   * that, the place is in front of it.
   */
  get place(): SourcePlace | undefined {
    return this.#log.place;
  }

  /** When the last frame was dropped that the disk did not accept, in milliseconds since the Unix epoch. */
  get droppedUntilMs(): number | undefined {
    return this.#log.droppedUntilMs;
  }

  /**
   * Opens what is recorded up to now, of this recorder and of those before it. `rowCount` is how many rows this recorder
   * has written, as `sink.mark()` counts them: of all that arrived before, nothing is missing.
   *
   * @throws RecorderError for a folder that cannot be read, and for a disk that does not accept what waits.
   */
  async openReader(): Promise<{ readonly reader: RecordingReader; readonly rowCount: number }> {
    const rowCount = this.sink.mark();
    await this.#log.flush();
    return { reader: await RecordingReader.open(this.folder), rowCount };
  }

  /** Returns the place of the row behind so many others of this recorder. They are in a reader that was opened. */
  placeOf(rowCount: number): ArrivalPlace {
    return this.#log.placeOf(rowCount);
  }

  /** Keeps the events of a stream that say what is missing: gaps, fills, drops, lost connections, rejections. */
  attach(stream: StreamToRecord): void {
    this.#source.attach(stream);
  }

  /**
   * Seals the log, and resolves when it has become Parquet files.
   *
   * @throws RecorderError if what waits cannot be written. What was written stays, for the next recorder.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.sink.flush();
    try {
      await this.#log.close({ kind: "closed" });
    } finally {
      await this.#upkeep.close();
      this.#lock.release();
    }
  }
}

/** The first event of a recorder behind another one. */
const DOWNTIME: LogEvent = { kind: "downtime", message: "no recorder ran until then" };
const CONTINUED: LogEvent = { kind: "continued", message: "the source is read from the place of the recording on" };

function checkedFeed(feed: string): string {
  if (/^\w[\w.-]*$/.test(feed)) return feed;
  throw new TypeError(`feed: expected letters, digits, points, underscores and hyphens, got ${JSON.stringify(feed)}`);
}

function checkKeepDays(days: number | undefined): void {
  if (days === undefined || (Number.isSafeInteger(days) && days > 0)) return;
  throw new TypeError(`keepDays: expected a whole number above 0, got ${JSON.stringify(days)}`);
}

function headerOf(options: RecorderOptions): Omit<SegmentHeader, "begunAt"> {
  const { feed, assetClass = "stocks", address = "", codec = "", subscription } = options;
  const schemaVersion = VERSION;
  const from = withoutSecrets(address);
  return { address: from, feed, assetClass, codec, schemaVersion, subscription: subscription?.() ?? {} };
}

function errorListener({ onError }: RecorderOptions): (error: RecorderError) => void {
  return onError ?? ((error) => console.error(error.message));
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
    await access(path, constants.W_OK);
    for (const parent of [dirname(path), dirname(dirname(path))]) await syncFolder(parent);
  } catch (error) {
    await checkParent(path);
    throw fileError("could not record into", path, error);
  }
}

/** Makes a folder and those above it. Node's own way to do so does not return where the system allows none, as below /proc. */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolders(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error; // another process was faster
  });
}

/** Finds out whether a folder could not be made because of the one above it: Node says ENOENT for a read-only disk. */
async function checkParent(path: string): Promise<void> {
  let parent = dirname(path);
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    await access(parent, constants.W_OK);
  } catch (error) {
    throw fileError("could not record into", parent, error);
  }
}
