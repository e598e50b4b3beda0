import { STORE_LIMITS } from "./limits.ts";
import type { MemoryPool } from "./memory-pool.ts";
import type { Row } from "./row.ts";

const { segmentRows: ROWS, indexBytes } = STORE_LIMITS;

/** Rows that were appended one after the other, and that are dropped together. */
interface Segment<Owner> {
  readonly numbers: Float64Array;
  readonly integers: Uint32Array;
  /** The owner of each row. */
  readonly owners: Owner[];
  minSeconds: number;
  maxSeconds: number;
  /** The second of the row that was appended last. */
  lastSeconds: number;
}

/** Rows of equal size in the order in which they were appended. Each has a number; the first has 0. */
export class RowLog<Owner> {
  readonly #numberCount: number;
  readonly #integerCount: number;
  readonly #pool: MemoryPool;
  readonly #maxAgeSeconds: number;
  readonly #dropped: (owner: Owner, number: number) => void;
  readonly #segments: Segment<Owner>[] = [];
  /** The number of the first row of the first segment, divided by the rows of a segment. */
  #firstSegment = 0;
  #next = 0;
  /** Rows before this second may have been dropped. */
  droppedBefore: number = Number.NEGATIVE_INFINITY;

  /**
   * `numberCount` and `integerCount` are those of a row, its time included. `dropped` is called with each row that is
   * dropped for newer ones.
   */
  constructor(
    numberCount: number,
    integerCount: number,
    pool: MemoryPool,
    maxAgeSeconds: number,
    dropped: (owner: Owner, number: number) => void,
  ) {
    this.#numberCount = numberCount;
    this.#integerCount = integerCount;
    this.#pool = pool;
    this.#maxAgeSeconds = maxAgeSeconds;
    this.#dropped = dropped;
  }

  /** Makes room for one row, and drops old ones for it where there is none. */
  reserve(): void {
    if (this.#next === (this.#firstSegment + this.#segments.length) * ROWS) this.#addSegment();
  }

  /** Appends a row with a time, after {@link RowLog.reserve}, and returns its number. The caller writes its columns. */
  append(owner: Owner, seconds: number, nanos: number, row: Row): number {
    const number = this.#next++;
    const segment = this.seek(row, number);
    segment.owners[number % ROWS] = owner;
    if (seconds > segment.maxSeconds) segment.maxSeconds = seconds;
    if (seconds < segment.minSeconds) segment.minSeconds = seconds;
    segment.lastSeconds = seconds;
    row.setTime(seconds, nanos);
    return number;
  }

  /** Removes the row that was appended last. */
  removeLast(): void {
    this.#next--;
  }

  /** Sets a cursor to a row that is held. */
  seek(row: Row, number: number): Segment<Owner> {
    const index = number % ROWS;
    const segment = this.#segments[(number - index) / ROWS - this.#firstSegment];
    if (segment === undefined) throw new RangeError(`the history holds no row ${number}`);
    if (row.numbers !== segment.numbers) {
      row.numbers = segment.numbers;
      row.integers = segment.integers;
    }
    row.firstNumber = index * this.#numberCount;
    row.firstInteger = index * this.#integerCount;
    return segment;
  }

  /** Copies the row that was appended last over another one. */
  replace(row: Row, last: Row): void {
    row.numbers.set(last.numbers.subarray(last.firstNumber, last.firstNumber + this.#numberCount), row.firstNumber);
    row.integers.set(
      last.integers.subarray(last.firstInteger, last.firstInteger + this.#integerCount),
      row.firstInteger,
    );
  }

  #addSegment(): void {
    this.#dropAged();
    const bytes = this.#segmentBytes;
    // Two are always there: the one that fills, and the one that is dropped for the next.
    const segment = this.#segments.length < 2 || this.#pool.hasRoom(bytes) ? this.#newSegment() : this.#dropFirst();
    segment.minSeconds = Number.POSITIVE_INFINITY;
    segment.maxSeconds = Number.NEGATIVE_INFINITY;
    this.#segments.push(segment);
    this.#pool.use(bytes);
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

  #newSegment(): Segment<Owner> {
    return {
      numbers: new Float64Array(ROWS * this.#numberCount),
      integers: new Uint32Array(ROWS * this.#integerCount),
      owners: [],
      minSeconds: 0,
      maxSeconds: 0,
      lastSeconds: 0,
    };
  }

  #dropFirst(): Segment<Owner> {
    const segment = this.#segments.shift();
    if (segment === undefined) throw new RangeError("there is no segment to drop");
    const firstNumber = this.#firstSegment++ * ROWS;
    for (const [index, owner] of segment.owners.entries()) this.#dropped(owner, firstNumber + index);
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
