import type { CursorEvents, ReplayCursor } from "./cursor.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { RecordingCursor, type RecordingOptions } from "./recording-cursor.ts";
import { inspectSource, isRecording, nameOf, type SourceInfo } from "./source.ts";
import { TextCursor } from "./text-cursor.ts";

/** A position in the common order of all files. */
interface Position {
  readonly seconds: number;
  readonly nanos: number;
  /** Index of the file, which orders records of the same time. */
  readonly order: number;
}

/** A file that is not open yet, with the position of its first record. */
interface Pending extends Position {
  readonly file: string;
}

/** Ignores the events of a file that will be read again. */
const SILENT: CursorEvents = { badLine: () => {}, notice: () => {}, bytes: () => {}, gap: () => {} };

/**
 * Merges the records of several files by time. A file is open from the time of its first record to the time
 * of its last, so that files that do not overlap are read one after another.
 */
export class Merge {
  /** The open files; the first has the next record. */
  readonly #open: ReplayCursor[] = [];
  /** The files to open later; the last is the next. */
  readonly #pending: Pending[] = [];
  /** Every file opened so far. */
  readonly #opened: ReplayCursor[] = [];
  readonly #files: readonly string[];
  readonly #events: CursorEvents;
  readonly #options: RecordingOptions;
  readonly #chunkBytes: number;
  readonly #infos: SourceInfo[] = [];
  /** The file that is being opened. */
  #opening: ReplayCursor | undefined;
  #isClosed = false;

  constructor(files: readonly string[], options: RecordingOptions, events: CursorEvents) {
    this.#files = files;
    this.#options = options;
    this.#events = events;
    const { bufferBytes, chunkBytes, minChunkBytes } = REPLAY_LIMITS;
    this.#chunkBytes = Math.max(minChunkBytes, Math.min(chunkBytes, Math.floor(bufferBytes / files.length)));
  }

  /** Bytes of all files; undefined if one of them is a pipe. */
  get totalBytes(): number | undefined {
    let total = 0;
    for (const { size } of this.#infos) {
      if (size === undefined) return undefined;
      total += size;
    }
    return total;
  }

  /** The files opened so far. */
  get opened(): readonly ReplayCursor[] {
    return this.#opened;
  }

  /** The file whose present record is the next one; undefined at the end. */
  get head(): ReplayCursor | undefined {
    return this.#open[0];
  }

  /**
   * Finds the time at which each file starts, and opens the first.
   *
   * @throws Error that names the file, when one cannot be read or has another format.
   */
  async start(): Promise<void> {
    for (const file of this.#files) this.#infos.push(await inspectOrFail(file));
    const pipes = this.#files.filter((_, order) => this.#infos[order]?.isRereadable === false);
    const twice = pipes.find((file, index) => pipes.indexOf(file) !== index);
    if (twice !== undefined) throw new Error(`cannot read ${nameOf(twice)} twice: it is a pipe; name it once`);
    for (const [order, file] of this.#files.entries()) {
      if (this.#infos[order]?.isRereadable === false) await this.#add(file, order);
      else if (this.#files.length === 1 || isRecording(file))
        await this.#add(file, order); // opened once
      else this.#pending.push(await this.#positionOf(file, order));
    }
    this.#pending.sort((one, other) => (isBefore(one, other) ? 1 : -1));
    await this.#openDue();
  }

  /** Moves to the next record. Returns a promise if a file must be read for that, and undefined otherwise. */
  advance(): Promise<void> | undefined {
    const head = this.#open[0];
    if (head === undefined) return undefined;
    if (!head.advance()) return this.#load(head);
    this.#reorder(head);
    return this.#isNextDue ? this.#openDue() : undefined;
  }

  /** Closes every file; reads in progress fail. */
  close(): void {
    this.#isClosed = true;
    this.#opening?.close();
    for (const recording of this.#open) recording.close();
  }

  async #load(head: ReplayCursor): Promise<void> {
    await head.load();
    this.#reorder(head);
    await this.#openDue();
  }

  /** Moves the first file to the position of its present record. */
  #reorder(head: ReplayCursor): void {
    if (head.record === undefined) {
      this.#open.shift();
      return;
    }
    const next = this.#open[1];
    if (next === undefined || isBefore(head, next)) return;
    this.#open.shift();
    this.#insert(head);
  }

  #insert(recording: ReplayCursor): void {
    let low = 0;
    let high = this.#open.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#open[middle];
      if (other !== undefined && isBefore(other, recording)) low = middle + 1;
      else high = middle;
    }
    this.#open.splice(low, 0, recording);
  }

  get #isNextDue(): boolean {
    const next = this.#pending.at(-1);
    const head = this.#open[0];
    return next !== undefined && (head === undefined || isBefore(next, head));
  }

  async #openDue(): Promise<void> {
    while (this.#isNextDue) {
      const next = this.#pending.pop();
      if (next !== undefined) await this.#add(next.file, next.order);
    }
  }

  /** Reads the position of a file's first record, and closes the file again, so that any number of files can be merged. */
  async #positionOf(file: string, order: number): Promise<Pending> {
    const recording = this.#makeText(file, order, SILENT);
    await recording.loadPosition();
    recording.close();
    const { seconds, nanos } = recording;
    return { file, order, seconds, nanos };
  }

  async #add(file: string, order: number): Promise<void> {
    if (this.#open.length >= REPLAY_LIMITS.maxOpenFiles)
      throw new Error(
        `cannot read ${nameOf(file)}: ${REPLAY_LIMITS.maxOpenFiles} files that overlap in time are already open; merge some of them by time first`,
      );
    const recording = this.#make(file, order, this.#events);
    this.#opened.push(recording);
    await recording.load();
    if (recording.record !== undefined) this.#insert(recording);
    else if (this.#files.length > 1) this.#events.notice({ type: "empty", file, description: recording.description });
  }

  #make(file: string, order: number, events: CursorEvents): ReplayCursor {
    if (!isRecording(file)) return this.#makeText(file, order, events);
    return this.#opens(new RecordingCursor(file, order, this.#options, events));
  }

  #makeText(file: string, order: number, events: CursorEvents): TextCursor {
    const isRereadable = this.#infos[order]?.isRereadable ?? false;
    const { filter } = this.#options;
    return this.#opens(new TextCursor(file, order, { chunkBytes: this.#chunkBytes, isRereadable, filter }, events));
  }

  #opens<C extends ReplayCursor>(cursor: C): C {
    this.#opening = cursor;
    if (this.#isClosed) cursor.close();
    return cursor;
  }
}

async function inspectOrFail(file: string): Promise<SourceInfo> {
  try {
    return await inspectSource(file);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function isBefore(one: Position, other: Position): boolean {
  if (one.seconds !== other.seconds) return one.seconds < other.seconds;
  if (one.nanos !== other.nanos) return one.nanos < other.nanos;
  return one.order < other.order;
}
