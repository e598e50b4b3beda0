import { STORE_LIMITS } from "./limits.ts";
import type { MemoryPool } from "./memory-pool.ts";
import { OWN_INTEGERS, OWN_NUMBERS, type Row } from "./row.ts";

const { segmentRows: ROWS, indexBytes } = STORE_LIMITS;

/** Rows that were appended one after the other, and that are dropped together. */
interface Segment {
  readonly numbers: Float64Array;
  readonly integers: Uint32Array;
  minSeconds: number;
  maxSeconds: number;
  /** The second of the row that was appended last. */
  lastSeconds: number;
  /** What `mark` returned before its first row. */
  mark: number;
}

const NO_SEGMENT: Segment = {
  numbers: new Float64Array(),
  integers: new Uint32Array(),
  minSeconds: 0,
  maxSeconds: 0,
  lastSeconds: 0,
  mark: 0,
};

/** Rows of equal size in the order in which they were appended. Each has a number; the first has 0. */
export class RowLog {
  readonly #numberCount: number;
  readonly #integerCount: number;
  readonly #pool: MemoryPool;
  readonly #maxAgeSeconds: number;
  readonly #mark: () => number;
  readonly #startMark: number;
  readonly #segments: Segment[] = [];
  /** The last segment. */
  #newest: Segment = NO_SEGMENT;
  /** The number of the first row that is held. */
  firstRow = 0;
  #next = 0;
  /** Rows before this second may have been dropped. */
  droppedBefore: number = Number.NEGATIVE_INFINITY;

  /**
   * `numberCount` and `integerCount` are those of the layout. `mark` returns how much a recording has; it is called
   * before rows that are dropped together.
   */
  constructor(
    numberCount: number,
    integerCount: number,
    pool: MemoryPool,
    maxAgeSeconds: number,
    mark: () => number = () => 0,
  ) {
    this.#numberCount = OWN_NUMBERS + numberCount;
    this.#integerCount = OWN_INTEGERS + integerCount;
    this.#pool = pool;
    this.#maxAgeSeconds = maxAgeSeconds;
    this.#mark = mark;
    this.#startMark = mark();
  }

  /** What `mark` returned before the first row that is held. */
  get firstMark(): number {
    return this.#segments[0]?.mark ?? this.#startMark;
  }

  /** How many rows were appended since the start. */
  get rowCount(): number {
    return this.#next;
  }

  /**
   * Appends a row with a time and returns its number. The caller writes its columns. Drops old rows where there is no
   * room for it.
   */
  append(seconds: number, nanos: number, row: Row): number {
    const number = this.#next++;
    const index = number % ROWS;
    if (index === 0) this.#newest = this.#addSegment();
    const segment = this.#newest;
    this.#point(row, segment, index);
    if (seconds > segment.maxSeconds) segment.maxSeconds = seconds;
    if (seconds < segment.minSeconds) segment.minSeconds = seconds;
    segment.lastSeconds = seconds;
    row.setTime(seconds, nanos);
    return number;
  }

  /** Sets a cursor to a row that is held. */
  seek(row: Row, number: number): void {
    const index = number % ROWS;
    const segment = this.#segments[(number - index - this.firstRow) / ROWS];
    if (segment === undefined) throw new RangeError(`the history holds no row ${number}`);
    this.#point(row, segment, index);
  }

  #point(row: Row, { numbers, integers }: Segment, index: number): void {
    if (row.numbers !== numbers) {
      row.numbers = numbers;
      row.integers = integers;
    }
    row.firstNumber = index * this.#numberCount;
    row.firstInteger = index * this.#integerCount;
  }

  #addSegment(): Segment {
    this.#dropAged();
    const bytes = this.#segmentBytes;
    // Two are always there: the one that fills, and the one that is dropped for the next.
    const segment = this.#segments.length < 2 || this.#pool.hasRoom(bytes) ? this.#newSegment() : this.#dropFirst();
    segment.minSeconds = Number.POSITIVE_INFINITY;
    segment.maxSeconds = Number.NEGATIVE_INFINITY;
    segment.mark = this.#mark();
    this.#segments.push(segment);
    this.#pool.use(bytes);
    return segment;
  }

  /**
   * Drops what is too old: from the oldest row of the newest segment to the last row of the oldest one. A record with a
   * time in the far future must neither drop the rest nor keep it.
   */
  #dropAged(): void {
    const newest = this.#segments.at(-1);
    if (newest === undefined) return;
    const limit = newest.minSeconds - this.#maxAgeSeconds;
    while ((this.#segments[0]?.lastSeconds ?? Number.POSITIVE_INFINITY) < limit) this.#dropFirst();
  }

  #newSegment(): Segment {
    return {
      numbers: new Float64Array(ROWS * this.#numberCount),
      integers: new Uint32Array(ROWS * this.#integerCount),
      minSeconds: 0,
      maxSeconds: 0,
      lastSeconds: 0,
      mark: 0,
    };
  }

  #dropFirst(): Segment {
    const segment = this.#segments.shift();
    if (segment === undefined) throw new RangeError("there is no segment to drop");
    this.firstRow += ROWS;
    // A record later than all that came after it has a wrong time.
    const lastSeconds = Math.min(segment.maxSeconds, this.#segments[0]?.maxSeconds ?? segment.maxSeconds);
    this.droppedBefore = Math.max(this.droppedBefore, lastSeconds + 1);
    this.#pool.release(this.#segmentBytes);
    return segment;
  }

  get #segmentBytes(): number {
    return ROWS * (this.#numberCount * 8 + this.#integerCount * 4 + indexBytes);
  }
}
