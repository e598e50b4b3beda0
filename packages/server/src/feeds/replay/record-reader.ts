import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder, type FrameSink, type RawRecord, StreamError } from "@tickerplant/client/wire";
import { CsvRecords, isCsvHeader } from "./csv-records.ts";
import { CsvRows, cellsOf, UnclosedQuoteError } from "./csv-rows.ts";
import { describeText, WrongFormatError } from "./file-description.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { lineError } from "./line-error.ts";
import { readLines } from "./read-lines.ts";
import { peek } from "./read-text.ts";

/** Records that were read together, and the number of each one's line. */
export interface RecordBatch {
  readonly records: AnyRecord[];
  readonly lines: number[];
}

/** What a reader reports of lines that hold no record. */
export type LineProblem = (line: number, error: StreamError) => void;

const OPEN_LIST = 0x5b;
const OPEN_MAP = 0x7b;
const LINE_FEED = 0x0a;

/** Reads the records of one file's text: lines of JSON, or CSV that `tickerplant stream` wrote. */
export class RecordReader {
  /** What the file holds: records, and lines or parts of lines that are none. Blank lines do not count. */
  itemCount = 0;
  /** Those of them that could not be read. */
  badCount = 0;
  readonly #onBadLine: LineProblem;
  /** Problems before the first record, which are reported only if the file turns out to hold records. */
  #held: [line: number, error: StreamError][] | undefined = [];
  #head: Buffer = Buffer.alloc(0);

  constructor(onBadLine: LineProblem) {
    this.#onBadLine = onBadLine;
  }

  /** What the file looks like, where it holds no records. */
  get description(): string {
    return describeText(this.#head, this.#held?.[0]?.[1].message);
  }

  /**
   * Yields the records in batches, in the order of the file.
   *
   * @throws WrongFormatError as soon as it is certain that the file is of another kind.
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
      // A line that is too long: with nothing readable before it, the file is of another kind.
      if (error instanceof RangeError && this.#held !== undefined)
        throw new RangeError(`${error.message}: it ${this.description}`);
      throw error;
    }
    format.end(number);
    if (this.#held !== undefined && this.badCount > 0) throw new WrongFormatError(this.description);
  }

  /** Until the first record: it shows that the file is none of another kind. */
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

/** A format: reads a line into a batch. */
interface LineFormat {
  read(line: Buffer, number: number, batch: RecordBatch): void;
  end(number: number): void;
}

/** Lines of the wire's JSON: a record, or an array of them as a frame has. */
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
    if (line[0] === OPEN_MAP || line[0] === OPEN_LIST) return this.#decoder.decode(line, this);
    const text = line.toString().trim(); // without a byte order mark, which counts as white space
    if (text === "") return;
    if (text.startsWith("{") || text.startsWith("[")) return this.#decoder.decode(Buffer.from(text), this);
    this.fault(lineError("bad_frame", `expected a JSON object or array, got ${JSON.stringify(shortened(text))}`));
  }

  end(): void {}

  record(record: AnyRecord | RawRecord): void {
    this.#batch.records.push(record as AnyRecord); // the decoder is not asked for raw ones
    this.#batch.lines.push(this.#number);
  }

  control(): void {}

  fault(error: StreamError): void {
    this.#bad(this.#number, error);
  }
}

/** Rows of CSV. */
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

/** Whether a file's beginning has a line that is not blank, or is too long to go on looking. */
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
    return false; // quotes that do not fit, as in JSON: no CSV
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
