import { type CommandError, failure } from "./exit.ts";
import type { RecordFormat } from "./record-format.ts";

/** Where a command's records go: to lines of standard output, or to a board. */
export interface RecordView<R> {
  /** Takes a record. Returns a promise while there is no room for more, and nothing otherwise. */
  show(record: R): Promise<void> | undefined;
  /** Shows what is left; resolves when it is out. */
  end(): Promise<void>;
}

/** Records written at once: enough that a system call costs nothing, few enough to stay in the cache. */
const BATCH_RECORDS = 512;

/**
 * Writes records to a stream in batches, and says when the stream has no room: a reader that is
 * slow slows the writer down, and nothing is dropped.
 */
export class RecordOutput<R> implements RecordView<R> {
  readonly #stream: NodeJS.WritableStream;
  readonly #format: RecordFormat<R>;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  #batch: R[] = [];
  #isFlushDue = false;
  #isBroken = false;
  #room: Promise<void> | undefined;
  #makeRoom: () => void = () => {};

  /** `broken` is called once if the stream fails: with `EPIPE` when its reader has gone. */
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
      // Records that came in one go leave in one write, and none waits longer than that.
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
    this.#hasRoom(); // nobody is to wait for a drain that does not come
    this.#onFailure(error);
  }
}

/** The failure that an error of standard output is; none where its reader has gone, who may have seen enough. */
export function outputFailure(error: NodeJS.ErrnoException): CommandError | undefined {
  return error.code === "EPIPE" ? undefined : failure(`standard output failed: ${error.message}`, error);
}
