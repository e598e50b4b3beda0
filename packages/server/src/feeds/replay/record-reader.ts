import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder, type FrameSink, type RawRecord, StreamError } from "@tickerplant/client/wire";
import { CsvRecords, isCsvHeader } from "./csv-records.ts";
import { CsvRows, cellsOf, UnclosedQuoteError } from "./csv-rows.ts";
import { describeText, WrongFormatError } from "./file-description.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { lineError } from "./line-error.ts";
import { readLines } from "./read-lines.ts";
import { peek } from "./read-text.ts";

/** Records that were read together, with the line number of each. */
export interface RecordBatch {
  readonly records: AnyRecord[];
  readonly lines: number[];
}

/** Reports a line, or a part of one, that is not a record. */
export type LineProblem = (line: number, error: StreamError) => void;

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const LINE_FEED = 0x0a;

/** Reads the records of one file's text: JSON lines, or CSV of `tickerplant stream`. */
export class RecordReader {
  /** Number of records and of unreadable lines or parts of lines. Blank lines do not count. */
  itemCount = 0;
  /** Number of unreadable lines or parts of lines. */
  badCount = 0;
  readonly #onBadLine: LineProblem;
  /** Unreadable lines before the first record, reported only once the file proves to have records. */
  #held: [line: number, error: StreamError][] | undefined = [];
  #head: Buffer = Buffer.alloc(0);

  constructor(onBadLine: LineProblem) {
    this.#onBadLine = onBadLine;
  }

  /** Describes a file without records, as the predicate of a sentence. */
  get description(): string {
    return describeText(this.#head, this.#held?.[0]?.[1].message);
  }

  /**
   * Yields the records in batches, in the order of the file.
   *
   * @throws WrongFormatError as soon as it is certain that the file has another format.
   */
  async *read(text: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
    const { head, chunks } = await peek(text, hasLine);
    this.#head = Buffer.from(head.subarray(0, REPLAY_LIMITS.headBytes));
    const format = startsWithCsvHeader(head) ? new CsvLines(this.#bad) : new JsonLines(this.#bad);
    let number = 0;
    try {
      for await (const lines of readLines(chunks)) {
        const batch: RecordBatch = { records: [], lines: [] };
        for (const line of lines) {
          format.read(line, ++number, batch);
          if (this.#held !== undefined) this.#checkStart(batch);
        }
        this.itemCount += batch.records.length;
        yield batch;
      }
    } catch (error) {
      // A line that is too long, without a record before it: the file has another format.
      if (error instanceof RangeError && this.#held !== undefined)
        throw new RangeError(`${error.message}: it ${this.description}`);
      throw error;
    }
    format.end(number);
    if (this.#held !== undefined && this.badCount > 0) throw new WrongFormatError(this.description);
  }

  /** Decides whether the file has records, by its first record or by the number of unreadable lines before it. */
  #checkStart({ records }: RecordBatch): void {
    if (records.length > 0) {
      for (const [line, error] of this.#held ?? []) this.#onBadLine(line, error);
      this.#held = undefined;
    } else if (this.badCount >= REPLAY_LIMITS.maxLeadingBadLines) throw new WrongFormatError(this.description);
  }

  readonly #bad: LineProblem = (line, error) => {
    this.itemCount++;
    this.badCount++;
    if (this.#held === undefined) this.#onBadLine(line, error);
    else this.#held.push([line, error]);
  };
}

/** A format: adds the records of a line to a batch. */
interface LineFormat {
  read(line: Buffer, number: number, batch: RecordBatch): void;
  end(number: number): void;
}

/** JSON lines of the wire: each has one record, or an array of records like a frame. */
class JsonLines implements LineFormat, FrameSink {
  readonly #decoder = new FrameDecoder(STOCK_SCHEMA);
  readonly #bad: LineProblem;
  #batch: RecordBatch = { records: [], lines: [] };
  #number = 0;

  constructor(bad: LineProblem) {
    this.#bad = bad;
  }

  read(line: Buffer, number: number, batch: RecordBatch): void {
    this.#batch = batch;
    this.#number = number;
    if (line[0] === OPEN_BRACE || line[0] === OPEN_BRACKET) return this.#decoder.decode(line, this);
    const text = line.toString().trim(); // also removes a byte order mark, which is white space
    if (text === "") return;
    if (text.startsWith("{") || text.startsWith("[")) return this.#decoder.decode(Buffer.from(text), this);
    this.fault(lineError("bad_frame", `expected a JSON object or array, got ${JSON.stringify(shortened(text))}`));
  }

  end(): void {}

  record(record: AnyRecord | RawRecord): void {
    this.#batch.records.push(record as AnyRecord); // raw records come only with rawData
    this.#batch.lines.push(this.#number);
  }

  control(): void {}

  fault(error: StreamError): void {
    this.#bad(this.#number, error);
  }
}

/** CSV of `tickerplant stream`. */
class CsvLines implements LineFormat {
  readonly #rows = new CsvRows();
  readonly #records = new CsvRecords();
  readonly #bad: LineProblem;

  constructor(bad: LineProblem) {
    this.#bad = bad;
  }

  read(line: Buffer, number: number, batch: RecordBatch): void {
    try {
      const cells = this.#rows.add(line.toString());
      if (cells === undefined || (cells.length === 1 && cells[0]?.trim() === "")) return;
      const record = this.#records.read(cells);
      if (record === undefined) return;
      batch.records.push(record);
      batch.lines.push(number);
    } catch (error) {
      this.#report(number, error);
    }
  }

  end(number: number): void {
    try {
      this.#rows.end();
    } catch (error) {
      this.#report(number, error);
    }
  }

  #report(number: number, error: unknown): void {
    const problem = error instanceof StreamError ? error : lineError("bad_message", messageOf(error));
    const lineCount = error instanceof UnclosedQuoteError ? error.lineCount : 1;
    for (let line = number - lineCount + 1; line <= number; line++) this.#bad(line, problem);
  }
}

/** Returns whether the start of a file has a line that is not blank, or is longer than the limit. */
function hasLine(head: Buffer): boolean {
  return head.length >= REPLAY_LIMITS.headBytes || firstLine(head)?.isWhole === true;
}

function firstLine(head: Buffer): { readonly text: string; readonly isWhole: boolean } | undefined {
  for (let start = 0; start < head.length; ) {
    const end = head.indexOf(LINE_FEED, start);
    const text = head.toString("utf8", start, end < 0 ? head.length : end);
    if (text.trim() !== "" || end < 0) return { text, isWhole: end >= 0 };
    start = end + 1;
  }
  return undefined;
}

function startsWithCsvHeader(head: Buffer): boolean {
  const text = firstLine(head)?.text ?? "";
  try {
    return isCsvHeader(cellsOf(text));
  } catch {
    return false; // misplaced quotes, as in JSON
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Characters of a line that a message shows. */
const MAX_SHOWN = 40;

function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
