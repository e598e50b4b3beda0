import { type CommandError, failure } from "./exit.ts";
import type { RecordFormat } from "./record-format.ts";

/** Shows a command's records: as lines of standard output, or on a board. */
export interface RecordView<R> {
  /** Shows a record. Returns a promise while there is no room for more, and undefined otherwise. */
  show(record: R): Promise<void> | undefined;
  /** Shows the remaining records; resolves when they are written. */
  end(): Promise<void>;
}

/** Records per write: enough to make the cost of a system call small, few enough to stay in the processor's cache. */
const BATCH_RECORDS = 512;

/** Writes records to a stream in batches. When the stream has no room, callers wait, so that nothing is dropped. */
export class RecordOutput<R> implements RecordView<R> {
  readonly #stream: NodeJS.WritableStream;
  readonly #format: RecordFormat<R>;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  #batch: R[] = [];
  #isFlushDue = false;
  #isBroken = false;
  #room: Promise<void> | undefined;
  #makeRoom: () => void = () => {};

  /** Calls `onFailure` once if the stream fails: with `EPIPE` when its reader has closed it. */
  constructor(
    stream: NodeJS.WritableStream,
    format: RecordFormat<R>,
    onFailure: (error: NodeJS.ErrnoException) => void,
  ) {
    this.#stream = stream;
    this.#format = format;
    this.#onFailure = onFailure;
    stream.on("error", (error) => this.#break(error));
    stream.on("drain", () => this.#hasRoom());
    if (format.header !== "") this.#write(format.header);
  }

  show(record: R): Promise<void> | undefined {
    if (this.#isBroken) return undefined;
    this.#batch.push(record);
    if (this.#batch.length >= BATCH_RECORDS) this.#flush();
    else if (!this.#isFlushDue) {
      // Records of one turn of the event loop are written together, and none waits longer.
      this.#isFlushDue = true;
      setImmediate(() => {
        this.#isFlushDue = false;
        this.#flush();
      });
    }
    return this.#room;
  }

  async end(): Promise<void> {
    this.#flush();
    if (this.#isBroken) return;
    await new Promise<void>((resolve) => this.#stream.write("", () => resolve())); // called on failure too
  }

  #flush(): void {
    if (this.#batch.length === 0 || this.#isBroken) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#write(this.#format.encode(batch));
  }

  #write(data: string | Uint8Array): void {
    if (this.#stream.write(data) || this.#room !== undefined) return;
    this.#room = new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  #hasRoom(): void {
    this.#room = undefined;
    this.#makeRoom();
  }

  #break(error: NodeJS.ErrnoException): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#batch = [];
    this.#hasRoom(); // no further drain event will come
    this.#onFailure(error);
  }
}

/** Converts an error of standard output to a failure; undefined if its reader has closed it, which is not a failure. */
export function outputFailure(error: NodeJS.ErrnoException): CommandError | undefined {
  return error.code === "EPIPE" ? undefined : failure(`standard output failed: ${error.message}`, error);
}
