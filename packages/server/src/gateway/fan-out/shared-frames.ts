import { type Codec, FrameBuilder } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "../limits.ts";

/** A recipient of frames that are shared with others. */
export interface FrameRecipient {
  /**
   * Accepts a frame of records. Returns whether the recipient keeps up; one that does not is cut off
   * when all have the frame.
   */
  pushFrame(frame: Uint8Array, recordCount: number): boolean;
  /** Reports to the client that it is too slow, and closes. */
  cutOffAsSlow(): void;
}

/**
 * Recipients of the same whole channels in one codec: a record is joined to a frame once, and the
 * frame goes to all of them. The cost of a record does not depend on their number.
 */
export class SharedFrames<R extends FrameRecipient> {
  readonly codec: Codec;
  readonly recipients: Set<R> = new Set();
  readonly #builder: FrameBuilder;
  #frame: Uint8Array = new Uint8Array();
  #recordCount = 0;
  /** Where the records of the frame that is open begin and end, by turns. */
  readonly #spans: number[] = [];
  #open: Uint8Array = new Uint8Array();
  /** Recipients that do not have the frame yet. */
  #left: Iterator<R> = new Set<R>().values();

  constructor(codec: Codec) {
    this.codec = codec;
    this.#builder = new FrameBuilder(codec);
  }

  /** Whether records wait for {@link flush}. */
  get isDue(): boolean {
    return this.#builder.count > 0 || this.#spans.length > 0;
  }

  /** Adds an encoded record, which is copied. */
  add(record: Uint8Array): void {
    this.#copySpans();
    this.#append(record);
  }

  /** Adds a record that is in a frame from upstream, which is open. It is copied when the frame closes, at the latest. */
  addSpan(frame: Uint8Array, start: number, end: number): void {
    this.#open = frame;
    this.#spans.push(start, end);
  }

  /** Closes the frame from upstream; sends `whole`, a copy of it, if it has `recordCount` records and all were added. */
  closeFrame(recordCount: number, whole: () => Uint8Array): void {
    if (this.#spans.length !== 2 * recordCount) return this.#copySpans();
    this.#spans.length = 0;
    this.flush();
    this.#send(whole(), recordCount);
  }

  /** Sends what is ready as one frame. */
  flush(): void {
    this.#copySpans();
    if (this.#builder.count > 0) this.#send(undefined, this.#builder.count);
    else this.#deliver(); // within a recipient's call: all have the last frame before the next
  }

  #append(record: Uint8Array): void {
    this.#builder.add(record);
    if (this.#builder.byteLength >= GATEWAY_LIMITS.maxFrameBytes) this.#send(undefined, this.#builder.count);
  }

  /** Copies the records of the frame that is open: not all of them go to the recipients, or something else goes first. */
  #copySpans(): void {
    const spans = this.#spans;
    if (spans.length === 0) return;
    const frame = this.#open;
    const ends = spans.splice(0);
    for (let at = 0; at < ends.length; at += 2) this.#append(frame.subarray(ends[at], ends[at + 1]));
  }

  /** Sends a frame, by default the one that was built. */
  #send(frame: Uint8Array | undefined, recordCount: number): void {
    this.#deliver(); // within a recipient's call: all have the last frame before the next
    this.#recordCount = recordCount;
    this.#frame = frame ?? this.#builder.take();
    this.#left = this.recipients.values();
    this.#deliver();
  }

  #deliver(): void {
    const slow: R[] = [];
    for (let next = this.#left.next(); next.done !== true; next = this.#left.next()) {
      if (!next.value.pushFrame(this.#frame, this.#recordCount)) slow.push(next.value);
    }
    for (const recipient of slow) recipient.cutOffAsSlow();
  }
}
