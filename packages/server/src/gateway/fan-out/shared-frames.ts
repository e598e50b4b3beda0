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
  /** Recipients that do not have the frame yet. */
  #left: Iterator<R> = new Set<R>().values();

  constructor(codec: Codec) {
    this.codec = codec;
    this.#builder = new FrameBuilder(codec);
  }

  /** Whether records wait for {@link flush}. */
  get isDue(): boolean {
    return this.#builder.count > 0;
  }

  /** Adds an encoded record, which is copied. */
  add(record: Uint8Array): void {
    this.#builder.add(record);
    if (this.#builder.byteLength >= GATEWAY_LIMITS.maxFrameBytes) this.flush();
  }

  /** Sends what is ready as one frame. */
  flush(): void {
    this.#deliver(); // within a recipient's call: all have the last frame before the next
    if (!this.isDue) return;
    this.#recordCount = this.#builder.count;
    this.#frame = this.#builder.take();
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
