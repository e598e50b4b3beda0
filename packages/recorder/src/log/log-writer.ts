import { basename, join } from "node:path";
import type { Clock, Timer } from "@tickerplant/client";
import * as LIMITS from "../limits.ts";
import { fileError, type RecorderError, type RecorderErrorCode } from "../recorder-error.ts";
import { BlockBuilder } from "./block.ts";
import { encodeEvent, type LogEntry, type LogEvent } from "./log-event.ts";
import { ReceiveClock } from "./receive-clock.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { SEGMENT_EXTENSION, segmentNameAt, segmentTimeMs } from "./segment-name.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { encodePlace, type SourcePlace } from "./source-place.ts";

/** When what was written is flushed to the disk, so that it survives a loss of power. */
export const Fsync = {
  /** Once a second. */
  SECOND: "second",
  /** After each block. */
  BLOCK: "block",
  /** When a segment is complete; in between, whenever the operating system does it. */
  SEGMENT: "segment",
} as const;
export type Fsync = (typeof Fsync)[keyof typeof Fsync];

/** Options of a {@link LogWriter}. */
export interface LogWriterOptions {
  /** The folder of the segments. It exists. */
  readonly folder: string;
  /** The time in the name of the newest segment so far. The next ones sort behind it, whatever the clock says. */
  readonly newestNameMs?: number;
  /** The place in the source of what earlier recorders have kept. */
  readonly place?: SourcePlace;
  /** Returns what a new segment is a recording of. */
  readonly header: () => Omit<SegmentHeader, "begunAt">;
  readonly fsync: Fsync;
  readonly clock: Clock;
  /** Something failed. The log keeps what it has and tries again; a failure that lasts is reported once. */
  readonly onError: (error: RecorderError) => void;
  /** The log keeps an event of its own: frames that it dropped, or a clock that was set. */
  readonly onEvent?: ((event: LogEvent) => void) | undefined;
  /** A segment is complete. */
  readonly onSealed: () => void;
}

/** A snapshot of a log's counters, since it was opened. */
export interface LogMetrics {
  /** Frames that were dropped because the disk did not accept them in time. */
  readonly droppedFrames: number;
  /** Bytes that were written, compressed. */
  readonly writtenBytes: number;
  /** Bytes that wait for the disk, before compression. */
  readonly waitingBytes: number;
  /** The age of the segment that is being written, in milliseconds; undefined when the log is closed. */
  readonly segmentAgeMs: number | undefined;
}

/** The place of a row in a recording, in the order of arrival: its segment, and its number in that. */
export interface ArrivalPlace {
  /** The time in the name of the segment, in milliseconds since the Unix epoch. */
  readonly segmentMs: number;
  /** The number of the row in the segment, from 0. */
  readonly sequence: number;
}

/** A block that waits for the disk. */
interface WaitingBlock {
  readonly bytes: Buffer;
  /** How many rows the log has up to its end. */
  readonly rowCount: number;
  /** The place in the source up to its end, which the block has as well. */
  readonly place: SourcePlace | undefined;
}

/** Frames that were dropped since the last one that was kept. */
interface Drops {
  count: number;
  readonly fromMs: number;
  /** The place of the last of them, or of a message behind them. */
  place: SourcePlace | undefined;
}

/**
 * Writes a log: a sequence of segments. Its methods do not wait for the disk: entries are collected in a block, and
 * blocks wait in a queue, which has a limit. A killed process loses the block that is open and those that wait, which
 * is half a second while the disk keeps up.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #clock: ReceiveClock;
  readonly #block = new BlockBuilder();
  readonly #queue: WaitingBlock[] = [];
  #queuedBytes = 0;
  /** Rows that the segments will have, and those that are written. Frames whose number of records is unknown have none. */
  #rowCount = 0;
  #writtenRows = 0;
  /** The place in the source of the newest entry, of the last block that was finished, and of the last one written. */
  #place: SourcePlace | undefined;
  #finishedPlace: SourcePlace | undefined;
  #writtenPlace: SourcePlace | undefined;
  /** For each segment, the number of rows in those before it. */
  readonly #begins: { readonly segmentMs: number; readonly rowCount: number }[] = [];
  #writtenBytes = 0;
  #drops: Drops | undefined;
  #droppedFrames = 0;
  #droppedUntilMs: number | undefined;
  #segment: SegmentWriter | undefined;
  /** The segment that follows, while the other one is sealed. */
  #next: SegmentWriter | undefined;
  /** The paths of both, from before the files exist. */
  readonly #openPaths = new Set<string>();
  #segmentSinceMs = 0;
  /** What the segment has without an entry: its header. */
  #emptyBytes = 0;
  #lastNameMs: number;
  /** Why the disk does not accept the log at the moment. */
  #problem: RecorderErrorCode | undefined;
  #blockTimer: Timer | undefined;
  #syncTimer: Timer | undefined;
  #ageTimer: Timer | undefined;
  /** The work on the disk, one step after the other. */
  #work: Promise<void> = Promise.resolve();
  /** Reject those that wait for a write. */
  readonly #flushes = new Set<(error: RecorderError) => void>();
  #isDraining = false;
  #isClosing = false;
  /** Ends the wait before the next attempt. */
  #wake: (() => void) | undefined;

  private constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#lastNameMs = options.newestNameMs ?? 0;
    this.#place = this.#finishedPlace = this.#writtenPlace = options.place;
    this.#clock = new ReceiveClock(options.clock);
  }

  /**
   * Begins a log with a new segment.
   *
   * @throws RecorderError if the folder cannot be written to.
   */
  static async open(options: LogWriterOptions): Promise<LogWriter> {
    const log = new LogWriter(options);
    log.#enter(await log.#beginSegment());
    return log;
  }

  /** The paths of the segments that are not complete: one, or two while the first is sealed. None in a closed log. */
  get openPaths(): readonly string[] {
    return [...this.#openPaths];
  }

  /** Whether the segment that is being written has entries. */
  get hasEntries(): boolean {
    return this.#segment !== undefined && this.#segment.byteLength > this.#emptyBytes;
  }

  get metrics(): LogMetrics {
    return {
      droppedFrames: this.#droppedFrames,
      writtenBytes: this.#writtenBytes + (this.#segment?.byteLength ?? 0),
      waitingBytes: this.#queuedBytes + this.#block.byteLength,
      segmentAgeMs: this.#segment && this.#options.clock.monotonic() - this.#segmentSinceMs,
    };
  }

  /** Why the disk does not accept the log at the moment; undefined while it does. */
  get problem(): RecorderErrorCode | undefined {
    return this.#problem;
  }

  /** How many rows were added since the log was opened: records of the frames whose number is given, and events. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** The place in the source of the newest message, kept or dropped, of this log or those before it. */
  get place(): SourcePlace | undefined {
    return this.#drops?.place ?? this.#place;
  }

  /** When the last frame was dropped that the disk did not accept; undefined if none was. */
  get droppedUntilMs(): number | undefined {
    return this.#droppedUntilMs;
  }

  /**
   * Adds a frame. The bytes are copied. `recordCount` is the number of its records, if it is known; `place` is the place
   * of the frame in a source with numbers. Both are in the same block, so that a crash keeps or loses both.
   */
  frame(frame: Uint8Array, recordCount = 0, place?: SourcePlace): void {
    this.#add("frame", frame, recordCount, place);
  }

  /** Adds a frame with records from history. */
  history(frame: Uint8Array, recordCount = 0, place?: SourcePlace): void {
    this.#add("history", frame, recordCount, place);
  }

  /** Notes that the source has been read up to a place, without another entry. */
  reached(place: SourcePlace): void {
    if (this.#isClosing) return;
    if (this.#drops !== undefined) {
      this.#drops.place = place; // behind frames that are reported with the next entry, and not before
      return;
    }
    this.#place = place;
    this.#finishBlockSoon(true);
  }

  /** Adds an event. */
  event(event: LogEvent): void {
    this.#add("event", encodeEvent(event), 1);
  }

  /** Returns the place of the row that was added behind so many others, which {@link flush} has written. */
  placeOf(rowCount: number): ArrivalPlace {
    const begin = this.#begins.findLast((other) => other.rowCount <= rowCount);
    if (begin === undefined) throw new RangeError(`the log has no segment with row ${rowCount}`);
    return { segmentMs: begin.segmentMs, sequence: rowCount - begin.rowCount };
  }

  /**
   * Writes what waits, so that other programs can read it.
   *
   * @throws RecorderError if the disk does not accept it at the moment.
   */
  async flush(): Promise<void> {
    this.#finishBlock();
    let fail = (_error: RecorderError): void => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.#flushes.add(fail);
    try {
      await Promise.race([this.#work, failed]);
    } finally {
      this.#flushes.delete(fail);
    }
  }

  /**
   * Writes what waits, and `last` behind it, and seals the segment.
   *
   * @throws RecorderError if that fails; what was written before stays.
   */
  async close(last?: LogEvent): Promise<void> {
    this.#isClosing = true;
    this.#wake?.();
    this.#reportDrops();
    if (last !== undefined) this.#event(last);
    this.#finishBlock();
    this.#options.clock.clearTimer(this.#syncTimer);
    await this.#work;
    try {
      await this.#writeQueue();
      if (this.#segment !== undefined) await this.#seal(this.#segment);
    } catch (error) {
      this.#options.clock.clearTimer(this.#ageTimer);
      await this.#segment?.close();
      await this.#next?.close();
      throw fileError("could not write to", this.#options.folder, error);
    }
  }

  #add(type: LogEntry["type"], bytes: Uint8Array, rowCount: number, place?: SourcePlace): void {
    if (this.#isClosing) return;
    if (this.#queuedBytes + this.#block.byteLength + bytes.length > LIMITS.pendingBytes) {
      this.#drops ??= { count: 0, fromMs: this.#clock.nowMs(), place: undefined };
      this.#drops.count++;
      this.#drops.place = place ?? this.#drops.place;
      this.#droppedFrames++;
      this.#droppedUntilMs = this.#clock.nowMs();
      return;
    }
    this.#reportDrops();
    this.#block.add(type, this.#clock.nowNs(), bytes);
    this.#rowCount += rowCount;
    this.#place = place ?? this.#place;
    const hasPlaces = this.#place !== this.#options.place; // else an event is on its own
    this.#finishBlockSoon(type !== "event" || !hasPlaces);
  }

  /**
   * Finishes the block when it is old enough, or large enough and at the end of a message. The events of a message of a
   * source with numbers come before its place, and are in one block with it.
   */
  #finishBlockSoon(isEndOfMessage: boolean): void {
    if (isEndOfMessage && this.#block.byteLength >= LIMITS.blockBytes) this.#finishBlock();
    else this.#blockTimer ??= this.#options.clock.setTimer(() => this.#finishBlock(), LIMITS.blockMs);
  }

  /** Adds an event that has a place whatever waits. */
  #event(event: LogEvent): void {
    this.#block.add("event", this.#clock.nowNs(), encodeEvent(event));
    this.#rowCount++;
  }

  #reportDrops(): void {
    if (this.#drops === undefined) return;
    const { count, fromMs, place } = this.#drops;
    this.#drops = undefined;
    this.#place = place ?? this.#place; // in one block with the event that reports the loss
    const range = { from: new Date(Math.floor(fromMs)), to: new Date(Math.ceil(this.#clock.nowMs())) };
    const message = "the disk did not accept the frames in time";
    this.#reportEvent({ kind: "dropped", count, ...range, message });
  }

  #reportEvent(event: LogEvent): void {
    this.#event(event);
    this.#options.onEvent?.(event);
  }

  #finishBlock(): void {
    this.#options.clock.clearTimer(this.#blockTimer);
    this.#blockTimer = undefined;
    const jump = this.#clock.follow();
    if (jump !== undefined) {
      const { fromMs, toMs } = jump;
      this.#reportEvent({ kind: "clock", from: new Date(fromMs), to: new Date(toMs), message: "the clock was set" });
    }
    const place = this.#place;
    if (this.#block.byteLength === 0 && place === this.#finishedPlace) return;
    this.#addPlace(this.#block, place);
    this.#finishedPlace = place;
    const block = this.#block.finish();
    this.#queue.push({ bytes: block, rowCount: this.#rowCount, place });
    this.#queuedBytes += block.length;
    if (this.#isDraining || this.#isClosing) return;
    this.#isDraining = true;
    this.#work = this.#work.then(() => this.#drain());
  }

  /** Ends a block with the place of what comes before. Every block has it, so that the last one is enough. */
  #addPlace(block: BlockBuilder, place: SourcePlace | undefined): void {
    if (place !== undefined) block.add("place", this.#clock.nowNs(), encodePlace(place));
  }

  /** Writes what waits, again and again if it fails, until the log is closed. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      try {
        await this.#writeQueue();
        this.#problem = undefined;
      } catch (error) {
        const failure = fileError("could not write to", this.#options.folder, error);
        if (this.#problem !== failure.code) this.#options.onError(failure);
        this.#problem = failure.code;
        for (const fail of this.#flushes) fail(failure);
        if (this.#isClosing) break;
        await this.#wait(LIMITS.retryMs);
      }
    }
    this.#isDraining = false;
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const segment = this.#segment;
      if (segment === undefined) return; // closed
      const blocks = this.#queue.slice(0, LIMITS.blocksAWrite);
      await segment.writeBlocks(blocks.map(({ bytes }) => bytes));
      this.#queue.splice(0, blocks.length);
      for (const { bytes, rowCount, place } of blocks) {
        this.#queuedBytes -= bytes.length;
        this.#writtenRows = rowCount;
        this.#writtenPlace = place;
      }
      if (this.#options.fsync === Fsync.BLOCK) await segment.sync();
      else if (this.#options.fsync === Fsync.SECOND && !this.#isClosing) this.#syncSoon();
      const ageMs = this.#options.clock.monotonic() - this.#segmentSinceMs;
      const isFull = segment.byteLength >= LIMITS.segmentBytes || ageMs >= LIMITS.segmentMs;
      if (isFull && !this.#isClosing) await this.#continueInNext(segment);
    }
  }

  #syncSoon(): void {
    this.#syncTimer ??= this.#options.clock.setTimer(() => {
      this.#syncTimer = undefined;
      this.#work = this.#work.then(() => this.#sync());
    }, LIMITS.fsyncMs);
  }

  async #sync(): Promise<void> {
    try {
      await this.#segment?.sync();
    } catch (error) {
      this.#options.onError(fileError("could not flush", this.#options.folder, error));
    }
  }

  /** Begins the next segment, then seals this one: a crash at any moment leaves one that is not sealed. */
  async #continueInNext(segment: SegmentWriter): Promise<void> {
    this.#next ??= await this.#beginSegment();
    await this.#seal(segment);
  }

  async #seal(segment: SegmentWriter): Promise<void> {
    const end = new BlockBuilder();
    end.add("event", this.#clock.nowNs(), encodeEvent({ kind: "sealed" }));
    this.#addPlace(end, this.#writtenPlace);
    await segment.writeBlocks([end.finish()]);
    await segment.sync();
    this.#options.clock.clearTimer(this.#ageTimer);
    this.#writtenBytes += segment.byteLength;
    this.#enter(this.#next);
    await segment.close();
    this.#openPaths.delete(segment.path);
    this.#options.onSealed();
  }

  #enter(segment: SegmentWriter | undefined): void {
    this.#segment = segment;
    this.#next = undefined;
    this.#segmentSinceMs = this.#options.clock.monotonic();
    this.#emptyBytes = segment?.byteLength ?? 0;
    if (segment === undefined) return;
    const segmentMs = segmentTimeMs(basename(segment.path, SEGMENT_EXTENSION)) ?? 0; // the name is ours
    this.#begins.push({ segmentMs, rowCount: this.#writtenRows });
    this.#sealAtAge(segment);
  }

  /** Seals a segment at its age also if nothing more is received; one without an entry waits for the first. */
  #sealAtAge(segment: SegmentWriter): void {
    this.#ageTimer = this.#options.clock.setTimer(() => {
      this.#work = this.#work.then(async () => {
        if (this.#segment !== segment || !this.hasEntries || this.#isClosing) return;
        try {
          await this.#continueInNext(segment);
        } catch (error) {
          this.#options.onError(fileError("could not write to", this.#options.folder, error)); // the next block tries again
        }
      });
    }, LIMITS.segmentMs);
  }

  async #beginSegment(): Promise<SegmentWriter> {
    const nowMs = Math.floor(this.#clock.nowMs());
    this.#lastNameMs = Math.max(nowMs, this.#lastNameMs + 1); // names sort in the order of the log
    const path = join(this.#options.folder, segmentNameAt(this.#lastNameMs) + SEGMENT_EXTENSION);
    const header = { ...this.#options.header(), begunAt: new Date(nowMs).toISOString() };
    this.#openPaths.add(path);
    try {
      return await SegmentWriter.create(path, header);
    } catch (error) {
      this.#openPaths.delete(path);
      throw fileError("could not begin", path, error);
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(resolve, delayMs);
      this.#wake = () => {
        this.#options.clock.clearTimer(timer);
        resolve();
      };
    });
  }
}
